//! Telling the e-prescribing network of a token: when it is due, what counts meanwhile, and its end.

use std::sync::Arc;

use oath::UnixTime;
use provisioning::{AppAsk, AppTokenState};
use registry::{
    Cause, DeactivationReason, Error, EventKind, NetworkSync, Outcome, OwnTokenError, Purpose,
    Registry, SqliteStore, SyncRecord, TokenState, VerifyError,
    rules::network_sync::{LASTS, pause_after},
    store::{Changes, Write},
};

use crate::clinic::{App, Clinic, START, ada, ben, help_desk, label, rng};

/// A clinic that tells a network, at which Ada's first token was just associated.
async fn told() -> (Clinic, App) {
    let clinic = Clinic::telling_network().await;
    clinic.open_account(ada()).await;
    let app = App::new("Phone");
    let token = clinic.enrol_first(ada(), &app, START).await;
    assert_eq!((token.state, token.owner), (TokenState::PendingSync, Some(ada())));
    (clinic, app)
}

async fn attempt(clinic: &Clinic, app: &App, now: UnixTime) -> Option<SyncRecord> {
    let due = clinic.registry.syncs_due(now, 10).await.unwrap();
    let told = clinic.registry.begin_sync_attempt(&app.serial(), now).await.unwrap();
    assert!(told.is_none() || due == [app.serial()], "what is sent was due: {due:?}");
    told
}

async fn judged(
    clinic: &Clinic,
    app: &App,
    purpose: Purpose,
    now: UnixTime,
) -> Result<(), VerifyError> {
    let (serial, code) = (app.serial(), app.code(now));
    clinic.registry.verify(&ada(), &serial, &code, purpose, now).await.map(drop)
}

async fn minute(clinic: &Clinic, app: &App, now: UnixTime) -> (AppTokenState, Option<u8>) {
    let answer = clinic.registry.app_request(&app.ask(AppAsk::Status, now), now).await.unwrap();
    (answer.token.state, answer.token.sync_minute)
}

fn sync_events(events: &[registry::Event]) -> Vec<(Outcome, Option<&str>)> {
    let of_sync = events.iter().filter(|event| event.what.kind == EventKind::NetworkSync);
    of_sync.map(|event| (event.what.outcome, event.what.cause.as_deref())).collect()
}

#[tokio::test]
async fn without_a_network_a_token_is_active_at_once() {
    let (clinic, app) = Clinic::with_token().await;
    let token = clinic.token(&app, START).await;
    assert_eq!((token.state, token.sync), (TokenState::Active, NetworkSync::NotNeeded));
    assert_eq!(clinic.registry.syncs_due(UnixTime(u64::MAX), 10).await.unwrap(), []);
    let answer = clinic.registry.sync_token_again(&help_desk(), &app.serial(), START).await;
    assert_eq!(answer, Err(Error::NotPossible(TokenState::Active)));
}

#[tokio::test]
async fn until_the_network_acknowledges_it_a_token_signs_in_and_signs_nothing() {
    let (clinic, app) = told().await;
    let now = START.plus(725);
    let state = TokenState::PendingSync;
    let refused = Err(VerifyError::Refused(Cause::NotActive { state }));
    assert_eq!(judged(&clinic, &app, Purpose::Signing, now).await, refused);
    assert_eq!(clinic.token(&app, now).await.failures, 0);
    assert_eq!(judged(&clinic, &app, Purpose::Test, now).await, Ok(()));
    let session = clinic.by_token(ada(), &app, now.plus(60)).await;
    assert!(session.is_full());
    assert_eq!(minute(&clinic, &app, now).await, (AppTokenState::PendingSync, Some(12)));

    let now = now.plus(120);
    let record = attempt(&clinic, &app, now).await.unwrap();
    assert_eq!((record.npi, record.serial.clone()), (ada(), app.serial()));
    assert_eq!((record.name, record.associated), (label("Ada Lovelace"), Some(START)));
    for _ in 0..2 {
        let token = clinic.registry.sync_acknowledged(&app.serial(), now.plus(1)).await.unwrap();
        assert_eq!(token.state, TokenState::Active, "acknowledged twice is acknowledged");
    }
    assert_eq!(minute(&clinic, &app, now).await, (AppTokenState::Active, None));
    assert_eq!(judged(&clinic, &app, Purpose::Signing, now.plus(60)).await, Ok(()));
    let events = clinic.events().await;
    let done = [(Outcome::Success, Some("acknowledged")), (Outcome::Attempted, None)];
    assert_eq!(sync_events(&events), done);
    assert_eq!(attempt(&clinic, &app, now.plus(9_999)).await, None);
}

