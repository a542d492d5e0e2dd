//! What opens, ends or eases a prescriber's access: entered by one person, or by a relying party for one of
//! its people, executed by a second (21 CFR 1311.125). Which second one stands in [`crate::rules::access`].

use oath::UnixTime;
use provisioning::{Label, PinPolicy};
use zeroize::Zeroizing;

use crate::{
    event::words,
    values::{
        AccountId, AdministratorName, IdempotencyKey, Mail, Npi, Passphrase, Phone, PostalAddress,
        ProofingRecord,
    },
};

/// What is to be done, as it is kept and shown to the second person.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum AccessOrder {
    /// A new account.
    Account {
        /// The prescriber's name.
        name: Label,
        /// Where mail to the prescriber goes.
        mail: Mail,
        /// Where a code is sent before a token is added.
        phone: Option<Phone>,
        /// What the operator calls it besides.
        own_id: Option<AccountId>,
        /// Where a hard token would be shipped to.
        address: Option<Box<PostalAddress>>,
        /// Who checked the prescriber's identity, and how.
        proofing: ProofingRecord,
    },
    /// An activation of an account that is there.
    Activation {
        /// For how many seconds the link can be used.
        valid_for: u64,
        /// What is asked of the app's PIN.
        pin: PinPolicy,
        /// Who checked the identity anew; needed where the account had tokens and has none left.
        proofing: Option<ProofingRecord>,
    },
    /// The end of an account's access.
    End {
        /// Why.
        reason: Label,
    },
    /// A new passphrase, which the prescriber chooses by a link and a code.
    Passphrase {
        /// How it was made sure that it is the prescriber who asks.
        assurance: Label,
    },
    /// Another telephone number.
    Phone {
        /// The number; `None` for none.
        phone: Option<Phone>,
    },
    /// Another mail address.
    Mail {
        /// The address.
        mail: Mail,
    },
}

impl AccessOrder {
    /// The words of all of them.
    pub(crate) const KINDS: [&'static str; 6] =
        ["account", "activation", "end", "passphrase", "phone", "mail"];

    /// Its word in the store and in the audit.
    #[must_use]
    pub const fn kind(&self) -> &'static str {
        match self {
            Self::Account { .. } => "account",
            Self::Activation { .. } => "activation",
            Self::End { .. } => "end",
            Self::Passphrase { .. } => "passphrase",
            Self::Phone { .. } => "phone",
            Self::Mail { .. } => "mail",
        }
    }

    /// The identity-proofing record that it brings.
    #[must_use]
    pub const fn proofing(&self) -> Option<&ProofingRecord> {
        match self {
            Self::Account { proofing, .. } => Some(proofing),
            Self::Activation { proofing, .. } => proofing.as_ref(),
            Self::End { .. } | Self::Passphrase { .. } | Self::Phone { .. } | Self::Mail { .. } => {
                None
            }
        }
    }
}

/// What is entered.
#[derive(Debug)]
pub struct NewAccess {
    /// Names the submit; the same one again enters nothing new.
    pub id: IdempotencyKey,
    /// Whose access it is.
    pub npi: Npi,
    /// What is to be done.
    pub order: AccessOrder,
    /// The first passphrase of a new account; kept as a hash only.
    pub passphrase: Option<Passphrase>,
}

/// Where an access change is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum AccessState {
    /// It waits for the second person.
    Pending,
    /// The second person executed it.
    Executed,
    /// The second person declined it, or whoever entered it took it back.
    Declined,
    /// Nobody decided in time.
    Expired,
}

words!(AccessState {
    Pending = "pending",
    Executed = "executed",
    Declined = "declined",
    Expired = "expired",
});

/// Who decided, when, and why where they said so.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessDecision {
    /// The administrator's name.
    pub by: Label,
    /// When.
    pub at: UnixTime,
    /// Why it was declined.
    pub reason: Option<Label>,
}

/// Who entered something.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum EnteredBy {
    /// An administrator, under this name.
    Administrator(Label),
    /// A relying party, under this name, with its API key.
    RelyingParty(Label),
}

impl EnteredBy {
    /// The name alone.
    #[must_use]
    pub const fn name(&self) -> &Label {
        match self {
            Self::Administrator(name) | Self::RelyingParty(name) => name,
        }
    }

    /// The administrator, where it was one.
    #[must_use]
    pub fn administrator(&self) -> Option<AdministratorName> {
        match self {
            Self::Administrator(name) => Some(name.clone().into()),
            Self::RelyingParty(_) => None,
        }
    }

    /// Whether it was this administrator: a relying party of the same name is somebody else.
    #[must_use]
    pub fn is(&self, administrator: &AdministratorName) -> bool {
        self.administrator().as_ref() == Some(administrator)
    }
}

impl core::fmt::Display for EnteredBy {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        match self {
            Self::Administrator(name) => name.fmt(f),
            Self::RelyingParty(name) => write!(f, "relying party {name}"),
        }
    }
}

/// Something about a prescriber's access, entered and perhaps decided.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessChange {
    /// Names it.
    pub id: IdempotencyKey,
    /// Whose access it is.
    pub npi: Npi,
    /// What is to be done.
    pub order: AccessOrder,
    /// Where in its life it is.
    pub state: AccessState,
    /// Who entered it.
    pub entered_by: EnteredBy,
    /// When.
    pub entered: UnixTime,
    /// What became of it.
    pub decided: Option<AccessDecision>,
}

/// An access change as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccessRecord {
    /// What its readers may see.
    pub change: AccessChange,
    /// The first passphrase as a PHC string of Argon2id, until it is decided.
    pub passphrase_hash: Option<String>,
    /// What was shown once, sealed for the submit that executed it.
    pub sealed_shown: Option<Vec<u8>>,
    /// Counts the writes, for compare-and-set.
    pub version: u64,
}

/// What came of executing.
#[derive(Debug)]
pub struct ExecutedAccess {
    /// The change, executed.
    pub change: AccessChange,
    /// What it shows, once.
    pub shown: Option<ShownOnce>,
}

/// The two secrets of an activation or of a passphrase reset, which go to the prescriber two different
/// ways. Shown to whoever executed it, and to them again only for the same submit.
pub struct ShownOnce {
    link: Zeroizing<String>,
    confirmation: Zeroizing<String>,
}

impl ShownOnce {
    pub(crate) fn new(link: Zeroizing<String>, confirmation: String) -> Self {
        Self { link, confirmation: Zeroizing::new(confirmation) }
    }

    /// The link, as text.
    #[must_use]
    pub fn expose_link(&self) -> &str {
        &self.link
    }

    /// The confirmation code, in groups.
    #[must_use]
    pub fn expose_confirmation(&self) -> &str {
        &self.confirmation
    }

    pub(crate) fn to_bytes(&self) -> Zeroizing<Vec<u8>> {
        Zeroizing::new([self.link.as_bytes(), b"\n", self.confirmation.as_bytes()].concat())
    }

    pub(crate) fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let (link, confirmation) = str::from_utf8(bytes).ok()?.split_once('\n')?;
        Some(Self::new(Zeroizing::new(link.to_owned()), confirmation.to_owned()))
    }
}

impl core::fmt::Debug for ShownOnce {
    fn fmt(&self, f: &mut core::fmt::Formatter<'_>) -> core::fmt::Result {
        f.write_str("ShownOnce(redacted)")
    }
}
