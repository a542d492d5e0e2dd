//! Exporting stock: seeds leave only after it is recorded that they do.

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
}

impl Registry {
    /// Begins to export hard tokens: those that nobody owns, and with `owned_too` those in use.
    ///
    /// # Errors
    /// [`Error::NotAllowed`].
    pub fn begin_export(&self, actor: &Actor, owned_too: bool) -> Result<StockExport, Error> {
        only_the_help_desk(actor)?;
        let actor = actor.clone();
        Ok(StockExport { actor, owned_too, after: None, ended: false, count: 0 })
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
            self.store.commit(Changes::new([], events)).await?;
        }
        export.count += leaving.len() as u64;
        Ok(leaving)
    }

    /// Records the export as a whole: where to, and under what.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn end_export(
        &self,
        export: StockExport,
        what: &str,
        now: UnixTime,
    ) -> Result<u64, Error> {
        let scope = if export.owned_too { "in stock and in use" } else { "in stock" };
        let kind = EventKind::StockExported;
        let event = NewEvent::new(now, export.actor, kind, Outcome::Success)
            .because(format!("{} tokens {scope}, {what}", export.count));
        self.store.commit(Changes::new([], [event])).await?;
        Ok(export.count)
    }
}
