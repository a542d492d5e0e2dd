//! Audit events: when, who, what, with which outcome; in the same transaction as what they record.
//! They hold no code and no secret.

use core::fmt;

use oath::{SerialNumber, UnixTime};
use provisioning::Label;
use serde::Serialize;

use crate::{
    rules::judging::Purpose,
    values::{Npi, Reference, SessionId},
};

/// Who did something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "role")]
pub enum Actor {
    /// A prescriber, known by a session or named by a relying party.
    Prescriber {
        /// Whose account.
        npi: Npi,
    },
    /// An administrator, at the command line or on the dashboard.
    Administrator {
        /// Under which name.
        name: Label,
        /// In which session, where it is done on the dashboard: nothing is once that has ended. Not
        /// stored.
        #[serde(skip)]
        session: Option<SessionId>,
    },
    /// A prescriber, by the app of one of their tokens, which has shown that it knows the seed.
    Token {
        /// Whose token.
        npi: Npi,
        /// Which token.
        serial: SerialNumber,
    },
    /// A relying party, by its API key.
    RelyingParty {
        /// Under which name.
        name: Label,
        /// Who has signed in through it for this one request, by both factors. Not stored.
        #[serde(skip)]
        signed_in: Option<Npi>,
    },
    /// An app that sent a sealed token.
    App,
    /// Somebody who has not shown who they are.
    Stranger,
    /// This program by itself.
    System,
}

impl Actor {
    /// What they are, in one word.
    #[must_use]
    pub const fn role(&self) -> &'static str {
        match self {
            Self::Prescriber { .. } => "prescriber",
            Self::Administrator { .. } => "administrator",
            Self::Token { .. } => "token",
            Self::RelyingParty { .. } => "relying-party",
            Self::App => "app",
            Self::Stranger => "stranger",
            Self::System => "system",
        }
    }

    /// The administrator's session in which it is done.
    pub(crate) const fn administering(&self) -> Option<SessionId> {
        match self {
            Self::Administrator { session, .. } => *session,
            _ => None,
        }
    }
}

impl fmt::Display for Actor {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Prescriber { npi } => write!(f, "prescriber {npi}"),
            Self::Administrator { name, .. } => write!(f, "administrator {name}"),
            Self::Token { npi, serial } => write!(f, "token {serial} of prescriber {npi}"),
            Self::RelyingParty { name, .. } => write!(f, "relying party {name}"),
            Self::App => f.write_str("app"),
            Self::Stranger => f.write_str("stranger"),
            Self::System => f.write_str("system"),
        }
    }
}

/// Gives an enum of words `name`, `ALL`, `Display` and `Serialize`; `besides` is in no list.
macro_rules! words {
    (
        $type:ident { $($(#[$doc:meta])* $variant:ident = $word:literal,)* }
        $(besides $($other:ident = $other_word:literal),+)?
    ) => {
        impl $type {
            /// Every one of them.
            pub const ALL: &[Self] = &[$(Self::$variant),*];

            /// The word that is stored and shown.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$variant => $word,)*
                    $($(Self::$other => $other_word,)+)?
                }
            }
        }

        impl core::fmt::Display for $type {
            fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
                f.write_str(self.name())
            }
        }

        impl serde::Serialize for $type {
            fn serialize<S: serde::Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
                to.serialize_str(self.name())
            }
        }
    };
}
pub(crate) use words;

