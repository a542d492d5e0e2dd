//! `audit key` and `audit rotate-key`: who signs checkpoints.

use core::fmt;

use registry::audit::{checkpoint::Checkpoint, keys::AuditPublicKey};
use serde::Serialize;

use crate::{cli::Place, clock, commands::operator, failure::Failure, opening, output, randomness};

#[derive(Serialize)]
struct Keys {
    /// The key that signed the first checkpoint: what an auditor writes down.
    first: AuditPublicKey,
    /// The key that signs the next one.
    current: AuditPublicKey,
}

pub(crate) async fn show_key(place: &Place, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(place).await?;
    // The first start of a server seals; before it there is no key.
    let first = registry.checkpoints_after(0, 1).await?;
    let last = registry.last_checkpoint().await?;
    let (Some(first), Some(last)) = (first.first(), last) else {
        return Err(Failure::NotSealed);
    };
    let keys = Keys { first: first.key, current: last.statement.next_key };
    output::print(json, &keys, &keys)
}

impl fmt::Display for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "first    {}\ncurrent  {}", self.first, self.current)
    }
}

pub(crate) async fn rotate_key(place: &Place, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(place).await?;
    let now = clock::now();
    let checkpoint = registry.change_audit_key(&operator(), now, &mut randomness::rng()).await?;
    output::print(json, &checkpoint, &Rotated(&checkpoint))
}

struct Rotated<'a>(&'a Checkpoint);

impl fmt::Display for Rotated<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let statement = &self.0.statement;
        write!(
            f,
            "Checkpoint {}, signed by {}, names the next key: {}",
            statement.number, self.0.key, statement.next_key
        )
    }
}
