//! Associating a token with the account of a session.

use oath::{Code, Manufacturer, SerialNumber, TokenType, UnixTime};
use provisioning::{ActivationId, IssuerName, Label};

use super::{ATTEMPTS, Registry, handover::end_old, verifying::Decision};
use crate::{
    AssociateError, Error, Purpose,
    activation::{ActivationRecord, ActivationState},
    event::{Actor, EventKind, NewEvent, Outcome},
    rules::{
        association::{check_form, check_session, check_token},
        devices::{Devices, Platform, Seen, judge},
        judging::Typed,
        network_sync::NetworkSync,
        step_up::StepUpStanding,
        token_states::{TokenEvent, apply},
    },
    session::{Factor, SecondFactor, Session, SessionRecord},
    store::{Changes, Write},
    token::{Token, TokenRecord},
    values::IdempotencyKey,
};

/// The form of Add New Token.
#[derive(Debug, Clone)]
pub struct Association {
    /// Token Manufacturer.
    pub manufacturer: Manufacturer,
    /// Token Issuer.
    pub issuer: IssuerName,
    /// Token Type.
    pub token_type: TokenType,
    /// Token Name.
    pub name: Label,
    /// Credential ID or Serial Number.
    pub serial: SerialNumber,
    /// The code that the token shows.
    pub code: Code,
    /// The next code after it; a token with a button needs it, another may be given it.
    pub second_code: Option<Code>,
    /// What the browser's request told of the device that it is on.
    pub seen: Seen,
    /// Names this submit, so that a second one gets the first one's answer.
    pub idempotency_key: IdempotencyKey,
}

impl Association {
    fn typed(&self) -> Typed<'_> {
        Typed { code: &self.code, next: self.second_code.as_ref(), challenge: None }
    }
}

/// Everything that was read for a decision.
struct Read {
    token: TokenRecord,
    /// The activations that a success completes: the token's, and the session's.
    activations: Vec<ActivationRecord>,
    /// The token that this one takes the place of, on a new phone.
    moved: Option<TokenRecord>,
    /// Whether it is on another device than the browser.
    devices: Devices,
}

impl Registry {
    /// Makes a provisioned token the session's account's own, shown by one of its codes.
    ///
    /// # Errors
    /// [`AssociateError`].
    pub async fn associate(
        &self,
        session: &Session,
        form: &Association,
        now: UnixTime,
    ) -> Result<Token, AssociateError> {
        let npi = session.account.npi;
        for _ in 0..ATTEMPTS {
            let record = self.alive(session, now).await?;
            if record.factor == Factor::Half {
                return Err(AssociateError::NotSignedIn);
            }
            let read = match self.step_up_of(npi, record.id, now).await? {
                None | Some(StepUpStanding::Confirmed) => self.read_for(&record, form, now).await,
                Some(_) => Err(AssociateError::NeedsStepUp),
            };
            // Read last: if there is none now, nothing of it was in what was read before.
            if let Some(serial) = self.store.association(npi, &form.idempotency_key).await? {
                return self.same_answer(&serial, form, now).await;
            }
            let read = match read {
                Ok(read) => read,
                Err(error) => return self.refused(session, form, error, now).await,
            };
            let token = &read.token;
            let purpose = Purpose::Association;
            let mut decision = self.decide(token, npi, form.typed(), purpose, now).await?;
            let actor = session.actor();
            decision.done_by(&actor);
            let who = (&actor, &record);
            let (mut changes, result) =
                associated(&read, decision, who, form, self.tells_network, now)?;
            // A token that takes another's place is not the further one that was requested.
            if result.is_ok()
                && read.moved.is_none()
                && let Some((request, event)) = self
                    .fulfil(&read.token.token, form.token_type, npi, &read.activations, now)
                    .await?
            {
                changes.writes.push(Write::UpdateRequest(Box::new(request)));
                changes.events.push(event);
            }
            if self.commit(changes).await? {
                return result;
            }
        }
        Err(Error::Busy.into())
    }

    /// Records a refusal that no code was judged for, and gives it.
    async fn refused(
        &self,
        session: &Session,
        form: &Association,
        error: AssociateError,
        now: UnixTime,
    ) -> Result<Token, AssociateError> {
        if let Some(cause) = error.cause() {
            let (kind, outcome) = (EventKind::TokenAssociated, Outcome::Refused);
            let event = NewEvent::new(now, session.actor(), kind, outcome);
            let event = event.of(session.account.npi);
            let event = event.on(&form.serial).because(cause);
            self.store.commit(Changes::new([], [event])).await?;
        }
        Err(error)
    }

