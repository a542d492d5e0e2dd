//! Activations, provisioning data, association.

use oath::{Manufacturer, TokenType, UnixTime};
use provisioning::{ActivationId, ActivationSecret, ServerPrivateKey};
use registry::{
    Actor, AssociateError, Cause, ConfirmError, DeactivationReason, Error, EventKind, Field,
    IdempotencyKey, Lock, Npi, Outcome, TokenState,
};

use crate::clinic::{App, Clinic, START, ada, ben, help_desk, label, rng};

const LATER: UnixTime = UnixTime(START.0 + 60);

#[tokio::test]
async fn the_whole_way_from_account_to_accepted_code() {
    let clinic = Clinic::with_ada().await;
    let app = App::new("Phone");
    let (link, confirmation) = clinic.begin(ada(), START).await;
    let consumed = clinic.send(&app.seal(&link), START).await.unwrap();
    assert_eq!((consumed.credential_id, consumed.repeated), (app.id, false));
    assert_eq!(clinic.token(&app, START).await.state, TokenState::Provisioned);

    let session = clinic.confirmed(ada(), &confirmation, START).await;
    let token = clinic.registry.associate(&session, &app.form(START), START).await.unwrap();
    assert_eq!(token.state, TokenState::Active);
    assert_eq!(token.owner, Some(ada()));
    assert_eq!(clinic.registry.tokens(&ada(), START).await.unwrap(), [token]);

    let (serial, code) = (app.serial(), app.code(LATER));
    let purpose = registry::Purpose::Signing;
    let accepted = clinic.registry.verify(&ada(), &serial, &code, purpose, LATER).await.unwrap();
    assert_eq!((accepted.serial, accepted.name), (serial, label("Phone")));
}

#[tokio::test]
async fn the_same_token_sent_again_gets_the_same_answer_and_changes_nothing() {
    let clinic = Clinic::with_ada().await;
    let app = App::new("Phone");
    let (link, _) = clinic.begin(ada(), START).await;
    let sealed = app.seal(&link);
    clinic.send(&sealed, START).await.unwrap();
    let (before, events) = (clinic.token(&app, START).await, clinic.events().await);

    // The same bytes; and what an app makes that lost the answer and seals once more.
    for again in [&sealed, &app.seal(&link)] {
        let consumed = clinic.send(again, LATER).await.unwrap();
        assert_eq!((consumed.credential_id, consumed.repeated), (app.id, true));
    }
    // Even after the link has expired.
    let long_after = START.plus(48 * 3600);
    assert!(clinic.send(&sealed, long_after).await.unwrap().repeated);
    assert_eq!(clinic.token(&app, START).await, before);
    assert_eq!(clinic.events().await, events);
}

#[tokio::test]
async fn a_replay_revives_no_deactivated_token() {
    let clinic = Clinic::with_ada().await;
    let app = App::new("Phone");
    let (link, confirmation) = clinic.begin(ada(), START).await;
    let sealed = app.seal(&link);
    clinic.send(&sealed, START).await.unwrap();
    let session = clinic.confirmed(ada(), &confirmation, START).await;
    clinic.registry.associate(&session, &app.form(START), START).await.unwrap();
    let deactivated = clinic
        .registry
        .deactivate_token(&help_desk(), &app.serial(), DeactivationReason::Lost, LATER)
        .await;
    let deactivated = deactivated.unwrap();

    assert!(clinic.send(&sealed, LATER).await.unwrap().repeated);
    assert_eq!(clinic.token(&app, LATER).await, deactivated);
    let later = LATER.plus(30);
    let refused = clinic.registry.associate(&session, &app.form(later), later).await;
    assert_eq!(refused, Err(AssociateError::NeedsConfirmation));
}

#[tokio::test]
async fn one_activation_takes_one_token() {
    let clinic = Clinic::with_ada().await;
    let (one, two) = (App::new("One"), App::new("Two"));
    let (link, _) = clinic.begin(ada(), START).await;
    clinic.send(&one.seal(&link), START).await.unwrap();
    let refused = clinic.send(&two.seal(&link), START).await;
    assert_eq!(refused, Err(Error::ActivationUsed));
    assert_eq!(clinic.registry.all_tokens(None, 10, START).await.unwrap().len(), 1);
}

