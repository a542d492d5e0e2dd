//! The record of who checked a prescriber's identity, when, by which evidence.

use oath::UnixTime;
use provisioning::Label;
use registry::{ProofingRecord, ValueError};

use crate::time_text;

/// One record of it.
pub(crate) fn record(
    checked_by: &Label,
    day: UnixTime,
    evidence: &str,
) -> Result<ProofingRecord, ValueError> {
    format!("{checked_by}, {}: {evidence}", time_text::date(day)).parse()
}
