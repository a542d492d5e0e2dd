//! Entering changes of a prescriber's access, which a second person executes.

use oath::UnixTime;
use rand_core::CryptoRng;

use super::{
    ATTEMPTS, Registry,
    access::{check_order, decision, entered_since, noted},
    tidying_access::expired,
};
use crate::{
    AccessError, Error,
    access::{AccessChange, AccessOrder, AccessRecord, AccessState, EnteredBy, NewAccess},
    administrator::AdministratorSession,
    api_key::RelyingParty,
    event::{Actor, EventKind, NewEvent},
    rules::{
        access::{AccessRefusal, PARTY_WAITING, is_a_relying_partys},
        administrators::Action,
    },
    store::{Changes, Write},
    values::{IdempotencyKey, Npi, Passphrase},
};

impl Registry {
    /// Enters a change of a prescriber's access; it does nothing until a second person executes it.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn enter_access(
        &self,
        session: &AdministratorSession,
        new: NewAccess,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<AccessChange, AccessError> {
        let actor = self.authorise(session, Action::EnterAccess, now).await?;
        let by = EnteredBy::Administrator(session.administrator.name.label().clone());
        self.enter(&actor, by, new, now, rng).await
    }

    /// Enters, as a relying party, what opens a prescriber's access: an account or an activation. It does
    /// nothing until a registrant executes it, who checks what was entered.
    ///
    /// # Errors
    /// [`AccessError`]; [`Error::NotAllowed`] for anything else.
    pub async fn enter_access_for(
        &self,
        party: &RelyingParty,
        new: NewAccess,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<AccessChange, AccessError> {
        if !is_a_relying_partys(&new.order) {
            return Err(Error::NotAllowed.into());
        }
        let by = EnteredBy::RelyingParty(party.name.clone());
        self.enter(&party.actor(), by, new, now, rng).await
    }

    /// What a relying party entered; what others did is nothing to it.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn access_entered_by(
        &self,
        party: &RelyingParty,
        id: &IdempotencyKey,
        now: UnixTime,
    ) -> Result<Option<AccessChange>, Error> {
        let by = EnteredBy::RelyingParty(party.name.clone());
        Ok(self.access(id, now).await?.filter(|change| change.entered_by == by))
    }

    /// What a relying party entered of this kind for an account, if it still waits.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn access_waiting_of(
        &self,
        party: &RelyingParty,
        (npi, kind): (Npi, &str),
        now: UnixTime,
    ) -> Result<Option<AccessChange>, Error> {
        let by = EnteredBy::RelyingParty(party.name.clone());
        let found = self.store.pending_access(npi, kind).await?;
        let change = found.map(|record| record.change.at(now));
        Ok(change.filter(|it| it.entered_by == by && it.state == AccessState::Pending))
    }

    async fn enter(
        &self,
        actor: &Actor,
        entered_by: EnteredBy,
        new: NewAccess,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<AccessChange, AccessError> {
        let change = AccessChange {
            id: new.id,
            npi: new.npi,
            order: new.order,
            state: AccessState::Pending,
            entered_by,
            entered: now,
            decided: None,
        };
        if let Some(same) = self.entered_again(&change, new.passphrase.as_ref(), now).await? {
            return Ok(same);
        }
        let before = self.before_activation(change.npi).await?;
        check_order(&change, &before, now)?;
        self.check_own_id(&change.order).await?;
        let passphrase_hash = match (&change.order, &new.passphrase) {
            (AccessOrder::Account { .. }, Some(passphrase)) => {
                Some(self.hasher.hash(passphrase, rng).await?)
            }
            (AccessOrder::Account { .. }, None) | (_, Some(_)) => {
                return Err(AccessRefusal::Passphrase.into());
            }
            (_, None) => None,
        };
        for _ in 0..ATTEMPTS {
            if let Some(same) = self.entered_again(&change, new.passphrase.as_ref(), now).await? {
                return Ok(same);
            }
            let (mut writes, mut events) = (Vec::new(), Vec::new());
            let pending = self.store.pending_access(change.npi, change.order.kind()).await;
            if let Some(pending) = pending.map_err(Error::from)? {
                let (write, event) = if pending.change.at(now).state == AccessState::Expired {
                    expired(pending, now)
                } else {
                    displaced(pending, &change, actor, now)?
                };
                writes.push(write);
                events.push(event);
            }
            if let EnteredBy::RelyingParty(name) = &change.entered_by {
                let since = entered_since(now);
                let waiting = self.store.waiting_access(Some(name), since).await;
                if waiting.map_err(Error::from)? >= PARTY_WAITING {
                    return Err(AccessRefusal::TooManyWait.into());
                }
                // And still as it is written: others enter at the same time.
                let (party, limit) = (name.clone(), PARTY_WAITING);
                writes.push(Write::ExpectAccessBelow { party, since, limit });
            }
            let record = AccessRecord {
                change: change.clone(),
                passphrase_hash: passphrase_hash.clone(),
                sealed_shown: None,
                version: 0,
            };
            writes.push(Write::InsertAccess(Box::new(record)));
            let event = noted(&change, actor, EventKind::AccessEntered, now);
            events.push(event.because(change.order.kind()));
            let changes = Changes::new(writes, events);
            if self.commit(changes).await? {
                return Ok(change);
            }
        }
        Err(Error::Busy.into())
    }

    /// What the same submit entered before.
    async fn entered_again(
        &self,
        change: &AccessChange,
        passphrase: Option<&Passphrase>,
        now: UnixTime,
    ) -> Result<Option<AccessChange>, AccessError> {
        let found = self.store.access(&change.id).await.map_err(Error::from)?;
        let Some(AccessRecord { change: same, passphrase_hash, .. }) = found else {
            return Ok(None);
        };
        if same.npi != change.npi || same.entered_by != change.entered_by {
            return Err(AccessRefusal::Unknown.into());
        }
        let again = same.order == change.order
            && match (passphrase_hash, passphrase) {
                (Some(hash), Some(typed)) => {
                    self.hasher.verify(typed.expose_text(), Some(hash)).await?
                }
                (Some(_), None) => false,
                // Decided: the hash is the account's, or gone.
                (None, _) => true,
            };
        if again { Ok(Some(same.at(now))) } else { Err(AccessRefusal::FormUsed.into()) }
    }

    /// Refuses an ID of the operator's own that another account has.
    pub(super) async fn check_own_id(&self, order: &AccessOrder) -> Result<(), Error> {
        let AccessOrder::Account { own_id: Some(id), .. } = order else { return Ok(()) };
        self.store.account_by_id(id).await?.map_or(Ok(()), |_| Err(Error::AccountIdTaken))
    }
}

/// What a relying party entered and waits, declined as an administrator enters the same: so no key holds the
/// place of what is meant.
fn displaced(
    pending: AccessRecord,
    by: &AccessChange,
    actor: &Actor,
    now: UnixTime,
) -> Result<(Write, NewEvent), AccessError> {
    let (EnteredBy::RelyingParty(_), Some(administrator)) =
        (&pending.change.entered_by, by.entered_by.administrator())
    else {
        return Err(AccessRefusal::EnteredAlready.into());
    };
    let reason = "an administrator entered it".parse().map_err(Error::from)?;
    let decided = decision(&administrator, Some(&reason), now);
    let change = AccessChange { state: AccessState::Declined, decided, ..pending.change };
    let event = noted(&change, actor, EventKind::AccessDeclined, now);
    let event = event.because(format!("{}: {reason}", change.order.kind()));
    let after = AccessRecord { change, passphrase_hash: None, ..pending };
    Ok((Write::UpdateAccess(Box::new(after)), event))
}
