//! What can go wrong with the vault, one variant per thing to do next.

use oath::CredentialId;

use crate::KeyringError;

/// The vault could not do what was asked.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// There is no vault yet.
    #[error("there is no vault on this device yet: choose a PIN to make one")]
    NoVault,
    /// There is a vault already, and a new one would destroy it.
    #[error("there is a vault on this device already: unlock it with its PIN")]
    AlreadyExists,
    /// Not 4 to 8 digits.
    #[error("a PIN is 4 to 8 digits")]
    PinDigits,
    /// A PIN of another length than this vault's or this issuer's.
    #[error("the PIN has {expected} digits")]
    PinLength {
        /// How many digits it has.
        expected: u8,
    },
    /// One of the PINs that thieves try first.
    #[error("this PIN is among the first that anybody would try: choose another one")]
    TrivialPin,
    /// The PIN does not open the vault.
    #[error("wrong PIN: {}", tries(*tries_left))]
    WrongPin {
        /// How many more wrong PINs erase the vault: 1 to 9.
        tries_left: u8,
    },
    /// After ten wrong PINs in a row, nothing is left.
    #[error("the vault was erased after ten wrong PINs: {}enrol again", quoting(credential_ids))]
    Erased {
        /// What to quote to the help desk; none where all tokens were other issuers' accounts.
        credential_ids: Vec<CredentialId>,
    },
    /// The keyring is locked, and nobody could be asked to unlock it.
    #[error("the system's keyring is locked: unlock it, then try again")]
    KeyringLocked,
    /// No keyring answers.
    #[error(
        "the system's keyring does not answer: start it (or sign in to the desktop again), then try again"
    )]
    KeyringUnavailable,
    /// The person dismissed the keyring's question.
    #[error("the keyring's question was dismissed: try again, and answer it")]
    PromptDismissed,
    /// The keyring failed in a way of its own.
    #[error(
        "the system's keyring failed ({reason}): try again; if it persists, restart the device"
    )]
    KeyringFailed {
        /// What it said; no secret.
        reason: String,
    },
    /// An entry is there but is not what this program wrote. It is left as it is.
    #[error(
        "the keyring's entry \"{entry}\" is damaged: nothing was changed; restore the keyring from a backup, or ask the help desk"
    )]
    Damaged {
        /// The entry's name in the keyring.
        entry: String,
    },
    /// An entry was written by a later version of this program. It is left as it is.
    #[error(
        "the keyring's entry \"{entry}\" was written by a later version (format {found}): update the app, then try again"
    )]
    UnknownVersion {
        /// The entry's name in the keyring.
        entry: String,
        /// The format that it claims.
        found: u32,
    },
    /// The keyring has several entries of one name. They are left as they are.
    #[error(
        "the keyring has more than one entry \"{entry}\": delete the wrong one in the system's keyring program, then try again"
    )]
    Ambiguous {
        /// The entry's name in the keyring.
        entry: String,
    },
    /// No credential with this credential ID is in the vault.
    #[error("this token is not in the vault")]
    UnknownCredential,
    /// The order that was given is not one of exactly the vault's tokens.
    #[error("the list of tokens has changed meanwhile: look at it, then try again")]
    OtherTokens,
    /// The token's codes come one by one, on demand.
    #[error("this token gives its codes one by one: ask for the next one")]
    CounterBased,
    /// The token's time step has no place in the name of an OCRA suite.
    #[error("this token makes no codes for one prescription: its time step is an unusual one")]
    NoBoundCode,
    /// The token's codes come by the clock.
    #[error("this token's codes change by the clock: there is no next one to ask for")]
    TimeBased,
    /// The counter has no further value.
    #[error("this token has given its last code: ask its issuer for a new one")]
    CounterUsedUp,
    /// Another issuer's account, of which no server of ours is told.
    #[error("this account is another issuer's: only our own tokens go to a server")]
    OtherIssuer,
    /// A server has the token already.
    #[error("this token is enrolled already: make a new one for another enrolment")]
    AlreadyEnrolled,
    /// The credential has no enrolment that waits to be sent.
    #[error("this token has no enrolment waiting to be sent")]
    NoPendingEnrolment,
    /// More than the smallest of the systems' keyrings takes.
    #[error(
        "this is too large for the system's keyring: use shorter names, or remove a token first"
    )]
    TooLarge,
    /// What came from or goes to the server is no good.
    #[error(transparent)]
    Provisioning(#[from] provisioning::Error),
}

impl Error {
    /// A keyring's refusal, of one of its entries.
    pub(crate) fn of_keyring(error: KeyringError, entry: &str) -> Self {
        match error {
            KeyringError::Locked => Self::KeyringLocked,
            KeyringError::Unavailable => Self::KeyringUnavailable,
            KeyringError::PromptDismissed => Self::PromptDismissed,
            KeyringError::NotText => Self::damaged(entry),
            KeyringError::Ambiguous => Self::Ambiguous { entry: entry.to_owned() },
            KeyringError::Failed { reason } => Self::KeyringFailed { reason },
        }
    }

    pub(crate) fn damaged(entry: &str) -> Self {
        Self::Damaged { entry: entry.to_owned() }
    }
}

fn tries(left: u8) -> String {
    match left {
        1 => "one more wrong PIN erases the vault".to_owned(),
        more => format!("{more} tries left"),
    }
}

fn quoting(ids: &[CredentialId]) -> String {
    let listed: Vec<_> = ids.iter().map(CredentialId::to_string).collect();
    let listed = listed.join(", ");
    match ids.len() {
        0 => String::new(),
        1 => format!("tell the help desk the credential ID {listed}, and "),
        _ => format!("tell the help desk the credential IDs {listed}, and "),
    }
}