#[tokio::test]
async fn an_expired_or_replaced_activation_takes_none() {
    let clinic = Clinic::with_ada().await;
    let app = App::new("Phone");
    let (link, _) = clinic.begin(ada(), START).await;
    let sealed = app.seal(&link);
    let refused = clinic.send(&sealed, link.expires.plus(1)).await;
    assert_eq!(refused, Err(Error::ActivationExpired));

    let (newer, _) = clinic.begin(ada(), START).await;
    let refused = clinic.send(&sealed, START).await;
    assert_eq!(refused, Err(Error::ActivationExpired));
    assert!(clinic.send(&app.seal(&newer), newer.expires).await.is_ok());
}

#[tokio::test]
async fn an_unknown_activation_and_a_wrong_secret_look_the_same() {
    let clinic = Clinic::with_ada().await;
    let app = App::new("Phone");
    let (mut link, _) = clinic.begin(ada(), START).await;
    link.secret = ActivationSecret::generate(&mut rng());
    let wrong_secret = clinic.send(&app.seal(&link), START).await;
    link.activation = ActivationId::generate(&mut rng());
    let unknown = clinic.send(&app.seal(&link), START).await;
    assert_eq!(wrong_secret, Err(Error::Provisioning(provisioning::Error::CannotOpen)));
    assert_eq!(unknown, wrong_secret);
    // Not even one that is sealed with the secret that stands in for the unknown one.
    link.secret = ActivationSecret::from_bytes([0; 32]);
    let guessed = clinic.send(&app.seal(&link), START).await;
    assert_eq!(guessed, wrong_secret);

    link.key = ServerPrivateKey::generate(&mut rng()).public();
    let other = clinic.send(&app.seal(&link), START).await;
    assert_eq!(other, Err(Error::Provisioning(provisioning::Error::OtherServer)));
}

#[tokio::test]
async fn a_credential_id_that_is_taken_is_refused() {
    let (clinic, app) = Clinic::with_token().await;
    clinic.open_account(ben()).await;
    let (link, _) = clinic.begin(ben(), START).await;
    let twin = App { id: app.id, ..App::new("Twin") };
    let refused = clinic.send(&twin.seal(&link), START).await;
    assert_eq!(refused, Err(Error::CredentialIdTaken));
    let refused = clinic.send(&twin.export(clinic.registry.server_key()), START).await;
    assert_eq!(refused, Err(Error::CredentialIdTaken));
    // The link is not used up by it.
    assert!(clinic.send(&App::new("x").seal(&link), START).await.is_ok());
}

#[tokio::test]
async fn the_same_credential_id_with_another_seed_is_not_the_same_token() {
    let clinic = Clinic::with_ada().await;
    let key = clinic.registry.server_key();
    let exported = App::new("Exported");
    clinic.send(&exported.export(key), START).await.unwrap();
    let twin = App { id: exported.id, ..App::new("Twin") };
    assert_eq!(clinic.send(&twin.export(key), START).await, Err(Error::CredentialIdTaken));

    let enrolled = App::new("Enrolled");
    let (link, _) = clinic.begin(ada(), START).await;
    clinic.send(&enrolled.seal(&link), START).await.unwrap();
    let twin = App { id: enrolled.id, ..App::new("Twin") };
    assert_eq!(clinic.send(&twin.seal(&link), START).await, Err(Error::ActivationUsed));
}

#[tokio::test]
async fn an_export_is_imported_once_and_may_become_a_first_token() {
    let clinic = Clinic::with_ada().await;
    let app = App::new("Phone");
    let export = app.export(clinic.registry.server_key());
    let first = clinic.send(&export, START).await.unwrap();
    let again = clinic.send(&export, LATER).await.unwrap();
    assert_eq!((first.repeated, again.repeated), (false, true));

    let (_, confirmation) = clinic.begin(ada(), START).await;
    let session = clinic.confirmed(ada(), &confirmation, START).await;
    let token = clinic.registry.associate(&session, &app.form(START), START).await.unwrap();
    assert_eq!(token.state, TokenState::Active);
    // That completed the activation: its code is no second factor any more.
    let half = clinic.half_session(ada(), START).await;
    let refused = clinic.registry.confirm(&half, &confirmation, START).await;
    assert_eq!(refused, Err(ConfirmError::HasToken));
}

