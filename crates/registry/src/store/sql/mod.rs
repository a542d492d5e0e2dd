//! The store in SQL, once for every database: what is asked and written, and what rows are read as.
//!
//! A database's own module says only how a [`Query`] is asked and how a group of [`Statements`] is
//! made durable ([`Driver`]). So one text stands for both, and what differs stands beside the other
//! ([`Sql::Each`]). Statements are decided before any is run: each says how many rows it must meet,
//! and none depends on what another found.

mod row;
mod rows;
mod statements;
mod values;

use async_trait::async_trait;
use oath::{SerialNumber, UnixTime};
use provisioning::{ActivationId, Label, ReportId};

pub(in crate::store) use self::{
    row::Row,
    statements::{Query, Reach, Sql, Statement, Statements},
    values::{Value, Values},
};
use super::{Changes, EventSearch, Store, StoreError, TokenSearch};
use crate::{
    access::AccessRecord,
    account::AccountRecord,
    activation::ActivationRecord,
    administrator::{AdministratorRecord, AdministratorSessionRecord},
    api_key::{ApiKeyId, ApiKeyRecord},
    audit::{
        chain::{AuditRow, Link},
        checkpoint::Checkpoint,
    },
    code_misses::CodeMisses,
    drift::DriftSample,
    event::Event,
    kept_answer::KeptAnswer,
    loss::LossRecord,
    notice::{CursorRecord, NoticeRecord},
    passphrase_reset::PassphraseResetRecord,
    request::{RequestRecord, RequestState},
    sealed::{SealedIn, SealedKey, SealedValue},
    session::SessionRecord,
    step_up::{StepUpRecord, StepUpSends},
    stock::{StockFinding, StockImportId, StockImportRecord, StockKnown},
    token::TokenRecord,
    values::{AccountId, IdempotencyKey, Npi, RequestId, ResetId, SessionId},
    webhook::{WebhookId, WebhookRecord},
};
pub(in crate::store) use rows::statements_of;

/// A database that speaks SQL.
pub(in crate::store) trait Driver:
    core::fmt::Debug + Send + Sync + 'static
{
    /// The first row that a query finds.
    fn find<T: Send + 'static>(
        &self,
        query: Query<T>,
    ) -> impl Future<Output = Result<Option<T>, StoreError>> + Send;

    /// Every row that a query finds.
    fn list<T: Send + 'static>(
        &self,
        query: Query<T>,
    ) -> impl Future<Output = Result<Vec<T>, StoreError>> + Send;

    /// The first row that each of many queries finds.
    fn find_each<T: Send + 'static>(
        &self,
        queries: Vec<Query<T>>,
    ) -> impl Future<Output = Result<Vec<Option<T>>, StoreError>> + Send;

    /// Applies changes, all or none, and returns when they are durable.
    fn apply(&self, changes: Changes) -> impl Future<Output = Result<(), StoreError>> + Send;
}

#[async_trait]
impl<D: Driver> Store for D {
    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError> {
        self.find(rows::secret(name)).await
    }

    async fn account(&self, npi: Npi) -> Result<Option<AccountRecord>, StoreError> {
        self.find(rows::account(npi)).await
    }

    async fn account_by_id(&self, id: &AccountId) -> Result<Option<AccountRecord>, StoreError> {
        self.find(rows::account_by_id(id)).await
    }

    async fn activation(&self, id: ActivationId) -> Result<Option<ActivationRecord>, StoreError> {
        self.find(rows::activation(id)).await
    }

    async fn open_activation(&self, npi: Npi) -> Result<Option<ActivationRecord>, StoreError> {
        self.find(rows::open_activation(npi)).await
    }

    async fn token(&self, serial: &SerialNumber) -> Result<Option<TokenRecord>, StoreError> {
        self.find(rows::token(serial)).await
    }

    async fn sealed_seed(&self, serial: &SerialNumber) -> Result<Option<Vec<u8>>, StoreError> {
        self.find(rows::sealed_seed(serial)).await
    }

    async fn sealed_after(
        &self,
        place: SealedIn,
        after: Option<&SealedKey>,
        limit: u32,
    ) -> Result<Vec<SealedValue>, StoreError> {
        self.list(rows::sealed_after(place, after, limit)).await
    }

    async fn tokens_of(&self, npi: Npi) -> Result<Vec<TokenRecord>, StoreError> {
        self.list(rows::tokens_of(npi)).await
    }

    async fn other_tokens_of(
        &self,
        npi: Npi,
        but: &SerialNumber,
    ) -> Result<Vec<TokenRecord>, StoreError> {
        self.list(rows::other_tokens_of(npi, but)).await
    }

    async fn tokens_after(
        &self,
        after: Option<&SerialNumber>,
        limit: u32,
    ) -> Result<Vec<TokenRecord>, StoreError> {
        let after = after.map_or_else(String::new, |serial| serial.as_str().to_owned());
        self.list(rows::tokens_after(&after, limit)).await
    }

