//! Whether a token is on another device than the one that it is used with, as far as this server can
//! tell (21 CFR 1311.115 wants it so for hard tokens, and the pages ask it of soft ones).
//!
//! It knows little: what the app said of its system, what the browser in which the token was added said
//! of its own, and whether both came from one network address. None of it is proof, and the browser
//! need not be the one that prescribes. So it warns where both look like one device, blocks nothing,
//! and says *unknown* wherever the signs do not decide.

use std::net::IpAddr;

use oath::TokenType;

use crate::event::words;

/// The operating system of a device.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Platform {
    /// Android.
    Android,
    /// iPhone or iPad.
    Ios,
    /// Linux, but Android.
    Linux,
    /// macOS.
    MacOs,
    /// Windows.
    Windows,
}

words!(Platform {
    Android = "android",
    Ios = "ios",
    Linux = "linux",
    MacOs = "macos",
    Windows = "windows",
});

impl Platform {
    /// The platform of a word, as apps have it; `None` for any other.
    #[must_use]
    pub fn of_word(word: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|known| known.name() == word)
    }
}

/// What was seen of the device in whose browser a token was added.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Seen {
    /// Its operating system, as far as the browser tells.
    pub platform: Option<Platform>,
    /// From where it came, where that is known.
    pub address: Option<IpAddr>,
}

/// Whether a token and the browser in which it was added are on two devices.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Devices {
    /// They are.
    Different,
    /// They look like one.
    Same,
    /// It cannot be told.
    Unknown,
}

words!(Devices { Different = "different", Same = "same", Unknown = "unknown", });

impl Devices {
    /// As the audit has it.
    pub(crate) const fn in_audit(self) -> &'static str {
        match self {
            Self::Different => "on another device than the browser",
            Self::Same => "looks like the same device as the browser",
            Self::Unknown => "not known whether on another device than the browser",
        }
    }
}

/// Judges by the token's type and platform, the browser's platform, and whether both came from one
/// address.
#[must_use]
pub fn judge(
    token_type: TokenType,
    token: Option<Platform>,
    browser: Option<Platform>,
    same_address: Option<bool>,
) -> Devices {
    if token_type == TokenType::Hard {
        // A device of its own.
        return Devices::Different;
    }
    match (token, browser) {
        (Some(token), Some(browser)) if token == browser => match same_address {
            Some(true) => Devices::Same,
            _ => Devices::Unknown,
        },
        // A tablet's browser may say that it is a desktop's.
        (Some(Platform::Ios), Some(Platform::MacOs))
        | (Some(Platform::Android), Some(Platform::Linux)) => Devices::Unknown,
        (Some(_), Some(_)) => Devices::Different,
        _ => Devices::Unknown,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_told_from_what_as_a_table() {
        use Devices::{Different, Same, Unknown};
        use Platform::{Android, Ios, Linux, MacOs, Windows};
        for (token, browser, same_address, expected) in [
            (Some(Android), Some(Windows), Some(true), Different),
            (Some(Ios), Some(Windows), None, Different),
            (Some(Ios), Some(Android), Some(true), Different),
            (Some(Windows), Some(MacOs), None, Different),
            (Some(Windows), Some(Android), Some(false), Different),
            (Some(Windows), Some(Windows), Some(true), Same),
            (Some(Android), Some(Android), Some(true), Same),
            (Some(Windows), Some(Windows), Some(false), Unknown),
            (Some(Windows), Some(Windows), None, Unknown),
            (Some(Ios), Some(MacOs), Some(true), Unknown),
            (Some(Android), Some(Linux), Some(true), Unknown),
            (Some(Linux), Some(Android), Some(true), Different),
            (None, Some(Windows), Some(true), Unknown),
            (Some(Android), None, Some(true), Unknown),
            (None, None, None, Unknown),
        ] {
            let found = judge(TokenType::Soft, token, browser, same_address);
            assert_eq!(found, expected, "{token:?} {browser:?} {same_address:?}");
            let hard = judge(TokenType::Hard, token, browser, same_address);
            assert_eq!(hard, Different, "a hard token is a device of its own");
        }
        assert_eq!(Platform::of_word("macos"), Some(MacOs));
        assert_eq!(Platform::of_word("plan9"), None);
    }
}
