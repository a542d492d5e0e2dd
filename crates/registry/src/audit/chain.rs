//! Rows of the audit, and the links that chain them.

use core::fmt;

use data_encoding::HEXLOWER;
use oath::UnixTime;
use sha2::{Digest, Sha256};

/// How a link's input begins.
const DOMAIN: &[u8] = b"countersign audit link 1";
/// The length that stands for a column without a value.
const ABSENT: u32 = u32::MAX;

/// An event exactly as it is stored, column by column, whether it can be understood or not.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AuditRow {
    /// Its place, from 1 on, without gaps.
    pub id: u64,
    /// The other columns, in the order of [`AuditRow::COLUMNS`], byte for byte, numbers in
    /// decimal.
    pub columns: [Option<Vec<u8>>; 11],
}

impl AuditRow {
    /// The columns that a link covers besides the ID.
    pub const COLUMNS: [&'static str; 11] = [
        "at",
        "actor",
        "actor_name",
        "actor_token",
        "kind",
        "outcome",
        "account",
        "serial",
        "purpose",
        "cause",
        "reference",
    ];

    /// How many of the columns every link covers; those after them only where they have a value, so
    /// that links from before there was such a column stay as they are.
    const ALWAYS: usize = 10;

    /// When it was, if that is an instant at all.
    pub(crate) fn at(&self) -> Option<UnixTime> {
        let at = core::str::from_utf8(self.columns.first()?.as_deref()?).ok()?;
        at.parse().ok().map(UnixTime)
    }

    /// Its kind and outcome as they are stored; nothing where there is none.
    pub(crate) fn kind_and_outcome(&self) -> (&[u8], &[u8]) {
        let [_, _, _, _, kind, outcome, ..] = &self.columns;
        (kind.as_deref().unwrap_or_default(), outcome.as_deref().unwrap_or_default())
    }
}

/// The running digest of all events up to one.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct Link(pub [u8; 32]);

impl Link {
    /// What stands before the first event.
    pub const GENESIS: Self = Self([0; 32]);

    /// The link of the next event: SHA-256 of the domain, this link, the ID in 8 bytes, and each
    /// column as its length in 4 bytes and its bytes; numbers are big-endian, and a column
    /// without a value is the length `0xFFFF_FFFF`. The reference stands there only with a value.
    #[must_use]
    pub fn then(self, row: &AuditRow) -> Self {
        let mut digest = Sha256::new();
        digest.update(DOMAIN);
        digest.update(self.0);
        digest.update(row.id.to_be_bytes());
        for (place, column) in row.columns.iter().enumerate() {
            match column {
                // A column is far below 4 GiB; a longer one would only never match.
                Some(text) => {
                    let length = u32::try_from(text.len()).unwrap_or(ABSENT - 1);
                    digest.update(length.to_be_bytes());
                    digest.update(text);
                }
                None if place < AuditRow::ALWAYS => digest.update(ABSENT.to_be_bytes()),
                None => {}
            }
        }
        Self(digest.finalize().into())
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&HEXLOWER.encode(&self.0))
    }
}

impl fmt::Debug for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn row(id: u64) -> AuditRow {
        let columns = [
            Some("1812345660"),
            Some("prescriber"),
            Some("1234567893"),
            None,
            Some("code-judged"),
            Some("success"),
            Some("1234567893"),
            Some("CSST4F7K92MQ"),
            Some("signing"),
            None,
            None,
        ];
        AuditRow { id, columns: columns.map(|text| text.map(|text| text.as_bytes().to_vec())) }
    }

    /// The vector of `docs/audit.md`.
    #[test]
    fn a_link_is_the_documented_one() {
        let link = Link::GENESIS.then(&row(1));
        let documented = include_str!("../../../../docs/audit.md");
        assert!(documented.contains(&link.to_string()), "{link} is not in docs/audit.md");
    }

    #[test]
    fn every_column_counts_and_no_text_can_move_to_its_neighbour() {
        let link = Link::GENESIS.then(&row(1));
        assert_ne!(link, Link::GENESIS.then(&row(2)));
        assert_ne!(link, link.then(&row(1)));
        for column in 0..AuditRow::COLUMNS.len() {
            let mut changed = row(1);
            changed.columns[column] = match &changed.columns[column] {
                Some(_) => None,
                None => Some(Vec::new()),
            };
            assert_ne!(link, Link::GENESIS.then(&changed), "{}", AuditRow::COLUMNS[column]);
        }
        let mut moved = row(1);
        moved.columns[1] = Some(b"prescriber1".to_vec());
        moved.columns[2] = Some(b"234567893".to_vec());
        assert_ne!(link, Link::GENESIS.then(&moved));
    }
}
