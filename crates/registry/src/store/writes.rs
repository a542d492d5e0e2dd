//! What one decision changes: conditional writes, and the events that record them.

use oath::{SerialNumber, UnixTime};
use provisioning::{Label, ReportId};

use crate::{
    access::AccessRecord,
    account::AccountRecord,
    activation::ActivationRecord,
    administrator::{AdministratorRecord, AdministratorSessionRecord},
    api_key::{ApiKeyId, ApiKeyRecord},
    audit::{chain::Link, checkpoint::Checkpoint},
    code_misses::CodeMisses,
    drift::DriftSample,
    event::{Actor, NewEvent},
    kept_answer::KeptAnswer,
    loss::LossRecord,
    notice::NoticeRecord,
    passphrase_reset::PassphraseResetRecord,
    request::RequestRecord,
    sealed::{SealedIn, SealedValue},
    session::SessionRecord,
    step_up::{StepUpRecord, StepUpSends},
    stock::{StagedToken, StockFinding, StockImportId, StockImportRecord},
    token::{Token, TokenRecord},
    values::{IdempotencyKey, Npi, SessionId},
    webhook::{WebhookId, WebhookRecord},
};

/// What one decision changes, and the events that record it.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Changes {
    /// The writes, in their order.
    pub writes: Vec<Write>,
    /// The events, in their order.
    pub events: Vec<NewEvent>,
}

impl Changes {
    pub(crate) fn new(writes: impl Into<Vec<Write>>, events: impl Into<Vec<NewEvent>>) -> Self {
        Self { writes: writes.into(), events: events.into() }
    }

    /// These, and then others, all or none.
    pub(crate) fn and(mut self, others: Self) -> Self {
        self.writes.extend(others.writes);
        self.events.extend(others.events);
        self
    }
}

