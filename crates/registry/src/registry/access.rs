//! Executing and declining changes of a prescriber's access, by two people.

use oath::UnixTime;
use provisioning::{IssuerName, Label, ServerUrl};
use rand_core::CryptoRng;

use super::{
    ATTEMPTS, Registry,
    activations::{Invitation, LONGEST_VALID},
    proofing::Before,
};
use crate::{
    AccessError, Error,
    access::{
        AccessChange, AccessDecision, AccessOrder, AccessRecord, AccessState, ExecutedAccess,
        ShownOnce,
    },
    account::{Account, AccountRecord},
    activation::ActivationOrder,
    administrator::AdministratorSession,
    event::{Actor, EventKind, NewEvent, Outcome},
    master_key::What,
    rules::{
        access::{AccessRefusal, Known, SHOWN_AGAIN, WAITS, check_account, check_execution},
        administrators::{Action, may},
        passphrase_reset::who_knows,
    },
    store::{Changes, Write},
    values::{AdministratorName, IdempotencyKey, Npi},
};

impl Registry {
    /// Executes what somebody else entered. The same submit again gets the same answer, for ten
    /// minutes.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn execute_access(
        &self,
        session: &AdministratorSession,
        id: &IdempotencyKey,
        submit: &IdempotencyKey,
        (server, issuer): (&ServerUrl, &IssuerName),
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<ExecutedAccess, AccessError> {
        let executor = &session.administrator.name;
        for _ in 0..ATTEMPTS {
            // Each time anew: whoever is removed meanwhile executes nothing.
            let actor = self.authorise(session, Action::ExecuteAccess, now).await?;
            let record = self.access_record(id).await?;
            if let Some(again) = self.executed_again(&record, executor, submit, now)? {
                return Ok(again);
            }
            // The account first: what shows anything writes it, so that whoever executes both at once
            // is noticed.
            let before = self.before_activation(record.change.npi).await?;
            let known = self.known(record.change.npi, now).await?;
            let checked = check_execution(&record.change, &known, executor, now);
            let checked = checked.map_err(AccessError::from);
            if let Err(error) = checked.and_then(|()| check_order(&record.change, &before, now)) {
                if let AccessError::Refused(refusal) = error {
                    self.note_refusal_of_access(&record.change, &actor, refusal, now).await?;
                }
                return Err(error);
            }
            self.check_own_id(&record.change.order).await?;
            let (mut changes, shown) = match record.change.order.clone() {
                AccessOrder::Account { .. } => (opened(&record, &actor, now)?, None),
                AccessOrder::Activation { valid_for, pin, .. } => {
                    let (server, issuer) = (server.clone(), issuer.clone());
                    let order = ActivationOrder { server, issuer, valid_for, pin };
                    self.activation_begun(&record.change, &order, before, &actor, now, rng).await?
                }
                AccessOrder::End { reason } => {
                    (self.access_ended(&record.change, &reason, executor, &actor, now).await?, None)
                }
                AccessOrder::Passphrase { .. } => {
                    let reset = (&record.change, &before, server);
                    self.passphrase_reset_begun(reset, executor, &actor, now, rng).await?
                }
                AccessOrder::Phone { phone } => {
                    (self.phone_noted(before.account()?, phone, &actor, now).await?, None)
                }
                AccessOrder::Mail { mail } => {
                    (self.mail_noted(before.account()?, mail, &actor, now).await?, None)
                }
            };
            let sealed_shown = shown.as_ref().map(|shown| {
                let whose = shown_to(&record.change.id, submit);
                self.master.seal(What::ShownActivation, &whose, &shown.to_bytes(), rng)
            });
            let decided = decision(executor, None, now);
            let change =
                AccessChange { state: AccessState::Executed, decided, ..record.change.clone() };
            let after = AccessRecord {
                change: change.clone(),
                passphrase_hash: None,
                sealed_shown,
                version: record.version,
            };
            changes.writes.push(Write::UpdateAccess(Box::new(after)));
            let event = noted(&change, &actor, EventKind::AccessExecuted, now);
            let entered = format!("{} entered by {}", change.order.kind(), change.entered_by);
            changes.events.insert(0, event.because(entered));
            if self.commit(changes).await? {
                return Ok(ExecutedAccess { change, shown });
            }
        }
        Err(Error::Busy.into())
    }

