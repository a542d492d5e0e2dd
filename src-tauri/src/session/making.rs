//! Tokens that are made without an enrolment link: our own, to be associated later, and other
//! issuers' accounts.

use oath::{Algorithm, CredentialId, Digits, Hotp, Period, Seed, Totp};
use provisioning::{Label, MAX_TEXT_LENGTH, OtpKind, OtpauthUri, PinPolicy};
use serde::{Deserialize, Serialize};
use vault::{Enrolment, NewCredential};
use zeroize::Zeroizing;

use super::{
    Next, Session,
    views::{MakingView, OtherView},
};
use crate::{
    chance::rng,
    clock::Moment,
    problem::{Problem, Text},
};

const ENROLMENT: &str = "countersign://enrol#";
const ISSUER_CARD: &str = "countersign://issuer#";
const SETUP_LINKS: [&str; 2] = ["otpauth://", "otpauth-migration://"];

/// A token between its name and [`Session::enrol`].
pub(super) enum Making {
    Own { name: Label, pin: PinPolicy },
    Other(OtpauthUri),
}

/// Another issuer's account as somebody types it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct OtherForm {
    issuer: Option<String>,
    account: String,
    secret: Zeroizing<String>,
    kind: Kind,
    algorithm: Algorithm,
    digits: u8,
    period: Option<u32>,
    counter: Option<u64>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Kind {
    Totp,
    Hotp,
}

/// What a picture's QR code is good for.
#[derive(Debug, Serialize)]
#[serde(tag = "found", rename_all = "kebab-case")]
pub(crate) enum QrFinding {
    /// To be used like a pasted one.
    EnrolmentLink { text: String },
    /// To be used like a pasted one.
    IssuerCard { text: String },
    /// It waits: its secret key does not go to the page.
    Other { other: OtherView },
}

impl Session {
    /// Begins a token of our own that no server knows yet.
    pub(crate) fn add_without_link(
        &mut self,
        name: &str,
        pin_length: Option<u8>,
    ) -> Result<Next, Problem> {
        let name = name.parse().map_err(|_| Problem::Name)?;
        let pin = match pin_length {
            None => PinPolicy::default(),
            Some(length) => PinPolicy::new(length).map_err(|_| Problem::PinDigits)?,
        };
        let next = self.next_step()?;
        self.begin(Making::Own { name, pin });
        Ok(next)
    }

    /// Begins another issuer's token from its setup link, or from the one that waits.
    pub(crate) fn add_other_link(&mut self, text: Option<&str>) -> Result<Next, Problem> {
        let next = self.next_step()?;
        let uri = match text {
            Some(text) => read_setup_link(text)?,
            None => self.other.take().ok_or(Problem::NoLink)?,
        };
        self.begin(Making::Other(uri));
        Ok(next)
    }

    /// Begins another issuer's token from what somebody typed.
    pub(crate) fn add_other_by_hand(&mut self, form: &OtherForm) -> Result<Next, Problem> {
        let next = self.next_step()?;
        let uri = form.read()?;
        self.begin(Making::Other(uri));
        Ok(next)
    }

    /// Forgets the token being made without an enrolment link, and the one that waits.
    pub(crate) fn set_aside_other(&mut self) {
        self.making = None;
        self.other = None;
        self.refused_link = None;
        self.pin = None;
    }

    /// Finds what the texts of a picture's QR codes are good for.
    pub(crate) fn take_qr_texts(
        &mut self,
        texts: &[Zeroizing<String>],
    ) -> Result<QrFinding, Problem> {
        for text in texts {
            let text = text.trim();
            if begins_with(text, ENROLMENT) {
                return Ok(QrFinding::EnrolmentLink { text: text.to_owned() });
            } else if begins_with(text, ISSUER_CARD) {
                return Ok(QrFinding::IssuerCard { text: text.to_owned() });
            } else if is_setup_link(text) {
                let other = self.hold_other(text)?;
                return Ok(QrFinding::Other { other });
            }
        }
        Err(Problem::OtherQrCode)
    }

