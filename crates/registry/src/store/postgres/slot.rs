//! The place of one connection: opened when it is first used, and anew when it was lost.

use std::sync::Arc;

use tokio::{runtime::Handle, sync::Mutex};

use super::{
    address::DatabaseUrl,
    connection::{Connection, Trouble},
    stopped,
};
use crate::store::StoreError;

/// Locks end by themselves, of whoever does not go on; and where the role's setting would let a
/// commit be answered before it is durable, it is waited for. A statement is planned once, maybe while
/// its table has a page only: what an index finds is to be found by it then too, as the table grows.
const FOR_EACH: &str = "SET lock_timeout = '15s';
    SET idle_in_transaction_session_timeout = '15s';
    SET jit = off;
    SET enable_seqscan = off;
    SELECT set_config('synchronous_commit', 'on', false)
        WHERE current_setting('synchronous_commit') = 'off'";
const TO_READ: &str = "SET default_transaction_read_only = on";

/// A connection, or none yet, or one that was lost.
#[derive(Debug)]
pub(super) struct Slot {
    url: DatabaseUrl,
    reads_only: bool,
    current: Mutex<Option<Arc<Connection>>>,
    runtime: Handle,
}

impl Slot {
    pub(super) fn to_read(runtime: Handle, url: &DatabaseUrl) -> Self {
        Self { url: url.clone(), reads_only: true, current: Mutex::default(), runtime }
    }

    pub(super) fn to_write(runtime: Handle, url: &DatabaseUrl) -> Self {
        Self { url: url.clone(), reads_only: false, current: Mutex::default(), runtime }
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
        let opened = self.runtime.spawn(async move { url.connect(&runtime).await });
        let connection = Connection::new(opened.await.map_err(|_| stopped())??);
        connection.run(FOR_EACH).await?;
        if self.reads_only {
            connection.run(TO_READ).await?;
        }
        Ok(connection)
    }
}