#[tokio::test]
async fn an_export_of_a_token_that_is_enrolled_here_is_a_repetition() {
    let (clinic, app) = Clinic::with_token().await;
    let (before, events) = (clinic.token(&app, LATER).await, clinic.events().await);
    let export = app.export(clinic.registry.server_key());
    assert!(clinic.send(&export, LATER).await.unwrap().repeated);
    assert_eq!(clinic.token(&app, LATER).await, before);
    assert_eq!(clinic.events().await, events);
}

/// The events since there were so many, the latest first: kind, outcome, account, cause.
async fn since(clinic: &Clinic, before: usize) -> Vec<(EventKind, Outcome, Option<Npi>, String)> {
    let events = clinic.events().await;
    let new = events.len() - before;
    let told = events.into_iter().take(new).map(|event| event.what);
    told.map(|what| (what.kind, what.outcome, what.account, what.cause.unwrap_or_default()))
        .collect()
}

#[tokio::test]
async fn a_refused_token_of_an_invited_app_leaves_an_event_and_a_strangers_none() {
    let clinic = Clinic::with_ada().await;
    let (one, two) = (App::new("One"), App::new("Two"));
    let (mut link, _) = clinic.begin(ada(), START).await;
    let sealed = two.seal(&link);
    let refused = |cause: &str| {
        let cause = cause.to_owned();
        vec![(EventKind::TokenProvisioned, Outcome::Refused, Some(ada()), cause)]
    };
    let before = clinic.events().await.len();
    clinic.send(&sealed, link.expires.plus(1)).await.unwrap_err();
    assert_eq!(since(&clinic, before).await, refused("activation-expired"));
    clinic.send(&one.seal(&link), START).await.unwrap();
    let before = clinic.events().await.len();
    clinic.send(&sealed, START).await.unwrap_err();
    assert_eq!(since(&clinic, before).await, refused("activation-used"));

    let before = clinic.events().await.len();
    link.secret = ActivationSecret::generate(&mut rng());
    clinic.send(&two.seal(&link), START).await.unwrap_err();
    assert_eq!(since(&clinic, before).await, []);
}

#[tokio::test]
async fn a_refused_association_leaves_an_event() {
    let (clinic, _, session) = about_to_associate().await;
    let before = clinic.events().await.len();
    let unknown = App::new("x").form(START);
    clinic.registry.associate(&session, &unknown, START).await.unwrap_err();
    let event = (EventKind::TokenAssociated, Outcome::Refused, Some(ada()));
    let cause = "no such token waiting".to_owned();
    assert_eq!(since(&clinic, before).await, [(event.0, event.1, event.2, cause)]);

    let half = clinic.half_session(ada(), START).await;
    let before = clinic.events().await.len();
    clinic.registry.associate(&half, &unknown, START).await.unwrap_err();
    assert_eq!(since(&clinic, before).await, [], "one factor fills no audit");
}

#[tokio::test]
async fn ten_wrong_confirmation_codes_end_an_activation() {
    let clinic = Clinic::with_ada().await;
    let (_, right) = clinic.begin(ada(), START).await;
    let wrong = "AAAA AAAA".parse().unwrap();
    let session = clinic.half_session(ada(), START).await;
    for tries_left in (0..10).rev() {
        let refused = clinic.registry.confirm(&session, &wrong, START).await;
        assert_eq!(refused, Err(ConfirmError::Wrong { tries_left }));
    }
    for code in [&wrong, &right] {
        let refused = clinic.registry.confirm(&session, code, START).await;
        assert_eq!(refused, Err(ConfirmError::NoOpenActivation));
    }
}

