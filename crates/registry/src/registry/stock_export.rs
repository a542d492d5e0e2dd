//! Exporting stock: seeds leave only after it is recorded that they do. That an export begins is
//! recorded too, so that one which is broken off is looked at like one that ends.

use oath::{SerialNumber, UnixTime};
use provisioning::stock::StockToken;

use super::{Registry, only_the_help_desk};
use crate::{
    Error,
    event::{Actor, EventKind, NewEvent, Outcome},
    rules::stock::{may_leave, row_of},
    store::Changes,
};

/// How many tokens are looked at in one step.
const STEP: u32 = 1_000;

/// Tokens on their way out.
#[derive(Debug)]
pub struct StockExport {
    actor: Actor,
    owned_too: bool,
    /// Where to, and under what.
    how: String,
    after: Option<SerialNumber>,
    ended: bool,
    count: u64,
}

impl StockExport {
    /// How many tokens have left.
    #[must_use]
    pub const fn count(&self) -> u64 {
        self.count
    }

    fn event(&self, outcome: Outcome, now: UnixTime) -> NewEvent {
        let scope = if self.owned_too { "in stock and in use" } else { "in stock" };
        let what = match outcome {
            Outcome::Attempted => format!("tokens {scope}, {}", self.how),
            _ => format!("{} tokens {scope}, {}", self.count, self.how),
        };
        NewEvent::new(now, self.actor.clone(), EventKind::StockExported, outcome).because(what)
    }
}

impl Registry {
    /// Begins to export hard tokens: those that nobody owns, and with `owned_too` those in use; `how`
    /// says where to, and under what. It is recorded when this returns.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], or what the store cannot do.
    pub async fn begin_export(
        &self,
        actor: &Actor,
        owned_too: bool,
        how: &str,
        now: UnixTime,
    ) -> Result<StockExport, Error> {
        only_the_help_desk(actor)?;
        let (actor, how) = (actor.clone(), how.to_owned());
        let export = StockExport { actor, owned_too, how, after: None, ended: false, count: 0 };
        let event = export.event(Outcome::Attempted, now);
        self.record(vec![event]).await?;
        Ok(export)
    }

    /// The next tokens, in the order of their serial numbers; none at the end. That each of them
    /// leaves is recorded when this returns.
    ///
    /// # Errors
    /// [`Error::Damaged`] for a seed that does not open, or what the store cannot do.
    pub async fn export_stock(
        &self,
        export: &mut StockExport,
        now: UnixTime,
    ) -> Result<Vec<StockToken>, Error> {
        let mut leaving = Vec::new();
        while leaving.is_empty() && !export.ended {
            let records = self.store.tokens_after(export.after.as_ref(), STEP).await?;
            let Some(last) = records.last() else {
                export.ended = true;
                break;
            };
            export.after = Some(last.token.serial.clone());
            for record in records {
                if may_leave(&record.token, export.owned_too) {
                    let seed = self.open_seed(&record)?;
                    leaving.push(row_of(record.token, seed));
                }
            }
        }
        let event = |token: &StockToken| {
            let kind = EventKind::TokenExported;
            NewEvent::new(now, export.actor.clone(), kind, Outcome::Success).on(&token.serial)
        };
        let events: Vec<_> = leaving.iter().map(event).collect();
        if !events.is_empty() {
            self.record(events).await?;
        }
        export.count += leaving.len() as u64;
        Ok(leaving)
    }

    /// Records the export as a whole.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn end_export(&self, export: StockExport, now: UnixTime) -> Result<u64, Error> {
        let event = export.event(Outcome::Success, now);
        self.record(vec![event]).await?;
        Ok(export.count)
    }

    /// Events have no condition but the session in which they are made.
    async fn record(&self, events: Vec<NewEvent>) -> Result<(), Error> {
        if self.commit(Changes::new([], events)).await? { Ok(()) } else { Err(Error::Busy) }
    }
}
