//! What an owner does with their tokens: lost, found, deactivated; and what follows from the last one.

use oath::UnixTime;
use registry::{
    Actor, Deactivation, DeactivationReason, Error, EventKind, Npi, Outcome, OwnTokenError,
    Remaining, Session, TokenState,
    rules::owning::remaining,
    store::{Changes, Write},
};

use crate::{
    clinic::{App, Clinic, START, ada, ben, help_desk, label},
    reporting::two_tokens,
};

const NOW: UnixTime = UnixTime(START.0 + 600);

fn meant(last_one_meant: bool) -> Deactivation {
    Deactivation { reason: DeactivationReason::Faulty, last_one_meant }
}

async fn full(clinic: &Clinic, app: &App, now: UnixTime) -> Session {
    clinic.by_token(ada(), app, now).await
}

#[tokio::test]
async fn a_loss_is_reported_by_the_passphrase_alone_and_taken_back_by_both_factors() {
    let (clinic, phone, tablet) = two_tokens().await;
    let (registry, lost) = (&clinic.registry, tablet.serial());
    let half = clinic.half_session(ada(), NOW).await;
    for _ in 0..2 {
        let token = registry.report_own_token_lost(&half, &lost, NOW).await.unwrap();
        assert_eq!(token.state, TokenState::Suspended);
    }
    let event = clinic.events().await.remove(0).what;
    assert_eq!((event.kind, event.outcome), (EventKind::TokenSuspended, Outcome::Success));
    assert_eq!(event.actor, Actor::Prescriber { npi: ada() });
    assert_eq!(event.cause.as_deref(), Some("reported lost by its owner"));

    let refused = registry.found_own_token(&half, &lost, NOW).await;
    assert_eq!(refused, Err(OwnTokenError::NotSignedIn));
    let session = full(&clinic, &phone, NOW).await;
    for _ in 0..2 {
        let token = registry.found_own_token(&session, &lost, NOW).await.unwrap();
        assert_eq!(token.state, TokenState::Active);
    }
    let found = clinic.events().await.into_iter().filter(|e| e.what.kind == EventKind::TokenFound);
    assert_eq!(found.count(), 1, "the second time changed nothing");
}

/// The form is sent again, and the token has come back to where it was before.
#[tokio::test]
async fn found_twice_is_found_once_where_it_comes_back_locked_or_waiting() {
    let (clinic, phone, tablet) = two_tokens().await;
    let (registry, lost) = (&clinic.registry, tablet.serial());
    for _ in 0..10 {
        let (wrong, purpose) = (tablet.wrong_code(NOW), registry::Purpose::Signing);
        registry.verify(&ada(), &lost, &wrong, purpose, NOW).await.unwrap_err();
    }
    let session = full(&clinic, &phone, NOW).await;
    registry.report_own_token_lost(&session, &lost, NOW).await.unwrap();
    for _ in 0..2 {
        let token = registry.found_own_token(&session, &lost, NOW).await.unwrap();
        assert_eq!(token.state, TokenState::Locked);
    }

    let waiting = Clinic::telling_network().await;
    waiting.open_account(ada()).await;
    let (app, desk) = (App::new("Phone"), help_desk());
    waiting.enrol_first(ada(), &app, START).await;
    let (registry, serial) = (&waiting.registry, app.serial());
    registry.suspend_token(&desk, &serial, &label("lost"), NOW).await.unwrap();
    for _ in 0..2 {
        let token = registry.restore_token(&desk, &serial, &label("found"), NOW).await.unwrap();
        assert_eq!(token.state, TokenState::PendingSync);
    }
}

