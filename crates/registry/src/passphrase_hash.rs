//! Passphrases at rest: Argon2id (RFC 9106) as a PHC string, hashed off the async threads.

use std::sync::Arc;

use argon2::{
    Argon2, Params,
    password_hash::{PasswordHasher, PasswordVerifier},
};
use rand_core::CryptoRng;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use zeroize::Zeroizing;

use crate::{Error, values::Passphrase};

/// Hashed in the place of what is no passphrase; whether it fits is not asked.
const STAND_IN: &str = "no passphrase";

/// Hashes a few passphrases at a time: each takes 19 MiB, and must not take the memory or the
/// threads that codes are judged with.
#[derive(Debug, Clone)]
pub(crate) struct PassphraseHasher {
    places: Arc<Semaphore>,
    /// One permit for each sign-in that is judged or waits to be.
    room: Arc<Semaphore>,
    turns: Arc<Semaphore>,
}

/// A sign-in's turn: while it is held, a place is free to hash in.
pub(crate) struct Turn {
    _room: OwnedSemaphorePermit,
    _turn: OwnedSemaphorePermit,
}

impl PassphraseHasher {
    const AT_A_TIME: usize = 2;
    /// How many sign-ins wait at most: the last of them for a few seconds.
    const WAITING: usize = 64;

    pub(crate) fn new() -> Self {
        let semaphore = |permits| Arc::new(Semaphore::new(permits));
        Self {
            places: semaphore(Self::AT_A_TIME),
            room: semaphore(Self::AT_A_TIME + Self::WAITING),
            turns: semaphore(Self::AT_A_TIME),
        }
    }

    /// Waits for a turn at judging a sign-in; `None` at once if too many wait already.
    pub(crate) async fn turn(&self) -> Option<Turn> {
        let room = Arc::clone(&self.room).try_acquire_owned().ok()?;
        let turn = Arc::clone(&self.turns).acquire_owned().await.ok()?;
        Some(Turn { _room: room, _turn: turn })
    }

    pub(crate) async fn hash(
        &self,
        passphrase: &Passphrase,
        rng: &mut impl CryptoRng,
    ) -> Result<String, Error> {
        let mut salt = [0; 16];
        rng.fill_bytes(&mut salt);
        self.off_thread(passphrase, move |text| {
            let hash = Argon2::default().hash_password_with_salt(text, &salt);
            hash.map(|hash| hash.to_string()).map_err(|_| Error::Hashing)
        })
        .await?
    }

    /// Whether what was typed is the hashed passphrase. With no hash (nobody has this NPI), or where
    /// nobody can have it as passphrase, the same work is done, and the answer is no.
    pub(crate) async fn verify(&self, typed: &str, hash: Option<String>) -> Result<bool, Error> {
        let passphrase = Passphrase::parse(typed);
        let possible = hash.is_some() && passphrase.is_ok();
        let passphrase = passphrase.or_else(|_| Passphrase::parse(STAND_IN));
        let passphrase = passphrase.map_err(|_| Error::Hashing)?;
        let hash = hash.unwrap_or_else(hash_of_nobody);
        let fits = self
            .off_thread(&passphrase, move |text| {
                Argon2::default().verify_password(text, hash.as_str()).is_ok()
            })
            .await?;
        Ok(fits && possible)
    }

    async fn off_thread<T: Send + 'static>(
        &self,
        passphrase: &Passphrase,
        work: impl FnOnce(&[u8]) -> T + Send + 'static,
    ) -> Result<T, Error> {
        let text = Zeroizing::new(passphrase.expose_text().to_owned());
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| Error::Hashing)?;
        tokio::task::spawn_blocking(move || {
            let done = work(text.as_bytes());
            drop(place);
            done
        })
        .await
        .map_err(|_| Error::Hashing)
    }
}

/// A hash at today's cost that no passphrase is known to have.
fn hash_of_nobody() -> String {
    let (memory, passes, lanes) =
        (Params::DEFAULT_M_COST, Params::DEFAULT_T_COST, Params::DEFAULT_P_COST);
    let (salt, output) = ("A".repeat(22), "A".repeat(43));
    format!("$argon2id$v=19$m={memory},t={passes},p={lanes}${salt}${output}")
}

#[cfg(test)]
mod tests {
    use argon2::password_hash::phc::PasswordHash;
    use getrandom::{SysRng, rand_core::UnwrapErr};

    use super::*;

    #[tokio::test]
    async fn only_the_right_passphrase_fits() {
        let hasher = PassphraseHasher::new();
        let right = Passphrase::parse("correct horse battery").unwrap();
        let wrong = "correct horse batterx";
        let hash = hasher.hash(&right, &mut UnwrapErr(SysRng)).await.unwrap();
        assert!(hash.starts_with("$argon2id$v=19$m=19456,t=2,p=1$"), "{hash}");
        assert!(hasher.verify(right.expose_text(), Some(hash.clone())).await.unwrap());
        assert!(!hasher.verify(wrong, Some(hash)).await.unwrap());
        assert!(!hasher.verify(right.expose_text(), None).await.unwrap());
    }

    #[tokio::test]
    async fn nobodys_hash_costs_what_a_real_one_costs() {
        let hasher = PassphraseHasher::new();
        let passphrase = Passphrase::parse("correct horse battery").unwrap();
        let real = hasher.hash(&passphrase, &mut UnwrapErr(SysRng)).await.unwrap();
        let (real, nobody) = (PasswordHash::new(&real).unwrap(), hash_of_nobody());
        let nobody = PasswordHash::new(&nobody).expect("a hash that is not read costs nothing");
        assert_eq!(nobody.params, real.params);
        assert_eq!(nobody.algorithm, real.algorithm);
        assert_eq!(nobody.salt.unwrap().len(), real.salt.unwrap().len());
        assert_eq!(nobody.hash.unwrap().len(), real.hash.unwrap().len());
    }
}
