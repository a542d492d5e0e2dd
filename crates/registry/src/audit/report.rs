//! One day's events: what 21 CFR 1311.150 has looked at once every calendar day, also when there is
//! nothing to find.

use std::collections::BTreeMap;

use oath::UnixTime;
use serde::Serialize;

use crate::{
    Error, Registry,
    event::{Event, EventKind, Outcome},
};

/// How many events are read at a time.
const BATCH: u32 = 10_000;
/// So many wrong codes of one token in a day are worth a look, below the lock too.
const MANY_REFUSALS: u64 = 5;
const DAY: u64 = 24 * 60 * 60;

/// What happened in one day.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct DailyReport {
    /// The first instant of the day, UTC.
    pub from: UnixTime,
    /// The first instant after it.
    pub to: UnixTime,
    /// How many events there were.
    pub events: u64,
    /// How many of each kind and outcome.
    pub counts: Vec<Count>,
    /// Each event that may be a security incident, in order: somebody was kept out, a token's state or
    /// somebody's access was changed by hand, the audit's own key was.
    pub notable: Vec<Event>,
    /// Tokens with many refused codes.
    pub often_refused: Vec<Refusals>,
}

/// How many events of a kind had an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Count {
    /// The kind.
    pub kind: EventKind,
    /// The outcome.
    pub outcome: Outcome,
    /// How many.
    pub count: u64,
}

/// How many codes of a token were refused.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Refusals {
    /// The token's serial number or credential ID.
    pub serial: String,
    /// How many codes.
    pub count: u64,
}

impl DailyReport {
    /// Whether nothing has to be looked at.
    #[must_use]
    pub fn is_quiet(&self) -> bool {
        self.notable.is_empty() && self.often_refused.is_empty()
    }
}

impl Registry {
    /// The report of the day that this instant is in, UTC.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn daily_report(&self, day: UnixTime) -> Result<DailyReport, Error> {
        let from = UnixTime(day.0 / DAY * DAY);
        let to = from.plus(DAY);
        let mut sums = Sums::default();
        let mut after = 0;
        loop {
            let batch = self.store.events_between(from, to, after, BATCH).await?;
            let Some(last) = batch.last() else { break };
            after = last.id;
            batch.into_iter().for_each(|event| sums.add(event));
        }
        Ok(sums.report(from, to))
    }
}

#[derive(Default)]
struct Sums {
    counts: BTreeMap<(&'static str, &'static str), Count>,
    refusals: BTreeMap<String, u64>,
    notable: Vec<Event>,
}

impl Sums {
    fn add(&mut self, event: Event) {
        let (kind, outcome) = (event.what.kind, event.what.outcome);
        let count = self.counts.entry((kind.name(), outcome.name()));
        count.or_insert(Count { kind, outcome, count: 0 }).count += 1;
        if let (EventKind::CodeJudged, Outcome::Refused, Some(serial)) =
            (kind, outcome, &event.what.serial)
        {
            *self.refusals.entry(serial.as_str().to_owned()).or_default() += 1;
        }
        if is_notable(kind, outcome) {
            self.notable.push(event);
        }
    }

    fn report(self, from: UnixTime, to: UnixTime) -> DailyReport {
        let counts: Vec<_> = self.counts.into_values().collect();
        let often = self.refusals.into_iter().filter(|(_, count)| *count >= MANY_REFUSALS);
        DailyReport {
            from,
            to,
            events: counts.iter().map(|count| count.count).sum(),
            counts,
            notable: self.notable,
            often_refused: often.map(|(serial, count)| Refusals { serial, count }).collect(),
        }
    }
}

/// Whether somebody has to look at each event of this kind and outcome.
fn is_notable(kind: EventKind, outcome: Outcome) -> bool {
    match kind {
        // Somebody was not told.
        EventKind::NoticeMailed => outcome == Outcome::Refused,
        EventKind::ServerKeyMade
        | EventKind::AccountOpened
        | EventKind::PhoneNoted
        | EventKind::MailReplaced
        | EventKind::MailNoted
        | EventKind::IdentityProved
        | EventKind::SignInPaused
        | EventKind::SignInUnlocked
        | EventKind::TokenLocked
        | EventKind::CodesPaused
        | EventKind::ApiKeyMade
        | EventKind::ApiKeyEnded
        | EventKind::WebhookAdded
        | EventKind::WebhookSecretMade
        | EventKind::WebhookFailing
        | EventKind::WebhookEventSkipped
        | EventKind::WebhookRemoved
        | EventKind::TokenUnlocked
        | EventKind::TokenSuspended
        | EventKind::TokenFound
        | EventKind::LossDetailed
        | EventKind::CodesMarked
        | EventKind::LossTold
        | EventKind::TokenDeactivated
        | EventKind::HandoverDone
        | EventKind::StockImported
        | EventKind::StockExported
        | EventKind::AuditKeyChanged
        | EventKind::DatabaseRestored
        | EventKind::MasterKeyChanged
        | EventKind::AdministratorAdded
        | EventKind::AdministratorUnlocked
        | EventKind::AdministratorLocked
        | EventKind::AdministratorRemoved
        | EventKind::AccessExecuted
        | EventKind::AccessEnded
        | EventKind::PassphraseResetBegun
        | EventKind::PassphraseReset
        | EventKind::NotPermitted
        | EventKind::Unknown
        | EventKind::Unreadable => true,
        EventKind::ActivationBegun
        | EventKind::HandoverBegun
        | EventKind::HandoverCancelled
        | EventKind::AccessEntered
        | EventKind::AccessDeclined
        | EventKind::AccessExpired
        | EventKind::TokenProvisioned
        | EventKind::TokenExported
        | EventKind::PassphraseGiven
        | EventKind::SecondFactorGiven
        | EventKind::StepUpSent
        | EventKind::StepUpConfirmed
        | EventKind::SignedOut
        | EventKind::TokenAssociated
        | EventKind::NetworkSync
        | EventKind::CodeJudged
        | EventKind::TokenRequested
        | EventKind::RequestEdited
        | EventKind::RequestProcessed
        | EventKind::RequestShipped
        | EventKind::RequestSentAgain
        | EventKind::RequestActivated
        | EventKind::RequestCancelled
        | EventKind::ActivationMailed => false,
    }
}
