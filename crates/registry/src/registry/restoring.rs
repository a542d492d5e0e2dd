//! What is recorded when a database was brought back from a backup.

use oath::UnixTime;

use crate::{
    Error,
    event::{Actor, EventKind, NewEvent, Outcome},
    registry::only_the_help_desk,
    store::{Changes, Store},
};

/// Records, in the restored database itself, that it was restored and from what.
///
/// # Errors
/// [`Error::NotAllowed`], or what the store cannot do.
pub async fn note_restored(
    store: &dyn Store,
    actor: &Actor,
    from_what: String,
    now: UnixTime,
) -> Result<(), Error> {
    only_the_help_desk(actor)?;
    let event = NewEvent::new(now, actor.clone(), EventKind::DatabaseRestored, Outcome::Success);
    Ok(store.commit(Changes::new([], [event.because(from_what)])).await?)
}
