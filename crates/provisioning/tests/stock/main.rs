//! Files of stock: PSKC as its RFC, other people's programs and we ourselves write it, and CSV.

#![allow(clippy::unwrap_used, reason = "a test fails by panicking, in its helpers too")]

#[path = "../common/mod.rs"]
mod common;
mod csv;
mod damaged;
mod generous;
mod peers;
mod reading;
mod rfc_6030;
