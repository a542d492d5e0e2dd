//! SQLite inside the process: one connection that writes, on a thread of its own, and a few that
//! read.
//!
//! The writer takes all changes that wait and applies them in one transaction, each under its own
//! savepoint, and answers after the commit: many share one flush of the disk (group commit). Every
//! transaction is `BEGIN IMMEDIATE`, because another process (the command line) may write to the
//! same file.

mod migrations;
mod opening;
mod reader;
mod rows;
mod writer;

use std::path::Path;

use async_trait::async_trait;
use oath::{SerialNumber, UnixTime};
use provisioning::{ActivationId, ReportId};
use rusqlite::Connection;

use self::opening::{connect, connect_to_read, failed, make_private, write_ahead};
use super::{Changes, EventSearch, Store, StoreError, TokenSearch};
use crate::{
    access::AccessRecord,
    account::AccountRecord,
    activation::ActivationRecord,
    administrator::{AdministratorRecord, AdministratorSessionRecord},
    audit::{
        chain::{AuditRow, Link},
        checkpoint::Checkpoint,
    },
    drift::DriftSample,
    event::Event,
    loss::LossRecord,
    passphrase_reset::PassphraseResetRecord,
    request::{RequestRecord, RequestState},
    session::SessionRecord,
    step_up::{StepUpRecord, StepUpSends},
    stock::{StockFinding, StockImportId, StockImportRecord, StockKnown},
    token::TokenRecord,
    values::{IdempotencyKey, Npi, RequestId, ResetId, SessionId},
};

/// A registry's database in one file.
#[derive(Debug)]
pub struct SqliteStore {
    /// `None` where it was opened for reading only.
    writer: Option<writer::Writer>,
    readers: reader::Readers,
}

impl SqliteStore {
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
        connection.pragma_update(None, "synchronous", "FULL").map_err(failed)?;
        migrations::run(&mut connection)?;
        Ok(Self {
            writer: Some(writer::Writer::start(connection)?),
            readers: reader::Readers::open(path, connect)?,
        })
    }

    /// Opens the database at `path` as it is, for reading only: it is neither made nor migrated.
    ///
    /// # Errors
    /// As of [`SqliteStore::open`].
    pub fn open_to_read(path: impl AsRef<Path>) -> Result<Self, StoreError> {
        let path = path.as_ref();
        migrations::check(&connect_to_read(path)?)?;
        Ok(Self { writer: None, readers: reader::Readers::open(path, connect_to_read)? })
    }
}

