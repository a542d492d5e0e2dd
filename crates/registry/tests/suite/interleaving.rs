//! Somebody else is first, at exactly the worst moment: between what a decision has read and its
//! commit, or between two of its reads.

use std::{
    fmt,
    pin::Pin,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
};

use async_trait::async_trait;
use oath::{SerialNumber, UnixTime};
use provisioning::{ActivationId, Label, ReportId};
use registry::{
    AccountId, ApiKeyId, ApiKeyRecord, Cause, CodeMisses, DeactivationReason, Event, EventKind,
    IdempotencyKey, KeptAnswer, Npi, Purpose, Registry, ReportRefusal, Store, StoreError,
    TokenState, VerifyError, WebhookId, WebhookRecord,
    access::AccessRecord,
    account::AccountRecord,
    activation::ActivationRecord,
    administrator::{AdministratorRecord, AdministratorSessionRecord},
    audit::{
        chain::{AuditRow, Link},
        checkpoint::Checkpoint,
    },
    notice::{CursorRecord, NoticeRecord},
    passphrase_reset::PassphraseResetRecord,
    request::{RequestRecord, RequestState},
    sealed::{SealedIn, SealedKey, SealedValue},
    session::SessionRecord,
    step_up::{StepUpRecord, StepUpSends},
    stock::{StockFinding, StockImportId, StockImportRecord, StockKnown},
    store::{Changes, EventSearch, TokenSearch},
    token::TokenRecord,
    values::{RequestId, ResetId, SessionId},
};

use crate::clinic::{App, Clinic, START, ada, help_desk, label, rng};

type Meanwhile = Pin<Box<dyn Future<Output = ()> + Send>>;

/// The moment at which somebody else is let in, once.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Before {
    Commit,
    SecondCommit,
    TokensOf,
    Token,
}

/// A real store that lets somebody else go first.
struct Interrupted {
    inner: Arc<dyn Store>,
    before: Before,
    meanwhile: Mutex<Option<Meanwhile>>,
    /// Whether there was a commit.
    committed: AtomicBool,
}

impl Interrupted {
    async fn interrupt(&self, at: Before) {
        let meanwhile =
            if at == self.before { self.meanwhile.lock().unwrap().take() } else { None };
        if let Some(meanwhile) = meanwhile {
            meanwhile.await;
        }
    }
}

impl fmt::Debug for Interrupted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Interrupted")
    }
}

type Found<T> = Result<Option<T>, StoreError>;