    /// Declines what somebody entered, or takes back what one entered oneself.
    ///
    /// # Errors
    /// [`AccessError`].
    pub async fn decline_access(
        &self,
        session: &AdministratorSession,
        id: &IdempotencyKey,
        reason: &Label,
        now: UnixTime,
    ) -> Result<AccessChange, AccessError> {
        let roles = session.administrator.roles.list();
        let executes = may(roles, Action::ExecuteAccess);
        let action = if executes { Action::ExecuteAccess } else { Action::EnterAccess };
        let actor = self.authorise(session, action, now).await?;
        let who = &session.administrator.name;
        for _ in 0..ATTEMPTS {
            let record = self.access_record(id).await?;
            let change = record.change.at(now);
            let own = change.entered_by.is(who);
            match change.state {
                AccessState::Declined => return Ok(change),
                AccessState::Pending if executes || own => {}
                AccessState::Pending => return Err(Error::NotAllowed.into()),
                state => return Err(AccessRefusal::NotPending(state).into()),
            }
            let decided = decision(who, Some(reason), now);
            let change = AccessChange { state: AccessState::Declined, decided, ..change };
            let after = AccessRecord { change: change.clone(), passphrase_hash: None, ..record };
            let event = noted(&change, &actor, EventKind::AccessDeclined, now)
                .because(format!("{}: {reason}", change.order.kind()));
            let changes = Changes::new([Write::UpdateAccess(Box::new(after))], [event]);
            if self.commit(changes).await? {
                return Ok(change);
            }
        }
        Err(Error::Busy.into())
    }

    /// A change of access.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn access(
        &self,
        id: &IdempotencyKey,
        now: UnixTime,
    ) -> Result<Option<AccessChange>, Error> {
        Ok(self.store.access(id).await?.map(|record| record.change.at(now)))
    }

    /// The latest changes of access, those that wait first: administrators' entries, then relying
    /// parties', each the oldest first; at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn access_changes(
        &self,
        limit: u32,
        now: UnixTime,
    ) -> Result<Vec<AccessChange>, Error> {
        let found = self.store.access_changes(limit).await?;
        let mut changes: Vec<_> = found.into_iter().map(|record| record.change.at(now)).collect();
        changes.sort_by_key(|change| change.state != AccessState::Pending);
        Ok(changes)
    }

    /// How many changes of access wait.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn access_waiting(&self, now: UnixTime) -> Result<u64, Error> {
        Ok(self.store.waiting_access(None, entered_since(now)).await?)
    }

    async fn access_record(&self, id: &IdempotencyKey) -> Result<AccessRecord, AccessError> {
        let found = self.store.access(id).await.map_err(Error::from)?;
        found.ok_or(AccessRefusal::Unknown.into())
    }

    /// Which administrators know what of the account.
    async fn known(&self, npi: Npi, now: UnixTime) -> Result<Known, Error> {
        let opened = self.store.executed_access(npi, "account").await?;
        // The server knows the party, not its people: one of these may be who executed it.
        let opened_by = opened.and_then(|AccessRecord { change, .. }| {
            let executed_by = change.decided.map(|decided| decided.by.into());
            change.entered_by.administrator().or(executed_by)
        });
        let resets = self.store.passphrase_resets_of(npi).await?;
        let open = self.store.open_activation(npi).await?.filter(|open| now <= open.expires);
        let begun = match open {
            Some(_) => self.store.executed_access(npi, "activation").await?,
            None => None,
        };
        let saw = begun.and_then(|record| record.change.decided).map(|decided| decided.by.into());
        Ok(Known { passphrase: who_knows(opened_by, &resets, now), activation: saw })
    }

    /// What the same submit of the same person got a moment ago.
    fn executed_again(
        &self,
        record: &AccessRecord,
        executor: &AdministratorName,
        submit: &IdempotencyKey,
        now: UnixTime,
    ) -> Result<Option<ExecutedAccess>, Error> {
        let change = &record.change;
        let just_now = change.decided.as_ref().is_some_and(|decided| {
            AdministratorName::from(decided.by.clone()) == *executor
                && now.since(decided.at) <= SHOWN_AGAIN
        });
        if change.state != AccessState::Executed || !just_now {
            return Ok(None);
        }
        let Some(sealed) = &record.sealed_shown else {
            return Ok(Some(ExecutedAccess { change: change.clone(), shown: None }));
        };
        // It opens for the submit that it was sealed for, and for no other.
        let opened = self.master.open(What::ShownActivation, &shown_to(&change.id, submit), sealed);
        let Ok(bytes) = opened else { return Ok(None) };
        let damaged = Error::Damaged { what: "what an execution showed" };
        let shown = ShownOnce::from_bytes(&bytes).ok_or(damaged)?;
        Ok(Some(ExecutedAccess { change: change.clone(), shown: Some(shown) }))
    }

    async fn activation_begun(
        &self,
        change: &AccessChange,
        order: &ActivationOrder,
        before: Before,
        actor: &Actor,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<(Changes, Option<ShownOnce>), AccessError> {
        let mut changes = Changes::default();
        let proofing = change.order.proofing();
        match proofing {
            Some(proofing) => {
                let (write, event) = before.proved_again(proofing, actor, now)?;
                changes.writes.push(write);
                changes.events.push(event);
            }
            // Nothing changes: it is the condition that nothing else about its access is executed.
            None => changes.writes.push(before.unchanged()?),
        }
        let until = before.asked(now).check(proofing).map_err(AccessRefusal::from)?;
        // Where there is a token in use, its owner adds another with it, and nothing is opened.
        let (npi, opens_access) = (change.npi, !before.has_token());
        let invitation = Invitation { npi, order, opens_access, until, earlier: before.open };
        let begun = self.begin_in(&mut changes, actor, invitation, now, rng).await?;
        let shown = ShownOnce::new(begun.link.to_text(), begun.confirmation.expose_text());
        Ok((changes, Some(shown)))
    }

    async fn note_refusal_of_access(
        &self,
        change: &AccessChange,
        actor: &Actor,
        refusal: AccessRefusal,
        now: UnixTime,
    ) -> Result<(), Error> {
        let Some(cause) = refusal.cause() else { return Ok(()) };
        let mut event = noted(change, actor, EventKind::AccessExecuted, now).because(cause);
        event.outcome = Outcome::Refused;
        Ok(self.store.commit(Changes::new([], [event])).await?)
    }
}

