//! What is known of a credential, but for its seed.

use oath::{CredentialId, Totp, UnixTime};
use provisioning::{EnrolmentLink, IssuerName, Label, ServerUrl};

/// A credential of an unlocked vault. Its seed is not in here.
#[derive(Debug)]
pub struct Credential {
    /// What the prescriber quotes and the registry knows it by.
    pub id: CredentialId,
    /// What the prescriber calls the token.
    pub name: Label,
    /// Who issued it, where an enrolment link said so.
    pub issuer: Option<IssuerName>,
    /// How its codes are made.
    pub totp: Totp,
    /// How far its enrolment has come.
    pub enrolment: Enrolment,
    /// When it was made, by this device's clock.
    pub created: UnixTime,
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
