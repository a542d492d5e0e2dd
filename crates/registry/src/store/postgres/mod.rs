//! PostgreSQL: a few connections that read, and a few that write, each with many requests under way.
//!
//! A writer takes all changes that wait and applies them in one transaction (group commit). Whoever
//! writes, in this server or another, first takes one advisory lock, which ends with its
//! transaction: so groups come one after the other, as in SQLite, no two of them can wait for each
//! other, and events are numbered without a gap in the order in which they are committed. While one
//! group becomes durable, the next one's statements are at the database already.

mod address;
mod connection;
mod migrations;
mod slot;
mod translating;
mod writer;

use core::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::{Builder, Runtime};
use tokio_postgres::Row as PgRow;

pub use self::address::{DatabaseUrl, DatabaseUrlError};
use self::{slot::Slot, writer::Writer};
use super::{
    Changes, StoreError,
    sql::{Driver, Query, Reach},
};

/// How many connections read. Each has many queries under way.
const READERS: usize = 4;

/// A registry's database on a PostgreSQL server.
#[derive(Debug)]
pub struct PostgresStore {
    readers: Vec<Slot>,
    /// Apart, so that a search that takes long keeps no code waiting.
    searcher: Slot,
    next: AtomicUsize,
    /// `None` where it was opened for reading only.
    writer: Option<Writer>,
    /// Drives the connections, whatever runtime their users come from; `None` once it is dropped.
    runtime: Option<Runtime>,
}

impl PostgresStore {
    /// Opens the database at `url`, and brings it to this program's version: it must exist, and be
    /// empty or a registry's.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::NotOurs`], [`StoreError::Damaged`],
    /// [`StoreError::Busy`] or [`StoreError::Unavailable`], none with a step half done.
    pub async fn open(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let mut store = Self::connect(url)?;
        let slot = Slot::to_write(store.handle()?, url);
        let connection = slot.connection().await?;
        // By the runtime that has a clock.
        let migrating = store.handle()?.spawn(async move { migrations::run(&connection).await });
        migrating.await.map_err(|_| stopped())??;
        store.writer = Some(Writer::start(store.handle()?, url));
        Ok(store)
    }

    /// Whether there is nothing yet in the database at `url`.
    ///
    /// # Errors
    /// As of [`PostgresStore::open`].
    pub async fn is_new(url: &DatabaseUrl) -> Result<bool, StoreError> {
        let store = Self::connect(url)?;
        Ok(migrations::is_new(&*store.reader()?.connection().await?).await?)
    }

    /// Opens the database at `url` as it is, for reading only: it is not migrated.
    ///
    /// # Errors
    /// As of [`PostgresStore::open`].
    pub async fn open_to_read(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let store = Self::connect(url)?;
        match migrations::is_new(&*store.reader()?.connection().await?).await? {
            true => Err(StoreError::NotOurs),
            false => Ok(store),
        }
    }

    fn connect(url: &DatabaseUrl) -> Result<Self, StoreError> {
        let runtime = Builder::new_multi_thread()
            .worker_threads(1)
            .thread_name("registry-postgres")
            .enable_all()
            .build()
            .map_err(|error| StoreError::Unavailable { reason: error.to_string() })?;
        let handle = runtime.handle();
        let readers = (0..READERS).map(|_| Slot::to_read(handle.clone(), url));
        let readers = readers.collect();
        let searcher = Slot::to_search(handle.clone(), url);
        let next = AtomicUsize::new(0);
        Ok(Self { readers, searcher, next, writer: None, runtime: Some(runtime) })
    }

    fn handle(&self) -> Result<tokio::runtime::Handle, StoreError> {
        self.runtime.as_ref().map(|runtime| runtime.handle().clone()).ok_or_else(stopped)
    }

    fn reader(&self) -> Result<&Slot, StoreError> {
        let next = self.next.fetch_add(1, Ordering::Relaxed);
        self.readers.get(next % READERS).ok_or_else(stopped)
    }

    async fn rows<T>(&self, query: &Query<T>) -> Result<Vec<PgRow>, StoreError> {
        let slot = match query.reach {
            Reach::Few | Reach::Answer => self.reader()?,
            Reach::Whole => &self.searcher,
        };
        let connection = slot.connection().await?;
        match connection.rows(query).await {
            Ok(rows) => Ok(rows),
            Err(trouble) => Ok(slot.another(&connection, trouble).await?.rows(query).await?),
        }
    }
}

impl Drop for PostgresStore {
    fn drop(&mut self) {
        // Not waited for: this may be a thread of a runtime, and nobody is owed an answer any more.
        if let Some(runtime) = self.runtime.take() {
            runtime.shutdown_background();
        }
    }
}

impl Driver for PostgresStore {
    async fn find<T: Send + 'static>(&self, query: Query<T>) -> Result<Option<T>, StoreError> {
        let rows = self.rows(&query).await?;
        rows.first().map(|row| connection::read(&query, row)).transpose()
    }

    async fn list<T: Send + 'static>(&self, query: Query<T>) -> Result<Vec<T>, StoreError> {
        let rows = self.rows(&query).await?;
        rows.iter().map(|row| connection::read(&query, row)).collect()
    }

    async fn find_each<T: Send + 'static>(
        &self,
        queries: Vec<Query<T>>,
    ) -> Result<Vec<Option<T>>, StoreError> {
        let slot = self.reader()?;
        let connection = slot.connection().await?;
        let each = match connection.each(&queries).await {
            Ok(each) => each,
            Err(trouble) => slot.another(&connection, trouble).await?.each(&queries).await?,
        };
        let first = |(query, rows): (&Query<T>, Vec<PgRow>)| {
            rows.first().map(|row| connection::read(query, row)).transpose()
        };
        queries.iter().zip(each).map(first).collect()
    }

    async fn apply(&self, changes: Changes) -> Result<(), StoreError> {
        match &self.writer {
            Some(writer) => writer.commit(changes).await,
            None => {
                Err(StoreError::Unavailable { reason: "it was opened for reading only".to_owned() })
            }
        }
    }
}

fn stopped() -> StoreError {
    StoreError::Unavailable { reason: "the store has stopped".to_owned() }
}
