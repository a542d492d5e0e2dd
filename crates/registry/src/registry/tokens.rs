//! Listing tokens, and what is done to one without a code.

use oath::{SerialNumber, UnixTime};
use provisioning::Label;

use super::{ATTEMPTS, Registry};
use crate::{
    Error, Npi,
    event::{Actor, EventKind, NewEvent, Outcome},
    rules::{
        network_sync::NetworkSync,
        owning::DeactivationReason,
        token_states::{Impossible, TokenEvent, apply},
    },
    store::{Changes, TokenSearch, Write},
    token::{Token, TokenRecord, TokenState},
    values::SessionId,
};

impl Registry {
    /// The account's tokens as they are at an instant, the first associated first.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn tokens(&self, account: &Npi, now: UnixTime) -> Result<Vec<Token>, Error> {
        let records = self.store.tokens_of(*account).await?;
        Ok(records.into_iter().map(|record| record.token.at(now)).collect())
    }

    /// All tokens in the order of their serial numbers, after one, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn all_tokens(
        &self,
        after: Option<&SerialNumber>,
        limit: u32,
        now: UnixTime,
    ) -> Result<Vec<Token>, Error> {
        let records = self.store.tokens_after(after, limit).await?;
        Ok(records.into_iter().map(|record| record.token.at(now)).collect())
    }

    /// A token as it is at an instant.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn token(
        &self,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<Option<Token>, Error> {
        Ok(self.store.token(serial).await?.map(|record| record.token.at(now)))
    }

    /// Tokens with this text in their serial number or name, or in their owner's name or NPI, in the
    /// order of their serial numbers, after one, at most `limit`. A serial number may be typed as for
    /// [`SerialNumber`]: with spaces, dashes, in lower case, with `O` for `0`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn tokens_with(
        &self,
        text: &str,
        after: Option<&SerialNumber>,
        limit: u32,
        now: UnixTime,
    ) -> Result<Vec<Token>, Error> {
        let text = text.trim().to_owned();
        let serials = serial_parts(&text);
        let found = self.store.tokens_with(&TokenSearch { text, serials }, after, limit).await?;
        Ok(found.into_iter().map(|record| record.token.at(now)).collect())
    }

    /// Takes a token's lock away and forgets its wrong codes; also those of one that is not locked.
    ///
    /// # Errors
    /// [`Error::UnknownToken`], [`Error::NotPossible`], [`Error::NotAllowed`], [`Error::Busy`].
    pub async fn unlock_token(
        &self,
        actor: &Actor,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<Token, Error> {
        self.change(actor, serial, TokenEvent::Unlock, None, now).await
    }

    /// Suspends a token that was reported lost.
    ///
    /// # Errors
    /// As [`Registry::unlock_token`].
    pub async fn suspend_token(
        &self,
        actor: &Actor,
        serial: &SerialNumber,
        reason: &Label,
        now: UnixTime,
    ) -> Result<Token, Error> {
        self.change(actor, serial, TokenEvent::Lost, Some(Why::Words(reason.as_str())), now).await
    }

    /// Takes a suspended token into use again, because it was found.
    ///
    /// # Errors
    /// As [`Registry::unlock_token`].
    pub async fn restore_token(
        &self,
        actor: &Actor,
        serial: &SerialNumber,
        reason: &Label,
        now: UnixTime,
    ) -> Result<Token, Error> {
        self.change(actor, serial, TokenEvent::Found, Some(Why::Words(reason.as_str())), now).await
    }

    /// Deactivates a token, for good, for one of the reasons that there are.
    ///
    /// # Errors
    /// [`Error::OtherReason`], and as [`Registry::unlock_token`].
    pub async fn deactivate_token(
        &self,
        actor: &Actor,
        serial: &SerialNumber,
        reason: DeactivationReason,
        now: UnixTime,
    ) -> Result<Token, Error> {
        // A token's type never changes, so that this holds when it is deactivated.
        let record = self.store.token(serial).await?.ok_or(Error::UnknownToken)?;
        if !reason.fits(record.token.token_type) {
            return Err(Error::OtherReason);
        }
        self.change(actor, serial, TokenEvent::Deactivate, Some(Why::Reason(reason)), now).await
    }

    /// Lets the e-prescribing network be told once more of a token, where that was given up.
    ///
    /// # Errors
    /// As [`Registry::unlock_token`].
    pub async fn sync_token_again(
        &self,
        actor: &Actor,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<Token, Error> {
        self.change(actor, serial, TokenEvent::SyncAgain, None, now).await
    }

    /// Lets an event happen to a token; where it has happened already, nothing changes.
    async fn change(
        &self,
        actor: &Actor,
        serial: &SerialNumber,
        event: TokenEvent,
        why: Option<Why<'_>>,
        now: UnixTime,
    ) -> Result<Token, Error> {
        for _ in 0..ATTEMPTS {
            let record = self.store.token(serial).await?.ok_or(Error::UnknownToken)?;
            if let Actor::Prescriber { npi } = actor
                && record.token.owner != Some(*npi)
            {
                return Err(Error::UnknownToken);
            }
            let Some(token) = changed(&record.token, event, actor, now)? else {
                self.commit(Changes::new(Vec::from_iter(ended_with(&record.token, None)), []))
                    .await?;
                return Ok(record.token.at(now));
            };
            let mut noted =
                NewEvent::new(now, actor.clone(), kind(event), Outcome::Success).on(serial);
            noted.account = token.owner;
            noted.cause = why.map(|why| why.text().to_owned());
            let changed = TokenRecord { token: token.clone(), ..record };
            let mut writes = vec![Write::UpdateToken(Box::new(changed))];
            writes.extend(ended_with(&token, None));
            let mut more = self.moves_ended(&token, why.and_then(Why::reason), actor, now).await?;
            if event == TokenEvent::Unlock {
                more = more.and(self.moved_to(&token, None, now).await?);
            }
            if self.commit(Changes::new(writes, [noted]).and(more)).await? {
                return Ok(token);
            }
        }
        Err(Error::Busy)
    }
}

/// Why something is done to a token.
#[derive(Clone, Copy)]
pub(super) enum Why<'a> {
    Words(&'a str),
    Reason(DeactivationReason),
}

impl<'a> Why<'a> {
    pub(super) const fn text(self) -> &'a str {
        match self {
            Self::Words(words) => words,
            Self::Reason(reason) => reason.name(),
        }
    }

    pub(super) const fn reason(self) -> Option<DeactivationReason> {
        match self {
            Self::Words(_) => None,
            Self::Reason(reason) => Some(reason),
        }
    }
}