#[async_trait]
impl Store for SqliteStore {
    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        let name = name.to_owned();
        self.readers.read(move |database| rows::secret(database, &name)).await
    }

    async fn account(&self, npi: Npi) -> Result<Option<AccountRecord>, StoreError> {
        self.readers.read(move |database| rows::account(database, npi)).await
    }

    async fn activation(&self, id: ActivationId) -> Result<Option<ActivationRecord>, StoreError> {
        self.readers.read(move |database| rows::activation(database, id)).await
    }

    async fn open_activation(&self, npi: Npi) -> Result<Option<ActivationRecord>, StoreError> {
        self.readers.read(move |database| rows::open_activation(database, npi)).await
    }

    async fn token(&self, serial: &SerialNumber) -> Result<Option<TokenRecord>, StoreError> {
        let serial = serial.clone();
        self.readers.read(move |database| rows::token(database, &serial)).await
    }

    async fn sealed_seed(&self, serial: &SerialNumber) -> Result<Option<Vec<u8>>, StoreError> {
        let serial = serial.clone();
        self.readers.read(move |database| rows::sealed_seed(database, &serial)).await
    }

    async fn tokens_of(&self, npi: Npi) -> Result<Vec<TokenRecord>, StoreError> {
        self.readers.read(move |database| rows::tokens_of(database, npi)).await
    }

    async fn tokens_after(
        &self,
        after: Option<&SerialNumber>,
        limit: u32,
    ) -> Result<Vec<TokenRecord>, StoreError> {
        let after = after.map_or_else(String::new, |serial| serial.as_str().to_owned());
        self.readers.read(move |database| rows::tokens_after(database, &after, limit)).await
    }

    async fn session(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        self.readers.read(move |database| rows::session(database, id)).await
    }

    async fn association(
        &self,
        npi: Npi,
        key: &IdempotencyKey,
    ) -> Result<Option<SerialNumber>, StoreError> {
        let key = key.clone();
        self.readers.read(move |database| rows::association(database, npi, &key)).await
    }

    async fn report(
        &self,
        reporter: &SerialNumber,
        id: ReportId,
    ) -> Result<Option<SerialNumber>, StoreError> {
        let reporter = reporter.clone();
        self.readers.read(move |database| rows::report(database, &reporter, id)).await
    }

    async fn events(&self, account: Option<Npi>, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.readers.read(move |database| rows::events(database, account, limit)).await
    }

    async fn events_between(
        &self,
        from: UnixTime,
        to: UnixTime,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        self.readers
            .read(move |database| rows::events_between(database, from, to, after, limit))
            .await
    }

    async fn audit_rows_after(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.readers.read(move |database| rows::audit_rows_after(database, after, limit)).await
    }

    async fn audit_out_of_place(&self) -> Result<u64, StoreError> {
        self.readers.read(rows::audit_out_of_place).await
    }

    async fn audit_links_after(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Link)>, StoreError> {
        self.readers.read(move |database| rows::audit_links_after(database, after, limit)).await
    }

    async fn checkpoints_after(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Checkpoint>, StoreError> {
        self.readers.read(move |database| rows::checkpoints_after(database, after, limit)).await
    }

    async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.readers.read(rows::last_checkpoint).await
    }

    async fn administrator(&self, key: &str) -> Result<Option<AdministratorRecord>, StoreError> {
        let key = key.to_owned();
        self.readers.read(move |database| rows::administrator(database, &key)).await
    }

    async fn administrators(&self) -> Result<Vec<AdministratorRecord>, StoreError> {
        self.readers.read(rows::administrators).await
    }

    async fn administrator_session(
        &self,
        id: SessionId,
    ) -> Result<Option<AdministratorSessionRecord>, StoreError> {
        self.readers.read(move |database| rows::administrator_session(database, id)).await
    }

    async fn accounts_with(
        &self,
        text: &str,
        after: Option<Npi>,
        limit: u32,
    ) -> Result<Vec<AccountRecord>, StoreError> {
        let text = text.to_owned();
        let read = move |database: &Connection| rows::accounts_with(database, &text, after, limit);
        self.readers.read(read).await
    }

    async fn tokens_with(
        &self,
        search: &TokenSearch,
        after: Option<&SerialNumber>,
        limit: u32,
    ) -> Result<Vec<TokenRecord>, StoreError> {
        let search = search.clone();
        let after = after.map_or_else(String::new, |serial| serial.as_str().to_owned());
        let read = move |database: &Connection| rows::tokens_with(database, &search, &after, limit);
        self.readers.read(read).await
    }

    async fn events_with(
        &self,
        search: &EventSearch,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        let search = search.clone();
        let read = move |database: &Connection| rows::events_with(database, &search, before, limit);
        self.readers.read(read).await
    }

    async fn stock_import(
        &self,
        id: StockImportId,
    ) -> Result<Option<StockImportRecord>, StoreError> {
        self.readers.read(move |database| rows::stock_import(database, id)).await
    }

    async fn stock_imports(&self, limit: u32) -> Result<Vec<StockImportRecord>, StoreError> {
        self.readers.read(move |database| rows::stock_imports(database, limit)).await
    }

    async fn stock_findings(
        &self,
        id: StockImportId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StockFinding>, StoreError> {
        self.readers.read(move |database| rows::stock_findings(database, id, after, limit)).await
    }

    async fn stock_known(
        &self,
        id: StockImportId,
        serials: Vec<SerialNumber>,
    ) -> Result<Vec<StockKnown>, StoreError> {
        self.readers.read(move |database| rows::stock_known(database, id, &serials)).await
    }

    async fn staged_serials(
        &self,
        id: StockImportId,
        limit: u32,
    ) -> Result<Vec<SerialNumber>, StoreError> {
        self.readers.read(move |database| rows::staged_serials(database, id, limit)).await
    }

    async fn tokens_to_sync(
        &self,
        due: UnixTime,
        limit: u32,
    ) -> Result<Vec<TokenRecord>, StoreError> {
        self.readers.read(move |database| rows::tokens_to_sync(database, due, limit)).await
    }
    async fn tokens_given_up(&self, limit: u32) -> Result<Vec<TokenRecord>, StoreError> {
        self.readers.read(move |database| rows::tokens_given_up(database, limit)).await
    }

    async fn access(&self, id: &IdempotencyKey) -> Result<Option<AccessRecord>, StoreError> {
        let id = id.clone();
        self.readers.read(move |database| rows::access(database, &id)).await
    }

    async fn pending_access(
        &self,
        npi: Npi,
        kind: &str,
    ) -> Result<Option<AccessRecord>, StoreError> {
        let kind = kind.to_owned();
        self.readers.read(move |database| rows::pending_access(database, npi, &kind)).await
    }

    async fn executed_access(
        &self,
        npi: Npi,
        kind: &str,
    ) -> Result<Option<AccessRecord>, StoreError> {
        let kind = kind.to_owned();
        self.readers.read(move |database| rows::executed_access(database, npi, &kind)).await
    }

    async fn passphrase_reset(
        &self,
        id: ResetId,
    ) -> Result<Option<PassphraseResetRecord>, StoreError> {
        self.readers.read(move |database| rows::passphrase_reset(database, id)).await
    }

    async fn passphrase_resets_of(
        &self,
        npi: Npi,
    ) -> Result<Vec<PassphraseResetRecord>, StoreError> {
        self.readers.read(move |database| rows::passphrase_resets_of(database, npi)).await
    }

    async fn step_up(
        &self,
        npi: Npi,
        session: SessionId,
    ) -> Result<Option<StepUpRecord>, StoreError> {
        self.readers.read(move |database| rows::step_up(database, npi, session)).await
    }

    async fn step_up_sends(&self, npi: Npi) -> Result<Option<StepUpSends>, StoreError> {
        self.readers.read(move |database| rows::step_up_sends(database, npi)).await
    }

    async fn drift_samples(&self, serial: &SerialNumber) -> Result<Vec<DriftSample>, StoreError> {
        let serial = serial.clone();
        self.readers.read(move |database| rows::drift_samples(database, &serial)).await
    }

    async fn loss(&self, event: u64) -> Result<Option<LossRecord>, StoreError> {
        self.readers.read(move |database| rows::loss(database, event)).await
    }

    async fn access_to_tidy(
        &self,
        entered_before: UnixTime,
        decided_before: UnixTime,
        limit: u32,
    ) -> Result<Vec<AccessRecord>, StoreError> {
        let read = move |database: &Connection| {
            rows::access_to_tidy(database, entered_before, decided_before, limit)
        };
        self.readers.read(read).await
    }

    async fn access_changes(&self, limit: u32) -> Result<Vec<AccessRecord>, StoreError> {
        self.readers.read(move |database| rows::access_changes(database, limit)).await
    }

    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        match &self.writer {
            Some(writer) => writer.commit(changes).await,
            None => {
                Err(StoreError::Unavailable { reason: "it was opened for reading only".to_owned() })
            }
        }
    }

    async fn request(&self, id: RequestId) -> Result<Option<RequestRecord>, StoreError> {
        self.readers.read(move |database| rows::request(database, id)).await
    }

    async fn requests_of(&self, npi: Npi) -> Result<Vec<RequestRecord>, StoreError> {
        self.readers.read(move |database| rows::requests_of(database, npi)).await
    }

    async fn requests_by_key(
        &self,
        npi: Npi,
        key: &IdempotencyKey,
    ) -> Result<Vec<RequestRecord>, StoreError> {
        let key = key.clone();
        self.readers.read(move |database| rows::requests_by_key(database, npi, &key)).await
    }

    async fn request_shipping(
        &self,
        serial: &SerialNumber,
    ) -> Result<Option<RequestRecord>, StoreError> {
        let serial = serial.clone();
        self.readers.read(move |database| rows::request_shipping(database, &serial)).await
    }

    async fn requests_in(
        &self,
        state: RequestState,
        after: Option<(UnixTime, RequestId)>,
        limit: u32,
    ) -> Result<Vec<RequestRecord>, StoreError> {
        self.readers.read(move |database| rows::requests_in(database, state, after, limit)).await
    }

    async fn requests_to_mail(
        &self,
        now: UnixTime,
        limit: u32,
    ) -> Result<Vec<RequestRecord>, StoreError> {
        self.readers.read(move |database| rows::requests_to_mail(database, now, limit)).await
    }
}
