//! What the pages are told: no seed, no key, no link.

use oath::{Algorithm, CredentialId, UnixTime};
use provisioning::{EnrolmentLink, OtpKind, OtpauthUri};
use serde::Serialize;
use vault::{Credential, CredentialKind, Enrolment, LastState, LogEvent, LogLine, TokenState};
use zeroize::Zeroizing;

use super::Making;
use crate::{note::KnownToken, problem::Refusal};

/// What to show.
#[derive(Debug, Serialize)]
pub(crate) struct Status {
    #[serde(flatten)]
    pub(crate) vault: VaultView,
    /// Where the waiting enrolment link leads.
    pub(crate) invitation: Option<InvitationView>,
    /// A link that the system handed over and that is no good.
    pub(crate) refused_link: Option<RefusedLinkView>,
    /// Another issuer's account that waits for somebody to want it.
    pub(crate) other: Option<OtherView>,
    /// The token that is being made without a link.
    pub(crate) making: Option<MakingView>,
    /// Whether this device is a phone or a tablet.
    pub(crate) handheld: bool,
    /// By how many seconds this machine's clock is behind the server's; `None` where they have not
    /// talked.
    pub(crate) clock_skew: Option<i64>,
}

/// The vault, as far as it may be seen.
#[derive(Debug, Serialize)]
#[serde(tag = "vault", rename_all = "kebab-case")]
pub(crate) enum VaultView {
    /// There has never been one, or the person wants a new one.
    None,
    /// There was one; the keyring has nothing now.
    Emptied { known: Vec<KnownView> },
    /// Erased after too many wrong PINs.
    Erased { known: Vec<KnownView> },
    /// A PIN opens it. How many tries are left is told once one was wrong.
    Locked { tries_left: Option<u8>, pin_length: u8 },
    /// Open.
    Unlocked {
        tokens: Vec<TokenView>,
        /// The token whose code was wanted last: it stands on top.
        used_last: Option<CredentialId>,
        /// The credential IDs of tokens whose entries in the keyring are damaged.
        unreadable: Vec<String>,
        /// The note could not be written.
        note_unwritten: bool,
    },
}

/// A token that is gone: what to quote to the help desk.
#[derive(Debug, Serialize)]
pub(crate) struct KnownView {
    /// The credential ID, in groups.
    shown: String,
    name: String,
    issuer: Option<String>,
}

impl KnownView {
    pub(crate) fn of(token: &KnownToken) -> Self {
        Self {
            shown: token.credential_id.to_string(),
            name: token.name.to_string(),
            issuer: token.issuer.as_ref().map(ToString::to_string),
        }
    }

    /// A token of which only the credential ID is known.
    pub(crate) fn without_name(id: CredentialId) -> Self {
        Self { shown: id.to_string(), name: String::new(), issuer: None }
    }
}

/// Where an enrolment link leads.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(crate) struct InvitationView {
    issuer: String,
    host: String,
    pin_length: u8,
}

impl InvitationView {
    pub(crate) fn of(link: &EnrolmentLink) -> Self {
        Self {
            issuer: link.issuer.to_string(),
            host: link.server.host().to_owned(),
            pin_length: link.pin.length(),
        }
    }
}

/// A link that is no good, with its text, so that nothing is lost.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct RefusedLinkView {
    pub(crate) text: String,
    pub(crate) problem: Refusal,
}

/// One token's card, without its code.
#[derive(Debug, Serialize)]
pub(crate) struct TokenView {
    id: CredentialId,
    /// The credential ID, in groups.
    shown: String,
    name: String,
    issuer: Option<String>,
    kind: &'static str,
    enrolment: EnrolmentView,
    state: Option<StateView>,
}

impl TokenView {
    pub(crate) fn of(credential: &Credential, now: UnixTime) -> Self {
        Self {
            id: credential.id,
            shown: credential.id.to_string(),
            name: credential.name.to_string(),
            issuer: credential.issuer.as_ref().map(ToString::to_string),
            kind: kind_of(credential.kind),
            enrolment: EnrolmentView::of(credential, now),
            state: credential.last_state.as_ref().map(StateView::of),
        }
    }
}

/// What a server last said of a token.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub(crate) struct StateView {
    state: TokenState,
    at: UnixTime,
    sync_minute: Option<u8>,
}

impl StateView {
    pub(crate) fn of(last: &LastState) -> Self {
        Self { state: last.state, at: last.at, sync_minute: last.sync_minute }
    }
}

/// Everything that is known of a token, but for its seed.
#[derive(Debug, Serialize)]
pub(crate) struct DetailsView {
    #[serde(flatten)]
    token: TokenView,
    #[serde(flatten)]
    how: HowView,
    created: UnixTime,
    log: Vec<LogLine>,
    /// Deleting it wants its credential ID typed.
    typed_confirmation: bool,
}