    async fn session(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError> {
        self.find(rows::session(id)).await
    }

    async fn association(
        &self,
        npi: Npi,
        key: &IdempotencyKey,
    ) -> Result<Option<SerialNumber>, StoreError> {
        self.find(rows::association(npi, key)).await
    }

    async fn report(
        &self,
        reporter: &SerialNumber,
        id: ReportId,
    ) -> Result<Option<SerialNumber>, StoreError> {
        self.find(rows::report(reporter, id)).await
    }

    async fn events(&self, account: Option<Npi>, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.list(rows::events(account, limit)).await
    }

    async fn events_between(
        &self,
        from: UnixTime,
        to: UnixTime,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        self.list(rows::events_between(from, to, after, limit)).await
    }

    async fn audit_rows_after(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.list(rows::audit_rows_after(after, limit)).await
    }

    async fn audit_out_of_place(&self) -> Result<u64, StoreError> {
        Ok(self.find(rows::audit_out_of_place()).await?.unwrap_or_default())
    }

    async fn audit_links_after(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Link)>, StoreError> {
        self.list(rows::audit_links_after(after, limit)).await
    }

    async fn checkpoints_after(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Checkpoint>, StoreError> {
        self.list(rows::checkpoints_after(after, limit)).await
    }

    async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError> {
        self.find(rows::last_checkpoint()).await
    }

    async fn api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError> {
        self.find(rows::api_key(id)).await
    }

    async fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError> {
        self.list(rows::api_keys()).await
    }

    async fn webhook(&self, id: &WebhookId) -> Result<Option<WebhookRecord>, StoreError> {
        self.find(rows::webhook(id)).await
    }

    async fn webhooks(&self) -> Result<Vec<WebhookRecord>, StoreError> {
        self.list(rows::webhooks()).await
    }

    async fn events_but_codes(
        &self,
        after: u64,
        until: u64,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        self.list(rows::events_but_codes(after, until, limit)).await
    }

    async fn cursor(&self, name: &str) -> Result<Option<CursorRecord>, StoreError> {
        self.find(rows::cursor(name)).await
    }

    async fn notice(&self, event: u64) -> Result<Option<NoticeRecord>, StoreError> {
        self.find(rows::notice(event)).await
    }

    async fn notices_due(
        &self,
        now: UnixTime,
        each: u32,
        limit: u32,
    ) -> Result<Vec<NoticeRecord>, StoreError> {
        self.list(rows::notices_due(now, each, limit)).await
    }

    async fn notices_failing(&self, limit: u32) -> Result<Vec<NoticeRecord>, StoreError> {
        self.list(rows::notices_failing(limit)).await
    }

    async fn kept_answer(
        &self,
        party: &Label,
        key: &IdempotencyKey,
    ) -> Result<Option<KeptAnswer>, StoreError> {
        self.find(rows::kept_answer(party, key)).await
    }

    async fn code_misses(&self, npi: Npi) -> Result<Option<CodeMisses>, StoreError> {
        self.find(rows::code_misses(npi)).await
    }

    async fn administrator(&self, key: &str) -> Result<Option<AdministratorRecord>, StoreError> {
        self.find(rows::administrator(key)).await
    }

    async fn administrators(&self) -> Result<Vec<AdministratorRecord>, StoreError> {
        self.list(rows::administrators()).await
    }

    async fn administrator_session(
        &self,
        id: SessionId,
    ) -> Result<Option<AdministratorSessionRecord>, StoreError> {
        self.find(rows::administrator_session(id)).await
    }

    async fn accounts_with(
        &self,
        text: &str,
        after: Option<Npi>,
        limit: u32,
    ) -> Result<Vec<AccountRecord>, StoreError> {
        self.list(rows::accounts_with(text, after, limit)).await
    }

    async fn tokens_with(
        &self,
        search: &TokenSearch,
        after: Option<&SerialNumber>,
        limit: u32,
    ) -> Result<Vec<TokenRecord>, StoreError> {
        let after = after.map_or_else(String::new, |serial| serial.as_str().to_owned());
        self.list(rows::tokens_with(search, &after, limit)).await
    }

    async fn events_with(
        &self,
        search: &EventSearch,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        self.list(rows::events_with(search, before, limit)).await
    }

    async fn stock_import(
        &self,
        id: StockImportId,
    ) -> Result<Option<StockImportRecord>, StoreError> {
        self.find(rows::stock_import(id)).await
    }

    async fn stock_imports(&self, limit: u32) -> Result<Vec<StockImportRecord>, StoreError> {
        self.list(rows::stock_imports(limit)).await
    }

    async fn stock_findings(
        &self,
        id: StockImportId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StockFinding>, StoreError> {
        self.list(rows::stock_findings(id, after, limit)).await
    }

    async fn stock_known(
        &self,
        id: StockImportId,
        serials: Vec<SerialNumber>,
    ) -> Result<Vec<StockKnown>, StoreError> {
        let queries = serials.iter().map(|serial| rows::stock_known(id, serial)).collect();
        let known = self.find_each(queries).await?;
        let none = || StockKnown { line: None, sealed_seed: None };
        Ok(known.into_iter().map(|known| known.unwrap_or_else(none)).collect())
    }

    async fn staged_serials(
        &self,
        id: StockImportId,
        limit: u32,
    ) -> Result<Vec<SerialNumber>, StoreError> {
        self.list(rows::staged_serials(id, limit)).await
    }

    async fn tokens_to_sync(
        &self,
        due: UnixTime,
        limit: u32,
    ) -> Result<Vec<TokenRecord>, StoreError> {
        self.list(rows::tokens_to_sync(due, limit)).await
    }
    async fn tokens_given_up(&self, limit: u32) -> Result<Vec<TokenRecord>, StoreError> {
        self.list(rows::tokens_given_up(limit)).await
    }

    async fn access(&self, id: &IdempotencyKey) -> Result<Option<AccessRecord>, StoreError> {
        self.find(rows::access(id)).await
    }

    async fn pending_access(
        &self,
        npi: Npi,
        kind: &str,
    ) -> Result<Option<AccessRecord>, StoreError> {
        self.find(rows::pending_access(npi, kind)).await
    }

    async fn executed_access(
        &self,
        npi: Npi,
        kind: &str,
    ) -> Result<Option<AccessRecord>, StoreError> {
        self.find(rows::executed_access(npi, kind)).await
    }

    async fn passphrase_reset(
        &self,
        id: ResetId,
    ) -> Result<Option<PassphraseResetRecord>, StoreError> {
        self.find(rows::passphrase_reset(id)).await
    }

    async fn passphrase_resets_of(
        &self,
        npi: Npi,
    ) -> Result<Vec<PassphraseResetRecord>, StoreError> {
        self.list(rows::passphrase_resets_of(npi)).await
    }

    async fn step_up(
        &self,
        npi: Npi,
        session: SessionId,
    ) -> Result<Option<StepUpRecord>, StoreError> {
        self.find(rows::step_up(npi, session)).await
    }

    async fn step_up_sends(&self, npi: Npi) -> Result<Option<StepUpSends>, StoreError> {
        self.find(rows::step_up_sends(npi)).await
    }

    async fn drift_samples(&self, serial: &SerialNumber) -> Result<Vec<DriftSample>, StoreError> {
        self.list(rows::drift_samples(serial)).await
    }

    async fn losing_events(&self, from: UnixTime, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.list(rows::losing_events(from, limit)).await
    }

    async fn loss(&self, event: u64) -> Result<Option<LossRecord>, StoreError> {
        self.find(rows::loss(event)).await
    }

    async fn access_to_tidy(
        &self,
        entered_before: UnixTime,
        decided_before: UnixTime,
        limit: u32,
    ) -> Result<Vec<AccessRecord>, StoreError> {
        self.list(rows::access_to_tidy(entered_before, decided_before, limit)).await
    }

    async fn access_changes(&self, limit: u32) -> Result<Vec<AccessRecord>, StoreError> {
        self.list(rows::access_changes(limit)).await
    }

    async fn waiting_access(
        &self,
        party: Option<&Label>,
        since: UnixTime,
    ) -> Result<u64, StoreError> {
        Ok(self.find(rows::waiting_access(party, since)).await?.unwrap_or_default())
    }

    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        self.apply(changes).await
    }

    async fn request(&self, id: RequestId) -> Result<Option<RequestRecord>, StoreError> {
        self.find(rows::request(id)).await
    }

    async fn requests_of(&self, npi: Npi) -> Result<Vec<RequestRecord>, StoreError> {
        self.list(rows::requests_of(npi)).await
    }

    async fn requests_by_key(
        &self,
        npi: Npi,
        key: &IdempotencyKey,
    ) -> Result<Vec<RequestRecord>, StoreError> {
        self.list(rows::requests_by_key(npi, key)).await
    }

    async fn request_shipping(
        &self,
        serial: &SerialNumber,
    ) -> Result<Option<RequestRecord>, StoreError> {
        self.find(rows::request_shipping(serial)).await
    }

    async fn requests_in(
        &self,
        state: RequestState,
        after: Option<(UnixTime, RequestId)>,
        limit: u32,
    ) -> Result<Vec<RequestRecord>, StoreError> {
        self.list(rows::requests_in(state, after, limit)).await
    }

    async fn requests_after(
        &self,
        after: Option<(UnixTime, RequestId)>,
        limit: u32,
    ) -> Result<Vec<RequestRecord>, StoreError> {
        self.list(rows::requests_after(after, limit)).await
    }

    async fn requests_to_mail(
        &self,
        now: UnixTime,
        limit: u32,
    ) -> Result<Vec<RequestRecord>, StoreError> {
        self.list(rows::requests_to_mail(now, limit)).await
    }
}
