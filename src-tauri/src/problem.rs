//! What can go wrong, as the pages are told of it: a kind, what belongs to it, and a sentence.

use serde::Serialize;

use crate::sending::Unreached;

/// One variant for each thing that a person could do differently next.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "kind", rename_all = "kebab-case")]
pub(crate) enum Problem {
    // The lock.
    #[error("Countersign is locked: enter your PIN")]
    Locked,
    #[error("wrong PIN; {tries_left} tries left")]
    WrongPin { tries_left: u8 },
    #[error("too many wrong PINs: everything here was erased")]
    Erased,
    #[error("a PIN has 4 to 8 digits")]
    PinDigits,
    #[error("a PIN here has {expected} digits")]
    PinLength { expected: u8 },
    #[error("this PIN is too easy to guess: choose another")]
    TrivialPin,
    #[error("the two PINs differ: choose again")]
    PinMismatch,

    // The keyring, one screen each.
    #[error("the keyring is locked: unlock it, then try again")]
    KeyringLocked,
    #[error("no keyring could be reached: {reason}")]
    KeyringAbsent { reason: String },
    #[error("the keyring failed: {reason}")]
    KeyringFailed { reason: String },
    #[error("the keyring's question was not answered: try again and answer it")]
    PromptDismissed,
    #[error("what the keyring holds for Countersign cannot be read ({entry}); nothing was changed")]
    EntryDamaged { entry: String },
    #[error(
        "the keyring's entry {entry} was written by a newer Countersign: update, then try again"
    )]
    EntryNewer { entry: String },
    #[error("the keyring has more than one entry {entry}: remove the wrong one, then try again")]
    EntryAmbiguous { entry: String },
    #[error("the keyring no longer holds your tokens: set up a new one only on purpose")]
    KeyringEmptied,

    // Texts that came across.
    #[error("this is longer than {limit} characters: paste only the text that you were sent")]
    TooLong { limit: usize },
    #[error("this is not {expected}: it begins with {prefix}")]
    NotOurs { expected: Text, prefix: String },
    #[error("{expected} is of a newer format: update Countersign, then try again")]
    UnknownVersion { expected: Text },
    #[error("{expected} is damaged or cut short: copy the whole of it again")]
    TextDamaged { expected: Text },
    #[error("{expected} is not well formed ({reason}): ask whoever sent it for a new one")]
    TextMalformed { expected: Text, reason: String },
    #[error("this enrolment link has expired: ask for a new one")]
    LinkExpired,
    #[error("this enrolment link was used here already, for the token {credential_id}")]
    LinkUsed { credential_id: String },
    #[error("a name has 1 to 64 characters, on one line")]
    Name,
    #[error("this is too long for a QR code: use the file")]
    TooLongForQr,

    #[error("this setup link exports several accounts: export them one by one")]
    SeveralAccounts,
    #[error("a secret key has the letters A to Z and the digits 2 to 7: type it again")]
    SecretKey,
    #[error("this cannot be: {reason}")]
    Form { reason: String },

    // Pictures.
    #[error("this is no picture that can be read: use a PNG or JPEG file")]
    NoPicture,
    #[cfg(desktop)]
    #[error("there is no picture in the clipboard: copy one first")]
    NoPictureInClipboard,
    #[error("this picture is too large: cut out the QR code")]
    PictureTooLarge,
    #[error("no QR code was found: use a sharper picture that shows the whole code")]
    NoQrCode,
    #[error("this QR code is for something else: use the one of your enrolment")]
    OtherQrCode,

    // Enrolment.
    #[error("no enrolment link is waiting: open or paste one first")]
    NoLink,
    #[error("this token's enrolment is finished: there is nothing to send")]
    NothingToSend,
    #[error("the keyring cannot hold another token")]
    VaultFull,
    #[error("{host} could not be reached: {reason}")]
    ServerUnreachable { host: String, reason: Unreached },
    /// `slug` names the refusal to a page that has its own words for it.
    #[error("{host} refused the token: {detail}")]
    ServerRefused { host: String, status: u16, slug: Option<String>, detail: String },

    #[error("this token is enrolled already: make a new token for another enrolment")]
    AlreadyEnrolled,

    // Tokens.
    #[error("the credential ID that you typed is another: type it as it is shown")]
    TypedDiffers,
    #[error("only a token of your own can do this: another issuer's cannot")]
    OnlyOwn,
    #[error("the number to sign has 8 digits: type it as the signing page shows it")]
    NoChallenge,
    #[error("this token has no counter: its codes change by themselves")]
    NoCounter,
    #[error("this token has given its last code: ask its issuer for a new one")]
    CounterUsedUp,
    #[error("ask for the next code first")]
    NoCounterCode,
    #[error("this is no new order of your tokens: look at them again")]
    Order,
    #[error("a passphrase for a file has {minimum} to {maximum} characters, not all the same")]
    Passphrase { minimum: usize, maximum: usize },
    #[error("this token was not enrolled with a server: there is nobody to ask")]
    NotEnrolled,
    #[error("{host} did not do this: {detail}")]
    RequestRefused { host: String, status: u16, slug: Option<String>, detail: String },
    #[error("what {host} answered cannot be read: update Countersign, then try again")]
    AnswerUnreadable { host: String },

    // The rest.
    #[error("the settings could not be saved: {reason}")]
    SettingsNotSaved { reason: String },
    #[error("starting with the system could not be changed: {reason}")]
    Autostart { reason: String },
    #[error("this token is not here any more")]
    UnknownToken,
    #[error("make the provisioning data first")]
    NoExport,
    #[error("the file could not be saved in {folder}: {reason}")]
    CannotSave { folder: String, reason: String },
    #[error("the clipboard could not be used: {reason}")]
    Clipboard { reason: String },
    #[error("something in Countersign failed: {reason}")]
    Internal { reason: String },
}

