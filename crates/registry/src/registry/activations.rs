//! Beginning an activation, and its confirmation code as a second factor.

use oath::UnixTime;
use provisioning::{ActivationId, ActivationSecret, EnrolmentLink};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::{ATTEMPTS, Registry, handover::end_activation, only_the_help_desk, sessions::Standing};
use crate::{
    ConfirmError, Error, Npi,
    activation::{
        ActivationOrder, ActivationRecord, ActivationState, BegunActivation, OpenActivation,
    },
    event::{Actor, EventKind, NewEvent, Outcome},
    master_key::What,
    session::{SecondFactor, Session, SessionRecord},
    store::{Changes, Write},
    values::{ConfirmationCode, ProofingRecord, SessionSecret},
};

/// For how many seconds an enrolment link can be good at most: 30 days.
pub(super) const LONGEST_VALID: u64 = 30 * 24 * 3600;

/// Whom an activation invites, and to what.
pub(super) struct Invitation<'a> {
    pub(super) npi: Npi,
    pub(super) order: &'a ActivationOrder,
    /// Whether its confirmation code opens the access of an account that has no token in use.
    pub(super) opens_access: bool,
    /// The last instant at which it is good, where an earlier one's identity proofing holds for it.
    pub(super) until: Option<UnixTime>,
    /// The account's open activation, which ends.
    pub(super) earlier: Option<ActivationRecord>,
}

