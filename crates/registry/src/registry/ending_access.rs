//! What follows at once when a prescriber's access is ended.

use oath::UnixTime;
use provisioning::Label;

use super::{
    Registry,
    access::{decision, noted},
    handover::end_activation,
    requests,
    tokens::changed,
};
use crate::{
    Error,
    access::{AccessChange, AccessOrder, AccessRecord, AccessState},
    event::{Actor, EventKind, NewEvent, Outcome},
    passphrase_reset::{PassphraseResetRecord, ResetState},
    request::RequestRecord,
    rules::{
        access::ACCESS_ENDED,
        request_states::{self, RequestEvent},
        token_states::TokenEvent,
    },
    store::{Changes, Write},
    token::TokenRecord,
    values::{AdministratorName, Npi},
};

impl Registry {
    /// Ends an account's access: its tokens are deactivated, for that needs no way back but a new
    /// activation; its sessions, open activation, requests and passphrase reset end, and so does what
    /// waits for a second person. The account and its record stay.
    pub(super) async fn access_ended(
        &self,
        change: &AccessChange,
        reason: &Label,
        executor: &AdministratorName,
        actor: &Actor,
        now: UnixTime,
    ) -> Result<Changes, Error> {
        let npi = change.npi;
        let mut record = self.store.account(npi).await?.ok_or(Error::UnknownAccount)?;
        record.account.access_ended = Some(now);
        let all_sessions = Write::ForgetSessions { npi, before: UnixTime(u64::MAX) };
        let event = noted(change, actor, EventKind::AccessEnded, now).because(reason.as_str());
        let mut changes = Changes::new([Write::UpdateAccount(record), all_sessions], [event]);
        self.deactivate_all(npi, reason, actor, now, &mut changes).await?;
        if let Some(open) = self.store.open_activation(npi).await? {
            end_activation(&mut changes, open, actor, ACCESS_ENDED, now);
        }
        self.cancel_all_requests(npi, actor, now, &mut changes).await?;
        changes.writes.extend(self.open_reset_ended(npi).await?);
        self.decline_all_others(change, executor, actor, now, &mut changes).await?;
        Ok(changes)
    }

    async fn deactivate_all(
        &self,
        npi: Npi,
        reason: &Label,
        actor: &Actor,
        now: UnixTime,
        changes: &mut Changes,
    ) -> Result<(), Error> {
        let tokens = self.store.tokens_of(npi).await?;
        // One that is added meanwhile is deactivated too: then this is decided again.
        changes.writes.push(Write::ExpectTokensOf { npi, number: tokens.len() as u64 });
        for record in tokens {
            let Some(token) = changed(&record.token, TokenEvent::Deactivate, actor, now)? else {
                continue;
            };
            let kind = EventKind::TokenDeactivated;
            let event = NewEvent::new(now, actor.clone(), kind, Outcome::Success).of(npi);
            let cause = format!("{ACCESS_ENDED}: {reason}");
            changes.events.push(event.on(&token.serial).because(cause));
            changes.writes.push(Write::UpdateToken(Box::new(TokenRecord { token, ..record })));
        }
        Ok(())
    }

    async fn cancel_all_requests(
        &self,
        npi: Npi,
        actor: &Actor,
        now: UnixTime,
        changes: &mut Changes,
    ) -> Result<(), Error> {
        for record in self.store.requests_of(npi).await? {
            let event = RequestEvent::Cancel;
            let Ok(request) = request_states::apply(&record.request, event, actor, now) else {
                continue;
            };
            let record = RequestRecord { request, sealed_link: None, ..record };
            changes.events.push(requests::noted(&record, EventKind::RequestCancelled, actor, now));
            changes.writes.push(Write::UpdateRequest(Box::new(record)));
        }
        Ok(())
    }

    /// What ends the account's passphrase reset that is open.
    pub(super) async fn open_reset_ended(&self, npi: Npi) -> Result<Option<Write>, Error> {
        let resets = self.store.passphrase_resets_of(npi).await?;
        let open = resets.into_iter().find(|reset| reset.state == ResetState::Open);
        Ok(open.map(|open| {
            let ended = PassphraseResetRecord { state: ResetState::Ended, ..open };
            Write::UpdatePassphraseReset(Box::new(ended))
        }))
    }

    async fn decline_all_others(
        &self,
        change: &AccessChange,
        executor: &AdministratorName,
        actor: &Actor,
        now: UnixTime,
        changes: &mut Changes,
    ) -> Result<(), Error> {
        let others = AccessOrder::KINDS.iter().filter(|kind| **kind != change.order.kind());
        for kind in others {
            let Some(record) = self.store.pending_access(change.npi, kind).await? else { continue };
            let decided = decision(executor, Some(&ACCESS_ENDED.parse()?), now);
            let other =
                AccessChange { state: AccessState::Declined, decided, ..record.change.clone() };
            let event = noted(&other, actor, EventKind::AccessDeclined, now);
            changes.events.push(event.because(format!("{kind}: {ACCESS_ENDED}")));
            let after = AccessRecord { change: other, passphrase_hash: None, ..record };
            changes.writes.push(Write::UpdateAccess(Box::new(after)));
        }
        Ok(())
    }
}
