//! A clinic for the tests: a registry on a database of its own, prescribers, and their apps.

use std::sync::Arc;

use getrandom::{SysRng, rand_core::UnwrapErr};
use oath::{Code, CredentialId, Manufacturer, Seed, SerialNumber, TokenType, Totp, UnixTime};
use provisioning::{
    AppAsk, AppRequest, EnrolmentLink, IssuerCard, Label, PinPolicy, ProvisioningData, ReportId,
    SealedToken, ServerPublicKey,
};
use registry::{
    ActivationOrder, Actor, AssociateError, Association, BegunActivation, ConfirmationCode,
    Consumed, Error, IdempotencyKey, MasterKey, NewAccount, Npi, Passphrase, Registry, Session,
    SessionSecret, Store, Token,
    store::{Changes, Write},
};
use tempfile::TempDir;

use crate::stores::Place;

/// The first instant of the tests; the start of a time step.
pub(crate) const START: UnixTime = UnixTime(1_812_345_660);
pub(crate) const PASSPHRASE: &str = "correct horse battery";

pub(crate) fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

pub(crate) fn ada() -> Npi {
    "1234567893".parse().unwrap()
}

pub(crate) fn ben() -> Npi {
    "1679576722".parse().unwrap()
}

pub(crate) fn label(text: &str) -> Label {
    text.parse().unwrap()
}

pub(crate) fn help_desk() -> Actor {
    Actor::Administrator { name: label("Hedy"), session: None }
}

/// The app of one token.
pub(crate) struct App {
    pub(crate) id: CredentialId,
    pub(crate) seed: Seed,
    pub(crate) name: Label,
}

impl App {
    pub(crate) fn new(name: &str) -> Self {
        Self {
            id: CredentialId::generate(&mut rng()),
            seed: Seed::generate(&mut rng()),
            name: label(name),
        }
    }

    /// What the app asks at an instant of its own clock.
    pub(crate) fn ask(&self, ask: AppAsk, at: UnixTime) -> AppRequest {
        AppRequest::new(self.id, ask, at, &self.seed)
    }

    /// A new report that another token is lost.
    pub(crate) fn report(&self, lost: &SerialNumber, at: UnixTime) -> AppRequest {
        let report_id = ReportId::generate(&mut rng());
        self.ask(AppAsk::ReportLost { serial: lost.clone(), report_id }, at)
    }

    pub(crate) fn serial(&self) -> SerialNumber {
        self.id.into()
    }

    pub(crate) fn code(&self, at: UnixTime) -> Code {
        Totp::default().code_at(&self.seed, at)
    }

    /// A code that is none of this app's near `at`.
    pub(crate) fn wrong_code(&self, at: UnixTime) -> Code {
        let near: Vec<String> = (0..300)
            .map(|step| self.code(UnixTime(at.0 - 200 * 30 + step * 30)).expose_digits())
            .collect();
        let unlike = (0..).map(|n| format!("{:06}", 987_654 - n)).find(|text| !near.contains(text));
        unlike.unwrap().parse().unwrap()
    }

    pub(crate) fn data(&self) -> ProvisioningData {
        ProvisioningData {
            credential_id: self.id,
            seed: Seed::from_bytes(self.seed.expose_bytes().to_vec().into()).unwrap(),
            totp: Totp::default(),
            name: self.name.clone(),
            device: label("Ada's phone"),
            platform: label("linux"),
        }
    }

    pub(crate) fn seal(&self, link: &EnrolmentLink) -> SealedToken {
        SealedToken::seal_for_activation(&self.data(), link, &mut rng()).unwrap()
    }

    pub(crate) fn export(&self, key: ServerPublicKey) -> SealedToken {
        let card = IssuerCard { issuer: label("Clinic"), key };
        SealedToken::seal_to_card(&self.data(), &card, &mut rng()).unwrap()
    }

    pub(crate) fn form(&self, at: UnixTime) -> Association {
        Association {
            manufacturer: Manufacturer::Countersign,
            issuer: label("Example Clinic"),
            token_type: TokenType::Soft,
            name: self.name.clone(),
            serial: self.serial(),
            code: self.code(at),
            second_code: None,
            seen: registry::Seen::default(),
            idempotency_key: IdempotencyKey::generate(&mut rng()),
        }
    }
}