impl Registry {
    /// The account's activation that is open at an instant; at most one is.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn open_activation(
        &self,
        account: &Npi,
        now: UnixTime,
    ) -> Result<Option<OpenActivation>, Error> {
        let found = self.store.open_activation(*account).await?;
        Ok(found.filter(|open| now <= open.expires).map(|open| OpenActivation {
            npi: open.npi,
            state: open.state,
            opens_access: open.opens_access,
            serial: open.serial,
            replaces: open.replaces,
            begun: open.begun,
            expires: open.expires,
            confirmation_expires: open.confirmation_expires,
            wrong_confirmations: open.wrong_confirmations,
        }))
    }

    /// Invites an account to enrol a token. An earlier activation that is not completed ends. Whether a
    /// new identity-proofing record is needed, [`Registry::proofing_asked`] tells.
    ///
    /// The link and the confirmation code must reach the prescriber by two different ways.
    ///
    /// # Errors
    /// [`Error::UnknownAccount`], [`Error::NeedsProofing`], [`Error::ProofingStands`],
    /// [`Error::ValidForTooLong`], [`Error::NotAllowed`], [`Error::Busy`].
    pub async fn begin_activation(
        &self,
        actor: &Actor,
        npi: &Npi,
        order: ActivationOrder,
        proofing: Option<&ProofingRecord>,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<BegunActivation, Error> {
        only_the_help_desk(actor)?;
        for _ in 0..ATTEMPTS {
            let mut changes = Changes::default();
            let before = self.before_activation(*npi).await?;
            let until = before.asked(now).check(proofing)?;
            if let Some(proofing) = proofing {
                let (write, event) = before.proved_again(proofing, actor, now)?;
                changes = Changes::new([write], [event]);
            }
            // One that is begun beside a token opens nothing once that token is gone.
            let opens_access = !before.has_token();
            let earlier = before.open;
            let invitation = Invitation { npi: *npi, order: &order, opens_access, until, earlier };
            let begun = self.begin_in(&mut changes, actor, invitation, now, rng).await?;
            if self.commit(changes).await? {
                return Ok(begun);
            }
        }
        Err(Error::Busy)
    }

    /// Adds to changes what begins an activation.
    pub(super) async fn begin_in(
        &self,
        changes: &mut Changes,
        actor: &Actor,
        invitation: Invitation<'_>,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<BegunActivation, Error> {
        let npi = invitation.npi;
        if invitation.order.valid_for > LONGEST_VALID {
            return Err(Error::ValidForTooLong);
        }
        if self.store.account(npi).await?.is_none() {
            return Err(Error::UnknownAccount);
        }
        let (record, begun) = self.new_activation(&invitation, now, rng);
        if let Some(earlier) = invitation.earlier {
            end_activation(changes, earlier, actor, "a newer activation was begun", now);
        }
        changes.writes.push(Write::InsertActivation(record));
        let kind = EventKind::ActivationBegun;
        changes.events.push(NewEvent::new(now, actor.clone(), kind, Outcome::Success).of(npi));
        Ok(begun)
    }

    pub(super) fn new_activation(
        &self,
        invitation: &Invitation<'_>,
        now: UnixTime,
        rng: &mut impl CryptoRng,
    ) -> (ActivationRecord, BegunActivation) {
        let &Invitation { npi, order, opens_access, until, .. } = invitation;
        let id = ActivationId::generate(rng);
        let secret = ActivationSecret::generate(rng);
        let confirmation = ConfirmationCode::generate(rng);
        let expires = now.plus(order.valid_for);
        let expires = until.map_or(expires, |until| expires.min(until));
        let record = ActivationRecord {
            id,
            npi,
            state: ActivationState::Begun,
            opens_access,
            pin: order.pin,
            serial: None,
            replaces: None,
            sealed_secret: self.master.seal(
                What::ActivationSecret,
                id.as_bytes(),
                secret.expose_bytes(),
                rng,
            ),
            confirmation_tag: self
                .master
                .confirmation_tag(id.as_bytes(), confirmation.expose_bytes()),
            confirmation_expires: expires.min(now.plus(ActivationRecord::CONFIRMATION_VALID_FOR)),
            wrong_confirmations: 0,
            begun: now,
            expires,
            version: 0,
        };
        let link = EnrolmentLink {
            server: order.server.clone(),
            issuer: order.issuer.clone(),
            key: self.server_key(),
            activation: id,
            secret,
            expires,
            pin: order.pin,
        };
        (record, BegunActivation { link, confirmation })
    }

    /// The link of an activation, made again.
    pub(super) fn link_of_activation(
        &self,
        activation: &ActivationRecord,
        order: &ActivationOrder,
    ) -> Result<EnrolmentLink, Error> {
        Ok(EnrolmentLink {
            server: order.server.clone(),
            issuer: order.issuer.clone(),
            key: self.server_key(),
            activation: activation.id,
            secret: self.activation_secret(activation)?,
            expires: activation.expires,
            pin: activation.pin,
        })
    }

    /// The second factor of a sign-in by the confirmation code of an activation that opens the
    /// account's access; only while the account has no token in use. The code stays good until a token is associated, so
    /// that a browser that was closed strands nobody. Gives the session's new secret; none if the
    /// session was full already.
    ///
    /// # Errors
    /// [`ConfirmError`].
    pub async fn confirm(
        &self,
        session: &Session,
        code: &ConfirmationCode,
        now: UnixTime,
    ) -> Result<Option<SessionSecret>, ConfirmError> {
        let npi = session.account.npi;
        for _ in 0..ATTEMPTS {
            let half = match self.standing(session, now).await? {
                Standing::Half(record) => record,
                Standing::Full(secret) => return Ok(secret),
            };
            let tokens = self.store.tokens_of(npi).await.map_err(Error::from)?;
            if tokens.iter().any(|record| record.token.state.is_in_use()) {
                return Err(ConfirmError::HasToken);
            }
            let open = self.store.open_activation(npi).await.map_err(Error::from)?;
            let (changes, result) = self.judge_confirmation(session, half, open, code, now);
            if self.commit(changes).await? {
                return result;
            }
        }
        Err(Error::Busy.into())
    }

    fn judge_confirmation(
        &self,
        session: &Session,
        half: SessionRecord,
        open: Option<ActivationRecord>,
        code: &ConfirmationCode,
        now: UnixTime,
    ) -> (Changes, Result<Option<SessionSecret>, ConfirmError>) {
        let npi = half.npi;
        let event = |outcome| {
            NewEvent::new(now, session.actor(), EventKind::SecondFactorGiven, outcome).of(npi)
        };
        let judgeable = open.filter(|activation| {
            activation.opens_access
                && now <= activation.confirmation_expires
                && activation.wrong_confirmations < ActivationRecord::MAX_WRONG_CONFIRMATIONS
        });
        let Some(mut activation) = judgeable else {
            let event = event(Outcome::Refused).because("no open activation");
            return (Changes::new([], [event]), Err(ConfirmError::NoOpenActivation));
        };
        let tag = self.master.confirmation_tag(activation.id.as_bytes(), code.expose_bytes());
        if !bool::from(tag.ct_eq(&activation.confirmation_tag)) {
            activation.wrong_confirmations += 1;
            let tries_left =
                ActivationRecord::MAX_WRONG_CONFIRMATIONS - activation.wrong_confirmations;
            let event = event(Outcome::Refused).because("wrong confirmation code");
            let changes = Changes::new([Write::UpdateActivation(activation)], [event]);
            return (changes, Err(ConfirmError::Wrong { tries_left }));
        }
        activation.wrong_confirmations = 0;
        let by = SecondFactor::Confirmation(activation.id);
        let (secret, full) = self.fill(session, half, by, now);
        let event = event(Outcome::Success).because("confirmation code");
        let writes: Vec<_> =
            [Write::UpdateActivation(activation)].into_iter().chain(full).collect();
        (Changes::new(writes, [event]), Ok(Some(secret)))
    }
}
