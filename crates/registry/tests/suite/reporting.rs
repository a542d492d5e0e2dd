//! What the app of a token asks: its status, and to suspend another that is lost.

use oath::{Seed, SerialNumber, UnixTime};
use provisioning::{AppAnswer, AppAsk, AppRequest, AppTokenState, ReportId};
use registry::{
    Actor, AppRequestError, Cause, DeactivationReason, EventKind, Outcome, Purpose, ReportRefusal,
    TokenState, VerifyError,
};

use crate::clinic::{App, Clinic, START, ada, ben, help_desk, label, rng};

const NOW: UnixTime = UnixTime(START.0 + 120);

/// Ada with two active tokens.
pub(crate) async fn two_tokens() -> (Clinic, App, App) {
    let (clinic, phone) = Clinic::with_token().await;
    let tablet = App::new("Tablet");
    clinic.enrol_further(ada(), &phone, &tablet, START.plus(60)).await.unwrap();
    (clinic, phone, tablet)
}

async fn ask(clinic: &Clinic, request: &AppRequest) -> Result<AppAnswer, AppRequestError> {
    clinic.registry.app_request(request, NOW).await
}

async fn state(clinic: &Clinic, app: &App) -> TokenState {
    clinic.token(app, NOW).await.state
}

fn reported_events(events: &[registry::Event]) -> Vec<(Outcome, Option<&str>)> {
    let of_reports = events.iter().filter(|event| event.what.kind == EventKind::TokenSuspended);
    of_reports.map(|event| (event.what.outcome, event.what.cause.as_deref())).collect()
}

#[tokio::test]
async fn the_status_tells_of_the_token_and_the_others() {
    let (clinic, phone, tablet) = two_tokens().await;
    let answer = ask(&clinic, &phone.ask(AppAsk::Status, NOW)).await.unwrap();
    assert_eq!(answer.now, NOW);
    assert_eq!(answer.token.state, AppTokenState::Active);
    assert_eq!((answer.token.sync_minute, answer.token.locked_until), (None, None));
    let [other] = answer.others.as_slice() else { panic!("{:?}", answer.others) };
    assert_eq!((&other.serial, &other.name), (&tablet.serial(), &label("Tablet")));
    assert_eq!(other.state, AppTokenState::Active);
}

#[tokio::test]
async fn the_status_of_every_state_and_nothing_is_written() {
    let (clinic, phone, tablet) = two_tokens().await;
    let (registry, desk, serial) = (&clinic.registry, help_desk(), phone.serial());
    let status = || async { ask(&clinic, &phone.ask(AppAsk::Status, NOW)).await.unwrap() };

    for _ in 0..10 {
        let wrong = phone.wrong_code(NOW);
        drop(registry.verify(&ada(), &serial, &wrong, Purpose::Signing, NOW).await);
    }
    let locked = status().await;
    assert_eq!(locked.token.state, AppTokenState::Locked);
    assert_eq!(locked.token.locked_until, Some(NOW.plus(900)));
    assert_eq!(locked.others.len(), 1);
    let later = registry.app_request(&phone.ask(AppAsk::Status, NOW), NOW.plus(900)).await;
    assert_eq!(later.unwrap().token.state, AppTokenState::Active);

    registry.suspend_token(&desk, &serial, &label("reported"), NOW).await.unwrap();
    let suspended = status().await;
    assert_eq!((suspended.token.state, suspended.others), (AppTokenState::Suspended, vec![]));
    registry.deactivate_token(&desk, &serial, DeactivationReason::Lost, NOW).await.unwrap();
    let deactivated = status().await;
    assert_eq!((deactivated.token.state, deactivated.others), (AppTokenState::Deactivated, vec![]));
    let seen = ask(&clinic, &tablet.ask(AppAsk::Status, NOW)).await.unwrap();
    assert_eq!(seen.others, [], "a deactivated token can't be reported");

    let unowned = App::new("Watch");
    let (link, _) = clinic.begin(ada(), NOW).await;
    clinic.send(&unowned.seal(&link), NOW).await.unwrap();
    let before = clinic.events().await;
    let provisioned = ask(&clinic, &unowned.ask(AppAsk::Status, NOW)).await.unwrap();
    assert_eq!((provisioned.token.state, provisioned.others), (AppTokenState::Provisioned, vec![]));
    assert_eq!(clinic.events().await, before, "to ask is no event");
}

