//! What is known of a credential, but for its seed.

use oath::{CredentialId, Totp, UnixTime};
use provisioning::{EnrolmentLink, IssuerName, Label, OtpKind, ServerUrl};

use crate::{LastState, LogLine};

/// A credential of an unlocked vault. Its seed is not in here.
#[derive(Debug)]
pub struct Credential {
    /// What the prescriber quotes and the registry knows it by. For another issuer's account it is
    /// only the vault's name for it, and shown to nobody.
    pub id: CredentialId,
    /// What the prescriber calls the token.
    pub name: Label,
    /// Who issued it, where an enrolment link said so.
    pub issuer: Option<IssuerName>,
    /// Whose it is, and how its codes are made.
    pub kind: CredentialKind,
    /// How far its enrolment has come.
    pub enrolment: Enrolment,
    /// When it was made, by this device's clock.
    pub created: UnixTime,
    /// What the server last said of it.
    pub last_state: Option<LastState>,
    /// What has happened to it, oldest first: as much as the keyring's entry has room for.
    pub log: Vec<LogLine>,
}

impl Credential {
    /// Whether the token is ours, and not another issuer's account.
    #[must_use]
    pub const fn is_own(&self) -> bool {
        matches!(self.kind, CredentialKind::Own(_))
    }

    /// How its codes are made from the time; `None` where they are counted.
    #[must_use]
    pub const fn totp(&self) -> Option<Totp> {
        match self.kind {
            CredentialKind::Own(totp) | CredentialKind::Other(OtpKind::Totp(totp)) => Some(totp),
            CredentialKind::Other(OtpKind::Hotp { .. }) => None,
        }
    }
}

/// Whose a credential is, and how its codes are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CredentialKind {
    /// Our own token, made here; a registry may know it.
    Own(Totp),
    /// Another issuer's account.
    Other(OtpKind),
}

impl CredentialKind {
    /// The same, without telling whose it is.
    #[must_use]
    pub const fn otp(self) -> OtpKind {
        match self {
            Self::Own(totp) => OtpKind::Totp(totp),
            Self::Other(otp) => otp,
        }
    }
}

/// How far a credential's enrolment has come.
#[derive(Debug)]
pub enum Enrolment {
    /// Made without a link; its provisioning data are exported by hand.
    None,
    /// The provisioning data are still to be sent. The link carries a secret, and is kept sealed
    /// with the seed.
    Pending(EnrolmentLink),
    /// The server has the provisioning data.
    Sent {
        /// Which server.
        server: ServerUrl,
        /// When it said so, by this device's clock.
        at: UnixTime,
    },
}

/// A credential to be made; the vault makes its credential ID and its seed.
#[derive(Debug)]
pub struct NewCredential {
    /// What the prescriber calls the token.
    pub name: Label,
    /// Who issues it, where an enrolment link says so.
    pub issuer: Option<IssuerName>,
    /// How far its enrolment has come.
    pub enrolment: Enrolment,
    /// Now, by this device's clock.
    pub created: UnixTime,
}

/// The device that the app runs on, as the server is told.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Device {
    /// What the device calls itself.
    pub name: Label,
    /// Its operating system, such as `linux` or `android`.
    pub platform: Label,
}
