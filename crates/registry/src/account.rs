//! A prescriber's account.

use oath::UnixTime;
use provisioning::Label;

use crate::{
    rules::lock::Lock,
    values::{AccountId, Mail, Npi, Passphrase, Phone, PostalAddress, ProofingRecord},
};

/// What an administrator enters to open an account.
#[derive(Debug)]
pub struct NewAccount {
    /// The prescriber's NPI.
    pub npi: Npi,
    /// What the operator calls it besides.
    pub id: Option<AccountId>,
    /// The prescriber's name.
    pub name: Label,
    /// Where mail to the prescriber goes.
    pub mail: Mail,
    /// The first passphrase.
    pub passphrase: Passphrase,
    /// Who checked the prescriber's identity, and how.
    pub proofing: ProofingRecord,
}

/// An account that was opened. There is none without an identity-proofing record.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Account {
    /// The prescriber's NPI, which names the account.
    pub npi: Npi,
    /// What the operator calls it besides; never changes.
    pub id: Option<AccountId>,
    /// The prescriber's name.
    pub name: Label,
    /// Where mail to the prescriber goes.
    pub mail: Mail,
    /// Where a code is sent before a token is added.
    pub phone: Option<Phone>,
    /// Where a hard token was last shipped to, or is to be.
    pub address: Option<PostalAddress>,
    /// Who checked the prescriber's identity, and how.
    pub proofing: ProofingRecord,
    /// When it was opened.
    pub opened: UnixTime,
    /// Sign-ins in a row that had the wrong passphrase.
    pub sign_in_failures: u32,
    /// Until when no sign-in is judged; may have passed.
    pub sign_in_pause: Option<Lock>,
    /// When two people ended its access, if they did.
    pub access_ended: Option<UnixTime>,
}

impl Account {
    /// An account that is opened at an instant.
    #[must_use]
    pub const fn opened(
        npi: Npi,
        name: Label,
        mail: Mail,
        proofing: ProofingRecord,
        at: UnixTime,
    ) -> Self {
        Self {
            npi,
            id: None,
            name,
            mail,
            phone: None,
            address: None,
            proofing,
            opened: at,
            sign_in_failures: 0,
            sign_in_pause: None,
            access_ended: None,
        }
    }
}

/// An account as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AccountRecord {
    /// What everybody may see of it.
    pub account: Account,
    /// The passphrase as a PHC string of Argon2id.
    pub passphrase_hash: String,
    /// Counts the writes, for compare-and-set.
    pub version: u64,
}