/// Refuses what the account, as it was read, has no place for.
pub(super) fn check_order(
    change: &AccessChange,
    before: &Before,
    now: UnixTime,
) -> Result<(), AccessError> {
    match (&change.order, &before.account) {
        (AccessOrder::Account { .. }, Some(_)) => Err(Error::AccountExists.into()),
        (AccessOrder::Account { .. }, None) => Ok(()),
        (_, None) => Err(Error::UnknownAccount.into()),
        (AccessOrder::Activation { valid_for, .. }, Some(_)) if *valid_for > LONGEST_VALID => {
            Err(Error::ValidForTooLong.into())
        }
        (AccessOrder::Activation { proofing, .. }, Some(_)) => {
            before.asked(now).check(proofing.as_ref()).map_err(AccessRefusal::from)?;
            Ok(())
        }
        (order, Some(record)) => Ok(check_account(&record.account, order)?),
    }
}

/// The account that was entered, opened.
fn opened(record: &AccessRecord, actor: &Actor, now: UnixTime) -> Result<Changes, Error> {
    let damaged = Error::Damaged { what: "the passphrase of an account that waits" };
    let AccessOrder::Account { name, mail, phone, own_id, address, proofing } =
        record.change.order.clone()
    else {
        return Err(damaged);
    };
    let opened = Account::opened(record.change.npi, name, mail, proofing, now);
    let account = Account { id: own_id, phone, address: address.map(|address| *address), ..opened };
    let event = noted(&record.change, actor, EventKind::AccountOpened, now)
        .because(account.proofing.as_str());
    let passphrase_hash = record.passphrase_hash.clone().ok_or(damaged)?;
    let account = AccountRecord { account, passphrase_hash, version: 0 };
    Ok(Changes::new([Write::InsertAccount(account)], [event]))
}

/// What was entered earlier waits no more.
pub(super) const fn entered_since(now: UnixTime) -> UnixTime {
    UnixTime(now.0.saturating_sub(WAITS))
}

pub(super) fn decision(
    by: &AdministratorName,
    reason: Option<&Label>,
    at: UnixTime,
) -> Option<AccessDecision> {
    Some(AccessDecision { by: by.label().clone(), at, reason: reason.cloned() })
}

/// Whom what is shown is sealed for.
fn shown_to(id: &IdempotencyKey, submit: &IdempotencyKey) -> Vec<u8> {
    [id.as_str(), " ", submit.as_str()].concat().into_bytes()
}

pub(super) fn noted(
    change: &AccessChange,
    actor: &Actor,
    kind: EventKind,
    now: UnixTime,
) -> NewEvent {
    NewEvent::new(now, actor.clone(), kind, Outcome::Success).of(change.npi)
}
