//! `stock`: hard tokens that nobody owns yet, in and out by files.

mod import;
mod secrets;

pub(crate) use import::{ImportArguments, import};
