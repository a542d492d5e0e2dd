//! Checkpoints: signed statements of how far the audit went, and with which link.

use data_encoding::HEXLOWER;
use oath::UnixTime;
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::{
    chain::Link,
    keys::{AuditKey, AuditPublicKey},
};

const DOMAIN: &[u8] = b"countersign audit checkpoint 1";

/// What a checkpoint says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Statement {
    /// Its place among the checkpoints, from 1 on, without gaps.
    pub number: u64,
    /// When it was made.
    pub at: UnixTime,
    /// The last event that it covers.
    pub last_event: u64,
    /// That event's link.
    pub link: Link,
    /// The digest of the checkpoint before; zeros for the first.
    pub before: [u8; 32],
    /// The key that signs the checkpoints after this one: another than its own where the key is
    /// changed.
    pub next_key: AuditPublicKey,
}

/// A statement and who signed it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "Line", into = "Line")]
pub struct Checkpoint {
    /// What it says.
    pub statement: Statement,
    /// The key that it is signed with: the `next_key` of the one before.
    pub key: AuditPublicKey,
    /// Ed25519 over the statement and the key.
    pub signature: [u8; 64],
}

impl Checkpoint {
    pub(crate) fn sign(statement: Statement, key: &AuditKey) -> Self {
        let public = key.public();
        Self { statement, key: public, signature: key.sign(&message(&statement, &public)) }
    }

    /// Whether its signature is its key's.
    #[must_use]
    pub fn is_signed(&self) -> bool {
        self.key.verifies(&message(&self.statement, &self.key), &self.signature)
    }

    /// Whether it may stand right after another, or, where there is none, as the very first.
    #[must_use]
    pub fn follows(&self, before: Option<&Self>) -> bool {
        let now = &self.statement;
        let fits = match before {
            None => now.number == 1 && now.before == [0; 32],
            Some(before) => {
                let was = &before.statement;
                Some(now.number) == was.number.checked_add(1)
                    && now.before == before.digest()
                    && self.key == was.next_key
                    && (now.last_event > was.last_event
                        || now.last_event == was.last_event && now.link == was.link)
            }
        };
        fits && self.is_signed()
    }

    /// What the checkpoint after it names it by: SHA-256 of what was signed and the signature.
    #[must_use]
    pub fn digest(&self) -> [u8; 32] {
        let mut digest = Sha256::new();
        digest.update(message(&self.statement, &self.key));
        digest.update(self.signature);
        digest.finalize().into()
    }
}

/// What is signed: the domain, then number, time and last event in 8 bytes each, big-endian, the link,
/// the digest before, the next key and the own key in 32 bytes each.
fn message(statement: &Statement, key: &AuditPublicKey) -> Vec<u8> {
    let Statement { number, at, last_event, link, before, next_key } = statement;
    [
        DOMAIN,
        &number.to_be_bytes(),
        &at.0.to_be_bytes(),
        &last_event.to_be_bytes(),
        &link.0,
        before,
        next_key.as_bytes(),
        key.as_bytes(),
    ]
    .concat()
}

/// A checkpoint as one line of a file: JSON, bytes in hexadecimal.
#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Line {
    checkpoint: u64,
    at: UnixTime,
    last_event: u64,
    link: String,
    before: String,
    next_key: AuditPublicKey,
    key: AuditPublicKey,
    signature: String,
}

impl From<Checkpoint> for Line {
    fn from(checkpoint: Checkpoint) -> Self {
        let Statement { number, at, last_event, link, before, next_key } = checkpoint.statement;
        Self {
            checkpoint: number,
            at,
            last_event,
            link: link.to_string(),
            before: HEXLOWER.encode(&before),
            next_key,
            key: checkpoint.key,
            signature: HEXLOWER.encode(&checkpoint.signature),
        }
    }
}

impl TryFrom<Line> for Checkpoint {
    type Error = &'static str;

    fn try_from(line: Line) -> Result<Self, &'static str> {
        Ok(Self {
            statement: Statement {
                number: line.checkpoint,
                at: line.at,
                last_event: line.last_event,
                link: Link(bytes(&line.link).ok_or("the link is not 32 bytes")?),
                before: bytes(&line.before).ok_or("the digest before is not 32 bytes")?,
                next_key: line.next_key,
            },
            key: line.key,
            signature: bytes(&line.signature).ok_or("the signature is not 64 bytes")?,
        })
    }
}

fn bytes<const N: usize>(hex: &str) -> Option<[u8; N]> {
    HEXLOWER.decode(hex.as_bytes()).ok()?.try_into().ok()
}

#[cfg(test)]
mod tests {
    use getrandom::{SysRng, rand_core::UnwrapErr};

    use super::*;

    fn signed() -> Checkpoint {
        let key = AuditKey::generate(&mut UnwrapErr(SysRng));
        let statement = Statement {
            number: 2,
            at: UnixTime(1_812_345_660),
            last_event: 17,
            link: Link([5; 32]),
            before: [6; 32],
            next_key: key.public(),
        };
        Checkpoint::sign(statement, &key)
    }

    #[test]
    fn a_line_reads_as_it_was_written() {
        let checkpoint = signed();
        let line = serde_json::to_string(&checkpoint).unwrap();
        assert!(!line.contains('\n'));
        assert_eq!(serde_json::from_str::<Checkpoint>(&line).unwrap(), checkpoint);
    }

    #[test]
    fn a_change_of_anything_breaks_the_signature() {
        let checkpoint = signed();
        assert!(checkpoint.is_signed());
        let with = |change: fn(&mut Statement)| {
            let mut changed = checkpoint;
            change(&mut changed.statement);
            changed
        };
        for changed in [
            with(|statement| statement.number += 1),
            with(|statement| statement.at = UnixTime(1)),
            with(|statement| statement.last_event -= 1),
            with(|statement| statement.link = Link::GENESIS),
            with(|statement| statement.before = [0; 32]),
            with(|statement| statement.next_key = signed().key),
            Checkpoint { key: signed().key, ..checkpoint },
        ] {
            assert!(!changed.is_signed(), "{changed:?}");
            assert_ne!(changed.digest(), checkpoint.digest());
        }
    }
}
