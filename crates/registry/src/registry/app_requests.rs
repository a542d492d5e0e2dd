//! What the app of a token asks: how the token is, and to suspend another that is lost.

use oath::{SerialNumber, UnixTime};
use provisioning::{
    AppAnswer, AppAsk, AppRequest, AppTokenState, OtherToken, ReportId, TokenStatus,
};

use super::{ATTEMPTS, Registry, tokens::ended_with};
use crate::{
    AppRequestError, Error, Npi,
    event::{Actor, EventKind, NewEvent, Outcome},
    rules::reporting::{REPORTED_AGAIN, ReportRefusal, may_report, report},
    store::{Changes, Write},
    token::{Token, TokenRecord, TokenState},
};

/// A report of a loss, whose sender is known.
struct Report<'a> {
    reporter: &'a TokenRecord,
    id: ReportId,
    lost: &'a SerialNumber,
}

impl Registry {
    /// Does what the app of a token asks, and tells it how its token is then.
    ///
    /// A report acts once, and is durable before it is answered. Whoever cannot show that they know
    /// the token's seed learns nothing, not even whether there is such a token.
    ///
    /// # Errors
    /// [`AppRequestError`].
    pub async fn app_request(
        &self,
        request: &AppRequest,
        now: UnixTime,
    ) -> Result<AppAnswer, AppRequestError> {
        let serial = request.credential_id().into();
        let (seed, is_a_tokens) = self.seed_or_nobodys(&serial).await?;
        let (Ok(asked), true) = (request.check(&seed), is_a_tokens) else {
            return Err(AppRequestError::CannotOpen);
        };
        for _ in 0..ATTEMPTS {
            let asking = self.store.token(&serial).await?.ok_or(Error::UnknownToken)?;
            if let AppAsk::ReportLost { serial, report_id } = asked.ask {
                let report = Report { reporter: &asking, id: *report_id, lost: serial };
                if !self.take_report(&report, now).await? {
                    continue;
                }
            }
            return self.app_answer(asking.token, now).await;
        }
        Err(Error::Busy.into())
    }

    /// Takes a report; `false` if somebody else was first, so that it is to be decided again.
    async fn take_report(
        &self,
        report: &Report<'_>,
        now: UnixTime,
    ) -> Result<bool, AppRequestError> {
        let reporter = &report.reporter.token;
        match self.store.report(&reporter.serial, report.id).await? {
            Some(before) if before == *report.lost => return Ok(true),
            Some(_) => return self.refuse(report, ReportRefusal::ReportUsed, now).await,
            None => {}
        }
        let lost = self.store.token(report.lost).await?;
        match report_changes(report, lost.as_ref(), now) {
            Ok((changes, Some(suspended))) => {
                let actor = report.actor();
                let more = self.moves_ended(&suspended, None, &actor, now).await?;
                Ok(self.commit(changes.and(more)).await?)
            }
            Ok((changes, None)) => Ok(self.commit(changes).await?),
            Err(refusal) => self.refuse(report, refusal, now).await,
        }
    }

    async fn refuse(
        &self,
        report: &Report<'_>,
        refusal: ReportRefusal,
        now: UnixTime,
    ) -> Result<bool, AppRequestError> {
        let event = report.event(Outcome::Refused, now).because(refusal.name());
        self.store.commit(Changes::new([], [event])).await?;
        Err(refusal.into())
    }

    /// How a token is now, and its owner's others.
    async fn app_answer(&self, asking: Token, now: UnixTime) -> Result<AppAnswer, AppRequestError> {
        let mine = match asking.owner {
            Some(npi) => self.tokens(&npi, now).await?,
            None => Vec::new(),
        };
        let is_asking = |token: &Token| token.serial == asking.serial;
        let token = mine.iter().find(|token| is_asking(token)).cloned();
        let token = token.unwrap_or_else(|| asking.at(now));
        let listed = |other: &&Token| !is_asking(other) && other.state != TokenState::Deactivated;
        let others = match may_report(token.state) {
            true => mine.iter().filter(listed).map(other_token).collect(),
            false => Vec::new(),
        };
        let waits = token.state == TokenState::PendingSync;
        let token = TokenStatus {
            state: app_state(token.state),
            sync_minute: if waits { token.sync.minute(now) } else { None },
            locked_until: token.locked_until(now),
        };
        Ok(AppAnswer { now, token, others })
    }
}

impl Report<'_> {
    fn event(&self, outcome: Outcome, now: UnixTime) -> NewEvent {
        let kind = EventKind::TokenSuspended;
        let mut event = NewEvent::new(now, self.actor(), kind, outcome).on(self.lost);
        event.account = self.reporter.token.owner;
        event
    }

    fn actor(&self) -> Actor {
        let reporter = &self.reporter.token;
        let actor = |npi: Npi| Actor::Token { npi, serial: reporter.serial.clone() };
        reporter.owner.map_or(Actor::App, actor)
    }
}

/// What a report changes, on the condition that both tokens are as they were read; and the lost one,
/// if this suspends it.
fn report_changes(
    asked: &Report<'_>,
    lost: Option<&TokenRecord>,
    now: UnixTime,
) -> Result<(Changes, Option<Token>), ReportRefusal> {
    let reporter = asked.reporter;
    let suspended = report(&reporter.token, lost.map(|record| &record.token), now)?;
    let expect = |record: &TokenRecord| Write::ExpectToken {
        serial: record.token.serial.clone(),
        version: record.version,
    };
    let cause = if suspended.is_some() { "reported lost" } else { REPORTED_AGAIN };
    let mut writes = vec![expect(reporter)];
    let gone = suspended.as_ref().or(lost.map(|record| &record.token));
    writes.extend(gone.and_then(|token| ended_with(token, None)));
    writes.extend(lost.map(|record| match suspended.clone() {
        Some(token) => Write::UpdateToken(Box::new(TokenRecord { token, ..record.clone() })),
        None => expect(record),
    }));
    writes.push(Write::InsertReport {
        reporter: reporter.token.serial.clone(),
        id: asked.id,
        lost: asked.lost.clone(),
        at: now,
    });
    let event = asked.event(Outcome::Success, now).because(cause);
    Ok((Changes::new(writes, [event]), suspended))
}

fn other_token(token: &Token) -> OtherToken {
    OtherToken {
        serial: token.serial.clone(),
        name: token.name.clone(),
        state: app_state(token.state),
    }
}

const fn app_state(state: TokenState) -> AppTokenState {
    match state {
        TokenState::Provisioned => AppTokenState::Provisioned,
        TokenState::PendingSync => AppTokenState::PendingSync,
        TokenState::Active => AppTokenState::Active,
        TokenState::Locked => AppTokenState::Locked,
        TokenState::Suspended => AppTokenState::Suspended,
        TokenState::Deactivated => AppTokenState::Deactivated,
    }
}