#[tokio::test]
async fn attempts_come_at_growing_intervals_under_one_key_and_end_after_an_hour() {
    let (clinic, app) = told().await;
    let (mut now, mut attempts, mut keys) = (START, 0, Vec::new());
    while now.since(START) < LASTS {
        let record = attempt(&clinic, &app, now).await.unwrap();
        attempts += 1;
        keys.push(record.key);
        assert_eq!(attempt(&clinic, &app, now).await, None, "one of several servers makes it");
        clinic.registry.sync_failed(&app.serial(), "answer 503", now).await.unwrap();
        now = now.plus(pause_after(attempts)).min(START.plus(LASTS));
        assert_eq!(attempt(&clinic, &app, UnixTime(now.0 - 1)).await, None);
    }
    assert_eq!(attempts, 17);
    keys.dedup();
    assert_eq!(keys.len(), 1);
    assert_eq!(minute(&clinic, &app, now).await.1, Some(59), "it is not given up yet");
    assert_eq!(attempt(&clinic, &app, now).await, None, "the hour is over");
    let token = clinic.token(&app, now).await;
    assert_eq!(token.sync, NetworkSync::GivenUp { begun: START, attempts, at: now });
    assert_eq!(token.state, TokenState::PendingSync);
    assert_eq!(minute(&clinic, &app, now).await, (AppTokenState::PendingSync, Some(60)));
    let events = clinic.events().await;
    let told = sync_events(&events);
    assert_eq!(told[0], (Outcome::Refused, Some("not acknowledged within 60 minutes")));
    assert_eq!(told[1], (Outcome::Refused, Some("answer 503")));
    assert_eq!(told.len(), 1 + 2 * 17);
    assert_eq!(clinic.registry.syncs_due(now.plus(9_999), 10).await.unwrap(), []);
}

/// Up to where telling the network was given up.
async fn given_up() -> (Clinic, App, UnixTime) {
    let (clinic, app) = told().await;
    let now = START.plus(LASTS);
    assert_eq!(attempt(&clinic, &app, now).await, None);
    (clinic, app, now)
}

#[tokio::test]
async fn what_was_given_up_is_begun_again_by_the_owner_or_the_help_desk() {
    let (clinic, app, now) = given_up().await;
    let serial = app.serial();
    clinic.open_account(ben()).await;
    let half = clinic.half_session(ada(), now).await;
    let refused = clinic.registry.sync_own_token_again(&half, &serial, now).await;
    assert_eq!(refused, Err(OwnTokenError::NotSignedIn));
    let session = clinic.by_token(ada(), &app, now).await;
    for _ in 0..2 {
        let again = clinic.registry.sync_own_token_again(&session, &serial, now).await.unwrap();
        assert_eq!(again.sync, NetworkSync::begin(now), "asked twice is begun once");
    }
    let record = attempt(&clinic, &app, now.plus(1)).await.unwrap();
    assert!(record.key.ends_with(&now.to_string()), "another telling has another key");
    assert_eq!(minute(&clinic, &app, now.plus(60)).await.1, Some(1));

    let now = now.plus(LASTS + 60);
    assert_eq!(attempt(&clinic, &app, now).await, None);
    let again = clinic.registry.sync_token_again(&help_desk(), &serial, now).await.unwrap();
    assert_eq!(again.sync, NetworkSync::begin(now));
    let begun = |event: &&registry::Event| {
        event.what.kind == EventKind::NetworkSync && event.what.actor == help_desk()
    };
    assert_eq!(clinic.events().await.iter().filter(begun).count(), 1);
}

#[tokio::test]
async fn begun_again_twice_is_begun_once_where_the_network_answers_between() {
    let (clinic, app, now) = given_up().await;
    let (registry, serial) = (&clinic.registry, app.serial());
    let session = clinic.by_token(ada(), &app, now).await;
    registry.sync_own_token_again(&session, &serial, now).await.unwrap();
    registry.sync_acknowledged(&serial, now.plus(1)).await.unwrap();
    let again = registry.sync_own_token_again(&session, &serial, now.plus(2)).await.unwrap();
    assert_eq!(again.state, TokenState::Active);
    let again = registry.sync_token_again(&help_desk(), &serial, now.plus(2)).await.unwrap();
    assert_eq!(again.state, TokenState::Active);
}

