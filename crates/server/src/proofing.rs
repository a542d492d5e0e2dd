//! The record of who checked a prescriber's identity, when, by which evidence.

use core::str::FromStr;

use oath::UnixTime;
use provisioning::Label;
use registry::{ProofingRecord, ValueError};

use crate::time_text;

/// Which documents were seen, and how: 1 to 400 characters on one line, which leave room in a record for
/// the name and the day.
pub(crate) struct Evidence(String);

impl FromStr for Evidence {
    type Err = &'static str;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        const MOST: usize = 400;
        let text = text.trim();
        let too_long = text.chars().nth(MOST).is_some();
        if text.is_empty() || too_long || text.chars().any(char::is_control) {
            return Err("say which documents were seen, and how, in 1 to 400 characters");
        }
        Ok(Self(text.to_owned()))
    }
}

/// One record of it.
pub(crate) fn record(
    checked_by: &Label,
    day: UnixTime,
    Evidence(evidence): &Evidence,
) -> Result<ProofingRecord, ValueError> {
    format!("{checked_by}, {}: {evidence}", time_text::date(day)).parse()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_name_and_evidence_fit_into_a_record() {
        let name: Label = "é".repeat(Label::MAX_CHARACTERS).parse().unwrap();
        let evidence: Evidence = "é".repeat(400).parse().unwrap();
        assert!(record(&name, UnixTime(1_800_000_000), &evidence).is_ok());
        assert!("é".repeat(401).parse::<Evidence>().is_err());
    }
}
