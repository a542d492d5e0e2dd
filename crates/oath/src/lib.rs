//! One-time codes: seeds, credential IDs, HOTP (RFC 4226), TOTP (RFC 6238), their verification
//! in a window around a learnt drift, and resynchronisation by two consecutive codes.
//!
//! Nothing here reads a clock, a file, or a source of randomness: the instant is a [`UnixTime`]
//! and the randomness a [`rand_core::CryptoRng`], both given by the caller.
//!
//! | module | subject |
//! | --- | --- |
//! | [`seed`] | the shared secret of a token |
//! | [`credential_id`] | the identifier that our soft tokens show |
//! | [`serial_number`] | the identifier of any maker's token, and what its prefix tells |
//! | [`code`] | the security code and its number of digits |
//! | [`algorithm`] | the hash under the HMAC |
//! | [`time`] | instants and time steps |
//! | [`hotp`], [`totp`] | making codes |
//! | [`ocra`] | a code that is good for one prescription only (RFC 6287) |
//! | [`verify`] | judging a code: window, drift, resynchronisation |

pub mod algorithm;
pub mod code;
pub mod credential_id;
mod hmac_sha1;
pub mod hotp;
pub mod ocra;
pub mod seed;
pub mod serial_number;
pub mod time;
pub mod totp;
pub mod verify;

mod error;

pub use algorithm::Algorithm;
pub use code::{Code, Digits};
pub use credential_id::CredentialId;
pub use error::Error;
pub use hotp::{Hotp, KeyedHotp};
pub use ocra::{Challenge, Ocra};
pub use seed::Seed;
pub use serial_number::{Manufacturer, SerialNumber, TokenType};
pub use time::{Period, UnixTime};
pub use totp::Totp;
pub use verify::{Drift, LookAhead, Refusal, Window};
