//! Identity proofing that starts again where the last token is gone.

use oath::UnixTime;

use super::Registry;
use crate::{
    Error, Npi,
    account::AccountRecord,
    activation::ActivationRecord,
    event::{Actor, EventKind, NewEvent, Outcome},
    rules::proofing::{ProofingAsked, proofing_asked},
    store::Write,
    token::Token,
    values::ProofingRecord,
};

/// What an account has before an activation is begun for it, or its access is changed.
pub(super) struct Before {
    /// Read before all else that is decided on: that it is as it was read is the condition.
    pub(super) account: Option<AccountRecord>,
    pub(super) open: Option<ActivationRecord>,
    pub(super) tokens: Vec<Token>,
}

impl Before {
    pub(super) fn has_token(&self) -> bool {
        self.tokens.iter().any(|token| token.state.is_in_use())
    }

    pub(super) fn asked(&self, now: UnixTime) -> ProofingAsked {
        let account = self.account.as_ref();
        let ended = account.is_some_and(|record| record.account.access_ended.is_some());
        proofing_asked(&self.tokens, self.open.as_ref(), ended, now)
    }

    pub(super) fn account(&self) -> Result<AccountRecord, Error> {
        self.account.clone().ok_or(Error::UnknownAccount)
    }

    /// The account written as it is, which conflicts with whoever read it before.
    pub(super) fn unchanged(&self) -> Result<Write, Error> {
        Ok(Write::UpdateAccount(self.account()?))
    }

    /// Keeps a new identity-proofing record, with which access that was ended comes back.
    pub(super) fn proved_again(
        &self,
        proofing: &ProofingRecord,
        actor: &Actor,
        now: UnixTime,
    ) -> Result<(Write, NewEvent), Error> {
        let mut record = self.account()?;
        record.account.proofing = proofing.clone();
        record.account.access_ended = None;
        let (kind, outcome) = (EventKind::IdentityProved, Outcome::Success);
        let event = NewEvent::new(now, actor.clone(), kind, outcome).of(record.account.npi);
        Ok((Write::UpdateAccount(record), event.because(proofing.as_str())))
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
        // The activation first: whoever adds a token with it meanwhile changes it, and so is noticed.
        let open = self.store.open_activation(npi).await?;
        let records = self.store.tokens_of(npi).await?;
        let tokens = records.into_iter().map(|record| record.token).collect();
        Ok(Before { account, open, tokens })
    }
}