/// The parts of serial numbers that a text can be: as it is typed, and as Crockford's base 32 has it.
fn serial_parts(text: &str) -> Vec<String> {
    let typed: String = text
        .chars()
        .filter(|c| !c.is_whitespace() && *c != '-')
        .map(|c| c.to_ascii_uppercase())
        .collect();
    if typed.is_empty() || !typed.bytes().all(|byte| byte.is_ascii_alphanumeric()) {
        return Vec::new();
    }
    let meant = typed.replace('O', "0").replace(['I', 'L'], "1");
    if meant == typed { vec![typed] } else { vec![typed, meant] }
}

/// A token after an event; `None` where it has happened already.
pub(super) fn changed(
    token: &Token,
    event: TokenEvent,
    actor: &Actor,
    now: UnixTime,
) -> Result<Option<Token>, Error> {
    match apply(token, event, actor, now) {
        Ok(changed) => Ok(Some(changed).filter(|changed| *changed != token.at(now))),
        Err(Impossible::FromHere(_)) if has_happened(&token.at(now), event) => Ok(None),
        Err(Impossible::FromHere(state)) => Err(Error::NotPossible(state)),
        Err(Impossible::ForThem) => Err(Error::NotAllowed),
    }
}

/// The session that stays where whoever is signed in gives up the token that they signed in by: none
/// where that is lost, for they may be whoever has it.
pub(super) fn spared(own: SessionId, reason: Option<DeactivationReason>) -> Option<SessionId> {
    Some(own).filter(|_| !reason.is_some_and(DeactivationReason::is_loss))
}

/// Ends the sessions that a token was the second factor of, where it is none any more: whoever took
/// it may have signed in before. `except` is the session of whoever gives it up.
pub(super) fn ended_with(token: &Token, except: Option<SessionId>) -> Option<Write> {
    let gone = matches!(token.state, TokenState::Suspended | TokenState::Deactivated);
    let npi = token.owner.filter(|_| gone)?;
    Some(Write::ForgetSessionsBy { npi, serial: token.serial.clone(), except })
}

/// Whether a token is as it is once an event has happened: as far as its owner would say so.
const fn has_happened(token: &Token, event: TokenEvent) -> bool {
    use TokenState::{Active, Deactivated, Locked, PendingSync, Suspended};
    match event {
        TokenEvent::GiveUpSync => matches!(token.state, PendingSync),
        // The network may have answered meanwhile.
        TokenEvent::SyncAgain => {
            let begun = matches!(
                token.sync,
                NetworkSync::Pending { .. } | NetworkSync::Acknowledged { .. }
            );
            begun && matches!(token.state, PendingSync | Active | Locked)
        }
        // It comes back to where it was, which may be before the network knows it, or locked.
        TokenEvent::Found => matches!(token.state, PendingSync | Active | Locked),
        TokenEvent::EndLock => matches!(token.state, PendingSync | Active),
        TokenEvent::Associate
        | TokenEvent::Acknowledge
        | TokenEvent::LockEnded
        | TokenEvent::Unlock
        | TokenEvent::Resynchronise => matches!(token.state, Active),
        TokenEvent::TooManyFailures => matches!(token.state, Locked),
        TokenEvent::Lost => matches!(token.state, Suspended),
        TokenEvent::Deactivate | TokenEvent::Move => matches!(token.state, Deactivated),
    }
}

/// How an event is recorded.
pub(super) const fn kind(event: TokenEvent) -> EventKind {
    match event {
        TokenEvent::Associate => EventKind::TokenAssociated,
        TokenEvent::Acknowledge | TokenEvent::GiveUpSync | TokenEvent::SyncAgain => {
            EventKind::NetworkSync
        }
        TokenEvent::TooManyFailures => EventKind::TokenLocked,
        TokenEvent::LockEnded | TokenEvent::Unlock | TokenEvent::EndLock => {
            EventKind::TokenUnlocked
        }
        TokenEvent::Resynchronise => EventKind::CodeJudged,
        TokenEvent::Lost => EventKind::TokenSuspended,
        TokenEvent::Found => EventKind::TokenFound,
        TokenEvent::Deactivate | TokenEvent::Move => EventKind::TokenDeactivated,
    }
}