#[tokio::test]
async fn a_confirmation_code_is_good_again_until_a_token_is_there() {
    let clinic = Clinic::with_ada().await;
    let (link, confirmation) = clinic.begin(ada(), START).await;
    clinic.confirmed(ada(), &confirmation, START).await;
    let app = App::new("Phone");
    clinic.send(&app.seal(&link), START).await.unwrap();
    // The browser was closed: sign in again, with the same code.
    let session = clinic.confirmed(ada(), &confirmation, LATER).await;
    clinic.registry.associate(&session, &app.form(LATER), LATER).await.unwrap();

    let half = clinic.half_session(ada(), LATER).await;
    let refused = clinic.registry.confirm(&half, &confirmation, LATER).await;
    assert_eq!(refused, Err(ConfirmError::HasToken));
    clinic
        .registry
        .deactivate_token(&help_desk(), &app.serial(), DeactivationReason::Lost, LATER)
        .await
        .unwrap();
    let refused = clinic.registry.confirm(&half, &confirmation, LATER).await;
    assert_eq!(refused, Err(ConfirmError::NoOpenActivation));
}

#[tokio::test]
async fn a_code_that_was_begun_beside_a_token_does_not_wait_for_that_token_to_go() {
    let (clinic, app) = Clinic::with_token().await;
    let (_, beforehand) = clinic.begin(ada(), LATER).await;
    let desk = help_desk();
    clinic
        .registry
        .deactivate_token(&desk, &app.serial(), DeactivationReason::Lost, LATER)
        .await
        .unwrap();
    let half = clinic.half_session(ada(), LATER).await;
    let refused = clinic.registry.confirm(&half, &beforehand, LATER).await;
    assert_eq!(refused, Err(ConfirmError::NoOpenActivation));
    let begun = clinic.try_begin_proved(&desk, ada(), 24 * 3600, Some("licence seen"), LATER).await;
    clinic.registry.confirm(&half, &begun.unwrap().confirmation, LATER).await.unwrap();
}

#[tokio::test]
async fn a_confirmation_code_is_good_for_a_day_though_the_link_is_longer() {
    let clinic = Clinic::with_ada().await;
    let begun = clinic.try_begin(&help_desk(), ada(), 7 * 24 * 3600, START).await.unwrap();
    let day = START.plus(24 * 3600);
    clinic.confirmed(ada(), &begun.confirmation, day).await;
    let half = clinic.half_session(ada(), day.plus(1)).await;
    let refused = clinic.registry.confirm(&half, &begun.confirmation, day.plus(1)).await;
    assert_eq!(refused, Err(ConfirmError::NoOpenActivation));
}

#[tokio::test]
async fn another_accounts_confirmation_code_is_wrong() {
    let clinic = Clinic::with_ada().await;
    clinic.open_account(ben()).await;
    let (_, adas) = clinic.begin(ada(), START).await;
    let _ = clinic.begin(ben(), START).await;
    let bens_session = clinic.half_session(ben(), START).await;
    let refused = clinic.registry.confirm(&bens_session, &adas, START).await;
    assert_eq!(refused, Err(ConfirmError::Wrong { tries_left: 9 }));
}

#[tokio::test]
async fn only_the_help_desk_invites() {
    let clinic = Clinic::with_ada().await;
    let hour = 3600;
    for (actor, npi, valid_for, error) in [
        (Actor::Prescriber { npi: ada() }, ada(), hour, Error::NotAllowed),
        (Actor::Stranger, ada(), hour, Error::NotAllowed),
        (help_desk(), ben(), hour, Error::UnknownAccount),
        (help_desk(), ada(), u64::MAX, Error::ValidForTooLong),
    ] {
        let refused = clinic.try_begin(&actor, npi, valid_for, START).await;
        assert_eq!(refused.unwrap_err(), error);
    }
}

/// A clinic where Ada's first token waits to be associated.
async fn about_to_associate() -> (Clinic, App, registry::Session) {
    let clinic = Clinic::with_ada().await;
    let app = App::new("Phone");
    let (link, confirmation) = clinic.begin(ada(), START).await;
    clinic.send(&app.seal(&link), START).await.unwrap();
    let session = clinic.confirmed(ada(), &confirmation, START).await;
    (clinic, app, session)
}

