//! Token requests as the help desk works through them.

use oath::{SerialNumber, TokenType, UnixTime};
use rand_core::CryptoRng;

use super::{
    ATTEMPTS, Registry,
    activations::Invitation,
    only_the_help_desk,
    proofing::Before,
    requests::{noted, noted_sent},
};
use crate::{
    ActivationOrder, ConfirmationCode, Error, RequestError,
    activation::{ActivationRecord, ActivationState},
    event::{Actor, EventKind},
    master_key::What,
    request::{Mailing, RequestRecord, RequestState, Shipment, TokenRequest},
    rules::{
        proofing::ProofingAsked,
        request_states::{RequestEvent, RequestImpossible, apply},
        requesting::{check_one_activation, check_shipped, fulfilled},
    },
    store::{Changes, Write},
    token::Token,
    values::{Npi, ProofingRecord, RequestId},
};

/// How a request is processed.
#[derive(Debug, Clone)]
pub struct Processing {
    /// The activation of a soft token.
    pub activation: ActivationOrder,
    /// Whether it may open a prescriber's access who has no token in use. Where it may not, two people
    /// have to have begun the activation (21 CFR 1311.125), and its link is mailed.
    pub opens_access: bool,
    /// Who checked the identity anew; needed where the account had tokens and has none left, and taken
    /// from whoever may open access alone. Otherwise it comes with the activation of two people.
    pub proofing: Option<ProofingRecord>,
}

/// What the activation of a soft token begins with.
struct Begin<'a> {
    processing: &'a Processing,
    before: Before,
    /// The last instant at which it is good, where an earlier one's identity proofing holds for it.
    until: Option<UnixTime>,
    actor: &'a Actor,
    now: UnixTime,
}

/// A request that was taken up.
#[derive(Debug)]
pub struct ProcessedRequest {
    /// The request.
    pub request: TokenRequest,
    /// The confirmation code of the activation that was begun, for the prescriber by another way
    /// than the mail; `None` where it opens nothing, or was begun before, or the request is for a hard
    /// token.
    pub confirmation: Option<ConfirmationCode>,
    /// Whether the prescriber has a token, and so signs in with it and not with that code.
    pub has_token: bool,
}

