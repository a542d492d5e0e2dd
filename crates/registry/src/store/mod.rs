//! The port to a database: reads, and one write that is applied all or nothing.
//!
//! Every record has a `version`. A rule reads records, decides, and hands over [`Changes`]: writes
//! that hold only if each record still has the version that was read (or, for a new one, does not
//! exist yet), and the events of what they record. [`Store::commit`] returns when they are durable,
//! or [`StoreError::Conflict`] with nothing changed; then the rule reads and decides again.

mod error;
pub mod postgres;
mod sql;
pub mod sqlite;
mod writes;

use async_trait::async_trait;
use oath::{SerialNumber, UnixTime};
use provisioning::{ActivationId, Label, ReportId};

pub use self::{
    error::StoreError,
    writes::{Changes, Write},
};
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
    event::{Event, EventKind, Outcome},
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

/// A database. A read sees everything that was committed before it began.
#[async_trait]
pub trait Store: core::fmt::Debug + Send + Sync + 'static {
    /// A secret of the server itself, sealed.
    async fn secret(&self, name: &str) -> Result<Option<Vec<u8>>, StoreError>;
    /// The account of a prescriber.
    async fn account(&self, npi: Npi) -> Result<Option<AccountRecord>, StoreError>;
    /// The account that the operator calls so.
    async fn account_by_id(&self, id: &AccountId) -> Result<Option<AccountRecord>, StoreError>;
    /// An activation.
    async fn activation(&self, id: ActivationId) -> Result<Option<ActivationRecord>, StoreError>;
    /// The account's activation that is begun or provisioned, expired or not; at most one is.
    async fn open_activation(&self, npi: Npi) -> Result<Option<ActivationRecord>, StoreError>;
    /// A token.
    async fn token(&self, serial: &SerialNumber) -> Result<Option<TokenRecord>, StoreError>;
    /// A token's seed, sealed, and nothing else: reading it is as quick whether there is one or not.
    async fn sealed_seed(&self, serial: &SerialNumber) -> Result<Option<Vec<u8>>, StoreError>;
    /// What is sealed under a master key in one place, in the order of the rows' keys, after one, of at
    /// most `limit` keys.
    async fn sealed_after(
        &self,
        place: SealedIn,
        after: Option<&SealedKey>,
        limit: u32,
    ) -> Result<Vec<SealedValue>, StoreError>;
    /// The account's tokens, the first associated first.
    async fn tokens_of(&self, npi: Npi) -> Result<Vec<TokenRecord>, StoreError>;
    /// The account's tokens but one, the first associated first: that one is not even read.
    async fn other_tokens_of(
        &self,
        npi: Npi,
        but: &SerialNumber,
    ) -> Result<Vec<TokenRecord>, StoreError>;
    /// Tokens in the order of their serial numbers, after one, at most `limit`.
    async fn tokens_after(
        &self,
        after: Option<&SerialNumber>,
        limit: u32,
    ) -> Result<Vec<TokenRecord>, StoreError>;
    /// A session.
    async fn session(&self, id: SessionId) -> Result<Option<SessionRecord>, StoreError>;
    /// The token that was associated under this key.
    async fn association(
        &self,
        npi: Npi,
        key: &IdempotencyKey,
    ) -> Result<Option<SerialNumber>, StoreError>;
    /// The token that was reported lost in this report of another's.
    async fn report(
        &self,
        reporter: &SerialNumber,
        id: ReportId,
    ) -> Result<Option<SerialNumber>, StoreError>;
    /// The latest events of an account or of all, the latest first, at most `limit`.
    async fn events(&self, account: Option<Npi>, limit: u32) -> Result<Vec<Event>, StoreError>;
    /// The events from one instant until before another, in their order, after one, at most `limit`.
    async fn events_between(
        &self,
        from: UnixTime,
        to: UnixTime,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError>;
    /// The events after one, as they are stored, in their order, at most `limit`.
    async fn audit_rows_after(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, StoreError>;
    /// How many events, links and checkpoints are numbered below 1, where none can be.
    async fn audit_out_of_place(&self) -> Result<u64, StoreError>;
    /// The links after an event's, those that can be read, in their order, at most `limit`.
    async fn audit_links_after(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Link)>, StoreError>;
    /// The checkpoints after one, those that can be read, in their order, at most `limit`.
    async fn checkpoints_after(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Checkpoint>, StoreError>;
    /// The last checkpoint, of those that can be read.
    async fn last_checkpoint(&self) -> Result<Option<Checkpoint>, StoreError>;
    // Relying parties.
    /// An API key.
    async fn api_key(&self, id: &ApiKeyId) -> Result<Option<ApiKeyRecord>, StoreError>;
    /// Every API key, by relying party, the earlier first.
    async fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError>;
    /// A webhook.
    async fn webhook(&self, id: &WebhookId) -> Result<Option<WebhookRecord>, StoreError>;
    /// Every webhook, by relying party, the earlier first.
    async fn webhooks(&self) -> Result<Vec<WebhookRecord>, StoreError>;
    /// The events after one and up to another, in their order, without the judged codes, at most
    /// `limit`: the codes between them cost nothing.
    async fn events_but_codes(
        &self,
        after: u64,
        until: u64,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError>;
    // Mails that tell prescribers what was done.
    /// How far a reader of the audit has come.
    async fn cursor(&self, name: &str) -> Result<Option<CursorRecord>, StoreError>;
    /// A mail that is not sent yet, by the event that it tells of.
    async fn notice(&self, event: u64) -> Result<Option<NoticeRecord>, StoreError>;
    /// The mails that are due at an instant, at most `each` of an account and `limit` in all: the first
    /// of every account, the longest due first, then the second of every account, and so on.
    async fn notices_due(
        &self,
        now: UnixTime,
        each: u32,
        limit: u32,
    ) -> Result<Vec<NoticeRecord>, StoreError>;
    /// The mails whose last try failed, also those that were given up, the soonest due first, at most
    /// `limit`.
    async fn notices_failing(&self, limit: u32) -> Result<Vec<NoticeRecord>, StoreError>;
    /// What a relying party was answered under a key.
    async fn kept_answer(
        &self,
        party: &Label,
        key: &IdempotencyKey,
    ) -> Result<Option<KeptAnswer>, StoreError>;
    /// The account's wrong codes that named no token.
    async fn code_misses(&self, npi: Npi) -> Result<Option<CodeMisses>, StoreError>;
    // Administrators.
    /// An administrator, by the key of the name.
    async fn administrator(&self, key: &str) -> Result<Option<AdministratorRecord>, StoreError>;
    /// Every administrator, in the order of their names.
    async fn administrators(&self) -> Result<Vec<AdministratorRecord>, StoreError>;
    /// An administrator's session.
    async fn administrator_session(
        &self,
        id: SessionId,
    ) -> Result<Option<AdministratorSessionRecord>, StoreError>;
    /// Accounts whose NPI, own ID, name or mail address has this text in it, in the order of their NPIs,
    /// after one, at most `limit`. Upper and lower case of a to z are the same.
    async fn accounts_with(
        &self,
        text: &str,
        after: Option<Npi>,
        limit: u32,
    ) -> Result<Vec<AccountRecord>, StoreError>;
    /// Tokens that fit a search, in the order of their serial numbers, after one, at most `limit`.
    async fn tokens_with(
        &self,
        search: &TokenSearch,
        after: Option<&SerialNumber>,
        limit: u32,
    ) -> Result<Vec<TokenRecord>, StoreError>;
    /// The events that fit a search, the latest first, before one, at most `limit`.
    async fn events_with(
        &self,
        search: &EventSearch,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError>;
    /// An import of stock.
    async fn stock_import(
        &self,
        id: StockImportId,
    ) -> Result<Option<StockImportRecord>, StoreError>;
    /// The latest imports of stock, the latest first, at most `limit`.
    async fn stock_imports(&self, limit: u32) -> Result<Vec<StockImportRecord>, StoreError>;
    /// What was found in an import's file, in the order of its rows, after a place, at most `limit`.
    async fn stock_findings(
        &self,
        id: StockImportId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StockFinding>, StoreError>;
    /// What is known of each of these serial numbers, in their order.
    async fn stock_known(
        &self,
        id: StockImportId,
        serials: Vec<SerialNumber>,
    ) -> Result<Vec<StockKnown>, StoreError>;
    /// The serial numbers that lie apart for an import, in their order, at most `limit`.
    async fn staged_serials(
        &self,
        id: StockImportId,
        limit: u32,
    ) -> Result<Vec<SerialNumber>, StoreError>;
    // Network sync.
    /// The tokens that are not deactivated and of which the network is to be told by an instant, the
    /// longest due first, at most `limit`.
    async fn tokens_to_sync(
        &self,
        due: UnixTime,
        limit: u32,
    ) -> Result<Vec<TokenRecord>, StoreError>;
    /// The tokens that are not deactivated and of which the network did not acknowledge in time, at
    /// most `limit`.
    async fn tokens_given_up(&self, limit: u32) -> Result<Vec<TokenRecord>, StoreError>;
    /// A change of access.
    async fn access(&self, id: &IdempotencyKey) -> Result<Option<AccessRecord>, StoreError>;
    /// The account's change of access of this kind that is stored as pending, expired or not.
    async fn pending_access(
        &self,
        npi: Npi,
        kind: &str,
    ) -> Result<Option<AccessRecord>, StoreError>;
    /// What a token's accepted codes showed of its clock or counter, the earliest day first.
    async fn drift_samples(&self, serial: &SerialNumber) -> Result<Vec<DriftSample>, StoreError>;
    /// The events since an instant by which tokens were suspended or deactivated, the latest first, at
    /// most `limit`.
    async fn losing_events(&self, from: UnixTime, limit: u32) -> Result<Vec<Event>, StoreError>;
    /// What was told of the loss that an event reported.
    async fn loss(&self, event: u64) -> Result<Option<LossRecord>, StoreError>;
    /// The account's change of access of this kind that was executed last.
    async fn executed_access(
        &self,
        npi: Npi,
        kind: &str,
    ) -> Result<Option<AccessRecord>, StoreError>;
    /// The changes of access that wait since before an instant, and the executed ones of before
    /// another that still keep what they showed, at most `limit`.
    async fn access_to_tidy(
        &self,
        entered_before: UnixTime,
        decided_before: UnixTime,
        limit: u32,
    ) -> Result<Vec<AccessRecord>, StoreError>;
    /// Changes of access, at most `limit`: the pending ones that administrators entered, then relying
    /// parties', each the oldest first, then the latest of the decided ones.
    async fn access_changes(&self, limit: u32) -> Result<Vec<AccessRecord>, StoreError>;
    /// How many changes of access that were entered since an instant are pending: of a relying party, or
    /// all.
    async fn waiting_access(
        &self,
        party: Option<&Label>,
        since: UnixTime,
    ) -> Result<u64, StoreError>;
    /// Applies changes, all or none, and returns when they are durable.
    ///
    /// # Errors
    /// [`StoreError::Conflict`] if an expectation does not hold; others if it cannot be done.
    async fn commit(&self, changes: Changes) -> Result<(), StoreError>;

    // Token requests.

    /// A token request.
    async fn request(&self, id: RequestId) -> Result<Option<RequestRecord>, StoreError>;
    /// The account's requests, the latest first.
    async fn requests_of(&self, npi: Npi) -> Result<Vec<RequestRecord>, StoreError>;
    /// The requests that one submit of the account made.
    async fn requests_by_key(
        &self,
        npi: Npi,
        key: &IdempotencyKey,
    ) -> Result<Vec<RequestRecord>, StoreError>;
    /// The request with which this hard token is on its way.
    async fn request_shipping(
        &self,
        serial: &SerialNumber,
    ) -> Result<Option<RequestRecord>, StoreError>;
    /// The requests in a state in the order in which they were made, after one, at most `limit`.
    async fn requests_in(
        &self,
        state: RequestState,
        after: Option<(UnixTime, RequestId)>,
        limit: u32,
    ) -> Result<Vec<RequestRecord>, StoreError>;
    /// All requests in the order in which they were made, after one, at most `limit`.
    async fn requests_after(
        &self,
        after: Option<(UnixTime, RequestId)>,
        limit: u32,
    ) -> Result<Vec<RequestRecord>, StoreError>;
    /// The last code by phone of an account's session.
    async fn step_up(
        &self,
        npi: Npi,
        session: SessionId,
    ) -> Result<Option<StepUpRecord>, StoreError>;
    /// How many codes were sent to an account's phone.
    async fn step_up_sends(&self, npi: Npi) -> Result<Option<StepUpSends>, StoreError>;
    /// A passphrase reset.
    async fn passphrase_reset(
        &self,
        id: ResetId,
    ) -> Result<Option<PassphraseResetRecord>, StoreError>;
    /// The account's passphrase resets, in the order in which they were made.
    async fn passphrase_resets_of(
        &self,
        npi: Npi,
    ) -> Result<Vec<PassphraseResetRecord>, StoreError>;
    /// The requests whose mail is due at an instant, the longest due first, at most `limit`.
    async fn requests_to_mail(
        &self,
        now: UnixTime,
        limit: u32,
    ) -> Result<Vec<RequestRecord>, StoreError>;
}

/// What is looked for among tokens. Upper and lower case of a to z are the same.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TokenSearch {
    /// Part of the token's name, of its owner's name or of their NPI.
    pub text: String,
    /// Parts of a serial number, of which one is enough; none where the text can be no part of one.
    pub serials: Vec<String>,
}

/// What is looked for among events: all that is given must fit.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct EventSearch {
    /// The account that it is about.
    pub account: Option<Npi>,
    /// The token that it is about.
    pub serial: Option<SerialNumber>,
    /// What was done.
    pub kind: Option<EventKind>,
    /// How it went.
    pub outcome: Option<Outcome>,
    /// The first instant.
    pub from: Option<UnixTime>,
    /// The first instant after it.
    pub to: Option<UnixTime>,
}
