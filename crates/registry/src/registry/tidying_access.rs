//! What time does to changes of access: nobody decided in time, or what was shown once is over.

use oath::UnixTime;

use super::{Registry, access::noted};
use crate::{
    Error,
    access::{AccessChange, AccessRecord, AccessState},
    event::{Actor, EventKind, NewEvent},
    rules::access::{SHOWN_AGAIN, WAITS},
    store::{Changes, Write},
};

/// How many are looked at in one step.
const STEP: u32 = 100;

impl Registry {
    /// Ends what nobody decided in time, and forgets what an execution showed once that is shown to
    /// nobody any more.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn tidy_access(&self, now: UnixTime) -> Result<(), Error> {
        let ago = |seconds| UnixTime(now.0.saturating_sub(seconds));
        for record in self.store.access_to_tidy(ago(WAITS), ago(SHOWN_AGAIN), STEP).await? {
            let changes = match record.change.state {
                AccessState::Pending => {
                    let (write, event) = expired(record, now);
                    Changes::new([write], [event])
                }
                _ => {
                    let forgotten = AccessRecord { sealed_shown: None, ..record };
                    Changes::new([Write::UpdateAccess(Box::new(forgotten))], [])
                }
            };
            // Where somebody else was first, the next time finds what is left.
            self.commit(changes).await?;
        }
        Ok(())
    }
}

/// What nobody decided in time, ended.
pub(super) fn expired(record: AccessRecord, now: UnixTime) -> (Write, NewEvent) {
    let change = AccessChange { state: AccessState::Expired, ..record.change };
    let event = noted(&change, &Actor::System, EventKind::AccessExpired, now);
    let event = event.because(format!("{} entered by {}", change.order.kind(), change.entered_by));
    let after = AccessRecord { change, passphrase_hash: None, ..record };
    (Write::UpdateAccess(Box::new(after)), event)
}