#[tokio::test]
async fn a_lost_token_is_suspended_at_once_and_its_codes_are_refused_with_the_cause() {
    let (clinic, phone, tablet) = two_tokens().await;
    let answer = ask(&clinic, &phone.report(&tablet.serial(), NOW)).await.unwrap();
    assert_eq!(answer.token.state, AppTokenState::Active);
    assert_eq!(answer.others[0].state, AppTokenState::Suspended);

    let code = tablet.code(NOW);
    let refused =
        clinic.registry.verify(&ada(), &tablet.serial(), &code, Purpose::Signing, NOW).await;
    let cause = Cause::NotActive { state: TokenState::Suspended };
    assert_eq!(refused, Err(VerifyError::Refused(cause.clone())));
    assert!(cause.to_string().contains("reported lost"), "{cause}");

    let event = clinic
        .registry
        .events(Some(ada()), 10)
        .await
        .unwrap()
        .into_iter()
        .find(|event| event.what.kind == EventKind::TokenSuspended)
        .unwrap()
        .what;
    assert_eq!(event.actor, Actor::Token { npi: ada(), serial: phone.serial() });
    assert_eq!((event.account, event.serial), (Some(ada()), Some(tablet.serial())));
    assert_eq!((event.at, event.outcome), (NOW, Outcome::Success));
    assert_eq!(event.cause.as_deref(), Some("reported lost"));
}

#[tokio::test]
async fn the_same_report_acts_once_also_after_the_token_was_found() {
    let (clinic, phone, tablet) = two_tokens().await;
    let report = phone.report(&tablet.serial(), NOW);
    let first = ask(&clinic, &report).await.unwrap();
    let events = clinic.events().await;
    for _ in 0..3 {
        assert_eq!(ask(&clinic, &report).await.unwrap(), first);
    }
    assert_eq!(clinic.events().await, events);

    clinic
        .registry
        .restore_token(&help_desk(), &tablet.serial(), &label("found"), NOW)
        .await
        .unwrap();
    let replayed = ask(&clinic, &report).await.unwrap();
    assert_eq!(replayed.others[0].state, AppTokenState::Active);
    assert_eq!(state(&clinic, &tablet).await, TokenState::Active);

    ask(&clinic, &phone.report(&tablet.serial(), NOW)).await.unwrap();
    assert_eq!(state(&clinic, &tablet).await, TokenState::Suspended, "a new report acts");
}

/// Also a report that changed nothing is spent.
#[tokio::test]
async fn a_report_of_a_suspended_token_does_not_act_later() {
    let (clinic, phone, tablet) = two_tokens().await;
    clinic
        .registry
        .suspend_token(&help_desk(), &tablet.serial(), &label("reported"), NOW)
        .await
        .unwrap();
    let report = phone.report(&tablet.serial(), NOW);
    let answer = ask(&clinic, &report).await.unwrap();
    assert_eq!(answer.others[0].state, AppTokenState::Suspended);
    clinic
        .registry
        .restore_token(&help_desk(), &tablet.serial(), &label("found"), NOW)
        .await
        .unwrap();
    ask(&clinic, &report).await.unwrap();
    assert_eq!(state(&clinic, &tablet).await, TokenState::Active);
    let events = clinic.events().await;
    assert_eq!(reported_events(&events)[0], (Outcome::Success, Some("reported lost again")));
}