#[tokio::test]
async fn submitting_twice_gives_the_same_answer_twice() {
    let (clinic, app, session) = about_to_associate().await;
    let form = app.form(START);
    let first = clinic.registry.associate(&session, &form, START).await.unwrap();
    let events = clinic.events().await;
    // Seconds later, and when the code is long gone and the sign-in no longer fresh.
    for at in [START.plus(1), START.plus(14 * 60)] {
        assert_eq!(clinic.registry.associate(&session, &form, at).await.as_ref(), Ok(&first));
    }
    assert_eq!(clinic.events().await, events);

    let new_key = IdempotencyKey::generate(&mut rng());
    let other_form = registry::Association { idempotency_key: new_key, ..form.clone() };
    let refused = clinic.registry.associate(&session, &other_form, START).await;
    assert_eq!(refused, Err(AssociateError::NeedsTokenCode));
    let session = clinic.by_token(ada(), &app, LATER).await;
    let refused = clinic.registry.associate(&session, &other_form, LATER).await;
    assert_eq!(refused, Err(AssociateError::AlreadyYours(label("Phone"))));
    let serial = App::new("x").serial();
    let same_key = registry::Association { serial, ..form };
    let refused = clinic.registry.associate(&session, &same_key, LATER).await;
    assert_eq!(refused, Err(AssociateError::FormUsed));
}

#[tokio::test(flavor = "multi_thread")]
async fn fifty_submits_at_once_all_get_the_one_answer() {
    let (clinic, app, session) = about_to_associate().await;
    let form = app.form(START);
    let submits: Vec<_> = (0..50)
        .map(|_| {
            let (registry, session, form) =
                (clinic.registry.clone(), session.clone(), form.clone());
            tokio::spawn(async move { registry.associate(&session, &form, START).await })
        })
        .collect();
    for submit in submits {
        assert_eq!(submit.await.unwrap().unwrap().state, TokenState::Active);
    }
    let associated =
        |event: &&registry::Event| event.what.kind == registry::EventKind::TokenAssociated;
    assert_eq!(clinic.events().await.iter().filter(associated).count(), 1);
}

#[tokio::test]
async fn what_contradicts_the_serial_number_is_explained_at_its_field() {
    let (clinic, app, session) = about_to_associate().await;
    let form = registry::Association { manufacturer: Manufacturer::Symantec, ..app.form(START) };
    let error = clinic.registry.associate(&session, &form, START).await.unwrap_err();
    assert_eq!(error, AssociateError::OtherManufacturer(Manufacturer::Countersign));
    assert_eq!(error.field(), Some(Field::Manufacturer));
    let form = registry::Association { token_type: TokenType::Hard, ..app.form(START) };
    let error = clinic.registry.associate(&session, &form, START).await.unwrap_err();
    assert_eq!(error, AssociateError::OtherType(TokenType::Soft));
    assert_eq!(error.field(), Some(Field::TokenType));
}

#[tokio::test]
async fn nobody_learns_of_another_accounts_token() {
    let (clinic, _, session) = about_to_associate().await;
    clinic.open_account(ben()).await;
    let (waiting, active, unknown) = (App::new("a"), App::new("b"), App::new("c"));
    clinic.enrol_first(ben(), &active, START).await;
    let (link, _) = clinic.begin(ben(), START).await;
    clinic.send(&waiting.seal(&link), START).await.unwrap();
    for app in [&waiting, &active, &unknown] {
        let error = clinic.registry.associate(&session, &app.form(START), START).await.unwrap_err();
        assert_eq!(error, AssociateError::NotWaiting, "{}", app.name);
        assert_eq!(error.field(), Some(Field::Serial));
    }
    assert_eq!(clinic.token(&waiting, START).await.failures, 0);
}

#[tokio::test]
async fn a_token_of_a_replaced_enrolment_is_told_so_to_its_own_account() {
    let clinic = Clinic::with_ada().await;
    let (old, new) = (App::new("Old"), App::new("New"));
    let (link, _) = clinic.begin(ada(), START).await;
    clinic.send(&old.seal(&link), START).await.unwrap();
    let (link, confirmation) = clinic.begin(ada(), START).await;
    clinic.send(&new.seal(&link), START).await.unwrap();
    let session = clinic.confirmed(ada(), &confirmation, START).await;
    let error = clinic.registry.associate(&session, &old.form(START), START).await.unwrap_err();
    assert_eq!(error, AssociateError::EarlierEnrolment);
    assert_eq!(error.field(), Some(Field::Serial));
    assert!(clinic.registry.associate(&session, &new.form(START), START).await.is_ok());
}

