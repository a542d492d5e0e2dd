//! What can be wrong with what came across, one variant per thing to do next.

/// Something that came across cannot be used.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Error {
    /// Not this kind of text at all.
    #[error(
        "this is not {expected}, which begins with {prefix} - copy the whole of it, or ask for a new one"
    )]
    NotOurs {
        /// What was expected, with its article.
        expected: &'static str,
        /// How such a text begins.
        prefix: &'static str,
    },
    /// A later format than this program knows.
    #[error(
        "{what} is of format {found}, and this program knows format 1 only: update the program, then try again"
    )]
    UnknownVersion {
        /// What it is, with its article.
        what: &'static str,
        /// The version that it claims.
        found: u32,
    },
    /// Its checksum does not fit: something is missing or changed.
    #[error("{what} is damaged or cut short: copy the whole of it again, or ask for a new one")]
    Damaged {
        /// What it is, with its article.
        what: &'static str,
    },
    /// Whole, but what it says is against its format.
    #[error("{what} is not well formed ({reason}): ask whoever sent it for a new one")]
    Malformed {
        /// What it is, with its article.
        what: &'static str,
        /// Which rule it breaks.
        reason: &'static str,
    },
    /// The enrolment link was good until an instant that has passed.
    #[error("this enrolment link has expired: ask for a new one")]
    Expired,
    /// The provisioning data are sealed to another server's key.
    #[error(
        "this provisioning data is sealed to another server: export it again with this server's issuer card"
    )]
    OtherServer,
    /// The seal does not open: changed on the way, or sealed under another activation.
    #[error(
        "this provisioning data cannot be opened: it was changed on the way, or made for another enrolment; export it again"
    )]
    CannotOpen,
    /// The MAC of an app's request does not fit: changed on the way, or made with another seed.
    #[error(
        "this server does not know this token, or the request was changed on the way: try again, or ask whoever issued the token"
    )]
    NotItsToken,
    /// A server's address that an app must not talk to.
    #[error("a server's address begins with https:// (http:// only on this same machine)")]
    ServerUrl,
    /// A name that is empty, too long, or has control characters.
    #[error("a name has 1 to 64 characters, on one line")]
    Name,
    /// A PIN length outside 4 to 8.
    #[error("a PIN has 4 to 8 digits")]
    PinLength,
    /// Google Authenticator's export of several accounts at once.
    #[error(
        "this holds several accounts at once, which is not supported: add them one by one, each with the code that its own site shows"
    )]
    SeveralAccounts,
    /// A secret key that is no base 32, or that is empty or too long.
    #[error(
        "a secret key has only the letters A to Z and the digits 2 to 7: type it as the site shows it"
    )]
    SecretKey,
    /// A passphrase that is too weak for a file, too long, or cannot be typed again.
    #[error(
        "a passphrase for a file has 12 to 128 characters, not all the same: several words that do not belong together are best"
    )]
    PskcPassphrase,
    /// No passphrase, or one that no file has.
    #[error("type the passphrase that came with the file")]
    OtherPskcPassphrase,
    /// A pre-shared key that is no AES key.
    #[error(
        "a pre-shared key has 32, 48 or 64 hexadecimal digits (0 to 9, A to F): type it as its maker sent it"
    )]
    PreSharedKey,
    /// Text too large for a QR code.
    #[error("this is too long for a QR code: use the file")]
    TooLongForQr,
}
