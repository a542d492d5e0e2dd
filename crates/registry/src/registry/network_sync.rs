//! Telling the e-prescribing network of tokens: what is due, and what became of it. Who sends it, and
//! how, is the server's business.

use oath::{SerialNumber, UnixTime};

use super::{ATTEMPTS, Registry, tokens::changed};
use crate::{
    Error,
    event::{Actor, EventKind, NewEvent, Outcome},
    rules::{
        activity::SYNC_GIVEN_UP,
        network_sync::{Due, NetworkSync, SyncRecord, due},
        token_states::TokenEvent,
    },
    store::{Changes, Write},
    token::{Token, TokenRecord, TokenState},
};

impl Registry {
    /// The tokens that the network is to be told of now, the longest due first, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn syncs_due(&self, now: UnixTime, limit: u32) -> Result<Vec<SerialNumber>, Error> {
        let records = self.store.tokens_to_sync(now, limit).await?;
        Ok(records.into_iter().map(|record| record.token.serial).collect())
    }

    /// The tokens that were given up, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn syncs_given_up(&self, limit: u32) -> Result<Vec<SerialNumber>, Error> {
        let records = self.store.tokens_given_up(limit).await?;
        Ok(records.into_iter().map(|record| record.token.serial).collect())
    }

    /// Counts an attempt and gives what is to be sent; nothing where somebody else makes it, or
    /// where the hour is over: then it is given up.
    ///
    /// # Errors
    /// [`Error::UnknownToken`], or what the store cannot do.
    pub async fn begin_sync_attempt(
        &self,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<Option<SyncRecord>, Error> {
        let record = self.store.token(serial).await?.ok_or(Error::UnknownToken)?;
        let token = &record.token;
        let Some(npi) = token.owner.filter(|_| token.state != TokenState::Deactivated) else {
            return Ok(None);
        };
        let (after, key) = match due(token, now) {
            Due::Nothing => return Ok(None),
            Due::GiveUp(after) => (after, None),
            Due::Attempt { token, key } => (token, Some(key)),
        };
        let outcome = if key.is_some() { Outcome::Attempted } else { Outcome::Refused };
        let mut event = sync_event(&after, outcome, now);
        if key.is_none() {
            event = event.because(SYNC_GIVEN_UP);
        }
        let account = self.store.account(npi).await?.ok_or(Error::UnknownAccount)?.account;
        let told = key.map(|key| SyncRecord {
            key,
            npi,
            name: account.name,
            serial: serial.clone(),
            manufacturer: after.manufacturer,
            token_type: after.token_type,
            associated: after.associated,
        });
        let write = Write::UpdateToken(Box::new(TokenRecord { token: *after, ..record }));
        // Where somebody else wrote first, it is looked at again when it is next due.
        Ok(if self.commit(Changes::new([write], [event])).await? { told } else { None })
    }

    /// The network has acknowledged a token. It may do so twice, late, or while the token is locked
    /// or suspended.
    ///
    /// # Errors
    /// [`Error::UnknownToken`], [`Error::Busy`].
    pub async fn sync_acknowledged(
        &self,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<Token, Error> {
        self.sync_ended(serial, true, now).await
    }

    /// There is no network to tell, or none any more: a token that waits for it waits no longer.
    ///
    /// # Errors
    /// [`Error::UnknownToken`], [`Error::Busy`].
    pub async fn sync_not_needed(
        &self,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<Token, Error> {
        self.sync_ended(serial, false, now).await
    }

    async fn sync_ended(
        &self,
        serial: &SerialNumber,
        is_known: bool,
        now: UnixTime,
    ) -> Result<Token, Error> {
        let why = if is_known { "acknowledged" } else { "there is no network to tell" };
        for _ in 0..ATTEMPTS {
            let record = self.store.token(serial).await?.ok_or(Error::UnknownToken)?;
            let waits = record.token.sync.waits();
            let after = match changed(&record.token, TokenEvent::Acknowledge, &Actor::System, now) {
                Ok(Some(after)) if waits && is_known => after,
                Ok(Some(after)) if waits => Token { sync: NetworkSync::NotNeeded, ..after },
                // Known already, or given up for good meanwhile.
                _ => return Ok(record.token.at(now)),
            };
            let event = sync_event(&after, Outcome::Success, now).because(why);
            let changed = TokenRecord { token: after.clone(), ..record };
            let mut changes = self.moved_to(&after, None, now).await?;
            changes.writes.push(Write::UpdateToken(Box::new(changed)));
            changes.events.insert(0, event);
            if self.commit(changes).await? {
                return Ok(after);
            }
        }
        Err(Error::Busy)
    }

    /// Records why an attempt failed, in a few words; it will be made again.
    ///
    /// # Errors
    /// [`Error::UnknownToken`], or what the store cannot do.
    pub async fn sync_failed(
        &self,
        serial: &SerialNumber,
        why: &str,
        now: UnixTime,
    ) -> Result<(), Error> {
        let record = self.store.token(serial).await?.ok_or(Error::UnknownToken)?;
        let event = sync_event(&record.token, Outcome::Refused, now).because(why);
        Ok(self.store.commit(Changes::new([], [event])).await?)
    }
}

fn sync_event(token: &Token, outcome: Outcome, now: UnixTime) -> NewEvent {
    let mut event = NewEvent::new(now, Actor::System, EventKind::NetworkSync, outcome);
    event.account = token.owner;
    event.on(&token.serial)
}