#[tokio::test]
async fn wrong_codes_at_association_count_and_lock_that_token() {
    let (clinic, app, session) = about_to_associate().await;
    let wrong = app.wrong_code(START);
    for failures in 1..=10 {
        let form = registry::Association { code: wrong.clone(), ..app.form(START) };
        let error = clinic.registry.associate(&session, &form, START).await.unwrap_err();
        assert_eq!(error, AssociateError::Code(Cause::Wrong));
        assert_eq!(clinic.token(&app, START).await.failures, failures);
    }
    let token = clinic.token(&app, START).await;
    assert_eq!(token.state, TokenState::Provisioned);
    assert_eq!(token.lock, Some(Lock::Until(START.plus(900))));
    let error = clinic.registry.associate(&session, &app.form(START), START).await.unwrap_err();
    let until = Some(START.plus(900));
    assert_eq!(error, AssociateError::Code(Cause::Locked { until, seconds_left: 900 }));
    // The help desk helps; then the right code is good.
    clinic.registry.unlock_token(&help_desk(), &app.serial(), LATER).await.unwrap();
    let token = clinic.registry.associate(&session, &app.form(LATER), LATER).await.unwrap();
    assert_eq!((token.state, token.failures), (TokenState::Active, 0));
}

#[tokio::test]
async fn a_further_token_needs_a_code_of_one_that_is_active() {
    let (clinic, first) = Clinic::with_token().await;
    let second = App::new("Tablet");
    let token = clinic.enrol_further(ada(), &first, &second, LATER).await.unwrap();
    assert_eq!(token.state, TokenState::Active);
    let names: Vec<_> =
        clinic.registry.tokens(&ada(), LATER).await.unwrap().into_iter().map(|t| t.name).collect();
    assert_eq!(names, [label("Phone"), label("Tablet")]);

    // A session whose token is gone meanwhile adds none.
    let third = App::new("Watch");
    let now = LATER.plus(60);
    let (link, _) = clinic.begin(ada(), now).await;
    clinic.send(&third.seal(&link), now).await.unwrap();
    let session = clinic.half_session(ada(), now).await;
    let serial = first.serial();
    let code = first.code(now);
    let renewed = clinic.registry.confirm_with_code(&session, Some(&serial), &code, now).await;
    let session = clinic.registry.session(&renewed.unwrap().unwrap(), now).await.unwrap();
    clinic.registry.suspend_token(&help_desk(), &serial, &label("lost"), now).await.unwrap();
    let refused = clinic.registry.associate(&session, &third.form(now), now).await;
    assert_eq!(refused, Err(registry::Error::SessionEnded.into()));
}

#[tokio::test]
async fn adding_needs_a_fresh_and_full_sign_in() {
    let (clinic, app, session) = about_to_associate().await;
    let half = clinic.half_session(ada(), START).await;
    let refused = clinic.registry.associate(&half, &app.form(START), START).await;
    assert_eq!(refused, Err(AssociateError::NotSignedIn));

    // Seen once in between, so that it does not end by idleness.
    let later = START.plus(20 * 60 + 1);
    touch(&clinic, START.plus(600)).await;
    let refused = clinic.registry.associate(&session, &app.form(later), later).await;
    assert_eq!(refused, Err(AssociateError::NotFresh));
    let much_later = START.plus(2 * 3600);
    let refused = clinic.registry.associate(&session, &app.form(much_later), much_later).await;
    assert_eq!(refused, Err(AssociateError::Registry(Error::SessionEnded)));
    clinic.registry.sign_out(&session, START).await.unwrap();
    let refused = clinic.registry.associate(&session, &app.form(START), START).await;
    assert_eq!(refused, Err(AssociateError::Registry(Error::SessionEnded)));
}

/// Marks all sessions as seen, as a request would.
async fn touch(clinic: &Clinic, at: UnixTime) {
    let database = rusqlite::Connection::open(clinic.folder.path().join("countersign.db")).unwrap();
    database.execute("UPDATE sessions SET last_seen = ?1", [at.0.cast_signed()]).unwrap();
}
