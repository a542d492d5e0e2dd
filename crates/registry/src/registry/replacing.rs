//! Replace Token: the old one is deactivated and the new one requested in one commit.

use oath::{TokenType, UnixTime};
use rand_core::CryptoRng;

use super::{
    ATTEMPTS, Registry,
    requests::{Asker, RequestedBy, goes_there, made_before, new_request, noted},
    tokens::{ended_with, spared},
};
use crate::{
    Error, RequestError,
    event::{EventKind, NewEvent, Outcome},
    request::{Replaced, Replacement, TokenRequest},
    rules::{
        owning::{DeactivationReason, Remaining, remaining},
        requesting::check_number,
        token_states::{self, Impossible, TokenEvent},
    },
    store::{Changes, Write},
    token::TokenRecord,
};

impl Registry {
    /// Deactivates a token for good and requests another of its type, in one commit.
    ///
    /// # Errors
    /// [`RequestError`].
    pub async fn replace_token(
        &self,
        by: RequestedBy<'_>,
        form: &Replacement,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<TokenRequest, RequestError> {
        for _ in 0..ATTEMPTS {
            let asker = self.asker(by, true, now).await?;
            let all = self.store.tokens_of(asker.npi).await?;
            let existing = self.store.requests_of(asker.npi).await?;
            if let Some(made) = made_before(&existing, &form.idempotency_key) {
                return same_replacement(made, form);
            }
            check_number(&existing, 1)?;
            let deactivated = deactivate(&all, form, &asker, now)?;
            let address = match deactivated.token.token_type {
                TokenType::Hard => Some(form.address.clone().ok_or(RequestError::NeedsAddress)?),
                TokenType::Soft => None,
            };
            let replaced = Replaced { serial: form.serial.clone(), reason: form.reason };
            let record = new_request(
                asker.npi,
                deactivated.token.token_type,
                &form.mail,
                address,
                Some(replaced),
                &form.idempotency_key,
                now,
                rng,
            );
            // First: the session may end with the token.
            let mut changes = Changes::new(Vec::from_iter(asker.condition.clone()), []);
            changes.writes.extend(ended_with(
                &deactivated.token,
                asker.session.and_then(|session| spared(session, Some(form.reason))),
            ));
            let ended =
                self.moves_ended(&deactivated.token, Some(form.reason), &asker.actor, now).await?;
            changes.writes.push(Write::UpdateToken(Box::new(deactivated)));
            // Whether it is the last depends on the others: they are to be as they were read.
            let others = all.iter().filter(|other| other.token.serial != form.serial);
            changes.writes.extend(others.map(|other| Write::ExpectToken {
                serial: other.token.serial.clone(),
                version: other.version,
            }));
            let kind = EventKind::TokenDeactivated;
            let cause = format!("{}, replaced by request {}", form.reason, record.request.id);
            changes.events.push(
                NewEvent::new(now, asker.actor.clone(), kind, Outcome::Success)
                    .of(asker.npi)
                    .on(&form.serial)
                    .because(cause),
            );
            let address = record.request.address.as_ref();
            self.remember_address(&asker, address, &mut changes).await?;
            changes.writes.push(Write::InsertRequest(Box::new(record.clone())));
            changes.events.push(noted(&record, EventKind::TokenRequested, &asker.actor, now));
            if self.commit(changes.and(ended)).await? {
                return Ok(record.request);
            }
        }
        Err(Error::Busy.into())
    }
}

fn same_replacement(
    made: Vec<TokenRequest>,
    form: &Replacement,
) -> Result<TokenRequest, RequestError> {
    let is_it = |request: &TokenRequest| {
        let replaced = Replaced { serial: form.serial.clone(), reason: form.reason };
        let address = form.address.as_ref().filter(|_| request.token_type == TokenType::Hard);
        request.replaces == Some(replaced) && goes_there(request, &form.mail, address)
    };
    made.into_iter().find(is_it).ok_or(RequestError::FormUsed)
}

/// The token as it is once it was given up for the new one.
fn deactivate(
    all: &[TokenRecord],
    form: &Replacement,
    asker: &Asker,
    now: UnixTime,
) -> Result<TokenRecord, RequestError> {
    let record = all.iter().find(|record| record.token.serial == form.serial);
    let record = record.ok_or(RequestError::UnknownToken)?;
    let token = &record.token;
    let event = TokenEvent::Deactivate;
    let after = token_states::apply(token, event, &asker.actor, now).map_err(|why| match why {
        Impossible::FromHere(state) => RequestError::CannotReplace(state),
        Impossible::ForThem => RequestError::UnknownToken,
    })?;
    if !form.reason.fits(token.token_type) || form.reason == DeactivationReason::NotNeeded {
        return Err(RequestError::OtherReason);
    }
    let tokens: Vec<_> = all.iter().map(|record| record.token.clone()).collect();
    if remaining(&tokens, token, now) == Remaining::None && !form.last_one_meant {
        return Err(RequestError::LastToken);
    }
    Ok(TokenRecord { token: after, ..record.clone() })
}
