//! Opening an account, and unlocking its sign-in.

use oath::UnixTime;
use rand_core::CryptoRng;

use super::{ATTEMPTS, Registry, only_the_help_desk};
use crate::{
    Error, Npi,
    account::{Account, AccountRecord, NewAccount},
    event::{Actor, EventKind, NewEvent, Outcome},
    store::{Changes, Write},
    values::AccountId,
};

impl Registry {
    /// Opens an account for a prescriber whose identity was checked.
    ///
    /// # Errors
    /// [`Error::AccountExists`], [`Error::AccountIdTaken`], [`Error::NotAllowed`].
    pub async fn open_account(
        &self,
        actor: &Actor,
        new: NewAccount,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Account, Error> {
        only_the_help_desk(actor)?;
        if self.store.account(new.npi).await?.is_some() {
            return Err(Error::AccountExists);
        }
        if let Some(id) = &new.id
            && self.store.account_by_id(id).await?.is_some()
        {
            return Err(Error::AccountIdTaken);
        }
        let passphrase_hash = self.hasher.hash(&new.passphrase, rng).await?;
        let opened = Account::opened(new.npi, new.name, new.mail, new.proofing, now);
        let account = Account { id: new.id, ..opened };
        let record = AccountRecord { account: account.clone(), passphrase_hash, version: 0 };
        let event = NewEvent::new(now, actor.clone(), EventKind::AccountOpened, Outcome::Success)
            .of(account.npi)
            .because(account.proofing.as_str());
        match self.commit(Changes::new([Write::InsertAccount(record)], [event])).await? {
            true => Ok(account),
            false if self.store.account(account.npi).await?.is_some() => Err(Error::AccountExists),
            false => Err(Error::AccountIdTaken),
        }
    }

    /// The account of a prescriber.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn account(&self, npi: &Npi) -> Result<Option<Account>, Error> {
        Ok(self.store.account(*npi).await?.map(|record| record.account))
    }

    /// The account that the operator calls so.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn account_by_id(&self, id: &AccountId) -> Result<Option<Account>, Error> {
        Ok(self.store.account_by_id(id).await?.map(|record| record.account))
    }

    /// Accounts whose NPI, own ID, name or mail address has this text in it, in the order of their NPIs, after
    /// one, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn accounts_with(
        &self,
        text: &str,
        after: Option<Npi>,
        limit: u32,
    ) -> Result<Vec<Account>, Error> {
        let records = self.store.accounts_with(text.trim(), after, limit).await?;
        Ok(records.into_iter().map(|record| record.account).collect())
    }

    /// Ends the pause of an account's sign-in and of its codes that name no token, and forgets the
    /// failures of both.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`], [`Error::NotAllowed`], [`Error::Busy`].
    pub async fn unlock_sign_in(
        &self,
        actor: &Actor,
        npi: &Npi,
        now: UnixTime,
    ) -> Result<(), Error> {
        only_the_help_desk(actor)?;
        for _ in 0..ATTEMPTS {
            let mut record = self.store.account(*npi).await?.ok_or(Error::UnknownAccount)?;
            record.account.sign_in_failures = 0;
            record.account.sign_in_pause = None;
            let event =
                NewEvent::new(now, actor.clone(), EventKind::SignInUnlocked, Outcome::Success)
                    .of(*npi);
            let misses = self.store.code_misses(*npi).await?.filter(|misses| misses.failures > 0);
            let forgiven = misses.map(|misses| Write::UpdateCodeMisses(misses.forgiven()));
            let writes: Vec<_> =
                [Write::UpdateAccount(record)].into_iter().chain(forgiven).collect();
            if self.commit(Changes::new(writes, [event])).await? {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }
}