/// One conditional write. An insert conflicts with an existing record; an update expects the
/// record's `version` in the store and stores the next one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Write {
    /// A new secret of the server itself, sealed.
    InsertSecret {
        /// Its name.
        name: String,
        /// The secret under the master key.
        sealed: Vec<u8>,
        /// When it was made.
        made: UnixTime,
    },
    /// A value sealed anew in place of one that may be gone meanwhile: then nothing.
    Reseal {
        /// Where it is.
        place: SealedIn,
        /// What it takes the place of.
        former: SealedValue,
        /// The value under the new master key.
        sealed: Vec<u8>,
    },
    /// A new account.
    InsertAccount(AccountRecord),
    /// A changed account.
    UpdateAccount(AccountRecord),
    /// A new activation.
    InsertActivation(ActivationRecord),
    /// A changed activation: state, token, wrong confirmations.
    UpdateActivation(ActivationRecord),
    /// A new token.
    InsertToken(Box<TokenRecord>),
    /// A changed token; its seed does not change.
    UpdateToken(Box<TokenRecord>),
    /// A token as judging a code left it. Only what that can change is written, and none of it is in
    /// an index: this is done for every code.
    UpdateJudged {
        /// The token.
        token: Box<Token>,
        /// The version that was read.
        version: u64,
    },
    /// Nothing, on the condition that the token is as it was read.
    ExpectToken {
        /// Which token.
        serial: SerialNumber,
        /// The version that was read.
        version: u64,
    },
    /// Nothing, on the condition that the account owns so many tokens, deactivated ones too.
    ExpectTokensOf {
        /// Whose.
        npi: Npi,
        /// How many were read.
        number: u64,
    },
    /// Nothing, on the condition that the session is there and its factor is as it was read.
    ExpectSession {
        /// Which session.
        id: SessionId,
        /// The version that was read.
        version: u64,
    },
    /// Nothing, at the cost of a durable write: where how long it takes must tell nothing.
    Nothing,
    /// A new session.
    InsertSession(SessionRecord),
    /// A changed session: its factor, and when it was last seen.
    UpdateSession(SessionRecord),
    /// Notes a request of a session; no condition.
    TouchSession {
        /// Which session.
        id: SessionId,
        /// When the request was.
        seen: UnixTime,
    },
    /// Ends a session; no condition.
    DeleteSession(SessionId),
    /// Forgets the account's sessions that began before an instant; no condition.
    ForgetSessions {
        /// Whose.
        npi: Npi,
        /// Before when.
        before: UnixTime,
    },
    /// Ends the account's sessions whose second factor was this token; no condition.
    ForgetSessionsBy {
        /// Whose.
        npi: Npi,
        /// Which token.
        serial: SerialNumber,
        /// The session that stays.
        except: Option<SessionId>,
    },
    /// Keeps which token was associated under a key.
    InsertAssociation {
        /// Whose key.
        npi: Npi,
        /// The key.
        key: IdempotencyKey,
        /// The token.
        serial: SerialNumber,
        /// When.
        at: UnixTime,
    },
    /// Keeps which token was reported lost in a report, so that it acts once.
    InsertReport {
        /// The token whose app reported it.
        reporter: SerialNumber,
        /// The report.
        id: ReportId,
        /// The lost token.
        lost: SerialNumber,
        /// When.
        at: UnixTime,
    },
    /// A new token request.
    InsertRequest(Box<RequestRecord>),
    /// A changed token request; whose it is, its type and the submit that made it do not change.
    UpdateRequest(Box<RequestRecord>),
    /// A new import of stock.
    InsertStockImport(Box<StockImportRecord>),
    /// A changed import of stock: its state and what was found.
    UpdateStockImport(Box<StockImportRecord>),
    /// Lays tokens apart for an import; none of them has the serial number of another.
    StageTokens {
        /// Which import.
        import: StockImportId,
        /// The tokens.
        tokens: Vec<StagedToken>,
    },
    /// Keeps what was found in an import's file.
    NoteFindings {
        /// Which import.
        import: StockImportId,
        /// What was found.
        findings: Vec<StockFinding>,
    },
    /// Makes all that lies apart for an import tokens, on the condition that none of them is there,
    /// and records each as an event, without either going through the memory of this program.
    TakeStock {
        /// Which import.
        import: StockImportId,
        /// Who takes it.
        actor: Actor,
        /// When.
        at: UnixTime,
    },
    /// Forgets what lies apart for an import, up to a serial number; no condition.
    ForgetStaged {
        /// Which import.
        import: StockImportId,
        /// The last serial number.
        until: SerialNumber,
    },
    /// The links of events.
    InsertLinks(Vec<(u64, Link)>),
    /// A new checkpoint.
    InsertCheckpoint(Box<Checkpoint>),
    /// Nothing, on the condition that fewer changes of access that a relying party entered since an instant
    /// are pending.
    ExpectAccessBelow {
        /// The relying party.
        party: Label,
        /// Since when.
        since: UnixTime,
        /// How many are too many.
        limit: u64,
    },
    /// A new change of access.
    InsertAccess(Box<AccessRecord>),
    /// A decided change of access.
    UpdateAccess(Box<AccessRecord>),
    /// Keeps what a code showed of its token, as its day's; no condition.
    NoteDrift(Box<DriftSample>),
    /// The first that is told of a loss.
    InsertLoss(Box<LossRecord>),
    /// More that is told of a loss.
    UpdateLoss(Box<LossRecord>),
    /// A first code by phone of a session.
    InsertStepUp(Box<StepUpRecord>),
    /// A newer code by phone, or what became of it.
    UpdateStepUp(Box<StepUpRecord>),
    /// Forgets the account's codes by phone that were sent before an instant; no condition.
    ForgetStepUps {
        /// Whose.
        npi: Npi,
        /// Before when.
        before: UnixTime,
    },
    /// The first count of codes that were sent to an account's phone.
    InsertStepUpSends(StepUpSends),
    /// A changed count of codes that were sent to an account's phone.
    UpdateStepUpSends(StepUpSends),
    /// A new passphrase reset.
    InsertPassphraseReset(Box<PassphraseResetRecord>),
    /// A changed passphrase reset: its state, its wrong codes, what used it.
    UpdatePassphraseReset(Box<PassphraseResetRecord>),
    /// A new API key.
    InsertApiKey(Box<ApiKeyRecord>),
    /// Lets an API key end, on the condition that it is as it was read.
    EndApiKey {
        /// Which key.
        id: ApiKeyId,
        /// The version that was read.
        version: u64,
        /// From when on it is good no more.
        ends: UnixTime,
    },
    /// Notes a use of an API key; no condition.
    TouchApiKey {
        /// Which key.
        id: ApiKeyId,
        /// When it was used.
        used: UnixTime,
    },
    /// Keeps the answer to a request, on the condition that none under its key is kept since.
    KeepAnswer {
        /// The answer.
        answer: Box<KeptAnswer>,
        /// An answer of until then is none any more.
        before: UnixTime,
    },
    /// The answer to a request that is under way, on the condition that it still is.
    AnswerBegun(Box<KeptAnswer>),
    /// Forgets that a request was begun, if it is under way; no condition.
    ForgetBegun {
        /// Whose request.
        party: Label,
        /// Under which key.
        key: IdempotencyKey,
        /// What was asked.
        tag: [u8; 32],
    },
    /// Forgets some of the answers of until an instant; no condition.
    ForgetAnswers {
        /// Until when.
        before: UnixTime,
    },
    /// The first count of an account's wrong codes that named no token.
    InsertCodeMisses(CodeMisses),
    /// A changed count of an account's wrong codes that named no token.
    UpdateCodeMisses(CodeMisses),
    /// Nothing, on the condition that this count is as it was read.
    ExpectCodeMisses {
        /// Whose.
        npi: Npi,
        /// The version that was read; 0 where there was none.
        version: u64,
    },
    /// A new webhook.
    InsertWebhook(Box<WebhookRecord>),
    /// A changed webhook; whose it is, where and of what do not change.
    UpdateWebhook(Box<WebhookRecord>),
    /// Removes a webhook, on the condition that it is as it was read.
    DeleteWebhook {
        /// Which one.
        id: WebhookId,
        /// The version that was read.
        version: u64,
    },
    /// A new reader of the audit.
    InsertCursor {
        /// Its name.
        name: String,
        /// The last event that it need not look at.
        event: u64,
    },
    /// Notes how far a reader of the audit has come, on the condition that it is where it was read.
    MoveCursor {
        /// Its name.
        name: String,
        /// The version that was read.
        version: u64,
        /// The last event that it looked at.
        event: u64,
    },
    /// A new mail that tells of an event.
    InsertNotice {
        /// The event.
        event: u64,
        /// When it is to be sent.
        due: UnixTime,
    },
    /// A mail that was claimed, could not be sent, or was given up.
    UpdateNotice(NoticeRecord),
    /// Takes away a mail that was sent, on the condition that it is as it was read.
    DeleteNotice {
        /// The event that it tells of.
        event: u64,
        /// The version that was read.
        version: u64,
    },
    /// Forgets the mails that were given up before an instant; no condition.
    ForgetNotices {
        /// Before when.
        before: UnixTime,
    },
    /// A new administrator.
    InsertAdministrator(Box<AdministratorRecord>),
    /// A changed administrator; neither passphrase nor seed changes.
    UpdateAdministrator(Box<AdministratorRecord>),
    /// A new session of an administrator.
    InsertAdministratorSession(AdministratorSessionRecord),
    /// Notes a request of an administrator's session; no condition.
    TouchAdministratorSession {
        /// Which session.
        id: SessionId,
        /// When the request was.
        seen: UnixTime,
    },
    /// Nothing, on the condition that the administrator's session is there.
    ExpectAdministratorSession(SessionId),
    /// Ends an administrator's session, on the condition that it is as it was read.
    DeleteAdministratorSession {
        /// Which session.
        id: SessionId,
        /// The version that was read.
        version: u64,
    },
    /// Forgets an administrator's sessions that began before an instant; no condition.
    ForgetAdministratorSessions {
        /// Whose: the key of the name.
        key: String,
        /// Before when.
        before: UnixTime,
    },
}