#[tokio::test]
async fn who_signed_in_with_a_token_before_it_was_lost_is_out() {
    let (clinic, phone, tablet) = two_tokens().await;
    let (registry, lost) = (&clinic.registry, tablet.serial());
    let thief = clinic.secret_by_token(ada(), &tablet, NOW).await;
    let owner = clinic.secret_by_token(ada(), &phone, NOW).await;
    let half = clinic.half_session(ada(), NOW).await;
    registry.report_own_token_lost(&half, &lost, NOW).await.unwrap();
    assert!(registry.session(&thief, NOW).await.is_err(), "or it could be found again, by a thief");
    let session = registry.session(&owner, NOW).await.unwrap();

    // Also where the thief was quicker.
    registry.found_own_token(&session, &lost, NOW).await.unwrap();
    let thief = clinic.by_token(ada(), &tablet, NOW.plus(30)).await;
    registry.report_own_token_lost(&thief, &lost, NOW.plus(30)).await.unwrap();
    let found = registry.found_own_token(&thief, &lost, NOW.plus(30)).await;
    assert_eq!(found, Err(OwnTokenError::LostFactor));
    let given_up = registry.deactivate_own_token(&thief, &phone.serial(), meant(true), NOW).await;
    assert_eq!(given_up, Err(OwnTokenError::LostFactor));
    registry.report_own_token_lost(&session, &lost, NOW.plus(30)).await.unwrap();
    let found = registry.found_own_token(&thief, &lost, NOW.plus(30)).await;
    assert_eq!(found, Err(Error::SessionEnded.into()), "reported by the owner as well");

    // By the help desk, too; whoever gives up the token that they hold stays.
    registry.found_own_token(&session, &lost, NOW).await.unwrap();
    let thief = clinic.secret_by_token(ada(), &tablet, NOW.plus(60)).await;
    registry.suspend_token(&help_desk(), &lost, &label("stolen"), NOW).await.unwrap();
    assert!(registry.session(&thief, NOW.plus(60)).await.is_err());
    registry.deactivate_own_token(&session, &phone.serial(), meant(true), NOW).await.unwrap();
    assert!(registry.session(&owner, NOW).await.is_ok());
}

#[tokio::test]
async fn only_a_loss_may_be_told_late_in_a_session() {
    let (clinic, phone, tablet) = two_tokens().await;
    let (registry, serial) = (&clinic.registry, tablet.serial());
    let secret = clinic.secret_by_token(ada(), &phone, NOW).await;
    // Kept alive by a request now and then, until the second factor is no longer fresh.
    for minutes in [7, 14] {
        registry.session(&secret, NOW.plus(minutes * 60)).await.unwrap();
    }
    let later = NOW.plus(20 * 60 + 1);
    let session = registry.session(&secret, later).await.unwrap();
    let late = Err(OwnTokenError::NotFresh);
    assert_eq!(registry.deactivate_own_token(&session, &serial, meant(true), later).await, late);
    let codes = (&tablet.code(later), &tablet.code(later.plus(30)));
    let answer = registry.resynchronise_own_token(&session, &serial, codes, later).await;
    assert_eq!(answer, late);
    registry.report_own_token_lost(&session, &serial, later).await.unwrap();
    assert_eq!(registry.found_own_token(&session, &serial, later).await, late);
}

#[tokio::test]
async fn the_last_token_is_given_up_only_where_what_follows_is_meant() {
    let (clinic, phone, tablet) = two_tokens().await;
    let registry = &clinic.registry;
    let session = full(&clinic, &phone, NOW).await;
    let tokens = registry.tokens(&ada(), NOW).await.unwrap();
    assert_eq!(remaining(&tokens, &tokens[1], NOW), Remaining::Others(1));

    let gone = registry.deactivate_own_token(&session, &tablet.serial(), meant(false), NOW).await;
    assert_eq!(gone.unwrap().state, TokenState::Deactivated);
    assert_eq!(clinic.events().await[0].what.cause.as_deref(), Some("faulty"));

    let tokens = registry.tokens(&ada(), NOW).await.unwrap();
    let last = tokens.iter().find(|token| token.serial == phone.serial()).unwrap();
    assert_eq!(remaining(&tokens, last, NOW), Remaining::None);
    assert!(Remaining::None.text().contains("identity"));
    let serial = phone.serial();
    let refused = registry.deactivate_own_token(&session, &serial, meant(false), NOW).await;
    assert_eq!(refused, Err(OwnTokenError::LastToken));
    assert_eq!(clinic.token(&phone, NOW).await.state, TokenState::Active);
    for _ in 0..2 {
        let gone = registry.deactivate_own_token(&session, &serial, meant(true), NOW).await;
        assert_eq!(gone.unwrap().state, TokenState::Deactivated, "the same answer twice");
    }
}

#[tokio::test]
async fn a_suspended_token_is_none_to_fall_back_on() {
    let (clinic, phone, tablet) = two_tokens().await;
    let session = full(&clinic, &phone, NOW).await;
    let serial = tablet.serial();
    clinic.registry.report_own_token_lost(&session, &serial, NOW).await.unwrap();
    let refused =
        clinic.registry.deactivate_own_token(&session, &phone.serial(), meant(false), NOW).await;
    assert_eq!(refused, Err(OwnTokenError::LastToken));
}

