//! What an owner sees of the audit, a page at a time.

use super::Registry;
use crate::{Error, Event, Npi, rules::activity::is_shown, store::EventSearch};

/// How many events are read at once, and how often for one page: whoever fills the audit with what is
/// not shown makes nobody wait.
const BATCH: u32 = 200;
const BATCHES: u32 = 20;

/// A page of an account's activity.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ActivityPage {
    /// The events, the latest first.
    pub events: Vec<Event>,
    /// Before which event the next page begins; `None` where there is nothing earlier.
    pub earlier: Option<u64>,
}

impl Registry {
    /// What happened to the account's tokens and with their codes, and who tried to sign in: the
    /// latest first, before an event, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn activity(
        &self,
        account: &Npi,
        before: Option<u64>,
        limit: usize,
    ) -> Result<ActivityPage, Error> {
        let search = EventSearch { account: Some(*account), ..EventSearch::default() };
        let (mut events, mut earlier) = (Vec::new(), before);
        for _ in 0..BATCHES {
            let batch = self.store.events_with(&search, earlier, BATCH).await?;
            let Some(last) = batch.last() else {
                return Ok(ActivityPage { events, earlier: None });
            };
            earlier = Some(last.id);
            events.extend(batch.into_iter().filter(|event| is_shown(&event.what)));
            if events.len() > limit {
                events.truncate(limit);
                earlier = events.last().map(|event| event.id).or(before);
                break;
            }
        }
        Ok(ActivityPage { events, earlier })
    }
}
