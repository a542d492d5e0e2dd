//! A few connections that read, each used by one thread at a time.

use core::time::Duration;
use std::{
    path::Path,
    sync::{
        Arc, Mutex, PoisonError,
        mpsc::{RecvTimeoutError, channel},
    },
    thread,
};

use rusqlite::Connection;
use tokio::sync::Semaphore;

use super::{StoreError, failed};

/// How many reads go on at a time.
pub(super) const READS: usize = 4;
/// How many searches do.
pub(super) const SEARCHES: usize = 1;

/// For how long a search may go on: nobody waits for an answer any longer.
pub(super) const SEARCHES_FOR: Duration = Duration::from_secs(10);

/// Runs a query that is broken off where it takes too long.
pub(super) fn within<T: Send>(
    limit: Duration,
    connection: &Connection,
    query: impl FnOnce(&Connection) -> Result<T, StoreError>,
) -> Result<T, StoreError> {
    let (done, waiting) = channel::<()>();
    let interrupt = connection.get_interrupt_handle();
    thread::scope(|scope| {
        // Has ended before the connection is anybody else's.
        let watch = move || {
            if waiting.recv_timeout(limit) == Err(RecvTimeoutError::Timeout) {
                interrupt.interrupt();
            }
        };
        let watched = thread::Builder::new().spawn_scoped(scope, watch);
        watched.map_err(|error| StoreError::Unavailable { reason: error.to_string() })?;
        let found = query(connection);
        drop(done);
        found
    })
}

/// The connections, and a place in the queue for each.
#[derive(Debug)]
pub(super) struct Readers {
    idle: Arc<Mutex<Vec<Connection>>>,
    places: Arc<Semaphore>,
}

impl Readers {
    pub(super) fn open(
        path: &Path,
        connections: usize,
        connect: impl Fn(&Path) -> Result<Connection, StoreError>,
    ) -> Result<Self, StoreError> {
        /// In KiB. Each commit makes what is in it stale: a large one would only take memory.
        const CACHE: i64 = 512;
        let open = |_| {
            let connection = connect(path)?;
            connection.pragma_update(None, "query_only", true).map_err(failed)?;
            connection.pragma_update(None, "cache_size", -CACHE).map_err(failed)?;
            Ok(connection)
        };
        let idle = (0..connections).map(open).collect::<Result<_, StoreError>>()?;
        Ok(Self { idle: Arc::new(Mutex::new(idle)), places: Arc::new(Semaphore::new(connections)) })
    }

    /// Runs a query that finds a few rows by an index, at once and where it is asked: to hand it to
    /// another thread would take longer than to answer it.
    pub(super) async fn find<T>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError>,
    ) -> Result<T, StoreError> {
        let stopped = || StoreError::Unavailable { reason: "reading has stopped".to_owned() };
        let _place = self.places.acquire().await.map_err(|_| stopped())?;
        let taken = self.idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
        let connection = taken.ok_or_else(stopped)?;
        let found = query(&connection);
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
        found
    }

    /// Runs `query` on a thread that may block.
    pub(super) async fn read<T: Send + 'static>(
        &self,
        query: impl FnOnce(&Connection) -> Result<T, StoreError> + Send + 'static,
    ) -> Result<T, StoreError> {
        let stopped = || StoreError::Unavailable { reason: "reading has stopped".to_owned() };
        let place = Arc::clone(&self.places).acquire_owned().await.map_err(|_| stopped())?;
        let idle = Arc::clone(&self.idle);
        tokio::task::spawn_blocking(move || {
            let taken = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let connection = taken.ok_or_else(stopped)?;
            let found = query(&connection);
            idle.lock().unwrap_or_else(PoisonError::into_inner).push(connection);
            drop(place);
            found
        })
        .await
        .map_err(|_| stopped())?
    }
}
