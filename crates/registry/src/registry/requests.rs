//! Token requests as their prescriber makes, edits, cancels and follows them.

use oath::{TokenType, UnixTime};
use rand_core::CryptoRng;

use super::{ATTEMPTS, Registry, only_the_help_desk};
use crate::{
    Error, Npi, RequestError,
    account::AccountRecord,
    activation::{ActivationRecord, ActivationState},
    event::{Actor, EventKind, NewEvent, Outcome},
    request::{Mailing, Replaced, RequestRecord, RequestState, TokenOrder, TokenRequest},
    rules::{
        request_states::{RequestEvent, RequestImpossible, apply},
        requesting::{REQUEST, check_number},
    },
    session::{Factor, Session, is_fresh},
    store::{Changes, Write},
    values::{IdempotencyKey, Mail, PostalAddress, RequestId, SessionId},
};

/// Who asks for something about an account's requests.
#[derive(Debug, Clone, Copy)]
pub enum RequestedBy<'a> {
    /// The prescriber, in a session of their own.
    Session(&'a Session),
    /// The help desk, for a prescriber who called.
    HelpDesk {
        /// Who at the help desk.
        actor: &'a Actor,
        /// Whose requests.
        npi: Npi,
    },
}

/// Who asks, once it is known that they may.
pub(super) struct Asker {
    pub(super) npi: Npi,
    pub(super) actor: Actor,
    pub(super) session: Option<SessionId>,
    /// That a session has not ended meanwhile.
    pub(super) condition: Option<Write>,
}

