//! A keyring in memory, for what cannot be made to happen with a real one on purpose.

use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use vault::{Keyring, KeyringError};
use zeroize::Zeroizing;

/// One change of the keyring.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Wrote(String),
    Deleted(String),
}

#[derive(Default)]
pub struct Memory {
    inner: Mutex<Inner>,
}

#[derive(Default)]
struct Inner {
    entries: BTreeMap<String, String>,
    changes: Vec<Change>,
    /// After so many more changes nothing works, as if the plug were pulled.
    changes_left: Option<usize>,
    /// What the keyring says to everything.
    refusal: Option<KeyringError>,
}

impl Memory {
    pub fn entries(&self) -> BTreeMap<String, String> {
        self.lock().entries.clone()
    }

    pub fn put(&self, entry: &str, value: &str) {
        self.lock().entries.insert(entry.to_owned(), value.to_owned());
    }

    pub fn take(&self, entry: &str) -> Option<String> {
        self.lock().entries.remove(entry)
    }

    /// The changes since this was last asked.
    pub fn changes(&self) -> Vec<Change> {
        std::mem::take(&mut self.lock().changes)
    }

    pub fn pull_plug_after(&self, changes: usize) {
        self.lock().changes_left = Some(changes);
    }

    pub fn plug_in(&self) {
        self.lock().changes_left = None;
    }

    pub fn refuse(&self, refusal: Option<KeyringError>) {
        self.lock().refusal = refusal;
    }

    fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }
}

impl Inner {
    fn check(&self) -> Result<(), KeyringError> {
        match (&self.refusal, self.changes_left) {
            (Some(refusal), _) => Err(refusal.clone()),
            (None, Some(0)) => Err(KeyringError::Failed { reason: "no power".to_owned() }),
            (None, _) => Ok(()),
        }
    }

    fn change(&mut self, change: Change) -> Result<(), KeyringError> {
        self.check()?;
        self.changes_left = self.changes_left.map(|left| left - 1);
        self.changes.push(change);
        Ok(())
    }
}

impl Keyring for Memory {
    fn read(&self, entry: &str) -> Result<Option<Zeroizing<String>>, KeyringError> {
        let inner = self.lock();
        inner.check()?;
        Ok(inner.entries.get(entry).cloned().map(Zeroizing::new))
    }

    fn write(&self, entry: &str, value: &str) -> Result<(), KeyringError> {
        assert!(value.len() < 2_560 && value.is_ascii(), "no keyring has to take this");
        let mut inner = self.lock();
        inner.change(Change::Wrote(entry.to_owned()))?;
        inner.entries.insert(entry.to_owned(), value.to_owned());
        Ok(())
    }

    fn delete(&self, entry: &str) -> Result<(), KeyringError> {
        let mut inner = self.lock();
        inner.change(Change::Deleted(entry.to_owned()))?;
        inner.entries.remove(entry);
        Ok(())
    }
}