/// A registry on a database of its own, gone with this value.
pub(crate) struct Clinic {
    pub(crate) registry: Arc<Registry>,
    pub(crate) store: Arc<dyn Store>,
    pub(crate) folder: TempDir,
    place: Place,
    key: [u8; 32],
}

impl Clinic {
    pub(crate) async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let place = Place::Sqlite(folder.path().join("countersign.db"));
        Self::at(folder, place).await
    }

    /// A clinic on PostgreSQL.
    pub(crate) async fn on_postgres() -> Self {
        Self::at(tempfile::tempdir().unwrap(), Place::postgres()).await
    }

    async fn at(folder: TempDir, place: Place) -> Self {
        let key = *MasterKey::generate(&mut rng()).expose_bytes();
        let store = place.open().await;
        let master = MasterKey::from_bytes(key);
        let registry = Registry::open(store.clone(), master, START, &mut rng()).await.unwrap();
        Self { registry: Arc::new(registry), store, folder, place, key }
    }

    /// A clinic that tells an e-prescribing network of its tokens.
    pub(crate) async fn telling_network() -> Self {
        let clinic = Self::new().await;
        let store = clinic.store.clone();
        let opened = Registry::open(store, clinic.master(), START, &mut rng()).await.unwrap();
        Self { registry: Arc::new(opened.telling_network()), ..clinic }
    }

    /// A clinic that sends a code to the prescriber's phone before a token is added.
    pub(crate) async fn asking_step_up() -> Self {
        let clinic = Self::new().await;
        let store = clinic.store.clone();
        let opened = Registry::open(store, clinic.master(), START, &mut rng()).await.unwrap();
        Self { registry: Arc::new(opened.asking_step_up()), ..clinic }
    }

    /// A clinic at which Ada has an account.
    pub(crate) async fn with_ada() -> Self {
        let clinic = Self::new().await;
        clinic.open_account(ada()).await;
        clinic
    }

    /// A clinic at which Ada has an account and one active token, which was used for step zero.
    pub(crate) async fn with_token() -> (Self, App) {
        let clinic = Self::new().await;
        let app = clinic.first_token_of_ada().await;
        (clinic, app)
    }

    /// Opens an account for Ada, with an active token that was used for step zero.
    pub(crate) async fn first_token_of_ada(&self) -> App {
        self.open_account(ada()).await;
        let app = App::new("Phone");
        self.enrol_first(ada(), &app, START).await;
        app
    }

    /// Runs SQL in its database, past the registry.
    pub(crate) fn sql(&self, sql: &str) {
        self.place.sql(sql);
    }

    /// As [`Clinic::sql`], also of events.
    pub(crate) fn tamper(&self, sql: &str) {
        self.place.tamper(sql);
    }

    pub(crate) fn master(&self) -> MasterKey {
        MasterKey::from_bytes(self.key)
    }

    /// Another registry over the same database, as another process would have it.
    pub(crate) async fn second_process(&self) -> Arc<Registry> {
        let store = self.place.open().await;
        let opened = Registry::open(store, self.master(), START, &mut rng()).await;
        Arc::new(opened.unwrap())
    }

    pub(crate) async fn open_account(&self, npi: Npi) {
        self.open_account_with(npi, PASSPHRASE).await;
    }

    pub(crate) async fn open_account_with(&self, npi: Npi, passphrase: &str) {
        let new = NewAccount {
            npi,
            id: None,
            name: label("Ada Lovelace"),
            mail: "ada@example.org".parse().unwrap(),
            passphrase: Passphrase::parse(passphrase).unwrap(),
            proofing: "Hedy saw the passport".parse().unwrap(),
        };
        self.registry.open_account(&help_desk(), new, START, &mut rng()).await.unwrap();
    }

    pub(crate) async fn try_begin(
        &self,
        actor: &Actor,
        npi: Npi,
        valid_for: u64,
        now: UnixTime,
    ) -> Result<BegunActivation, Error> {
        self.try_begin_proved(actor, npi, valid_for, None, now).await
    }

    pub(crate) async fn try_begin_proved(
        &self,
        actor: &Actor,
        npi: Npi,
        valid_for: u64,
        proofing: Option<&str>,
        now: UnixTime,
    ) -> Result<BegunActivation, Error> {
        let order = ActivationOrder {
            server: "https://clinic.example".parse().unwrap(),
            issuer: label("Example Clinic"),
            valid_for,
            pin: PinPolicy::default(),
        };
        let proofing = proofing.map(|record| record.parse().unwrap());
        let proofing = proofing.as_ref();
        self.registry.begin_activation(actor, &npi, order, proofing, now, &mut rng()).await
    }

    pub(crate) async fn begin(&self, npi: Npi, now: UnixTime) -> (EnrolmentLink, ConfirmationCode) {
        let begun = self.try_begin(&help_desk(), npi, 24 * 3600, now).await.unwrap();
        (begun.link, begun.confirmation)
    }

    pub(crate) async fn send(
        &self,
        sealed: &SealedToken,
        now: UnixTime,
    ) -> Result<Consumed, Error> {
        self.registry.consume(sealed, now, &mut rng()).await
    }

    pub(crate) async fn half_session(&self, npi: Npi, now: UnixTime) -> Session {
        let text = npi.to_string();
        let secret = self.registry.sign_in(&text, PASSPHRASE, now, &mut rng()).await.unwrap();
        self.registry.session(&secret, now).await.unwrap()
    }

    pub(crate) async fn confirmed(
        &self,
        npi: Npi,
        code: &ConfirmationCode,
        now: UnixTime,
    ) -> Session {
        let session = self.half_session(npi, now).await;
        let secret = self.registry.confirm(&session, code, now).await.unwrap().unwrap();
        self.registry.session(&secret, now).await.unwrap()
    }

    /// A session whose second factor was a code of `app` at `now`.
    pub(crate) async fn by_token(&self, npi: Npi, app: &App, now: UnixTime) -> Session {
        let secret = self.secret_by_token(npi, app, now).await;
        self.registry.session(&secret, now).await.unwrap()
    }

    pub(crate) async fn secret_by_token(
        &self,
        npi: Npi,
        app: &App,
        now: UnixTime,
    ) -> SessionSecret {
        let session = self.half_session(npi, now).await;
        let code = app.code(now);
        let serial = app.serial();
        let confirmed = self.registry.confirm_with_code(&session, Some(&serial), &code, now).await;
        confirmed.unwrap().unwrap()
    }

    /// Enrols the account's first token, with its code of `now`.
    pub(crate) async fn enrol_first(&self, npi: Npi, app: &App, now: UnixTime) -> Token {
        let (link, confirmation) = self.begin(npi, now).await;
        self.send(&app.seal(&link), now).await.unwrap();
        let session = self.confirmed(npi, &confirmation, now).await;
        self.registry.associate(&session, &app.form(now), now).await.unwrap()
    }

    /// Enrols a further token at `now`, signed in by a code of `active`.
    pub(crate) async fn enrol_further(
        &self,
        npi: Npi,
        active: &App,
        app: &App,
        now: UnixTime,
    ) -> Result<Token, AssociateError> {
        let (link, _) = self.begin(npi, now).await;
        self.send(&app.seal(&link), now).await.unwrap();
        let session = self.by_token(npi, active, now).await;
        self.registry.associate(&session, &app.form(now), now).await
    }

    /// Makes an app's token a device of its own.
    pub(crate) async fn make_hard(&self, app: &App) {
        let mut record = self.store.token(&app.serial()).await.unwrap().unwrap();
        record.token.token_type = TokenType::Hard;
        let writes = vec![Write::UpdateToken(Box::new(record))];
        self.store.commit(Changes { writes, events: Vec::new() }).await.unwrap();
    }

    /// Suspends a token and takes it back into use: two events.
    pub(crate) async fn lost_and_found(&self, app: &App, now: UnixTime) {
        let (registry, serial, why) = (&self.registry, app.serial(), label("she called"));
        registry.suspend_token(&help_desk(), &serial, &why, now).await.unwrap();
        registry.restore_token(&help_desk(), &serial, &why, now).await.unwrap();
    }

    pub(crate) async fn token(&self, app: &App, now: UnixTime) -> Token {
        let tokens = self.registry.all_tokens(None, 1_000, now).await.unwrap();
        tokens.into_iter().find(|token| token.serial == app.serial()).unwrap()
    }

    pub(crate) async fn events(&self) -> Vec<registry::Event> {
        self.registry.events(None, 100_000).await.unwrap()
    }
}