impl DetailsView {
    pub(crate) fn of(credential: &Credential, typed_confirmation: bool, now: UnixTime) -> Self {
        Self {
            token: TokenView::of(credential, now),
            how: HowView::of(credential.kind.otp()),
            created: credential.created,
            log: credential.log.clone(),
            typed_confirmation,
        }
    }
}

/// How codes are made.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct HowView {
    algorithm: Algorithm,
    digits: u8,
    /// The length of the time step, in seconds.
    period: Option<u64>,
    /// The counter of the next code.
    counter: Option<u64>,
}

impl HowView {
    fn of(kind: OtpKind) -> Self {
        let (algorithm, digits, period, counter) = match kind {
            OtpKind::Totp(totp) => (totp.algorithm, totp.digits, Some(totp.period.seconds()), None),
            OtpKind::Hotp { hotp, counter } => (hotp.algorithm, hotp.digits, None, Some(counter)),
        };
        Self { algorithm, digits: digits.count(), period, counter }
    }
}

/// Another issuer's account that is not here yet.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct OtherView {
    issuer: Option<String>,
    account: String,
    kind: &'static str,
    #[serde(flatten)]
    how: HowView,
}

impl OtherView {
    pub(crate) fn of(uri: &OtpauthUri) -> Self {
        Self {
            issuer: uri.issuer.as_ref().map(ToString::to_string),
            account: uri.account.to_string(),
            kind: kind_of(CredentialKind::Other(uri.kind)),
            how: HowView::of(uri.kind),
        }
    }
}

/// A token that is being made without an enrolment link.
#[derive(Debug, Serialize)]
pub(crate) struct MakingView {
    what: &'static str,
    name: String,
    pin_length: u8,
}

impl MakingView {
    pub(super) fn of(making: &Making) -> Self {
        let (what, name) = match making {
            Making::Own { name, .. } => ("own", name),
            Making::Other(uri) => ("other", &uri.account),
        };
        Self { what, name: name.to_string(), pin_length: making.pin_policy().length() }
    }
}

fn kind_of(kind: CredentialKind) -> &'static str {
    match kind {
        CredentialKind::Own(_) => "own",
        CredentialKind::Other(OtpKind::Totp(_)) => "totp",
        CredentialKind::Other(OtpKind::Hotp { .. }) => "hotp",
    }
}

/// How far a token's enrolment is.
#[derive(Debug, PartialEq, Eq, Serialize)]
#[serde(tag = "status", rename_all = "kebab-case")]
pub(crate) enum EnrolmentView {
    /// It has none.
    None,
    /// The server does not have it yet, as far as we know. One that refused it is asked again only
    /// when the person wants that.
    Pending { host: String, expired: bool, refused: bool },
    /// The server has it.
    Sent { host: String },
}

impl EnrolmentView {
    fn of(credential: &Credential, now: UnixTime) -> Self {
        match &credential.enrolment {
            Enrolment::None => Self::None,
            Enrolment::Pending(link) => Self::Pending {
                host: link.server.host().to_owned(),
                expired: link.check_expiry(now).is_err(),
                refused: was_refused(&credential.log),
            },
            Enrolment::Sent { server, .. } => Self::Sent { host: server.host().to_owned() },
        }
    }
}

/// Whether the last that is known of sending is that the server refused.
fn was_refused(log: &[LogLine]) -> bool {
    let last = log.iter().rev().find_map(|line| match line.what {
        LogEvent::Refused { .. } => Some(true),
        LogEvent::NotSent { .. } | LogEvent::LinkUsed { .. } | LogEvent::MadeByLink { .. } => {
            Some(false)
        }
        _ => None,
    });
    last.unwrap_or(false)
}

/// A code and how long it holds.
#[derive(Serialize)]
pub(crate) struct CodeView {
    pub(crate) id: CredentialId,
    pub(crate) digits: Zeroizing<String>,
    /// The one after it, while this one ends.
    pub(crate) next: Option<Zeroizing<String>>,
    /// The length of the time step, in seconds.
    pub(crate) period: u64,
    /// What is left of it, in milliseconds.
    pub(crate) left: u64,
}

/// A code that is good for one prescription only.
#[derive(Serialize)]
pub(crate) struct BoundCodeView {
    pub(crate) digits: Zeroizing<String>,
    /// The length of its time step in seconds.
    pub(crate) period: u64,
    /// What is left of it, in milliseconds.
    pub(crate) left: u64,
}

/// A code that was counted.
#[derive(Serialize)]
pub(crate) struct CounterCodeView {
    pub(crate) digits: Zeroizing<String>,
    /// Its counter.
    pub(crate) counter: u64,
}
