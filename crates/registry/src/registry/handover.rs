//! Moving a soft token to a new phone, by its owner's session. The rules stand in
//! [`crate::rules::handover`]; that the new token becomes good and the old one ends is in the
//! commits of [`super::associating`] and [`super::network_sync`].

use oath::{Code, SerialNumber, UnixTime};
use provisioning::{EnrolmentLink, IssuerName, PinPolicy, ServerUrl};
use rand_core::CryptoRng;

use super::{ATTEMPTS, Association, Registry, activations::Invitation, tokens::ended_with};
use crate::{
    AssociateError, Error, Npi,
    activation::{ActivationOrder, ActivationRecord, ActivationState},
    event::{Actor, EventKind, NewEvent, Outcome},
    rules::{
        association::check_session,
        devices::Seen,
        handover::{
            Handover, HandoverStage, LINK_VALID_FOR, MOVED, MOVED_TO, is_done, is_held_up,
            is_movable, under_way,
        },
        owning::DeactivationReason,
        step_up::StepUpStanding,
        token_states::{TokenEvent, apply},
    },
    session::{Factor, SecondFactor, Session, SessionRecord},
    store::{Changes, EventSearch, Write},
    token::{Token, TokenRecord, TokenState},
    values::{IdempotencyKey, SessionId},
};

impl Registry {
    /// Begins to move a token of the session's account to a new phone; where that has begun already,
    /// nothing changes. An earlier activation of the account that is not completed ends.
    ///
    /// # Errors
    /// [`AssociateError`].
    pub async fn begin_handover(
        &self,
        session: &Session,
        serial: &SerialNumber,
        (server, issuer): (&ServerUrl, &IssuerName),
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Handover, AssociateError> {
        let npi = session.account.npi;
        for _ in 0..ATTEMPTS {
            let record = self.alive(session, now).await?;
            let Factor::Full { at: signed_in, .. } = record.factor else {
                return Err(AssociateError::NotSignedIn);
            };
            // Before the moves: a token that comes meanwhile is one more than was read.
            let tokens = self.store.tokens_of(npi).await?;
            let begun = self.handovers(&npi, now).await?;
            if let Some(begun) = begun.into_iter().find(|begun| begun.from == *serial) {
                return Ok(begun);
            }
            let open = self.store.open_activation(npi).await?;
            if let Err(error) = self.check_approval(&record, &tokens, now).await {
                return self.not_begun(npi, serial, error, now).await;
            }
            let old = tokens.iter().find(|record| record.token.serial == *serial);
            let old = old.ok_or(Error::UnknownToken)?;
            if !is_movable(&old.token, now) {
                return Err(Error::NotPossible(old.token.at(now).state).into());
            }
            let pin =
                self.activation_of(&old.token).await?.map_or_else(PinPolicy::default, |a| a.pin);
            let (server, issuer) = (server.clone(), issuer.clone());
            let order = ActivationOrder { server, issuer, valid_for: LINK_VALID_FOR, pin };
            // No longer than the sign-in that approves it is fresh.
            let until = Some(signed_in.plus(LINK_VALID_FOR));
            let invitation =
                Invitation { npi, order: &order, opens_access: false, until, earlier: None };
            let (activation, _) = self.new_activation(&invitation, now, rng);
            let activation = ActivationRecord { replaces: Some(serial.clone()), ..activation };
            let begun = under_way(&activation, None, now);
            let mut changes = Changes::default();
            let mut why = match &record.factor {
                Factor::Full { by: SecondFactor::Token(by), .. } => {
                    format!("approved by {}", by.as_str())
                }
                _ => String::new(),
            };
            if let Some(earlier) = open {
                why.push_str(", an earlier activation ends");
                self.unmailed(&earlier, &mut changes).await?;
                end_activation(
                    &mut changes,
                    earlier,
                    &Actor::Prescriber { npi },
                    "begun anew",
                    now,
                );
            }
            changes.writes.push(Write::InsertActivation(activation));
            // The old token and the one that approved it are written as they are: a loss of either
            // that is reported meanwhile has to look again, and finds what began.
            approving(&mut changes, &record, &tokens, serial);
            changes.writes.push(Write::ExpectTokensOf { npi, number: tokens.len() as u64 });
            changes.writes.push(Write::ExpectSession { id: record.id, version: record.version });
            let noted = event(npi, serial, EventKind::HandoverBegun, Outcome::Success, now);
            changes.events.push(noted.because(why));
            if self.commit(changes).await? {
                return begun.ok_or_else(|| Error::Busy.into());
            }
        }
        Err(Error::Busy.into())
    }

    /// The mail of the request whose activation ends would lead nowhere: it is due no more.
    pub(super) async fn unmailed(
        &self,
        ended: &ActivationRecord,
        changes: &mut Changes,
    ) -> Result<(), Error> {
        for mut record in self.store.requests_of(ended.npi).await? {
            if record.activation == Some(ended.id) && record.request.mailing.due.is_some() {
                record.request.mailing.due = None;
                changes.writes.push(Write::UpdateRequest(Box::new(record)));
            }
        }
        Ok(())
    }

    /// Refuses a session that may not approve it.
    pub(super) async fn check_approval(
        &self,
        session: &SessionRecord,
        tokens: &[TokenRecord],
        now: UnixTime,
    ) -> Result<(), AssociateError> {
        let tokens: Vec<Token> = tokens.iter().map(|record| record.token.clone()).collect();
        check_session(&session.factor, &tokens, None, now)?;
        match self.step_up_of(session.npi, session.id, now).await? {
            None | Some(StepUpStanding::Confirmed) => Ok(()),
            Some(_) => Err(AssociateError::NeedsStepUp),
        }
    }

    /// Records a refusal, and gives it.
    async fn not_begun(
        &self,
        npi: Npi,
        serial: &SerialNumber,
        error: AssociateError,
        now: UnixTime,
    ) -> Result<Handover, AssociateError> {
        if let Some(cause) = error.cause() {
            let event = event(npi, serial, EventKind::HandoverBegun, Outcome::Refused, now);
            self.store.commit(Changes::new([], [event.because(cause)])).await?;
        }
        Err(error)
    }

    /// The link that the new phone opens; `None` where the token is not being moved, or the link was
    /// used or has expired.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn handover_link(
        &self,
        session: &Session,
        serial: &SerialNumber,
        (server, issuer): (&ServerUrl, &IssuerName),
        now: UnixTime,
    ) -> Result<Option<EnrolmentLink>, Error> {
        let open = self.store.open_activation(session.account.npi).await?;
        let Some(open) = open.filter(|open| open.replaces.as_ref() == Some(serial)) else {
            return Ok(None);
        };
        if !matches!(
            under_way(&open, None, now),
            Some(Handover { stage: HandoverStage::Enrolling { .. }, .. })
        ) {
            return Ok(None);
        }
        let (server, issuer) = (server.clone(), issuer.clone());
        let order = ActivationOrder { server, issuer, valid_for: 0, pin: open.pin };
        Ok(Some(self.link_of_activation(&open, &order)?))
    }

