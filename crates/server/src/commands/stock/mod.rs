//! `stock`: hard tokens that nobody owns yet, in and out by files.

mod export;
mod import;
mod secrets;

pub(crate) use export::{ExportArguments, export};
pub(crate) use import::{ImportArguments, import};
