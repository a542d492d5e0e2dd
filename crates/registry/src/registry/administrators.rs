//! Adding, unlocking and removing administrators, and whether one may do something.

use oath::{Seed, UnixTime};
use rand_core::CryptoRng;

use super::{ATTEMPTS, Registry, only_the_help_desk};
use crate::{
    Error,
    administrator::{
        AddedAdministrator, Administrator, AdministratorRecord, AdministratorSession,
        NewAdministrator, is_fresh,
    },
    event::{Actor, EventKind, NewEvent, Outcome},
    master_key::What,
    rules::administrators::{Action, may},
    store::{Changes, Write},
    values::AdministratorName,
};

impl Registry {
    /// Adds an administrator; the seed of their token is given out this once.
    ///
    /// # Errors
    /// [`Error::AdministratorExists`], also if one of this name was removed; [`Error::NotAllowed`].
    pub async fn add_administrator(
        &self,
        actor: &Actor,
        new: NewAdministrator,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<AddedAdministrator, Error> {
        only_the_help_desk(actor)?;
        if self.store.administrator(new.name.key()).await?.is_some() {
            return Err(Error::AdministratorExists);
        }
        let passphrase_hash = self.hasher.hash(&new.passphrase, rng).await?;
        let seed = Seed::generate(rng);
        let whose = new.name.key().as_bytes();
        let sealed_seed =
            self.master.seal(What::AdministratorSeed, whose, seed.expose_bytes(), rng);
        let administrator = Administrator {
            name: new.name,
            roles: new.roles,
            added: now,
            removed: None,
            sign_in_failures: 0,
            sign_in_pause: None,
            drift: oath::Drift::default(),
            last_accepted: None,
            last_used: None,
            code_failures: 0,
            code_lock: None,
        };
        let event =
            NewEvent::new(now, actor.clone(), EventKind::AdministratorAdded, Outcome::Success)
                .because(format!("{} as {}", administrator.name, administrator.roles.text()));
        let record = AdministratorRecord {
            administrator: administrator.clone(),
            passphrase_hash,
            sealed_seed,
            version: 0,
        };
        let insert = Write::InsertAdministrator(Box::new(record));
        match self.commit(Changes::new([insert], [event])).await? {
            true => Ok(AddedAdministrator { administrator, seed }),
            false => Err(Error::AdministratorExists),
        }
    }

    /// Every administrator, those who were removed too.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn administrators(&self) -> Result<Vec<Administrator>, Error> {
        let records = self.store.administrators().await?;
        Ok(records.into_iter().map(|record| record.administrator).collect())
    }

    /// Takes an administrator's pause and lock away, and forgets the wrong passphrases and codes.
    ///
    /// # Errors
    /// [`Error::UnknownAdministrator`], [`Error::NotAllowed`], [`Error::Busy`].
    pub async fn unlock_administrator(
        &self,
        actor: &Actor,
        name: &AdministratorName,
        now: UnixTime,
    ) -> Result<Administrator, Error> {
        let unlock = |administrator: &mut Administrator| {
            administrator.sign_in_failures = 0;
            administrator.sign_in_pause = None;
            administrator.code_failures = 0;
            administrator.code_lock = None;
        };
        self.change_administrator(actor, name, EventKind::AdministratorUnlocked, unlock, now).await
    }

    /// Removes an administrator: every session of theirs ends, and they never sign in again.
    ///
    /// # Errors
    /// As [`Registry::unlock_administrator`].
    pub async fn remove_administrator(
        &self,
        actor: &Actor,
        name: &AdministratorName,
        now: UnixTime,
    ) -> Result<Administrator, Error> {
        let remove = |administrator: &mut Administrator| administrator.removed = Some(now);
        self.change_administrator(actor, name, EventKind::AdministratorRemoved, remove, now).await
    }

    async fn change_administrator(
        &self,
        actor: &Actor,
        name: &AdministratorName,
        kind: EventKind,
        change: impl Fn(&mut Administrator) + Send,
        now: UnixTime,
    ) -> Result<Administrator, Error> {
        only_the_help_desk(actor)?;
        for _ in 0..ATTEMPTS {
            let found = self.store.administrator(name.key()).await?;
            let mut record = found.ok_or(Error::UnknownAdministrator)?;
            // Whoever was removed stays so, and as they were.
            if record.administrator.removed.is_some() {
                return match kind {
                    EventKind::AdministratorRemoved => Ok(record.administrator),
                    _ => Err(Error::UnknownAdministrator),
                };
            }
            change(&mut record.administrator);
            let administrator = record.administrator.clone();
            let event = NewEvent::new(now, actor.clone(), kind, Outcome::Success)
                .because(administrator.name.label().as_str());
            let mut writes = vec![Write::UpdateAdministrator(Box::new(record))];
            if administrator.removed.is_some() {
                let (key, before) = (name.key().to_owned(), UnixTime(u64::MAX));
                writes.push(Write::ForgetAdministratorSessions { key, before });
            }
            if self.commit(Changes::new(writes, [event])).await? {
                return Ok(administrator);
            }
        }
        Err(Error::Busy)
    }

    /// Under whom an administrator does something, if their roles and their sign-in allow it as both
    /// are now. What is done under that name is done only while the session is there. That somebody reached for what their roles do not have is recorded.
    ///
    /// # Errors
    /// [`Error::SessionEnded`], [`Error::NotYourRole`], [`Error::NotFresh`].
    pub async fn authorise(
        &self,
        session: &AdministratorSession,
        action: Action,
        now: UnixTime,
    ) -> Result<Actor, Error> {
        let record = self.administrator_alive(session.id, now).await?;
        let found = self.store.administrator(&record.administrator).await?;
        let administrator = found.ok_or(Error::SessionEnded)?.administrator;
        if record.full_since.is_none() || administrator.removed.is_some() {
            return Err(Error::SessionEnded);
        }
        let name = administrator.name.label().clone();
        let actor = Actor::Administrator { name, session: Some(session.id) };
        if !may(administrator.roles.list(), action) {
            let event = NewEvent::new(now, actor, EventKind::NotPermitted, Outcome::Refused)
                .because(action.words());
            self.store.commit(Changes::new([], [event])).await?;
            return Err(Error::NotYourRole { action: action.words() });
        }
        if action.changes() && !is_fresh(record.full_since, now) {
            return Err(Error::NotFresh);
        }
        Ok(actor)
    }
}
