//! The place of one connection: opened when it is first used, and anew when it was lost.

use std::{sync::Arc, time::Duration};

use tokio::{runtime::Handle, sync::Mutex, time::timeout};

use super::{
    address::DatabaseUrl,
    connection::{Connection, Trouble},
    stopped,
};
use crate::store::StoreError;

/// Locks end by themselves, of whoever does not go on; and where the role's setting would let a
/// commit be answered before it is durable, it is waited for. A statement is planned once, maybe while
/// its table has a page only: what an index finds is to be found by it then too, as the table grows.
/// Only searches have a time limit, whatever the role's or the database's is.
const FOR_EACH: &str = "SET statement_timeout = 0;
    SET lock_timeout = '15s';
    SET idle_in_transaction_session_timeout = '15s';
    SET jit = off;
    SET enable_seqscan = off;
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') = 'off'";
const TO_READ: &str = "SET default_transaction_read_only = on";
/// Nobody waits for an answer any longer.
const TO_SEARCH: &str = "SET default_transaction_read_only = on; SET statement_timeout = '10s'";
/// For how long a connection may be opening: a pooler or proxy may take it and never answer.
const OPENING: Duration = Duration::from_secs(15);

/// A connection, or none yet, or one that was lost.
#[derive(Debug)]
pub(super) struct Slot {
    url: DatabaseUrl,
    /// What is set besides.
    also: Option<&'static str>,
    current: Mutex<Option<Arc<Connection>>>,
    runtime: Handle,
}

impl Slot {
    pub(super) fn to_read(runtime: Handle, url: &DatabaseUrl) -> Self {
        Self { url: url.clone(), also: Some(TO_READ), current: Mutex::default(), runtime }
    }

    pub(super) fn to_search(runtime: Handle, url: &DatabaseUrl) -> Self {
        Self { also: Some(TO_SEARCH), ..Self::to_read(runtime, url) }
    }

    pub(super) fn to_write(runtime: Handle, url: &DatabaseUrl) -> Self {
        Self { url: url.clone(), also: None, current: Mutex::default(), runtime }
    }

    /// The connection, opened where there is none.
    pub(super) async fn connection(&self) -> Result<Arc<Connection>, StoreError> {
        let mut current = self.current.lock().await;
        if let Some(connection) = current.as_ref().filter(|connection| !connection.is_closed()) {
            return Ok(connection.clone());
        }
        let connection = Arc::new(self.connect().await?);
        *current = Some(connection.clone());
        Ok(connection)
    }

    /// Another connection in place of one that was lost, for what does no harm when it is done twice;
    /// where it was not lost, what else went wrong.
    pub(super) async fn another(
        &self,
        lost: &Arc<Connection>,
        trouble: Trouble,
    ) -> Result<Arc<Connection>, StoreError> {
        match trouble {
            Trouble::Lost(_) => {
                self.give_up(lost).await;
                self.connection().await
            }
            Trouble::Refused(error) => Err(error),
        }
    }

    /// Uses a connection no longer.
    pub(super) async fn give_up(&self, lost: &Arc<Connection>) {
        let mut current = self.current.lock().await;
        current.take_if(|connection| Arc::ptr_eq(connection, lost));
    }

    async fn connect(&self) -> Result<Connection, StoreError> {
        let (url, runtime) = (self.url.clone(), self.runtime.clone());
        let also = self.also;
        let open = async move {
            let connection = Connection::new(url.connect(&runtime).await?, also == Some(TO_SEARCH));
            connection.run(FOR_EACH).await?;
            if let Some(also) = also {
                connection.run(also).await?;
            }
            Ok::<_, StoreError>(connection)
        };
        // The clock is the runtime's that drives the connection.
        let opened = self.runtime.spawn(async move { timeout(OPENING, open).await });
        opened.await.map_err(|_| stopped())?.map_err(|_| StoreError::Unavailable {
            reason: "its server takes connections and does not answer".to_owned(),
        })?
    }
}
