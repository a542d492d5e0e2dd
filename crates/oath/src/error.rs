//! What can be wrong with a value that somebody typed or sent.

/// A value that is not well formed, told in the words of the person who typed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not a credential ID of our own form.
    #[error(
        "this is not a credential ID: it has four letters and eight further characters, \
         like CSST 4F7K 92MQ; check it against the app"
    )]
    CredentialId,
    /// Not a serial number of any maker's form.
    #[error(
        "this is not a serial number or credential ID: use the letters and digits printed on \
         the token or shown in the app (4 to 32 of them)"
    )]
    SerialNumber,
    /// Not a security code.
    #[error("a security code is 6 to 8 digits; type it as the token shows it")]
    Code,
    /// Not the number of a prescription.
    #[error("the number to sign has 8 digits; type it as the signing page shows it")]
    Challenge,
    /// A seed shorter or longer than RFC 4226 (section 4, R6) and common sense allow.
    #[error("a seed must be 16 to 64 bytes long")]
    SeedLength,
    /// A secret key of another issuer that is empty, or longer than any hash makes use of.
    #[error("a secret key must be 1 to 128 bytes long")]
    OtherSeedLength,
    /// A number of digits other than 6, 7 or 8.
    #[error("a security code has 6, 7 or 8 digits")]
    Digits,
    /// A time step of no seconds, or of more than a day.
    #[error("a time step is 1 to 86400 whole seconds")]
    Period,
    /// A hash other than SHA-1, SHA-256 or SHA-512.
    #[error("the algorithm must be SHA1, SHA256 or SHA512")]
    Algorithm,
}