    async fn same_answer(
        &self,
        serial: &SerialNumber,
        form: &Association,
        now: UnixTime,
    ) -> Result<Token, AssociateError> {
        if *serial != form.serial {
            return Err(AssociateError::FormUsed);
        }
        let record = self.store.token(serial).await?.ok_or(Error::UnknownToken)?;
        Ok(record.token.at(now))
    }

    /// Reads what the decision needs, and refuses what is refused without judging the code.
    async fn read_for(
        &self,
        session: &SessionRecord,
        form: &Association,
        now: UnixTime,
    ) -> Result<Read, AssociateError> {
        let tokens = self.store.tokens_of(session.npi).await?;
        let tokens: Vec<Token> = tokens.into_iter().map(|record| record.token).collect();
        let confirmed_by = match &session.factor {
            Factor::Full { by: SecondFactor::Confirmation(id), .. } => Some(*id),
            _ => None,
        };
        let confirmed_by = self.maybe_activation(confirmed_by).await?;
        check_session(&session.factor, &tokens, confirmed_by.as_ref(), now)?;
        check_form(form)?;
        let token = self.store.token(&form.serial).await?.ok_or(AssociateError::NotWaiting)?;
        let provisioned_by = self.maybe_activation(token.token.activation).await?;
        let shipping = self.store.request_shipping(&form.serial).await?;
        let shipped_to = shipping.map(|record| record.request.npi);
        check_token(&token.token, provisioned_by.as_ref(), shipped_to, session.npi)?;
        if token.token.otp.is_event_based() && form.second_code.is_none() {
            return Err(AssociateError::NeedsSecondCode);
        }
        let moved = self.moved_from(provisioned_by.as_ref(), session.npi, now).await?;
        let mut activations: Vec<_> = provisioned_by.into_iter().chain(confirmed_by).collect();
        activations.dedup_by_key(|activation| activation.id);
        let address = form.seen.address.map(|address| self.master.address_tag(address));
        let same_address = token.token.provisioned_from.zip(address).map(|(app, own)| app == own);
        let platform =
            token.token.platform.as_ref().and_then(|word| Platform::of_word(word.as_str()));
        let devices = judge(form.token_type, platform, form.seen.platform, same_address);
        Ok(Read { token, activations, moved, devices })
    }

    async fn maybe_activation(
        &self,
        id: Option<ActivationId>,
    ) -> Result<Option<ActivationRecord>, Error> {
        match id {
            Some(id) => Ok(self.store.activation(id).await?),
            None => Ok(None),
        }
    }
}

/// What an association comes to: the token is the account's, or the refused code is counted.
fn associated(
    read: &Read,
    decision: Decision,
    (actor, session): (&Actor, &SessionRecord),
    form: &Association,
    tells_network: bool,
    now: UnixTime,
) -> Result<(Changes, Result<Token, AssociateError>), AssociateError> {
    if let Err(cause) = &decision.result {
        let result = Err(AssociateError::Code(cause.clone()));
        return Ok((decision.changes(&read.token), result));
    }
    let npi = session.npi;
    let judged = decision.token.as_ref().unwrap_or(&read.token.token).clone();
    let sync = if tells_network { NetworkSync::begin(now) } else { NetworkSync::NotNeeded };
    let token = apply(&Token { sync, ..judged }, TokenEvent::Associate, actor, now)
        .map_err(|_| AssociateError::NotWaiting)?;
    let token = Token {
        owner: Some(npi),
        name: form.name.clone(),
        manufacturer: form.manufacturer,
        issuer: Some(form.issuer.clone()),
        token_type: form.token_type,
        devices: read.devices,
        associated: Some(now),
        ..token
    };
    let owned = TokenRecord { token: token.clone(), ..read.token.clone() };
    let mut changes = decision.changes_by(Write::UpdateToken(Box::new(owned)));
    for activation in &read.activations {
        let state = ActivationState::Completed;
        let completed = ActivationRecord { state, ..activation.clone() };
        changes.writes.push(Write::UpdateActivation(completed));
    }
    // Not by a session that is signed out meanwhile.
    changes.writes.push(Write::ExpectSession { id: session.id, version: session.version });
    changes.writes.push(Write::InsertAssociation {
        npi,
        key: form.idempotency_key.clone(),
        serial: form.serial.clone(),
        at: now,
    });
    changes.events.push(
        NewEvent::new(now, actor.clone(), EventKind::TokenAssociated, Outcome::Success)
            .of(npi)
            .on(&form.serial)
            .because(read.devices.in_audit()),
    );
    if let Some(old) = &read.moved {
        // Nobody has reported it lost meanwhile, also where it stays until the network knows.
        let (serial, version) = (old.token.serial.clone(), old.version);
        changes.writes.push(Write::ExpectToken { serial, version });
        end_old(&mut changes, old, &token, actor, Some(session.id), now);
    }
    Ok((changes, Ok(token)))
}
