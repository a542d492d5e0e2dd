//! `audit`: whether the record was changed, one day of it, and its key.

mod key;
mod report;
mod verify;

pub(crate) use key::{rotate_key, show_key};
pub(crate) use report::{Arguments as ReportArguments, report};
pub(crate) use verify::{Arguments as VerifyArguments, verify};
