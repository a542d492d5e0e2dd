//! SQLite inside the process: one connection that writes, on a thread of its own, and a few that
//! read.
//!
//! The writer takes all changes that wait and applies them in one transaction, each all or nothing,
//! and answers after the commit: many share one flush of the disk (group commit). Every
//! transaction is `BEGIN IMMEDIATE`, because another process (the command line) may write to the
//! same file.

mod copying;
mod migrations;
mod opening;
mod reader;
mod running;
mod writer;

use core::time::Duration;
use std::path::Path;

use self::opening::{connect, connect_to_read, failed, make_private, write_ahead};
pub(in crate::store) use self::running::InOrder;
use super::{
    Changes, StoreError,
    sql::{Driver, Query, Reach, statements_of},
};

/// A registry's database in one file.
#[derive(Debug)]
pub struct SqliteStore {
    /// `None` where it was opened for reading only.
    writer: Option<writer::Writer>,
    readers: reader::Readers,
    /// Apart, so that a search that takes long keeps no code waiting.
    searchers: reader::Readers,
    /// For how long a search may go on.
    searches_for: Duration,
}

impl SqliteStore {
    /// Breaks searches off after so long, in place of ten seconds.
    #[must_use]
    pub fn searching_for(self, searches_for: Duration) -> Self {
        Self { searches_for, ..self }
    }

    /// Opens the database at `path`, or makes it, and brings it to this program's version.
    ///
    /// Blocks for as long as that takes; a file that is made can be read by its owner only.
    ///
    /// # Errors
    /// [`StoreError::Newer`], [`StoreError::NotOurs`], [`StoreError::Damaged`],
    /// [`StoreError::Busy`] or [`StoreError::Unavailable`], each with nothing changed.
    pub fn open(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        make_private(path)?;
        let mut connection = connect(path)?;
        migrations::check(&connection)?;
        write_ahead(&connection)?;
        opening::for_writing(&connection)?;
        migrations::run(&mut connection)?;
        Ok(Self {
            writer: Some(writer::Writer::start(connection)?),
            readers: reader::Readers::open(path, reader::READS, connect)?,
            searchers: reader::Readers::open(path, reader::SEARCHES, connect)?,
            searches_for: reader::SEARCHES_FOR,
        })
    }

    /// Opens the database at `path` as it is, for reading only: it is neither made nor migrated.
    ///
    /// # Errors
    /// As of [`SqliteStore::open`].
    pub fn open_to_read(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        migrations::check(&connect_to_read(path)?)?;
        Ok(Self {
            writer: None,
            readers: reader::Readers::open(path, reader::READS, connect_to_read)?,
            searchers: reader::Readers::open(path, reader::SEARCHES, connect_to_read)?,
            searches_for: reader::SEARCHES_FOR,
        })
    }
}

impl Driver for SqliteStore {
    async fn find<T: Send + 'static>(&self, query: Query<T>) -> Result<Option<T>, StoreError> {
        self.readers.find(|database| running::find(database, &query)).await
    }

    async fn list<T: Send + 'static>(&self, query: Query<T>) -> Result<Vec<T>, StoreError> {
        match query.reach {
            Reach::Few => self.readers.find(|database| running::list(database, &query)).await,
            Reach::Answer => {
                self.readers.read(move |database| running::list(database, &query)).await
            }
            Reach::Whole => {
                let limit = self.searches_for;
                let search = move |database: &_| {
                    reader::within(limit, database, |database| running::list(database, &query))
                };
                self.searchers.read(search).await
            }
        }
    }

    async fn find_each<T: Send + 'static>(
        &self,
        queries: Vec<Query<T>>,
    ) -> Result<Vec<Option<T>>, StoreError> {
        self.readers
            .read(move |database| {
                queries.iter().map(|query| running::find(database, query)).collect()
            })
            .await
    }

    async fn apply(&self, changes: Changes) -> Result<(), StoreError> {
        match &self.writer {
            Some(writer) => writer.commit(statements_of(&changes)).await,
            None => {
                Err(StoreError::Unavailable { reason: "it was opened for reading only".to_owned() })
            }
        }
    }
}
