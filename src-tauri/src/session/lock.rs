//! The lock: unlocking, locking, and when it locks by itself.

use std::time::Duration;

use vault::{Pin, State};

use super::{Session, Unlocked};
use crate::{clock::Moment, problem::Problem};

/// Unlocked and untouched for this long, the app locks.
pub(crate) const IDLE_LIMIT: Duration = Duration::from_secs(5 * 60);

impl Session {
    /// Opens the vault with a PIN.
    pub(crate) fn unlock(&mut self, digits: &str, now: Moment) -> Result<(), Problem> {
        let pin = Pin::parse(digits)?;
        let opened = self.vault.unlock(&pin).map_err(|error| self.explain(error))?;
        self.open(opened, now);
        self.settle_what_was_sent_while_locked();
        self.write_note();
        Ok(())
    }

    /// Forgets everything that the PIN opened.
    pub(crate) fn lock(&mut self) {
        self.unlocked = None;
        self.export = None;
        if let Some(invitation) = &mut self.invitation {
            invitation.pin = None;
        }
    }

    /// Locks after [`IDLE_LIMIT`] without activity; whether it did.
    pub(crate) fn lock_if_idle(&mut self, now: Moment) -> bool {
        let idle = self
            .unlocked
            .as_ref()
            .is_some_and(|unlocked| now.since(unlocked.last_activity) >= IDLE_LIMIT);
        if idle {
            self.lock();
        }
        idle
    }

    /// Notes that the person did something.
    pub(crate) fn touch(&mut self, now: Moment) {
        if let Some(unlocked) = &mut self.unlocked {
            unlocked.last_activity = now;
        }
    }

    pub(super) fn open(&mut self, vault: vault::UnlockedVault, now: Moment) {
        self.unlocked = Some(Unlocked { vault, last_activity: now });
    }

    /// Whether the keyring has a vault at all.
    pub(super) fn has_vault(&self) -> Result<bool, Problem> {
        Ok(self.vault.state()? != State::NoVault)
    }
}