    /// Takes the first code of the new phone's token, which becomes the account's under the old one's
    /// name. The old one is deactivated in the same commit or, where a network is told of tokens, when
    /// that has acknowledged the new one.
    ///
    /// # Errors
    /// [`AssociateError`].
    pub async fn finish_handover(
        &self,
        session: &Session,
        serial: &SerialNumber,
        (issuer, seen): (&IssuerName, Seen),
        code: &Code,
        key: &IdempotencyKey,
        now: UnixTime,
    ) -> Result<Token, AssociateError> {
        let npi = session.account.npi;
        let open = self.store.open_activation(npi).await?;
        let open = open.filter(|open| open.replaces.as_ref() == Some(serial));
        let new = match open.and_then(|open| under_way(&open, None, now)) {
            Some(Handover { stage: HandoverStage::Enrolling { .. }, .. }) => {
                return Err(AssociateError::NotEnrolled);
            }
            Some(Handover { to: Some(new), .. }) => new,
            // Perhaps this very submit has done it.
            _ => match self.store.association(npi, key).await? {
                Some(new) => new,
                None => return Err(AssociateError::HandoverOver),
            },
        };
        let old = self.store.token(serial).await?.ok_or(Error::UnknownToken)?.token;
        let new = self.store.token(&new).await?.ok_or(Error::UnknownToken)?.token;
        let form = Association {
            manufacturer: new.manufacturer,
            issuer: issuer.clone(),
            token_type: new.token_type,
            name: old.name,
            serial: new.serial,
            code: code.clone(),
            second_code: None,
            seen,
            idempotency_key: key.clone(),
        };
        self.associate(session, &form, now).await
    }

