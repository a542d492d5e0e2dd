//! Identity proofing that starts again where the last token is gone.

use oath::UnixTime;

use super::Registry;
use crate::{
    Error, Npi,
    activation::ActivationRecord,
    event::{Actor, EventKind, NewEvent, Outcome},
    rules::proofing::{ProofingAsked, proofing_asked},
    store::Write,
    token::Token,
    values::ProofingRecord,
};

/// What an account has before an activation is begun for it.
pub(super) struct Before {
    pub(super) open: Option<ActivationRecord>,
    pub(super) tokens: Vec<Token>,
    /// Whether its access was ended.
    ended: bool,
}

impl Before {
    pub(super) fn has_token(&self) -> bool {
        self.tokens.iter().any(|token| token.state.is_in_use())
    }

    pub(super) fn asked(&self, now: UnixTime) -> ProofingAsked {
        proofing_asked(&self.tokens, self.open.as_ref(), self.ended, now)
    }
}

impl Registry {
    /// Whether an activation of this account needs a new identity-proofing record now.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn proofing_asked(&self, npi: &Npi, now: UnixTime) -> Result<ProofingAsked, Error> {
        Ok(self.before_activation(*npi).await?.asked(now))
    }

    pub(super) async fn before_activation(&self, npi: Npi) -> Result<Before, Error> {
        // What ends access writes the account and the activation that is open.
        let account = self.store.account(npi).await?;
        let ended = account.is_some_and(|record| record.account.access_ended.is_some());
        // The activation first: whoever adds a token with it meanwhile changes it, and so is noticed.
        let open = self.store.open_activation(npi).await?;
        let records = self.store.tokens_of(npi).await?;
        let tokens = records.into_iter().map(|record| record.token).collect();
        Ok(Before { open, tokens, ended })
    }

    /// Keeps a new identity-proofing record, with which access that was ended comes back.
    pub(super) async fn proved_again(
        &self,
        npi: Npi,
        proofing: &ProofingRecord,
        actor: &Actor,
        now: UnixTime,
    ) -> Result<(Write, NewEvent), Error> {
        let mut record = self.store.account(npi).await?.ok_or(Error::UnknownAccount)?;
        record.account.proofing = proofing.clone();
        record.account.access_ended = None;
        let (kind, outcome) = (EventKind::IdentityProved, Outcome::Success);
        let event =
            NewEvent::new(now, actor.clone(), kind, outcome).of(npi).because(proofing.as_str());
        Ok((Write::UpdateAccount(record), event))
    }
}
