//! What the tests of the vault share.

#![allow(dead_code, unreachable_pub, reason = "each test file uses its own part")]

#[cfg(target_os = "linux")]
pub mod child;
#[cfg(target_os = "linux")]
pub mod churn;
pub mod frame;
pub mod memory;
pub mod sample;
#[cfg(target_os = "linux")]
pub mod session;
