//! A keyring that is opened when it is first needed, and anew after its service was restarted.

use std::sync::{Arc, Mutex, PoisonError};

use vault::{Keyring, KeyringError};
use zeroize::Zeroizing;

/// Opens the keyring.
pub(crate) type OpenKeyring =
    Box<dyn Fn() -> Result<Arc<dyn Keyring>, KeyringError> + Send + Sync + 'static>;

/// Asks once more, of a newly opened keyring, where one that was open no longer answers. That is
/// safe because reading, writing and deleting an entry may each be done twice.
pub(crate) struct SteadyKeyring {
    open: OpenKeyring,
    held: Mutex<Option<Arc<dyn Keyring>>>,
}

impl SteadyKeyring {
    pub(crate) fn new(open: OpenKeyring) -> Self {
        Self { open, held: Mutex::new(None) }
    }

    fn ask<T>(
        &self,
        question: impl Fn(&dyn Keyring) -> Result<T, KeyringError>,
    ) -> Result<T, KeyringError> {
        let mut held = self.held.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(keyring) = held.take() {
            let answer = question(&*keyring);
            if !is_gone(&answer) {
                *held = Some(keyring);
                return answer;
            }
        }
        let keyring = (self.open)()?;
        let answer = question(&*keyring);
        if !is_gone(&answer) {
            *held = Some(keyring);
        }
        answer
    }
}

/// Whether the keyring's service may have ended since it was opened.
fn is_gone<T>(answer: &Result<T, KeyringError>) -> bool {
    matches!(answer, Err(KeyringError::Unavailable | KeyringError::Failed { .. }))
}

impl Keyring for SteadyKeyring {
    fn read(&self, entry: &str) -> Result<Option<Zeroizing<String>>, KeyringError> {
        self.ask(|keyring| keyring.read(entry))
    }

    fn write(&self, entry: &str, value: &str) -> Result<(), KeyringError> {
        self.ask(|keyring| keyring.write(entry, value))
    }

    fn delete(&self, entry: &str) -> Result<(), KeyringError> {
        self.ask(|keyring| keyring.delete(entry))
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicU32, Ordering};

    use super::*;
    use crate::tests::HeldKeyring;

    /// Keyrings that are opened one after the other, and how many were.
    fn steady(keyrings: &[Arc<HeldKeyring>]) -> (SteadyKeyring, Arc<AtomicU32>) {
        let (keyrings, opened) = (keyrings.to_vec(), Arc::new(AtomicU32::new(0)));
        let count = Arc::clone(&opened);
        let open: OpenKeyring = Box::new(move || {
            let place = count.fetch_add(1, Ordering::Relaxed) as usize;
            let keyring = keyrings.get(place).ok_or(KeyringError::Unavailable)?;
            Ok(Arc::clone(keyring) as Arc<dyn Keyring>)
        });
        (SteadyKeyring::new(open), opened)
    }

    fn restarted() -> KeyringError {
        KeyringError::Failed { reason: "the session does not exist".to_owned() }
    }

    #[test]
    fn one_that_answers_is_opened_once() {
        let (keyring, opened) = steady(&[Arc::default()]);
        keyring.write("entry", "value").unwrap();
        assert_eq!(keyring.read("entry").unwrap().unwrap().as_str(), "value");
        assert_eq!(opened.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn after_a_restart_of_the_service_nobody_notices() {
        let [before, after] = [Arc::<HeldKeyring>::default(), Arc::default()];
        after.write("entry", "value").unwrap();
        let (keyring, _) = steady(&[Arc::clone(&before), after]);
        assert!(keyring.read("entry").unwrap().is_none());
        before.refuse(restarted());
        assert_eq!(keyring.read("entry").unwrap().unwrap().as_str(), "value");
    }

    #[test]
    fn a_locked_keyring_is_not_asked_twice() {
        let locked = Arc::<HeldKeyring>::default();
        let (keyring, opened) = steady(&[Arc::clone(&locked), Arc::default()]);
        keyring.read("entry").unwrap();
        for error in [KeyringError::Locked, KeyringError::PromptDismissed] {
            locked.refuse(error.clone());
            assert_eq!(keyring.read("entry").err(), Some(error));
        }
        assert_eq!(opened.load(Ordering::Relaxed), 1);
    }

    #[test]
    fn one_that_stays_away_is_told_of() {
        let (keyring, _) = steady(&[]);
        assert_eq!(keyring.read("entry").err(), Some(KeyringError::Unavailable));
    }
}