#[async_trait]
impl Store for Interrupted {
    async fn secret(&self, name: &str) -> Found<Vec<u8>> {
        self.inner.secret(name).await
    }
    async fn account(&self, npi: Npi) -> Found<AccountRecord> {
        self.inner.account(npi).await
    }
    async fn account_by_id(&self, id: &AccountId) -> Result<Option<AccountRecord>, StoreError> {
        self.inner.account_by_id(id).await
    }
    async fn activation(&self, id: ActivationId) -> Found<ActivationRecord> {
        self.inner.activation(id).await
    }
    async fn open_activation(&self, npi: Npi) -> Found<ActivationRecord> {
        self.inner.open_activation(npi).await
    }
    async fn token(&self, serial: &SerialNumber) -> Found<TokenRecord> {
        self.interrupt(Before::Token).await;
        self.inner.token(serial).await
    }
    async fn sealed_seed(&self, serial: &SerialNumber) -> Found<Vec<u8>> {
        self.inner.sealed_seed(serial).await
    }
    async fn sealed_after(
        &self,
        place: SealedIn,
        after: Option<&SealedKey>,
        limit: u32,
    ) -> Result<Vec<SealedValue>, StoreError> {
        self.inner.sealed_after(place, after, limit).await
    }
    async fn tokens_of(&self, npi: Npi) -> Result<Vec<TokenRecord>, StoreError> {
        self.interrupt(Before::TokensOf).await;
        self.inner.tokens_of(npi).await
    }
    async fn other_tokens_of(
        &self,
        npi: Npi,
        but: &SerialNumber,
    ) -> Result<Vec<TokenRecord>, StoreError> {
        self.interrupt(Before::TokensOf).await;
        self.inner.other_tokens_of(npi, but).await
    }
    async fn tokens_after(
        &self,
        after: Option<&SerialNumber>,
        limit: u32,
    ) -> Result<Vec<TokenRecord>, StoreError> {
        self.inner.tokens_after(after, limit).await
    }
    async fn session(&self, id: SessionId) -> Found<SessionRecord> {
        self.inner.session(id).await
    }
    async fn association(&self, npi: Npi, key: &IdempotencyKey) -> Found<SerialNumber> {
        self.inner.association(npi, key).await
    }
    async fn report(&self, reporter: &SerialNumber, id: ReportId) -> Found<SerialNumber> {
        self.inner.report(reporter, id).await
    }
    async fn events(&self, account: Option<Npi>, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.inner.events(account, limit).await
    }
    async fn events_between(
        &self,
        from: UnixTime,
        to: UnixTime,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        self.inner.events_between(from, to, after, limit).await
    }
    async fn audit_rows_after(&self, after: u64, limit: u32) -> Result<Vec<AuditRow>, StoreError> {
        self.inner.audit_rows_after(after, limit).await
    }
    async fn audit_out_of_place(&self) -> Result<u64, StoreError> {
        self.inner.audit_out_of_place().await
    }
    async fn audit_links_after(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<(u64, Link)>, StoreError> {
        self.inner.audit_links_after(after, limit).await
    }
    async fn checkpoints_after(
        &self,
        after: u64,
        limit: u32,
    ) -> Result<Vec<Checkpoint>, StoreError> {
        self.inner.checkpoints_after(after, limit).await
    }
    async fn request(&self, id: RequestId) -> Found<RequestRecord> {
        self.inner.request(id).await
    }
    async fn requests_of(&self, npi: Npi) -> Result<Vec<RequestRecord>, StoreError> {
        self.inner.requests_of(npi).await
    }
    async fn requests_by_key(
        &self,
        npi: Npi,
        key: &IdempotencyKey,
    ) -> Result<Vec<RequestRecord>, StoreError> {
        self.inner.requests_by_key(npi, key).await
    }
    async fn request_shipping(&self, serial: &SerialNumber) -> Found<RequestRecord> {
        self.inner.request_shipping(serial).await
    }
    async fn requests_in(
        &self,
        state: RequestState,
        after: Option<(UnixTime, RequestId)>,
        limit: u32,
    ) -> Result<Vec<RequestRecord>, StoreError> {
        self.inner.requests_in(state, after, limit).await
    }
    async fn requests_after(
        &self,
        after: Option<(UnixTime, RequestId)>,
        limit: u32,
    ) -> Result<Vec<RequestRecord>, StoreError> {
        self.inner.requests_after(after, limit).await
    }
    async fn requests_to_mail(
        &self,
        now: UnixTime,
        limit: u32,
    ) -> Result<Vec<RequestRecord>, StoreError> {
        self.inner.requests_to_mail(now, limit).await
    }
    async fn last_checkpoint(&self) -> Found<Checkpoint> {
        self.inner.last_checkpoint().await
    }
    async fn api_key(&self, id: &ApiKeyId) -> Found<ApiKeyRecord> {
        self.inner.api_key(id).await
    }
    async fn api_keys(&self) -> Result<Vec<ApiKeyRecord>, StoreError> {
        self.inner.api_keys().await
    }
    async fn webhook(&self, id: &WebhookId) -> Found<WebhookRecord> {
        self.inner.webhook(id).await
    }
    async fn webhooks(&self) -> Result<Vec<WebhookRecord>, StoreError> {
        self.inner.webhooks().await
    }
    async fn events_but_codes(
        &self,
        after: u64,
        until: u64,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        self.inner.events_but_codes(after, until, limit).await
    }
    async fn kept_answer(&self, party: &Label, key: &IdempotencyKey) -> Found<KeptAnswer> {
        self.inner.kept_answer(party, key).await
    }
    async fn losing_events(&self, from: UnixTime, limit: u32) -> Result<Vec<Event>, StoreError> {
        self.inner.losing_events(from, limit).await
    }
    async fn cursor(&self, name: &str) -> Found<CursorRecord> {
        self.inner.cursor(name).await
    }
    async fn notice(&self, event: u64) -> Found<NoticeRecord> {
        self.inner.notice(event).await
    }
    async fn notices_due(
        &self,
        now: UnixTime,
        each: u32,
        limit: u32,
    ) -> Result<Vec<NoticeRecord>, StoreError> {
        self.inner.notices_due(now, each, limit).await
    }
    async fn notices_failing(&self, limit: u32) -> Result<Vec<NoticeRecord>, StoreError> {
        self.inner.notices_failing(limit).await
    }
    async fn code_misses(&self, npi: Npi) -> Found<CodeMisses> {
        self.inner.code_misses(npi).await
    }
    async fn administrator(&self, key: &str) -> Found<AdministratorRecord> {
        self.inner.administrator(key).await
    }
    async fn administrators(&self) -> Result<Vec<AdministratorRecord>, StoreError> {
        self.inner.administrators().await
    }
    async fn administrator_session(&self, id: SessionId) -> Found<AdministratorSessionRecord> {
        self.inner.administrator_session(id).await
    }
    async fn accounts_with(
        &self,
        text: &str,
        after: Option<Npi>,
        limit: u32,
    ) -> Result<Vec<AccountRecord>, StoreError> {
        self.inner.accounts_with(text, after, limit).await
    }
    async fn tokens_with(
        &self,
        search: &TokenSearch,
        after: Option<&SerialNumber>,
        limit: u32,
    ) -> Result<Vec<TokenRecord>, StoreError> {
        self.inner.tokens_with(search, after, limit).await
    }
    async fn events_with(
        &self,
        search: &EventSearch,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        self.inner.events_with(search, before, limit).await
    }

    async fn stock_import(&self, id: StockImportId) -> Found<StockImportRecord> {
        self.inner.stock_import(id).await
    }
    async fn stock_imports(&self, limit: u32) -> Result<Vec<StockImportRecord>, StoreError> {
        self.inner.stock_imports(limit).await
    }
    async fn stock_findings(
        &self,
        id: StockImportId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StockFinding>, StoreError> {
        self.inner.stock_findings(id, after, limit).await
    }
    async fn stock_known(
        &self,
        id: StockImportId,
        serials: Vec<SerialNumber>,
    ) -> Result<Vec<StockKnown>, StoreError> {
        self.inner.stock_known(id, serials).await
    }
    async fn staged_serials(
        &self,
        id: StockImportId,
        limit: u32,
    ) -> Result<Vec<SerialNumber>, StoreError> {
        self.inner.staged_serials(id, limit).await
    }
    async fn tokens_to_sync(
        &self,
        due: UnixTime,
        limit: u32,
    ) -> Result<Vec<TokenRecord>, StoreError> {
        self.inner.tokens_to_sync(due, limit).await
    }

    async fn tokens_given_up(&self, limit: u32) -> Result<Vec<TokenRecord>, StoreError> {
        self.inner.tokens_given_up(limit).await
    }
    async fn access(&self, id: &IdempotencyKey) -> Found<AccessRecord> {
        self.inner.access(id).await
    }
    async fn pending_access(&self, npi: Npi, kind: &str) -> Found<AccessRecord> {
        self.inner.pending_access(npi, kind).await
    }
    async fn executed_access(&self, npi: Npi, kind: &str) -> Found<AccessRecord> {
        self.inner.executed_access(npi, kind).await
    }
    async fn passphrase_reset(&self, id: ResetId) -> Found<PassphraseResetRecord> {
        self.inner.passphrase_reset(id).await
    }
    async fn passphrase_resets_of(
        &self,
        npi: Npi,
    ) -> Result<Vec<PassphraseResetRecord>, StoreError> {
        self.inner.passphrase_resets_of(npi).await
    }
    async fn drift_samples(
        &self,
        serial: &SerialNumber,
    ) -> Result<Vec<registry::DriftSample>, StoreError> {
        self.inner.drift_samples(serial).await
    }
    async fn loss(&self, event: u64) -> Found<registry::loss::LossRecord> {
        self.inner.loss(event).await
    }
    async fn step_up(&self, npi: Npi, session: SessionId) -> Found<StepUpRecord> {
        self.inner.step_up(npi, session).await
    }
    async fn step_up_sends(&self, npi: Npi) -> Found<StepUpSends> {
        self.inner.step_up_sends(npi).await
    }
    async fn access_to_tidy(
        &self,
        entered_before: UnixTime,
        decided_before: UnixTime,
        limit: u32,
    ) -> Result<Vec<AccessRecord>, StoreError> {
        self.inner.access_to_tidy(entered_before, decided_before, limit).await
    }
    async fn access_changes(&self, limit: u32) -> Result<Vec<AccessRecord>, StoreError> {
        self.inner.access_changes(limit).await
    }
    async fn waiting_access(
        &self,
        party: Option<&Label>,
        since: UnixTime,
    ) -> Result<u64, StoreError> {
        self.inner.waiting_access(party, since).await
    }
    async fn commit(&self, changes: Changes) -> Result<(), StoreError> {
        self.interrupt(Before::Commit).await;
        if self.committed.swap(true, Ordering::Relaxed) {
            self.interrupt(Before::SecondCommit).await;
        }
        self.inner.commit(changes).await
    }
}

/// A registry over the clinic's own store that is interrupted once.
pub(crate) async fn interrupted(
    clinic: &Clinic,
    before: Before,
    meanwhile: impl Future<Output = ()> + Send + 'static,
) -> Registry {
    let meanwhile = Mutex::new(Some(Box::pin(meanwhile) as Meanwhile));
    let store = Interrupted {
        inner: clinic.store.clone(),
        before,
        meanwhile,
        committed: AtomicBool::new(false),
    };
    Registry::open(Arc::new(store), clinic.master(), START, &mut rng()).await.unwrap()
}

const NOW: UnixTime = UnixTime(START.0 + 60);

#[tokio::test]
async fn the_same_code_meanwhile_is_the_one_that_counts() {
    let (clinic, app) = Clinic::with_token().await;
    let (serial, code) = (app.serial(), app.code(NOW));
    let meanwhile = {
        let (registry, serial, code) = (clinic.registry.clone(), serial.clone(), code.clone());
        async move {
            registry.verify(&ada(), &serial, &code, Purpose::Signing, NOW).await.unwrap();
        }
    };
    let late = interrupted(&clinic, Before::Commit, meanwhile).await;
    let answer = late.verify(&ada(), &serial, &code, Purpose::Signing, NOW).await;
    assert_eq!(answer, Err(VerifyError::Refused(Cause::AlreadyUsed { seconds_ago: 0 })));
    let good = clinic.events().await.into_iter().filter(|event| {
        event.what.purpose == Some(Purpose::Signing)
            && event.what.outcome == registry::Outcome::Success
    });
    assert_eq!(good.count(), 1, "no event of what was not decided");
}

#[tokio::test]
async fn a_token_that_is_deactivated_meanwhile_accepts_nothing() {
    let (clinic, app) = Clinic::with_token().await;
    let (serial, code) = (app.serial(), app.code(NOW));
    let meanwhile = {
        let (registry, serial) = (clinic.registry.clone(), serial.clone());
        async move {
            let reason = DeactivationReason::Lost;
            registry.deactivate_token(&help_desk(), &serial, reason, NOW).await.unwrap();
        }
    };
    let late = interrupted(&clinic, Before::Commit, meanwhile).await;
    let answer = late.verify(&ada(), &serial, &code, Purpose::Signing, NOW).await;
    let state = TokenState::Deactivated;
    assert_eq!(answer, Err(VerifyError::Refused(Cause::NotActive { state })));
    let token = clinic.token(&app, NOW).await;
    assert_eq!((token.state, token.last_used), (state, Some(START)));
}

#[tokio::test]
async fn a_lock_that_falls_meanwhile_holds_for_a_used_code_and_a_rehearsal_too() {
    for (purpose, step) in [(Purpose::Signing, START), (Purpose::Test, NOW)] {
        let (clinic, app) = Clinic::with_token().await;
        let meanwhile = {
            let (registry, serial) = (clinic.registry.clone(), app.serial());
            let wrong = app.wrong_code(NOW);
            async move {
                for _ in 0..10 {
                    let purpose = Purpose::Signing;
                    drop(registry.verify(&ada(), &serial, &wrong, purpose, NOW).await);
                }
            }
        };
        let late = interrupted(&clinic, Before::Commit, meanwhile).await;
        let code = app.code(step);
        let answer = late.verify(&ada(), &app.serial(), &code, purpose, NOW).await;
        let cause = Cause::Locked { until: Some(NOW.plus(900)), seconds_left: 900 };
        assert_eq!(answer, Err(VerifyError::Refused(cause)), "{purpose}");
    }
}

#[tokio::test]
async fn the_same_submit_meanwhile_gives_the_same_answer() {
    for before in [Before::TokensOf, Before::Commit] {
        let clinic = Clinic::with_ada().await;
        let app = App::new("Phone");
        let (link, confirmation) = clinic.begin(ada(), START).await;
        clinic.send(&app.seal(&link), START).await.unwrap();
        let session = clinic.confirmed(ada(), &confirmation, START).await;
        let form = app.form(START);
        let meanwhile = {
            let (registry, session, form) =
                (clinic.registry.clone(), session.clone(), form.clone());
            async move {
                registry.associate(&session, &form, START).await.unwrap();
            }
        };
        let late = interrupted(&clinic, before, meanwhile).await;
        let token = late.associate(&session, &form, START).await.unwrap();
        assert_eq!(token, clinic.token(&app, START).await);
        let kinds = clinic.events().await.into_iter().map(|event| event.what.kind);
        assert_eq!(kinds.filter(|kind| *kind == EventKind::TokenAssociated).count(), 1);
    }
}

/// A double click on the page of the second factor.
#[tokio::test]
async fn the_same_second_factor_meanwhile_is_good_for_both() {
    for before in [Before::Token, Before::Commit] {
        let (clinic, app) = Clinic::with_token().await;
        let session = clinic.half_session(ada(), NOW).await;
        let session = session.submitted_as("submit-1".parse().unwrap());
        let code = app.code(NOW);
        let meanwhile = {
            let (registry, session, code) =
                (clinic.registry.clone(), session.clone(), code.clone());
            async move {
                registry.confirm_with_code(&session, None, &code, NOW).await.unwrap();
            }
        };
        let late = interrupted(&clinic, before, meanwhile).await;
        let answer = late.confirm_with_code(&session, None, &code, NOW).await;
        assert!(matches!(answer, Ok(Some(_))), "{before:?}: {answer:?}");
    }
}

#[tokio::test]
async fn the_same_report_meanwhile_is_answered_alike_and_acts_once() {
    let (clinic, phone, tablet) = crate::reporting::two_tokens().await;
    let report = phone.report(&tablet.serial(), NOW);
    let meanwhile = {
        let (registry, report) = (clinic.registry.clone(), report.clone());
        async move { drop(registry.app_request(&report, NOW).await.unwrap()) }
    };
    let late = interrupted(&clinic, Before::Commit, meanwhile).await;
    let answer = late.app_request(&report, NOW).await.unwrap();
    assert_eq!(answer, clinic.registry.app_request(&report, NOW).await.unwrap());
    let kinds = clinic.events().await.into_iter().map(|event| event.what.kind);
    assert_eq!(kinds.filter(|kind| *kind == EventKind::TokenSuspended).count(), 1);
}

/// Whoever reports first wins: a token that is reported meanwhile reports nothing any more.
#[tokio::test]
async fn of_two_tokens_that_report_each_other_one_is_suspended() {
    let (clinic, phone, tablet) = crate::reporting::two_tokens().await;
    let meanwhile = {
        let (registry, report) = (clinic.registry.clone(), tablet.report(&phone.serial(), NOW));
        async move { drop(registry.app_request(&report, NOW).await.unwrap()) }
    };
    let late = interrupted(&clinic, Before::Commit, meanwhile).await;
    let answer = late.app_request(&phone.report(&tablet.serial(), NOW), NOW).await;
    let state = TokenState::Suspended;
    assert_eq!(answer, Err(ReportRefusal::NotInUse { state }.into()));
    assert_eq!(clinic.token(&phone, NOW).await.state, state);
    assert_eq!(clinic.token(&tablet, NOW).await.state, TokenState::Active);
}

#[tokio::test]
async fn who_signs_out_meanwhile_adds_no_token() {
    let clinic = Clinic::with_ada().await;
    let app = App::new("Phone");
    let (link, confirmation) = clinic.begin(ada(), START).await;
    clinic.send(&app.seal(&link), START).await.unwrap();
    let session = clinic.confirmed(ada(), &confirmation, START).await;
    let meanwhile = {
        let (registry, session) = (clinic.registry.clone(), session.clone());
        async move { registry.sign_out(&session, START).await.unwrap() }
    };
    let late = interrupted(&clinic, Before::Commit, meanwhile).await;
    let refused = late.associate(&session, &app.form(START), START).await;
    assert_eq!(refused, Err(registry::Error::SessionEnded.into()));
    assert_eq!(clinic.token(&app, START).await.state, TokenState::Provisioned);
}

#[tokio::test]
async fn a_registrant_who_is_removed_meanwhile_executes_nothing() {
    let (clinic, [ines, rosa]) = crate::two_people::enterer_and_registrant().await;
    clinic.enter(&ines, crate::two_people::account("a"), START).await.unwrap();
    let meanwhile = {
        let (registry, name) = (clinic.registry.clone(), rosa.administrator.name.clone());
        async move { drop(registry.remove_administrator(&help_desk(), &name, START).await) }
    };
    let late = interrupted(&clinic, Before::Commit, meanwhile).await;
    let (id, submit) = ("a".parse().unwrap(), "s".parse().unwrap());
    let (server, issuer) = ("https://clinic.example".parse().unwrap(), label("Clinic"));
    let place = (&server, &issuer);
    let executed = late.execute_access(&rosa, &id, &submit, place, START, &mut rng()).await;
    assert_eq!(executed.unwrap_err(), registry::Error::SessionEnded.into());
    assert_eq!(clinic.registry.account(&ada()).await.unwrap(), None);
}

#[tokio::test]
async fn an_enrolment_that_is_replaced_meanwhile_takes_no_token() {
    let clinic = Arc::new(Clinic::with_ada().await);
    let app = App::new("Phone");
    let (link, _) = clinic.begin(ada(), START).await;
    let meanwhile = {
        let clinic = clinic.clone();
        async move { drop(clinic.begin(ada(), START).await) }
    };
    let late = interrupted(&clinic, Before::Commit, meanwhile).await;
    let refused = late.consume(&app.seal(&link), START, &mut rng()).await;
    assert_eq!(refused, Err(registry::Error::ActivationExpired));
    assert_eq!(clinic.registry.all_tokens(None, 10, START).await.unwrap(), []);
}
