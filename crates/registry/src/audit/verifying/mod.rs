//! Finding what was changed in the audit, by the database and what was kept outside it. Needs no
//! secret.

mod checkpoints;
mod events;
mod finding;

use core::sync::atomic::AtomicU64;

use oath::UnixTime;
use serde::Serialize;

pub use self::finding::Finding;
use super::{checkpoint::Checkpoint, keys::AuditPublicKey};
use crate::{
    Error, Registry,
    store::{Store, StoreError},
};

/// How many records are read at a time.
const BATCH: u32 = 10_000;

/// What an auditor keeps outside the database.
#[derive(Debug, Clone, Default)]
pub struct Outside {
    /// The checkpoints that were written down elsewhere, all or some.
    pub checkpoints: Vec<Checkpoint>,
    /// The key that signed the first checkpoint.
    pub first_key: Option<AuditPublicKey>,
}

impl Outside {
    /// Whether there is nothing to compare with.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.checkpoints.is_empty() && self.first_key.is_none()
    }
}

/// What a verification came to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Verified {
    /// How many events there are.
    pub events: u64,
    /// How many of them no checkpoint covers yet.
    pub unsealed: u64,
    /// When the first of those was; where that is long ago, nobody seals.
    pub unsealed_since: Option<UnixTime>,
    /// How many checkpoints there are.
    pub checkpoints: u64,
    /// How many of them were compared with what was kept outside.
    pub compared: u64,
    /// The key that signed the first checkpoint, as far as known.
    pub first_key: Option<AuditPublicKey>,
    /// What is not as it was written: checkpoints, then events in their order; nothing, if all is well.
    pub findings: Vec<Finding>,
}

/// Verifies the whole audit.
///
/// # Errors
/// What the store cannot do.
pub async fn verify(store: &dyn Store, outside: &Outside) -> Result<Verified, StoreError> {
    verify_telling(store, outside, &AtomicU64::new(0)).await
}

/// Verifies the whole audit, and tells meanwhile up to which event it has come.
///
/// # Errors
/// What the store cannot do.
pub async fn verify_telling(
    store: &dyn Store,
    outside: &Outside,
    come_to: &AtomicU64,
) -> Result<Verified, StoreError> {
    let mut verified = Verified {
        events: 0,
        unsealed: 0,
        unsealed_since: None,
        checkpoints: 0,
        compared: 0,
        first_key: outside.first_key,
        findings: Vec::new(),
    };
    let records = store.audit_out_of_place().await?;
    if records > 0 {
        verified.findings.push(Finding::OutOfPlace { records });
    }
    let held = checkpoints::check(store, outside, &mut verified).await?;
    events::check(store, &held, &mut verified, come_to).await?;
    Ok(verified)
}

impl Registry {
    /// Verifies the whole audit of this registry's own store, and tells meanwhile up to which event it
    /// has come.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn verify_audit(
        &self,
        outside: &Outside,
        come_to: &AtomicU64,
    ) -> Result<Verified, Error> {
        Ok(verify_telling(&*self.store, outside, come_to).await?)
    }
}