impl Registry {
    /// The requests in a state in the order in which they were made, after one, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn queue(
        &self,
        state: RequestState,
        after: Option<&TokenRequest>,
        limit: u32,
    ) -> Result<Vec<TokenRequest>, Error> {
        let after = after.map(|request| (request.requested, request.id));
        let records = self.store.requests_in(state, after, limit).await?;
        Ok(records.into_iter().map(|record| record.request).collect())
    }

    /// The requests in a state, or all, in the order in which they were made, after one that was made at
    /// an instant, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn requests_after(
        &self,
        state: Option<RequestState>,
        after: Option<(UnixTime, RequestId)>,
        limit: u32,
    ) -> Result<Vec<TokenRequest>, Error> {
        let records = match state {
            Some(state) => self.store.requests_in(state, after, limit).await?,
            None => self.store.requests_after(after, limit).await?,
        };
        Ok(records.into_iter().map(|record| record.request).collect())
    }

    /// A request by its number.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn request(&self, id: RequestId) -> Result<Option<TokenRequest>, Error> {
        Ok(self.store.request(id).await?.map(|record| record.request))
    }

    /// Takes a request up: from now on it cannot be edited. For a soft token an activation begins,
    /// whose link is mailed.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn process_request(
        &self,
        actor: &Actor,
        id: RequestId,
        processing: &Processing,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<ProcessedRequest, RequestError> {
        only_the_help_desk(actor).map_err(|_| RequestError::NotAllowed)?;
        for _ in 0..ATTEMPTS {
            let record = self.store.request(id).await?.ok_or(RequestError::Unknown)?;
            let before = self.before_activation(record.request.npi).await?;
            let has_token = before.has_token();
            let request = match apply(&record.request, RequestEvent::Process, actor, now) {
                Ok(request) => request,
                Err(RequestImpossible::FromHere(state)) if state.is_open() => {
                    let request = record.request;
                    return Ok(ProcessedRequest { request, confirmation: None, has_token });
                }
                Err(why) => return Err(RequestError::not_possible(RequestEvent::Process, why)),
            };
            let until = check_proofing(before.asked(now), processing)?;
            check_one_activation(&record, &self.store.requests_of(request.npi).await?)?;
            let mut record = RequestRecord { request, ..record };
            let mut changes = proofing_of(&before, processing, actor, now)?;
            let confirmation = match record.request.token_type {
                TokenType::Soft => {
                    let begin = Begin { processing, before, until, actor, now };
                    self.begin_for(&mut record, begin, &mut changes, rng).await?
                }
                TokenType::Hard => None,
            };
            changes.events.push(noted(&record, EventKind::RequestProcessed, actor, now));
            changes.writes.push(Write::UpdateRequest(Box::new(record.clone())));
            if self.commit(changes).await? {
                return Ok(ProcessedRequest { request: record.request, confirmation, has_token });
            }
        }
        Err(Error::Busy.into())
    }

    /// Notes that a processed hard token was given to a carrier, and has the mail sent by which it
    /// is activated once it has arrived.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn ship_request(
        &self,
        actor: &Actor,
        id: RequestId,
        serial: &SerialNumber,
        shipment: &Shipment,
        now: UnixTime,
    ) -> Result<TokenRequest, RequestError> {
        only_the_help_desk(actor).map_err(|_| RequestError::NotAllowed)?;
        for _ in 0..ATTEMPTS {
            let record = self.store.request(id).await?.ok_or(RequestError::Unknown)?;
            let same = record.request.serial.as_ref() == Some(serial)
                && record.request.shipment.as_ref() == Some(shipment);
            let request = match apply(&record.request, RequestEvent::Ship, actor, now) {
                Ok(request) => request,
                Err(RequestImpossible::FromHere(RequestState::Shipped)) if same => {
                    return Ok(record.request);
                }
                Err(why) => return Err(RequestError::not_possible(RequestEvent::Ship, why)),
            };
            let known = self.store.token(serial).await?;
            let shipping = self.store.request_shipping(serial).await?;
            check_shipped(serial, known.as_ref().map(|record| &record.token), shipping.as_ref())?;
            let request = TokenRequest {
                serial: Some(serial.clone()),
                shipment: Some(shipment.clone()),
                mailing: Mailing::due_at(now),
                ..request
            };
            let record = RequestRecord { request, links: record.links + 1, ..record };
            let mut changes = Changes::default();
            if let Some(known) = known {
                // Not to two at once, and not one that is deactivated meanwhile; written, so that
                // whoever read before that it is on its way to nobody reads again.
                changes.writes.push(Write::UpdateToken(Box::new(known)));
            }
            let address = record.request.address.as_ref().map(ToString::to_string);
            let Shipment { carrier, tracking } = shipment;
            let to = format!("{}, by {carrier} {tracking}", address.unwrap_or_default());
            let event = noted_sent(&record, EventKind::RequestShipped, &to, actor, now);
            changes.events.push(event);
            changes.writes.push(Write::UpdateRequest(Box::new(record.clone())));
            if self.commit(changes).await? {
                return Ok(record.request);
            }
        }
        Err(Error::Busy.into())
    }

    /// Has the activation mail sent anew, with a new link; an earlier one leads nowhere then.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn send_request_again(
        &self,
        actor: &Actor,
        id: RequestId,
        processing: &Processing,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<ProcessedRequest, RequestError> {
        only_the_help_desk(actor).map_err(|_| RequestError::NotAllowed)?;
        for _ in 0..ATTEMPTS {
            let record = self.store.request(id).await?.ok_or(RequestError::Unknown)?;
            let before = self.before_activation(record.request.npi).await?;
            let has_token = before.has_token();
            let event = RequestEvent::SendAgain;
            let request = apply(&record.request, event, actor, now)
                .map_err(|why| RequestError::not_possible(event, why))?;
            let until = check_proofing(before.asked(now), processing)?;
            let mut record = RequestRecord { request, ..record };
            let mut changes = proofing_of(&before, processing, actor, now)?;
            let confirmation = match record.request.token_type {
                TokenType::Soft => {
                    let begin = Begin { processing, before, until, actor, now };
                    self.begin_for(&mut record, begin, &mut changes, rng).await?
                }
                TokenType::Hard => {
                    record.request.mailing = Mailing::due_at(now);
                    record.links += 1;
                    None
                }
            };
            changes.events.push(noted(&record, EventKind::RequestSentAgain, actor, now));
            changes.writes.push(Write::UpdateRequest(Box::new(record.clone())));
            if self.commit(changes).await? {
                return Ok(ProcessedRequest { request: record.request, confirmation, has_token });
            }
        }
        Err(Error::Busy.into())
    }

    /// What a token that becomes the account's own does to the request that it fulfils. `completed`
    /// are the activations that end with it.
    pub(super) async fn fulfil(
        &self,
        token: &Token,
        token_type: TokenType,
        npi: Npi,
        completed: &[ActivationRecord],
        now: UnixTime,
    ) -> Result<Option<(RequestRecord, crate::event::NewEvent)>, Error> {
        let requests = self.store.requests_of(npi).await?;
        let open = self.store.open_activation(npi).await?.map(|open| (open.id, open.expires));
        let open = open.filter(|(id, expires)| {
            now <= *expires && !completed.iter().any(|activation| activation.id == *id)
        });
        let open = open.map(|(id, _)| id);
        let found = fulfilled(&requests, token_type, &token.serial, token.activation, open);
        let Some(record) = found else { return Ok(None) };
        let system = Actor::System;
        let Ok(request) = apply(&record.request, RequestEvent::Activate, &system, now) else {
            return Ok(None);
        };
        let request = TokenRequest { serial: Some(token.serial.clone()), ..request };
        let record = RequestRecord { request, sealed_link: None, ..record.clone() };
        let event = noted(&record, EventKind::RequestActivated, &system, now);
        Ok(Some((record, event)))
    }

    /// Begins the activation of a soft token's request, or takes the one that two people began, and
    /// has its link mailed. Gives the confirmation code of one that was begun here.
    async fn begin_for(
        &self,
        record: &mut RequestRecord,
        begin: Begin<'_>,
        changes: &mut Changes,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Option<ConfirmationCode>, RequestError> {
        let (npi, now) = (record.request.npi, begin.now);
        let order = &begin.processing.activation;
        let (has_token, earlier) = (begin.before.has_token(), begin.before.open);
        let (link, confirmation) = if has_token || begin.processing.opens_access {
            // Who has a token adds another with it: then the code opens nothing, and nobody sees it.
            let opens_access = begin.processing.opens_access && !has_token;
            let invitation = Invitation { npi, order, opens_access, until: begin.until, earlier };
            let begun = self.begin_in(changes, begin.actor, invitation, now, rng).await?;
            (begun.link, Some(begun.confirmation).filter(|_| opens_access))
        } else {
            let open = earlier.filter(|open| open.opens_access && now <= open.expires);
            let open = open.filter(|open| open.state == ActivationState::Begun);
            let open = open.ok_or(RequestError::TwoPeople)?;
            let link = self.link_of_activation(&open, order)?;
            // Nothing changes: it is the condition that it is open still.
            changes.writes.push(Write::UpdateActivation(open));
            (link, None)
        };
        let whose = record.request.id.as_str().as_bytes();
        let text = link.to_text();
        let sealed = self.master.seal(What::EnrolmentLink, whose, text.as_bytes(), rng);
        record.activation = Some(link.activation);
        record.sealed_link = Some(sealed);
        record.links += 1;
        record.request.link_expires = Some(link.expires);
        record.request.mailing = Mailing::due_at(now);
        Ok(confirmation)
    }
}

fn proofing_of(
    before: &Before,
    processing: &Processing,
    actor: &Actor,
    now: UnixTime,
) -> Result<Changes, Error> {
    let Some(proofing) = &processing.proofing else { return Ok(Changes::default()) };
    let (write, event) = before.proved_again(proofing, actor, now)?;
    Ok(Changes::new([write], [event]))
}

/// Refuses to process without the identity-proofing record that is needed, or with one where none is
/// taken; otherwise as [`ProofingAsked::check`].
fn check_proofing(
    asked: ProofingAsked,
    processing: &Processing,
) -> Result<Option<UnixTime>, RequestError> {
    match &processing.proofing {
        // Nobody opens access alone by bringing a record.
        Some(_) if !processing.opens_access => Err(RequestError::ProofingStands),
        given => Ok(asked.check(given.as_ref())?),
    }
}