    /// Keeps a setup link's account until the person says that it is wanted.
    pub(super) fn hold_other(&mut self, text: &str) -> Result<OtherView, Problem> {
        let uri = read_setup_link(text)?;
        let view = OtherView::of(&uri);
        self.other = Some(uri);
        Ok(view)
    }

    /// Makes the token that was begun without an enrolment link.
    pub(super) fn make(&mut self, making: &Making, now: Moment) -> Result<CredentialId, Problem> {
        let vault = self.unlocked_mut()?;
        let id = match making {
            Making::Own { name, .. } => {
                let new = NewCredential {
                    name: name.clone(),
                    issuer: None,
                    enrolment: Enrolment::None,
                    created: now.unix(),
                };
                vault.add(new, &mut rng())?
            }
            Making::Other(uri) => {
                // A copy, so that a keyring that fails loses nothing of what was entered.
                let seed = Zeroizing::new(uri.seed.expose_bytes().to_vec());
                let copy = OtpauthUri {
                    issuer: uri.issuer.clone(),
                    account: uri.account.clone(),
                    seed: Seed::from_other_issuer(seed).map_err(Problem::internal)?,
                    kind: uri.kind,
                };
                vault.add_other(copy, now.unix(), &mut rng())?
            }
        };
        Ok(id)
    }

    pub(super) fn making_view(&self) -> Option<MakingView> {
        self.making.as_ref().map(MakingView::of)
    }

    fn begin(&mut self, making: Making) {
        self.pin = None;
        self.making = Some(making);
    }
}

impl Making {
    pub(super) fn pin_policy(&self) -> PinPolicy {
        match self {
            Self::Own { pin, .. } => *pin,
            Self::Other(_) => PinPolicy::default(),
        }
    }
}

impl OtherForm {
    fn read(&self) -> Result<OtpauthUri, Problem> {
        let text = |text: &str| text.parse::<Label>().map_err(|_| Problem::Name);
        let issuer = self.issuer.as_deref().map(str::trim).filter(|issuer| !issuer.is_empty());
        let issuer = issuer.map(text).transpose()?;
        let account = text(&self.account)?;
        if self.secret.len() > MAX_TEXT_LENGTH {
            return Err(Problem::TooLong { limit: MAX_TEXT_LENGTH });
        }
        OtpauthUri::by_hand(issuer, account, &self.secret, self.kind()?).map_err(setup_problem)
    }

    fn kind(&self) -> Result<OtpKind, Problem> {
        let form = |reason: &str| Problem::Form { reason: reason.to_owned() };
        let algorithm = self.algorithm;
        let digits = Digits::try_from(self.digits).map_err(|_| form("a code has 6 to 8 digits"))?;
        Ok(match self.kind {
            Kind::Totp => {
                let period = Period::try_from(self.period.unwrap_or(30))
                    .map_err(|_| form("a time step has 1 to 86400 seconds"))?;
                OtpKind::Totp(Totp { algorithm, digits, period })
            }
            Kind::Hotp => OtpKind::Hotp {
                hotp: Hotp { algorithm, digits },
                counter: self.counter.ok_or_else(|| form("a counter is a whole number"))?,
            },
        })
    }
}

/// Whether a text claims to be a setup link, good or not.
pub(super) fn is_setup_link(text: &str) -> bool {
    SETUP_LINKS.iter().any(|scheme| begins_with(text.trim_start(), scheme))
}

fn read_setup_link(text: &str) -> Result<OtpauthUri, Problem> {
    if text.len() > MAX_TEXT_LENGTH {
        return Err(Problem::TooLong { limit: MAX_TEXT_LENGTH });
    }
    OtpauthUri::parse(text).map_err(setup_problem)
}

fn setup_problem(error: provisioning::Error) -> Problem {
    Problem::with_text(Text::SetupLink, error)
}

fn begins_with(text: &str, start: &str) -> bool {
    text.get(..start.len()).is_some_and(|begin| begin.eq_ignore_ascii_case(start))
}