    /// Gives up moving a token; one that is not being moved stays as it is.
    ///
    /// # Errors
    /// [`AssociateError`].
    pub async fn cancel_handover(
        &self,
        session: &Session,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<(), AssociateError> {
        let npi = session.account.npi;
        for _ in 0..ATTEMPTS {
            let record = self.alive(session, now).await?;
            if record.factor == Factor::Half {
                return Err(AssociateError::NotSignedIn);
            }
            let open = self.store.open_activation(npi).await?;
            let Some(open) = open.filter(|open| open.replaces.as_ref() == Some(serial)) else {
                return Ok(());
            };
            let mut changes = Changes::default();
            end_activation(&mut changes, open, &Actor::Prescriber { npi }, "by its owner", now);
            changes.writes.push(Write::ExpectSession { id: record.id, version: record.version });
            if self.commit(changes).await? {
                return Ok(());
            }
        }
        Err(Error::Busy.into())
    }

    /// The account's tokens that are being moved.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn handovers(&self, npi: &Npi, now: UnixTime) -> Result<Vec<Handover>, Error> {
        let open = self.store.open_activation(*npi).await?;
        let mut found: Vec<_> = open.iter().filter_map(|open| under_way(open, None, now)).collect();
        let completing = self.completing(*npi, now).await?;
        found.extend(completing.into_iter().map(|(_, _, handover)| handover));
        Ok(found)
    }

    /// The moves whose first code was good, with their activation and the new phone's token.
    async fn completing(
        &self,
        npi: Npi,
        now: UnixTime,
    ) -> Result<Vec<(ActivationRecord, TokenRecord, Handover)>, Error> {
        let tokens = self.store.tokens_of(npi).await?;
        let movable = |serial: &SerialNumber| {
            let old = tokens.iter().find(|old| old.token.serial == *serial);
            old.is_some_and(|old| is_movable(&old.token, now))
        };
        let mut found = Vec::new();
        for new in tokens.iter().filter(|new| new.token.sync.waits() || is_held_up(&new.token)) {
            let Some(activation) = self.activation_of(&new.token).await? else { continue };
            let Some(handover) = under_way(&activation, Some(&new.token), now) else { continue };
            match handover.stage {
                HandoverStage::NetworkSync => {}
                HandoverStage::Locked if movable(&handover.from) => {}
                _ => continue,
            }
            found.push((activation, new.clone(), handover));
        }
        Ok(found)
    }

    /// Whether a token of the account was deactivated by its move to a new phone.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn was_moved(&self, npi: &Npi, serial: &SerialNumber) -> Result<bool, Error> {
        let search = EventSearch {
            account: Some(*npi),
            kind: Some(EventKind::HandoverDone),
            serial: Some(serial.clone()),
            ..EventSearch::default()
        };
        Ok(!self.store.events_with(&search, None, 1).await?.is_empty())
    }

    /// The old token of a move, as it has to be when the new one is judged.
    pub(super) async fn moved_from(
        &self,
        activation: Option<&ActivationRecord>,
        npi: Npi,
        now: UnixTime,
    ) -> Result<Option<TokenRecord>, AssociateError> {
        let Some(serial) = activation.and_then(|activation| activation.replaces.as_ref()) else {
            return Ok(None);
        };
        let old = self.store.token(serial).await?.filter(|old| old.token.owner == Some(npi));
        let old = old.filter(|old| is_movable(&old.token, now));
        old.map(Some).ok_or(AssociateError::HandoverOver)
    }

    /// What a new token that is good now does to the one that it takes the place of, and to the sessions
    /// by that but one.
    pub(super) async fn moved_to(
        &self,
        new: &Token,
        except: Option<SessionId>,
        now: UnixTime,
    ) -> Result<Changes, Error> {
        let activation = self.activation_of(new).await?;
        let completed = activation.filter(|found| found.state == ActivationState::Completed);
        let old = match completed.and_then(|activation| activation.replaces) {
            Some(serial) => self.store.token(&serial).await?,
            None => None,
        };
        let mut changes = Changes::default();
        if let Some(old) = old {
            end_old(&mut changes, &old, new, &Actor::System, except, now);
        }
        Ok(changes)
    }

    /// What else follows when a token is suspended, or deactivated for a reason: `token` is as it is then.
    /// Giving one up ends its move; the loss of one ends what a sign-in began, the moves of the account and
    /// an activation, and a new token that waits for the network is suspended.
    pub(super) async fn moves_ended(
        &self,
        token: &Token,
        reason: Option<DeactivationReason>,
        actor: &Actor,
        now: UnixTime,
    ) -> Result<Changes, Error> {
        let mut changes = Changes::default();
        let deactivated = token.state == TokenState::Deactivated;
        let lost = token.state == TokenState::Suspended
            || deactivated && reason.is_some_and(DeactivationReason::is_loss);
        let Some(npi) = token.owner.filter(|_| lost || deactivated) else { return Ok(changes) };
        let why = if lost { "a token was reported lost" } else { "the token was deactivated" };
        if let Some(open) = self.store.open_activation(npi).await?
            && (open.replaces.as_ref() == Some(&token.serial)
                || lost && (open.replaces.is_some() || self.a_sign_in_began_the_last(npi).await?))
        {
            self.unmailed(&open, &mut changes).await?;
            end_activation(&mut changes, open, actor, why, now);
        }
        if !lost {
            return Ok(changes);
        }
        for (activation, record, _) in self.completing(npi, now).await? {
            end_activation(&mut changes, activation, actor, why, now);
            if record.token.serial != token.serial {
                suspend_new(&mut changes, record, actor, now);
            }
        }
        Ok(changes)
    }

    async fn activation_of(&self, token: &Token) -> Result<Option<ActivationRecord>, Error> {
        match token.activation {
            Some(id) => Ok(self.store.activation(id).await?),
            None => Ok(None),
        }
    }
}