/// What was done.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum EventKind {
    /// The server's key pair was made.
    ServerKeyMade,
    /// An account was opened.
    AccountOpened,
    /// The identity of somebody who has an account was proved again.
    IdentityProved,
    /// An activation was begun.
    ActivationBegun,
    /// A token's seed became known.
    TokenProvisioned,
    /// A passphrase was given.
    PassphraseGiven,
    /// A sign-in was paused by wrong passphrases.
    SignInPaused,
    /// A paused sign-in was unlocked.
    SignInUnlocked,
    /// A second factor was given.
    SecondFactorGiven,
    /// A code was sent to the prescriber's phone, or could not be.
    StepUpSent,
    /// A code by phone was typed.
    StepUpConfirmed,
    /// The prescriber's telephone number was noted.
    PhoneNoted,
    /// A mail address of the prescriber's was replaced by another.
    MailReplaced,
    /// The prescriber's mail address was noted.
    MailNoted,
    /// A session was ended.
    SignedOut,
    /// A token became somebody's, or was refused to.
    TokenAssociated,
    /// A security code was judged, or refused unjudged.
    CodeJudged,
    /// A token was locked by wrong codes.
    TokenLocked,
    /// Codes of an account that name no token were paused by wrong ones.
    CodesPaused,
    /// The e-prescribing network was told of a token.
    NetworkSync,
    /// A token's lock was taken away.
    TokenUnlocked,
    /// A token was suspended.
    TokenSuspended,
    /// The owner told when they last had a lost token.
    LossDetailed,
    /// The owner told which codes of a lost token were theirs.
    CodesMarked,
    /// It was noted that the notice of a loss was given.
    LossTold,
    /// A suspended token was found.
    TokenFound,
    /// A token was deactivated.
    TokenDeactivated,
    /// A token is to be moved to a new phone.
    HandoverBegun,
    /// A token is not moved after all.
    HandoverCancelled,
    /// A token was moved to a new phone.
    HandoverDone,
    /// The tokens of a file of stock were taken.
    StockImported,
    /// Tokens' seeds were written into a file.
    StockExported,
    /// A token's seed was written into a file.
    TokenExported,
    /// The key that signs the audit's checkpoints was changed.
    AuditKeyChanged,
    /// A relying party got an API key.
    ApiKeyMade,
    /// An API key was given an end, or revoked.
    ApiKeyEnded,
    /// The database was brought back from a backup.
    DatabaseRestored,
    /// The master key was changed.
    MasterKeyChanged,
    /// An administrator was added.
    AdministratorAdded,
    /// An administrator's pause and lock were taken away.
    AdministratorUnlocked,
    /// An administrator was locked by wrong codes.
    AdministratorLocked,
    /// An administrator was removed.
    AdministratorRemoved,
    /// A change of a prescriber's access was entered.
    AccessEntered,
    /// What somebody else entered was executed, or was refused to be.
    AccessExecuted,
    /// What was entered was declined, or taken back.
    AccessDeclined,
    /// Nobody decided in time what somebody entered to change a prescriber's access.
    AccessExpired,
    /// A prescriber's access was ended.
    AccessEnded,
    /// A link and a code were made by which a prescriber chooses a new passphrase.
    PassphraseResetBegun,
    /// A new passphrase was chosen by them, or was refused to be.
    PassphraseReset,
    /// An administrator reached for what their roles do not allow.
    NotPermitted,
    /// A token was requested.
    TokenRequested,
    /// A request was edited.
    RequestEdited,
    /// A request was taken up by the help desk.
    RequestProcessed,
    /// A hard token was shipped.
    RequestShipped,
    /// A request's activation mail was ordered anew.
    RequestSentAgain,
    /// A request's token was associated.
    RequestActivated,
    /// A request was given up.
    RequestCancelled,
    /// An activation mail was handed over, or could not be.
    ActivationMailed,
    /// A mail that tells its prescriber what was done was handed over, or was given up.
    NoticeMailed,
    /// A relying party is to be told of what happens.
    WebhookAdded,
    /// A webhook got a new secret.
    WebhookSecretMade,
    /// A webhook was not reached for a day.
    WebhookFailing,
    /// An event was given up for a webhook that did not take it.
    WebhookEventSkipped,
    /// A webhook is told of nothing any more.
    WebhookRemoved,
    /// Something that a newer version of this program does; its cause begins with the word that is stored,
    /// and has those of an outcome and an actor that are unknown too, which are read as attempted and stranger.
    Unknown,
    /// An event that cannot be read, for it is damaged: its number and what else could be read of its time,
    /// account and token stand; outcome and actor are read as attempted and stranger.
    Unreadable,
}

