//! PSKC (RFC 6030): the tokens of any OATH server or maker in one file, and out again.
//!
//! Writing has one profile, which is the one that other readers take; reading takes more. Both are
//! in `docs/formats.md`.

mod cipher;
mod elements;
mod head;
mod keys;
mod metered;
mod opening;
mod package;
mod reading;
mod stock_writing;
mod writing;

pub use keys::{PreSharedKey, PskcKey, PskcPassphrase};
pub use reading::PskcReader;
pub use stock_writing::PskcWriter;
pub use writing::PskcToken;