impl Registry {
    /// The account's requests, the latest first.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn requests(&self, account: &Npi) -> Result<Vec<TokenRequest>, Error> {
        let records = self.store.requests_of(*account).await?;
        Ok(records.into_iter().map(|record| record.request).collect())
    }

    /// Requests a hard token, a soft token, or one of each. The address is kept for the next time.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn request_tokens(
        &self,
        by: RequestedBy<'_>,
        order: &TokenOrder,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Vec<TokenRequest>, RequestError> {
        let wanted = order.wanted.each();
        for _ in 0..ATTEMPTS {
            let asker = self.asker(by, true, now).await?;
            let existing = self.store.requests_of(asker.npi).await?;
            if let Some(made) = made_before(&existing, &order.idempotency_key) {
                return same_order(made, order);
            }
            check_number(&existing, wanted.len())?;
            let records: Vec<_> = wanted
                .iter()
                .map(|(token_type, address)| {
                    let key = &order.idempotency_key;
                    let address = address.cloned();
                    new_request(asker.npi, *token_type, &order.mail, address, None, key, now, rng)
                })
                .collect();
            let address = wanted.iter().find_map(|(_, address)| *address);
            let mut changes = Changes::default();
            self.remember_address(&asker, address, &mut changes).await?;
            for record in &records {
                changes.writes.push(Write::InsertRequest(Box::new(record.clone())));
                changes.events.push(noted(record, EventKind::TokenRequested, &asker.actor, now));
            }
            changes.writes.extend(asker.condition);
            if self.commit(changes).await? {
                return Ok(records.into_iter().map(|record| record.request).collect());
            }
        }
        Err(Error::Busy.into())
    }

    /// Changes the mail, and for a hard token the address, of a request that is not processed.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn edit_request(
        &self,
        session: &Session,
        id: RequestId,
        mail: &Mail,
        address: Option<&PostalAddress>,
        now: UnixTime,
    ) -> Result<TokenRequest, RequestError> {
        for _ in 0..ATTEMPTS {
            let asker = self.asker(RequestedBy::Session(session), true, now).await?;
            let record = self.request_of(asker.npi, id).await?;
            let address = match (record.request.token_type, address) {
                (TokenType::Hard, None) => return Err(RequestError::NeedsAddress),
                (TokenType::Hard, Some(address)) => Some(address.clone()),
                (TokenType::Soft, _) => None,
            };
            if record.request.mail == *mail && record.request.address == address {
                return Ok(record.request);
            }
            let event = RequestEvent::Edit;
            let request = apply(&record.request, event, &asker.actor, now)
                .map_err(|why| RequestError::not_possible(event, why))?;
            let request = TokenRequest { mail: mail.clone(), address, ..request };
            let record = RequestRecord { request, ..record };
            let mut changes = Changes::default();
            let address = record.request.address.as_ref();
            self.remember_address(&asker, address, &mut changes).await?;
            changes.events.push(noted(&record, EventKind::RequestEdited, &asker.actor, now));
            changes.writes.push(Write::UpdateRequest(Box::new(record.clone())));
            changes.writes.extend(asker.condition);
            if self.commit(changes).await? {
                return Ok(record.request);
            }
        }
        Err(Error::Busy.into())
    }

    /// Gives a request up. A link that was mailed for it leads nowhere then.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn cancel_request(
        &self,
        by: RequestedBy<'_>,
        id: RequestId,
        now: UnixTime,
    ) -> Result<TokenRequest, RequestError> {
        for _ in 0..ATTEMPTS {
            let asker = self.asker(by, false, now).await?;
            let record = self.request_of(asker.npi, id).await?;
            let request = match apply(&record.request, RequestEvent::Cancel, &asker.actor, now) {
                Ok(request) => request,
                Err(RequestImpossible::FromHere(RequestState::Cancelled)) => {
                    return Ok(record.request);
                }
                Err(why) => return Err(RequestError::not_possible(RequestEvent::Cancel, why)),
            };
            let mut changes = Changes::default();
            if let Some(activation) = self.open_activation_of(&record).await? {
                let state = ActivationState::Superseded;
                let ended = ActivationRecord { state, ..activation };
                changes.writes.push(Write::UpdateActivation(ended));
            }
            let record = RequestRecord { request, sealed_link: None, ..record };
            changes.events.push(noted(&record, EventKind::RequestCancelled, &asker.actor, now));
            changes.writes.push(Write::UpdateRequest(Box::new(record.clone())));
            changes.writes.extend(asker.condition);
            if self.commit(changes).await? {
                return Ok(record.request);
            }
        }
        Err(Error::Busy.into())
    }

    pub(super) async fn asker(
        &self,
        by: RequestedBy<'_>,
        fresh: bool,
        now: UnixTime,
    ) -> Result<Asker, RequestError> {
        match by {
            RequestedBy::HelpDesk { actor, npi } => {
                only_the_help_desk(actor).map_err(|_| RequestError::NotAllowed)?;
                self.store.account(npi).await?.ok_or(Error::UnknownAccount)?;
                Ok(Asker { npi, actor: actor.clone(), session: None, condition: None })
            }
            RequestedBy::Session(session) => {
                let record = self.alive(session, now).await?;
                if record.factor == Factor::Half {
                    return Err(RequestError::NotSignedIn);
                }
                let tokens = self.tokens(&record.npi, now).await?;
                if self.is_by_a_lost_token(record.npi, &record.factor, &tokens).await? {
                    return Err(RequestError::NotSignedIn);
                }
                if fresh && !is_fresh(&record.factor, now) {
                    return Err(RequestError::NotFresh);
                }
                let condition = Write::ExpectSession { id: record.id, version: record.version };
                let actor = session.actor();
                let session = Some(record.id);
                Ok(Asker { npi: record.npi, actor, session, condition: Some(condition) })
            }
        }
    }

    async fn request_of(&self, npi: Npi, id: RequestId) -> Result<RequestRecord, RequestError> {
        let found = self.store.request(id).await?;
        found.filter(|record| record.request.npi == npi).ok_or(RequestError::Unknown)
    }

    /// The activation that a request began, if a token can still be enrolled or associated by it.
    async fn open_activation_of(
        &self,
        record: &RequestRecord,
    ) -> Result<Option<ActivationRecord>, Error> {
        let Some(id) = record.activation else { return Ok(None) };
        let found = self.store.activation(id).await?;
        Ok(found.filter(|activation| activation.state.is_open()))
    }

    pub(super) async fn remember_address(
        &self,
        asker: &Asker,
        address: Option<&PostalAddress>,
        changes: &mut Changes,
    ) -> Result<(), Error> {
        let Some(address) = address else { return Ok(()) };
        let mut record: AccountRecord =
            self.store.account(asker.npi).await?.ok_or(Error::UnknownAccount)?;
        if record.account.address.as_ref() != Some(address) {
            record.account.address = Some(address.clone());
            changes.writes.push(Write::UpdateAccount(record));
        }
        Ok(())
    }
}