words!(EventKind {
    ServerKeyMade = "server-key-made",
    AccountOpened = "account-opened",
    IdentityProved = "identity-proved",
    ActivationBegun = "activation-begun",
    TokenProvisioned = "token-provisioned",
    PassphraseGiven = "passphrase-given",
    SignInPaused = "sign-in-paused",
    SignInUnlocked = "sign-in-unlocked",
    SecondFactorGiven = "second-factor-given",
    StepUpSent = "step-up-sent",
    StepUpConfirmed = "step-up-confirmed",
    PhoneNoted = "phone-noted",
    MailReplaced = "mail-replaced",
    MailNoted = "mail-noted",
    SignedOut = "signed-out",
    TokenAssociated = "token-associated",
    CodeJudged = "code-judged",
    TokenLocked = "token-locked",
    CodesPaused = "codes-paused",
    NetworkSync = "network-sync",
    TokenUnlocked = "token-unlocked",
    TokenSuspended = "token-suspended",
    LossDetailed = "loss-detailed",
    CodesMarked = "codes-marked",
    LossTold = "loss-told",
    TokenFound = "token-found",
    TokenDeactivated = "token-deactivated",
    HandoverBegun = "handover-begun",
    HandoverCancelled = "handover-cancelled",
    HandoverDone = "handover-done",
    StockImported = "stock-imported",
    StockExported = "stock-exported",
    TokenExported = "token-exported",
    AuditKeyChanged = "audit-key-changed",
    ApiKeyMade = "api-key-made",
    ApiKeyEnded = "api-key-ended",
    DatabaseRestored = "database-restored",
    MasterKeyChanged = "master-key-changed",
    AdministratorAdded = "administrator-added",
    AdministratorUnlocked = "administrator-unlocked",
    AdministratorLocked = "administrator-locked",
    AdministratorRemoved = "administrator-removed",
    AccessEntered = "access-entered",
    AccessExecuted = "access-executed",
    AccessDeclined = "access-declined",
    AccessExpired = "access-expired",
    AccessEnded = "access-ended",
    PassphraseResetBegun = "passphrase-reset-begun",
    PassphraseReset = "passphrase-reset",
    NotPermitted = "not-permitted",
    TokenRequested = "token-requested",
    RequestEdited = "request-edited",
    RequestProcessed = "request-processed",
    RequestShipped = "request-shipped",
    RequestSentAgain = "request-sent-again",
    RequestActivated = "request-activated",
    RequestCancelled = "request-cancelled",
    ActivationMailed = "activation-mailed",
    NoticeMailed = "notice-mailed",
    WebhookAdded = "webhook-added",
    WebhookSecretMade = "webhook-secret-made",
    WebhookFailing = "webhook-failing",
    WebhookEventSkipped = "webhook-event-skipped",
    WebhookRemoved = "webhook-removed",
} besides Unknown = "unknown", Unreadable = "unreadable");

/// How it went.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// It was counted, and is being judged.
    Attempted,
    /// It was done, or accepted.
    Success,
    /// It was refused.
    Refused,
}

words!(Outcome { Attempted = "attempted", Success = "success", Refused = "refused", });

/// An event that is to be stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NewEvent {
    /// When it happened, in seconds since 1970 (UTC).
    pub at: UnixTime,
    /// Who did it.
    pub actor: Actor,
    /// What was done.
    pub kind: EventKind,
    /// How it went.
    pub outcome: Outcome,
    /// Whose account it is about.
    pub account: Option<Npi>,
    /// Which token it is about.
    pub serial: Option<SerialNumber>,
    /// What the code was for.
    pub purpose: Option<Purpose>,
    /// Why, in a few words.
    pub cause: Option<String>,
    /// What a code signed, as the relying party calls it.
    pub reference: Option<Reference>,
}

impl NewEvent {
    pub(crate) fn new(at: UnixTime, actor: Actor, kind: EventKind, outcome: Outcome) -> Self {
        Self {
            at,
            actor,
            kind,
            outcome,
            account: None,
            serial: None,
            purpose: None,
            cause: None,
            reference: None,
        }
    }

    pub(crate) fn of(mut self, npi: Npi) -> Self {
        self.account = Some(npi);
        self
    }

    pub(crate) fn on(mut self, serial: &SerialNumber) -> Self {
        self.serial = Some(serial.clone());
        self
    }

    pub(crate) fn to(mut self, purpose: Purpose) -> Self {
        self.purpose = Some(purpose);
        self
    }

    pub(crate) fn because(mut self, cause: impl Into<String>) -> Self {
        self.cause = Some(cause.into());
        self
    }
}

/// An event that was stored.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Event {
    /// Its place in the order in which events were stored, from 1 on.
    pub id: u64,
    /// What happened.
    #[serde(flatten)]
    pub what: NewEvent,
}