#[tokio::test]
async fn a_device_is_not_uninstalled_by_the_help_desk_either() {
    let (clinic, _) = Clinic::with_token().await;
    let (registry, desk) = (&clinic.registry, help_desk());
    let fob = App::new("Fob");
    crate::hard_tokens::put(&clinic, &fob, registry::Otp::Totp(oath::Totp::default()), None).await;
    let mut record = clinic.store.token(&fob.serial()).await.unwrap().unwrap();
    record.token.token_type = oath::TokenType::Hard;
    let writes = vec![Write::UpdateToken(Box::new(record))];
    clinic.store.commit(Changes { writes, events: Vec::new() }).await.unwrap();
    let serial = fob.serial();
    let uninstalled = DeactivationReason::Uninstalled;
    let refused = registry.deactivate_token(&desk, &serial, uninstalled, NOW).await;
    assert_eq!(refused, Err(Error::OtherReason));
    let faulty = DeactivationReason::Faulty;
    let gone = registry.deactivate_token(&desk, &serial, faulty, NOW).await.unwrap();
    assert_eq!(gone.state, TokenState::Deactivated);
    assert_eq!(clinic.events().await[0].what.cause.as_deref(), Some("faulty"));
}

#[tokio::test]
async fn another_accounts_token_is_nobodys_here() {
    let (clinic, phone, tablet) = two_tokens().await;
    clinic.open_account(ben()).await;
    let bens = App::new("Ben's phone");
    clinic.enrol_first(ben(), &bens, NOW).await;
    let session = clinic.by_token(ben(), &bens, NOW.plus(60)).await;
    let now = NOW.plus(60);
    let unknown = Err(OwnTokenError::Registry(Error::UnknownToken));
    for serial in [phone.serial(), tablet.serial()] {
        let registry = &clinic.registry;
        assert_eq!(registry.report_own_token_lost(&session, &serial, now).await, unknown);
        assert_eq!(registry.found_own_token(&session, &serial, now).await, unknown);
        let answer = registry.deactivate_own_token(&session, &serial, meant(true), now).await;
        assert_eq!(answer, unknown);
        let codes = (&phone.code(now), &phone.code(now.plus(30)));
        assert_eq!(registry.resynchronise_own_token(&session, &serial, codes, now).await, unknown);
    }
}

#[tokio::test]
async fn what_is_past_it_says_so() {
    let (clinic, phone, tablet) = two_tokens().await;
    let (registry, serial) = (&clinic.registry, tablet.serial());
    let session = full(&clinic, &phone, NOW).await;
    let form = Deactivation { reason: DeactivationReason::Lost, last_one_meant: false };
    registry.deactivate_own_token(&session, &serial, form, NOW).await.unwrap();
    let past = Err(OwnTokenError::Registry(Error::NotPossible(TokenState::Deactivated)));
    assert_eq!(registry.report_own_token_lost(&session, &serial, NOW).await, past);
    assert_eq!(registry.found_own_token(&session, &serial, NOW).await, past);
    registry.sign_out(&session, NOW).await.unwrap();
    let ended = registry.report_own_token_lost(&session, &phone.serial(), NOW).await;
    assert_eq!(ended, Err(OwnTokenError::Registry(Error::SessionEnded)));
}

#[tokio::test]
async fn a_hard_token_is_not_uninstalled() {
    let (clinic, phone, tablet) = two_tokens().await;
    let session = full(&clinic, &phone, NOW).await;
    clinic.make_hard(&tablet).await;
    let form = Deactivation { reason: DeactivationReason::Uninstalled, last_one_meant: false };
    let answer = clinic.registry.deactivate_own_token(&session, &tablet.serial(), form, NOW).await;
    assert_eq!(answer, Err(OwnTokenError::OtherReason));
    let answer = clinic.registry.deactivate_own_token(&session, &phone.serial(), form, NOW).await;
    assert_eq!(answer.unwrap().state, TokenState::Deactivated);
}

#[tokio::test]
async fn the_help_desk_needs_no_session_of_the_owners() {
    let (clinic, phone, _) = two_tokens().await;
    let (registry, serial) = (&clinic.registry, phone.serial());
    let desk = help_desk();
    registry.suspend_token(&desk, &serial, &label("called in"), NOW).await.unwrap();
    registry.restore_token(&desk, &serial, &label("found"), NOW).await.unwrap();
    let npi: Npi = ada();
    assert_eq!(registry.tokens(&npi, NOW).await.unwrap()[0].state, TokenState::Active);
}