#[tokio::test]
async fn one_report_is_about_one_token() {
    let (clinic, phone, tablet) = two_tokens().await;
    let watch = App::new("Watch");
    clinic.enrol_further(ada(), &phone, &watch, START.plus(90)).await.unwrap();
    let report_id = ReportId::generate(&mut rng());
    let about =
        |lost: &App| phone.ask(AppAsk::ReportLost { serial: lost.serial(), report_id }, NOW);
    ask(&clinic, &about(&tablet)).await.unwrap();
    let refused = ask(&clinic, &about(&watch)).await;
    assert_eq!(refused, Err(ReportRefusal::ReportUsed.into()));
    assert_eq!(state(&clinic, &watch).await, TokenState::Active);
    // Another token's reports are its own.
    let lost = AppAsk::ReportLost { serial: phone.serial(), report_id };
    ask(&clinic, &watch.ask(lost, NOW)).await.unwrap();
    assert_eq!(state(&clinic, &phone).await, TokenState::Suspended);
}

#[tokio::test]
async fn a_report_is_refused_with_its_cause_and_recorded() {
    let (clinic, phone, tablet) = two_tokens().await;
    clinic.open_account(ben()).await;
    let bens = App::new("Ben's phone");
    clinic.enrol_first(ben(), &bens, NOW).await;
    let gone = App::new("Old phone");
    clinic.enrol_further(ada(), &phone, &gone, START.plus(90)).await.unwrap();
    let (desk, reason) = (help_desk(), DeactivationReason::NotNeeded);
    clinic.registry.deactivate_token(&desk, &gone.serial(), reason, NOW).await.unwrap();
    let nobodys: SerialNumber = "CSST00000000".parse().unwrap();
    let deactivated = ReportRefusal::NotPossible { state: TokenState::Deactivated };
    for (lost, refusal) in [
        (phone.serial(), ReportRefusal::OwnToken),
        (bens.serial(), ReportRefusal::UnknownToken),
        (nobodys, ReportRefusal::UnknownToken),
        (gone.serial(), deactivated),
    ] {
        let refused = ask(&clinic, &phone.report(&lost, NOW)).await;
        assert_eq!(refused, Err(refusal.into()), "{lost}");
        let event = clinic.events().await.remove(0).what;
        assert_eq!(event.actor, Actor::Token { npi: ada(), serial: phone.serial() });
        assert_eq!((event.account, event.serial), (Some(ada()), Some(lost)));
        assert_eq!(event.outcome, Outcome::Refused);
        assert_eq!(event.cause.as_deref(), Some(refusal.name()));
    }
    for app in [&phone, &tablet, &bens] {
        assert_eq!(state(&clinic, app).await, TokenState::Active);
    }
}

#[tokio::test]
async fn another_accounts_token_is_unknown_whatever_its_state() {
    let (clinic, phone, _) = two_tokens().await;
    clinic.open_account(ben()).await;
    let bens = App::new("Ben's phone");
    clinic.enrol_first(ben(), &bens, NOW).await;
    let (registry, desk, serial) = (&clinic.registry, help_desk(), bens.serial());
    let report = || async { ask(&clinic, &phone.report(&serial, NOW)).await };
    let unknown = Err(ReportRefusal::UnknownToken.into());
    assert_eq!(report().await, unknown);
    registry.suspend_token(&desk, &serial, &label("reported"), NOW).await.unwrap();
    assert_eq!(report().await, unknown);
    registry.deactivate_token(&desk, &serial, DeactivationReason::Lost, NOW).await.unwrap();
    assert_eq!(report().await, unknown);
}

#[tokio::test]
async fn a_suspended_or_unowned_token_reports_nothing() {
    let (clinic, phone, tablet) = two_tokens().await;
    let unowned = App::new("Watch");
    let (link, _) = clinic.begin(ada(), NOW).await;
    clinic.send(&unowned.seal(&link), NOW).await.unwrap();
    let refused = ask(&clinic, &unowned.report(&tablet.serial(), NOW)).await;
    let not_in_use = |state| Err(ReportRefusal::NotInUse { state }.into());
    assert_eq!(refused, not_in_use(TokenState::Provisioned));

    ask(&clinic, &tablet.report(&phone.serial(), NOW)).await.unwrap();
    let refused = ask(&clinic, &phone.report(&tablet.serial(), NOW)).await;
    assert_eq!(refused, not_in_use(TokenState::Suspended));
    assert_eq!(state(&clinic, &tablet).await, TokenState::Active);
}