/// Ends an activation; one that moves a token, with an event.
pub(super) fn end_activation(
    changes: &mut Changes,
    activation: ActivationRecord,
    actor: &Actor,
    why: &str,
    now: UnixTime,
) {
    if let Some(serial) = &activation.replaces {
        let kind = EventKind::HandoverCancelled;
        let event = NewEvent::new(now, actor.clone(), kind, Outcome::Success);
        changes.events.push(event.of(activation.npi).on(serial).because(why));
    }
    let state = ActivationState::Superseded;
    changes.writes.push(Write::UpdateActivation(ActivationRecord { state, ..activation }));
}

/// Deactivates the old token of a move, if the new one is good and nothing happened to the old one
/// meanwhile.
pub(super) fn end_old(
    changes: &mut Changes,
    old: &TokenRecord,
    new: &Token,
    actor: &Actor,
    session: Option<SessionId>,
    now: UnixTime,
) {
    let Some(npi) = new.owner.filter(|_| is_done(new)) else { return };
    let Ok(token) = apply(&old.token, TokenEvent::Move, actor, now) else { return };
    let serial = &old.token.serial;
    let noted = |kind| NewEvent::new(now, actor.clone(), kind, Outcome::Success).of(npi).on(serial);
    let to = format!("{MOVED_TO}{}", new.serial.as_str());
    changes.writes.extend(ended_with(&token, session));
    changes.writes.push(Write::UpdateToken(Box::new(TokenRecord { token, ..old.clone() })));
    changes.events.push(noted(EventKind::TokenDeactivated).because(MOVED));
    changes.events.push(noted(EventKind::HandoverDone).because(to));
}

/// Suspends a new phone's token whose move ended by a loss. Nobody reported it, so that this program
/// does it.
fn suspend_new(changes: &mut Changes, new: TokenRecord, actor: &Actor, now: UnixTime) {
    let Ok(token) = apply(&new.token, TokenEvent::Lost, actor, now) else { return };
    let kind = EventKind::TokenSuspended;
    let mut event = NewEvent::new(now, Actor::System, kind, Outcome::Success).on(&token.serial);
    event.account = token.owner;
    let why = "a token was reported lost while this one was to take another’s place";
    changes.events.push(event.because(why));
    changes.writes.extend(ended_with(&token, None));
    changes.writes.push(Write::UpdateToken(Box::new(TokenRecord { token, ..new })));
}

/// Writes the old token, and the one whose code approved its move, as they are.
pub(super) fn approving(
    changes: &mut Changes,
    session: &SessionRecord,
    tokens: &[TokenRecord],
    old: &SerialNumber,
) {
    let by = match &session.factor {
        Factor::Full { by: SecondFactor::Token(serial), .. } => Some(serial),
        _ => None,
    };
    let touched =
        |record: &&TokenRecord| record.token.serial == *old || Some(&record.token.serial) == by;
    let touched = tokens.iter().filter(touched).cloned();
    changes.writes.extend(touched.map(|record| Write::UpdateToken(Box::new(record))));
}

fn event(
    npi: Npi,
    serial: &SerialNumber,
    kind: EventKind,
    outcome: Outcome,
    now: UnixTime,
) -> NewEvent {
    NewEvent::new(now, Actor::Prescriber { npi }, kind, outcome).of(npi).on(serial)
}
