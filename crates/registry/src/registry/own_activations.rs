//! Beginning an activation beside a token that is in use, by its owner's session: the link alone adds
//! nothing, for the further token takes a sign-in with the one in use.

use oath::UnixTime;
use rand_core::CryptoRng;

use super::{ATTEMPTS, Registry, activations::Invitation, handover::approving};
use crate::{
    AssociateError, Error,
    activation::{ActivationOrder, BegunActivation},
    event::EventKind,
    session::{Factor, SecondFactor, Session},
    store::{Changes, EventSearch, StoreError, Write},
    values::Npi,
};

/// Stands before the serial number of the token by which a sign-in began an activation.
const APPROVED_BY: &str = "approved by ";

impl Registry {
    /// Invites the owner of a session, which was made full by a token of theirs, to enrol a further one. An
    /// earlier activation that is not completed ends. Its confirmation code opens nothing, and
    /// the loss of a token ends it.
    ///
    /// # Errors
    /// [`AssociateError`]; [`Error::ValidForTooLong`].
    pub async fn begin_own_activation(
        &self,
        session: &Session,
        order: &ActivationOrder,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<BegunActivation, AssociateError> {
        let npi = session.account.npi;
        for _ in 0..ATTEMPTS {
            let record = self.alive(session, now).await?;
            // Before the activation: a token that comes meanwhile is one more than was read.
            let tokens = self.store.tokens_of(npi).await?;
            let earlier = self.store.open_activation(npi).await?;
            self.check_approval(&record, &tokens, now).await?;
            let Factor::Full { by: SecondFactor::Token(serial), .. } = &record.factor else {
                return Err(AssociateError::NeedsTokenCode);
            };
            let mut changes = Changes::default();
            if let Some(earlier) = &earlier {
                self.unmailed(earlier, &mut changes).await?;
            }
            let invitation = Invitation { npi, order, opens_access: false, until: None, earlier };
            let actor = session.actor();
            let begun = self.begin_in(&mut changes, &actor, invitation, now, rng).await?;
            if let Some(event) = changes.events.last_mut() {
                event.cause = Some(format!("{APPROVED_BY}{}", serial.as_str()));
            }
            // The token is written as it is: whoever reports its loss meanwhile has to look again.
            approving(&mut changes, &record, &tokens, serial);
            changes.writes.push(Write::ExpectTokensOf { npi, number: tokens.len() as u64 });
            changes.writes.push(Write::ExpectSession { id: record.id, version: record.version });
            if self.commit(changes).await? {
                return Ok(begun);
            }
        }
        Err(Error::Busy.into())
    }

    /// Whether a sign-in began the activation of an account that was begun last; the others were begun by
    /// administrators.
    ///
    /// # Errors
    /// What the store cannot do.
    pub(super) async fn a_sign_in_began_the_last(&self, npi: Npi) -> Result<bool, Error> {
        let search = EventSearch {
            account: Some(npi),
            kind: Some(EventKind::ActivationBegun),
            ..EventSearch::default()
        };
        let begun = match self.events_to_decide_by(&search, None, 1).await {
            // What cannot be read keeps nobody from reporting a loss: then the activation ends.
            Err(StoreError::Damaged { .. }) => return Ok(true),
            begun => begun?,
        };
        let cause = begun.first().and_then(|event| event.what.cause.as_deref());
        Ok(cause.is_some_and(|cause| cause.starts_with(APPROVED_BY)))
    }
}
