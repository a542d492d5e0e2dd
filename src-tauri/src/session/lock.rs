//! The lock: unlocking, locking, and when it locks by itself.

use std::time::Duration;

use vault::{Pin, PinPolicy, State};

use super::{Session, Unlocked};
use crate::{chance::rng, clock::Moment, problem::Problem, settings::AutoLock, tray::TrayView};

/// The wall clock runs ahead of the other by this much when the machine slept meanwhile.
const SLEPT: Duration = Duration::from_secs(10);

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

    /// Replaces the PIN by another one, which is no shorter: an issuer may have asked for its length.
    pub(crate) fn change_pin(&mut self, now: Moment) -> Result<(), Problem> {
        self.unlocked()?;
        let (old, new) = self.pins.take_change()?;
        if new.length() < old.length() {
            return Err(Problem::PinLength { expected: old.length() });
        }
        let policy = PinPolicy::new(new.length()).map_err(Problem::internal)?;
        let changed = self.unlocked_mut()?.change_pin(&old, &new, policy, &mut rng());
        match changed.map_err(|error| self.explain(error)) {
            Err(gone @ (Problem::Erased | Problem::KeyringEmptied)) => {
                self.lock();
                Err(gone)
            }
            other => {
                self.touch(now);
                other
            }
        }
    }

    /// Forgets everything that the PIN opened, and every PIN.
    pub(crate) fn lock(&mut self) {
        self.unlocked = None;
        self.export = None;
        self.pskc = None;
        self.counter_code = None;
        self.pin = None;
        self.pins.forget();
        self.making = None;
        self.other = None;
    }

    /// Locks after as long without activity as the settings say, or when the machine slept; whether
    /// it did.
    pub(crate) fn lock_if_idle(&mut self, now: Moment) -> bool {
        let limit = self.settings.settings().auto_lock.idle_limit();
        let slept = self.last_look.is_some_and(|before| now.slept_since(before) >= SLEPT);
        self.last_look = Some(now);
        let idle = |unlocked: &Unlocked| slept || now.since(unlocked.last_activity) >= limit;
        self.lock_if(idle)
    }

    /// Locks when the app goes to the background, where the settings say so; whether it did.
    pub(crate) fn lock_in_background(&mut self) -> bool {
        let wanted = self.may_lock_in_background();
        self.lock_if(|_| wanted)
    }

    /// Whether there is something to lock when the app goes to the background.
    pub(crate) fn may_lock_in_background(&self) -> bool {
        self.unlocked.is_some() && self.settings.settings().auto_lock == AutoLock::Background
    }

    /// What the tray may offer.
    pub(crate) fn tray_view(&self) -> TrayView {
        let Ok(vault) = self.unlocked() else { return TrayView::default() };
        let copyable = vault.credentials().iter().filter(|credential| credential.totp().is_some());
        let tokens = copyable.map(|credential| (credential.id, credential.name.to_string()));
        TrayView { unlocked: true, tokens: tokens.collect() }
    }

    fn lock_if(&mut self, condition: impl FnOnce(&Unlocked) -> bool) -> bool {
        let locks = self.unlocked.as_ref().is_some_and(condition);
        if locks {
            self.lock();
        }
        locks
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