/// A kind of text that people paste.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Text {
    EnrolmentLink,
    IssuerCard,
    SetupLink,
}

impl std::fmt::Display for Text {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::EnrolmentLink => "an enrolment link",
            Self::IssuerCard => "an issuer card",
            Self::SetupLink => "a setup link",
        })
    }
}

impl Problem {
    /// What is wrong with a pasted text of kind `expected`.
    pub(crate) fn with_text(expected: Text, error: provisioning::Error) -> Self {
        use provisioning::Error;
        match error {
            Error::NotOurs { prefix, .. } => Self::NotOurs { expected, prefix: prefix.to_owned() },
            Error::UnknownVersion { .. } => Self::UnknownVersion { expected },
            Error::Damaged { .. } => Self::TextDamaged { expected },
            Error::Malformed { reason, .. } => {
                Self::TextMalformed { expected, reason: reason.to_owned() }
            }
            Error::Expired => Self::LinkExpired,
            Error::Name => Self::Name,
            Error::TooLongForQr => Self::TooLongForQr,
            Error::SeveralAccounts => Self::SeveralAccounts,
            Error::SecretKey => Self::SecretKey,
            other => Self::TextMalformed { expected, reason: other.to_string() },
        }
    }

    /// A failure that no one outside the program can do anything about.
    pub(crate) fn internal(reason: impl ToString) -> Self {
        Self::Internal { reason: reason.to_string() }
    }
}

/// What a command answers when it refuses.
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Refusal {
    /// In English, for a page that does not know the kind.
    message: String,
    #[serde(flatten)]
    problem: Problem,
}

impl From<Problem> for Refusal {
    fn from(problem: Problem) -> Self {
        Self { message: problem.to_string(), problem }
    }
}

impl From<vault::Error> for Problem {
    fn from(error: vault::Error) -> Self {
        use vault::Error;
        match error {
            Error::WrongPin { tries_left } => Self::WrongPin { tries_left },
            Error::Erased { .. } => Self::Erased,
            Error::PinDigits => Self::PinDigits,
            Error::PinLength { expected } => Self::PinLength { expected },
            Error::TrivialPin => Self::TrivialPin,
            Error::KeyringLocked => Self::KeyringLocked,
            Error::KeyringUnavailable => {
                Self::KeyringAbsent { reason: "it did not answer".to_owned() }
            }
            Error::KeyringFailed { reason } => Self::KeyringFailed { reason },
            Error::PromptDismissed => Self::PromptDismissed,
            Error::Damaged { entry } => Self::EntryDamaged { entry },
            Error::UnknownVersion { entry, .. } => Self::EntryNewer { entry },
            Error::Ambiguous { entry } => Self::EntryAmbiguous { entry },
            Error::NoVault => Self::KeyringEmptied,
            // Somebody else made one meanwhile: it wants its PIN.
            Error::AlreadyExists => Self::Locked,
            Error::NoPendingEnrolment => Self::NothingToSend,
            Error::UnknownCredential => Self::UnknownToken,
            Error::TooLarge => Self::VaultFull,
            Error::OtherTokens => Self::Order,
            Error::CounterBased => Self::NoCounterCode,
            Error::NoBoundCode => Self::OnlyOwn,
            Error::TimeBased => Self::NoCounter,
            Error::CounterUsedUp => Self::CounterUsedUp,
            Error::OtherIssuer => Self::OnlyOwn,
            Error::AlreadyEnrolled => Self::AlreadyEnrolled,
            other => Self::internal(other),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_refusal_carries_kind_fields_and_sentence() {
        let refusal = Refusal::from(Problem::WrongPin { tries_left: 7 });
        let json = serde_json::to_value(&refusal).unwrap();
        assert_eq!(
            json,
            serde_json::json!({
                "message": "wrong PIN; 7 tries left",
                "kind": "wrong-pin",
                "tries_left": 7
            })
        );
    }
}