/// Somebody who types wrong codes must not be able to keep the owner from reporting.
#[tokio::test]
async fn a_locked_token_reports_and_is_reported() {
    let (clinic, phone, tablet) = two_tokens().await;
    for app in [&phone, &tablet] {
        for _ in 0..10 {
            let (serial, wrong) = (app.serial(), app.wrong_code(NOW));
            drop(clinic.registry.verify(&ada(), &serial, &wrong, Purpose::Signing, NOW).await);
        }
        assert_eq!(state(&clinic, app).await, TokenState::Locked);
    }
    ask(&clinic, &phone.report(&tablet.serial(), NOW)).await.unwrap();
    assert_eq!(state(&clinic, &tablet).await, TokenState::Suspended);
    clinic
        .registry
        .restore_token(&help_desk(), &tablet.serial(), &label("found"), NOW)
        .await
        .unwrap();
    assert_eq!(state(&clinic, &tablet).await, TokenState::Locked, "to lose it unlocks nothing");
}

/// The old phone is gone, and the network has not acknowledged the new one yet.
#[tokio::test]
async fn a_token_that_waits_for_the_network_reports_and_sees_the_others() {
    let clinic = Clinic::telling_network().await;
    clinic.open_account(ada()).await;
    let (old, new) = (App::new("Old phone"), App::new("New phone"));
    clinic.enrol_first(ada(), &old, START).await;
    clinic.registry.sync_acknowledged(&old.serial(), START).await.unwrap();
    clinic.enrol_further(ada(), &old, &new, START.plus(60)).await.unwrap();
    assert_eq!(state(&clinic, &new).await, TokenState::PendingSync);
    let answer = ask(&clinic, &new.ask(AppAsk::Status, NOW)).await.unwrap();
    assert_eq!(answer.others.len(), 1);
    ask(&clinic, &new.report(&old.serial(), NOW)).await.unwrap();
    assert_eq!(state(&clinic, &old).await, TokenState::Suspended);
}

#[tokio::test]
async fn a_stranger_is_refused_alike_and_leaves_no_trace() {
    let (clinic, phone, tablet) = two_tokens().await;
    let other_seed = Seed::generate(&mut rng());
    let unknown = App::new("Nobody's");
    let before = clinic.events().await;
    let report_id = ReportId::generate(&mut rng());
    for ask_for in [AppAsk::Status, AppAsk::ReportLost { serial: tablet.serial(), report_id }] {
        let forged = AppRequest::new(phone.id, ask_for.clone(), NOW, &other_seed);
        let of_unknown = unknown.ask(ask_for, NOW);
        for request in [forged, of_unknown] {
            let refused = ask(&clinic, &request).await;
            assert_eq!(refused, Err(AppRequestError::CannotOpen));
        }
    }
    assert_eq!(clinic.events().await, before);
    assert_eq!(state(&clinic, &tablet).await, TokenState::Active);
}

#[tokio::test]
async fn the_apps_clock_decides_nothing() {
    let (clinic, phone, tablet) = two_tokens().await;
    for at in [UnixTime(0), UnixTime(NOW.0 - 86_400), NOW.plus(86_400), UnixTime(u64::MAX)] {
        let answer = ask(&clinic, &phone.ask(AppAsk::Status, at)).await.unwrap();
        assert_eq!(answer.now, NOW);
        ask(&clinic, &phone.report(&tablet.serial(), at)).await.unwrap();
        assert_eq!(state(&clinic, &tablet).await, TokenState::Suspended);
        clinic
            .registry
            .restore_token(&help_desk(), &tablet.serial(), &label("found"), NOW)
            .await
            .unwrap();
    }
}