/// The requests that this submit made before, if it did.
pub(super) fn made_before(
    existing: &[RequestRecord],
    key: &IdempotencyKey,
) -> Option<Vec<TokenRequest>> {
    let made: Vec<_> = existing
        .iter()
        .filter(|record| record.key == *key)
        .map(|record| record.request.clone())
        .collect();
    (!made.is_empty()).then_some(made)
}

fn same_order(
    made: Vec<TokenRequest>,
    order: &TokenOrder,
) -> Result<Vec<TokenRequest>, RequestError> {
    // In the order of the order, whatever the store's.
    let wanted = order.wanted.each();
    let number = wanted.len();
    let same: Vec<_> = wanted
        .into_iter()
        .filter_map(|(token_type, address)| {
            made.iter()
                .find(|request| request.token_type == token_type && request.replaces.is_none())
                .filter(|request| goes_there(request, &order.mail, address))
                .cloned()
        })
        .collect();
    let all = same.len() == number && made.len() == number;
    if all { Ok(same) } else { Err(RequestError::FormUsed) }
}

/// Whether a request was made with this mail and address; one that was edited since may have been.
pub(super) fn goes_there(
    request: &TokenRequest,
    mail: &Mail,
    address: Option<&PostalAddress>,
) -> bool {
    request.edited.is_some() || (request.mail == *mail && request.address.as_ref() == address)
}

#[expect(clippy::too_many_arguments, reason = "each is one column of the new row")]
pub(super) fn new_request(
    npi: Npi,
    token_type: TokenType,
    mail: &Mail,
    address: Option<PostalAddress>,
    replaces: Option<Replaced>,
    key: &IdempotencyKey,
    now: UnixTime,
    rng: &mut impl CryptoRng,
) -> RequestRecord {
    let request = TokenRequest {
        id: RequestId::generate(rng),
        npi,
        token_type,
        state: RequestState::Requested,
        mail: mail.clone(),
        address,
        replaces,
        requested: now,
        edited: None,
        processed: None,
        shipped: None,
        activated: None,
        cancelled: None,
        shipment: None,
        serial: None,
        link_expires: None,
        mailing: Mailing::default(),
    };
    RequestRecord {
        request,
        key: key.clone(),
        activation: None,
        sealed_link: None,
        links: 0,
        version: 0,
    }
}

/// The event of something that was sent for a request, with where it went.
pub(super) fn noted_sent(
    record: &RequestRecord,
    kind: EventKind,
    to: &dyn core::fmt::Display,
    actor: &Actor,
    now: UnixTime,
) -> NewEvent {
    let mut event = noted(record, kind, actor, now);
    event.cause = event.cause.map(|about| format!("{about}, to {to}"));
    event
}

/// The event of something that was done about a request.
pub(super) fn noted(
    record: &RequestRecord,
    kind: EventKind,
    actor: &Actor,
    now: UnixTime,
) -> NewEvent {
    let request = &record.request;
    let event = NewEvent::new(now, actor.clone(), kind, Outcome::Success)
        .of(request.npi)
        .because(format!("{}, {REQUEST}{}", request.token_type.name(), request.id));
    match &request.serial {
        Some(serial) => event.on(serial),
        None => event,
    }
}
