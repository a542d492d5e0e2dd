//! How long the link and the code for a new passphrase are good, and who knows a passphrase.
//!
//! | rule | figure |
//! | --- | --- |
//! | link and code are good for | 24 hours (SP 800-63B-4), once |
//! | wrong codes, then a new link is needed | 5 |
//!
//! Wrong codes are counted for whoever has the link, and so for nobody who only knows the NPI.

use oath::UnixTime;

use crate::{
    passphrase_reset::{PassphraseResetRecord, ResetState},
    values::{AdministratorName, IdempotencyKey},
};

/// Seconds for which link and code are good.
pub const VALID_FOR: u64 = 24 * 3600;
/// Wrong codes that end a link.
pub const MOST_WRONG: u32 = 5;
/// Seconds for which the submit that set the passphrase, sent again, gets the same answer.
pub const ANSWERED_AGAIN: u64 = 10 * 60;

/// Where a link stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ResetStanding {
    /// It can be used.
    Open {
        /// The last instant at which it can.
        until: UnixTime,
    },
    /// It was used a moment ago.
    JustUsed,
    /// It is good for nothing.
    Over,
}

/// Where a link stands at an instant.
pub(crate) fn standing(record: &PassphraseResetRecord, now: UnixTime) -> ResetStanding {
    let until = record.made.plus(VALID_FOR);
    match (record.state, record.used) {
        (ResetState::Open, _) if now <= until && record.wrong < MOST_WRONG => {
            ResetStanding::Open { until }
        }
        (ResetState::Used, Some(at)) if now.since(at) <= ANSWERED_AGAIN => ResetStanding::JustUsed,
        _ => ResetStanding::Over,
    }
}

/// Whether this submit used the link a moment ago.
pub(crate) fn is_same_submit(
    record: &PassphraseResetRecord,
    submit: &IdempotencyKey,
    now: UnixTime,
) -> bool {
    standing(record, now) == ResetStanding::JustUsed && record.submit.as_ref() == Some(submit)
}

/// Who of the administrators can know the account's passphrase: whoever entered the account with a
/// first one, until the prescriber chose another; and whoever saw the link and the code of the last
/// reset that was used, and of one that can be used still.
pub(crate) fn who_knows(
    opened_by: Option<AdministratorName>,
    resets: &[PassphraseResetRecord],
    now: UnixTime,
) -> Vec<AdministratorName> {
    let used = resets.iter().filter(|reset| reset.used.is_some()).max_by_key(|reset| reset.used);
    let seen_by = |reset: &PassphraseResetRecord| AdministratorName::from(reset.seen_by.clone());
    let set_by = used.map(seen_by).or(opened_by);
    let open =
        resets.iter().filter(|reset| matches!(standing(reset, now), ResetStanding::Open { .. }));
    set_by.into_iter().chain(open.map(seen_by)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::values::ResetId;

    const MADE: UnixTime = UnixTime(1_000_000);

    fn reset(state: ResetState, seen_by: &str, used: Option<UnixTime>) -> PassphraseResetRecord {
        PassphraseResetRecord {
            id: ResetId::from_bytes([1; 32]),
            npi: "1234567893".parse().unwrap(),
            state,
            seen_by: seen_by.parse().unwrap(),
            tag: [0; 32],
            made: MADE,
            wrong: 0,
            used,
            submit: used.map(|_| "s".parse().unwrap()),
            version: 1,
        }
    }

    #[test]
    fn where_a_link_stands_as_a_table() {
        use ResetState as S;
        let open = ResetStanding::Open { until: MADE.plus(86_400) };
        let (just, over) = (ResetStanding::JustUsed, ResetStanding::Over);
        for (state, used, wrong, after, expected) in [
            (S::Open, None, 0, 0, open),
            (S::Open, None, 4, 86_400, open),
            (S::Open, None, 5, 1, over),
            (S::Open, None, 0, 86_401, over),
            (S::Used, Some(MADE), 0, 600, just),
            (S::Used, Some(MADE), 0, 601, over),
            (S::Ended, None, 0, 0, over),
        ] {
            let record = PassphraseResetRecord { wrong, ..reset(state, "Rosa", used) };
            assert_eq!(standing(&record, MADE.plus(after)), expected, "{state} {wrong} {after}");
        }
        let used = reset(S::Used, "Rosa", Some(MADE));
        assert!(is_same_submit(&used, &"s".parse().unwrap(), MADE));
        assert!(!is_same_submit(&used, &"t".parse().unwrap(), MADE));
        assert!(!is_same_submit(&reset(S::Open, "Rosa", None), &"s".parse().unwrap(), MADE));
    }

    #[test]
    fn who_knows_a_passphrase_as_a_table() {
        use ResetState as S;
        let name = |text: &str| text.parse::<AdministratorName>().unwrap();
        let (first, second) = (Some(MADE), Some(MADE.plus(9)));
        for (resets, expected) in [
            (vec![], vec!["Ines"]),
            (vec![reset(S::Open, "Rosa", None)], vec!["Ines", "Rosa"]),
            (vec![reset(S::Ended, "Rosa", None)], vec!["Ines"]),
            (vec![reset(S::Used, "Rosa", first)], vec!["Rosa"]),
            (vec![reset(S::Used, "Eva", second), reset(S::Used, "Rosa", first)], vec!["Eva"]),
            (vec![reset(S::Used, "Rosa", first), reset(S::Open, "Eva", None)], vec!["Rosa", "Eva"]),
        ] {
            let found = who_knows(Some(name("Ines")), &resets, MADE.plus(10));
            assert_eq!(found, expected.into_iter().map(name).collect::<Vec<_>>(), "{resets:?}");
        }
        assert!(who_knows(None, &[], MADE).is_empty());
    }
}