#[tokio::test]
async fn an_acknowledgement_that_comes_late_counts_all_the_same() {
    let (clinic, app, now) = given_up().await;
    let token = clinic.registry.sync_acknowledged(&app.serial(), now.plus(9)).await.unwrap();
    assert_eq!(token.state, TokenState::Active);
    assert_eq!(judged(&clinic, &app, Purpose::Signing, now.plus(60)).await, Ok(()));
}

#[tokio::test]
async fn a_token_that_is_lost_or_locked_meanwhile_stays_so_and_comes_back_to_where_it_was() {
    for acknowledged in [false, true] {
        let back = if acknowledged { TokenState::Active } else { TokenState::PendingSync };
        let (clinic, app) = told().await;
        let (registry, serial, desk) = (&clinic.registry, app.serial(), help_desk());
        let (now, wrong) = (START.plus(60), app.wrong_code(START.plus(60)));
        for _ in 0..10 {
            let purpose = Purpose::SignIn;
            registry.verify(&ada(), &serial, &wrong, purpose, now).await.unwrap_err();
        }
        assert_eq!(clinic.token(&app, now).await.state, TokenState::Locked);
        assert!(attempt(&clinic, &app, now).await.is_some(), "the network is told all the same");
        if acknowledged {
            let token = registry.sync_acknowledged(&serial, now).await.unwrap();
            assert_eq!(token.state, TokenState::Locked);
        }
        assert_eq!(clinic.token(&app, now.plus(900)).await.state, back);
        registry.suspend_token(&desk, &serial, &label("lost"), now.plus(901)).await.unwrap();
        let found = registry.restore_token(&desk, &serial, &label("found"), now.plus(902)).await;
        assert_eq!(found.unwrap().state, back);
    }
}

#[tokio::test]
async fn of_a_deactivated_token_nobody_is_told_and_nothing_brings_it_back() {
    let (clinic, app) = told().await;
    let (registry, serial, now) = (&clinic.registry, app.serial(), START.plus(60));
    registry.deactivate_token(&help_desk(), &serial, DeactivationReason::Lost, now).await.unwrap();
    assert_eq!(registry.syncs_due(now, 10).await.unwrap(), []);
    assert_eq!(registry.begin_sync_attempt(&serial, now).await.unwrap(), None);
    let token = registry.sync_acknowledged(&serial, now).await.unwrap();
    assert_eq!(token.state, TokenState::Deactivated);
    let answer = registry.sync_token_again(&help_desk(), &serial, now).await;
    assert_eq!(answer, Err(Error::NotPossible(TokenState::Deactivated)));
}

#[tokio::test]
async fn where_it_stands_survives_the_program() {
    let (clinic, app) = told().await;
    attempt(&clinic, &app, START.plus(1)).await.unwrap();
    let before = clinic.token(&app, START).await;
    let path = clinic.folder.path().join("countersign.db");
    let master = clinic.master();
    let Clinic { registry, store, folder, .. } = clinic;
    drop((registry, store));
    let store = Arc::new(SqliteStore::open(path).unwrap());
    let registry = Registry::open(store, master, START, &mut rng()).await.unwrap();
    let due = START.plus(1 + pause_after(1));
    assert_eq!(registry.syncs_due(UnixTime(due.0 - 1), 10).await.unwrap(), []);
    assert_eq!(registry.syncs_due(due, 10).await.unwrap(), [app.serial()]);
    assert_eq!(registry.tokens(&ada(), START).await.unwrap(), [before]);
    let record = registry.begin_sync_attempt(&app.serial(), due).await.unwrap().unwrap();
    assert!(record.key.ends_with(&START.to_string()), "the telling goes on that began then");
    drop(folder);
}

#[tokio::test]
async fn of_many_the_longest_due_come_first() {
    let (clinic, _) = told().await;
    let mut serials = Vec::new();
    for seconds in [50, 10, 30] {
        let app = App::new("Fob");
        crate::hard_tokens::put(&clinic, &app, registry::Otp::Totp(oath::Totp::default()), None)
            .await;
        let mut record = clinic.store.token(&app.serial()).await.unwrap().unwrap();
        record.token.owner = Some(ada());
        record.token.state = TokenState::PendingSync;
        record.token.sync = NetworkSync::begin(START.plus(seconds));
        let writes = vec![Write::UpdateToken(Box::new(record))];
        clinic.store.commit(Changes { writes, events: Vec::new() }).await.unwrap();
        serials.push(app.serial());
    }
    let due = clinic.registry.syncs_due(START.plus(30), 10).await.unwrap();
    assert_eq!(due[1..], [serials[1].clone(), serials[2].clone()]);
    assert_eq!(clinic.registry.syncs_due(START.plus(60), 2).await.unwrap(), due[..2]);
}
