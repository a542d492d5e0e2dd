//! A test prescription: both factors judged as at signing, and nothing signed.

use oath::{Challenge, Code, Ocra, Totp, UnixTime};
use registry::{
    Accepted, Actor, Cause, EventKind, Outcome, PassphraseError, Purpose, Session,
    SigningTestError, Store, VerifyError,
};

use crate::clinic::{App, Clinic, PASSPHRASE, START, ada};

const NOW: UnixTime = UnixTime(START.0 + 60);

async fn sign(
    clinic: &Clinic,
    session: &Session,
    passphrase: &str,
    (app, code): (&App, &Code),
    now: UnixTime,
) -> Result<Accepted, SigningTestError> {
    let serial = app.serial();
    clinic.registry.sign_test_prescription(session, passphrase, &serial, (None, code), now).await
}

/// Signs with a code that answers a challenge, where that one is asked for.
async fn sign_bound(
    clinic: &Clinic,
    session: &Session,
    app: &App,
    (asked, answered): (Challenge, Option<Challenge>),
    now: UnixTime,
) -> Result<Accepted, SigningTestError> {
    let totp = Totp::default();
    let code = match answered {
        Some(challenge) => {
            let step = totp.period.step_at(now);
            Ocra::of(&totp).unwrap().code_of_step(&app.seed, challenge, step)
        }
        None => app.code(now),
    };
    let (serial, bound) = (app.serial(), (Some(asked), &code));
    clinic.registry.sign_test_prescription(session, PASSPHRASE, &serial, bound, now).await
}

#[tokio::test]
async fn a_code_for_one_prescription_is_good_for_that_one_and_once() {
    let (clinic, app, session, now) = signed_in().await;
    let (this, other) = (Challenge::of(b"twelve tablets"), Challenge::of(b"ninety tablets"));
    let refused = |cause| Err(SigningTestError::Code(VerifyError::Refused(cause)));
    // Bound to another prescription, or to none.
    for (failures, answered) in [(1, Some(other)), (2, None)] {
        let answer = sign_bound(&clinic, &session, &app, (this, answered), now).await;
        assert_eq!(answer, refused(Cause::Wrong));
        assert_eq!(clinic.token(&app, now).await.failures, failures);
    }
    sign_bound(&clinic, &session, &app, (this, Some(this)), now).await.unwrap();
    assert_eq!(clinic.token(&app, now).await.failures, 0);
    // The time step is used up, for codes of both kinds.
    let later = now.plus(5);
    let used = refused(Cause::AlreadyUsed { seconds_ago: 5 });
    assert_eq!(sign_bound(&clinic, &session, &app, (this, Some(this)), later).await, used);
    assert_eq!(sign(&clinic, &session, PASSPHRASE, (&app, &app.code(now)), later).await, used);
    // In the next one, one of the other kind uses it up for this one.
    let next = now.plus(30);
    sign(&clinic, &session, PASSPHRASE, (&app, &app.code(next)), next).await.unwrap();
    let used = refused(Cause::AlreadyUsed { seconds_ago: 0 });
    assert_eq!(sign_bound(&clinic, &session, &app, (other, Some(other)), next).await, used);
}

async fn signed_in() -> (Clinic, App, Session, UnixTime) {
    let (clinic, app) = Clinic::with_token().await;
    let session = clinic.by_token(ada(), &app, NOW).await;
    (clinic, app, session, NOW.plus(60))
}

#[tokio::test]
async fn both_factors_are_judged_as_at_signing_and_recorded_as_a_test() {
    let (clinic, app, session, now) = signed_in().await;
    let code = app.code(now);
    sign(&clinic, &session, PASSPHRASE, (&app, &code), now).await.unwrap();
    let events = clinic.events().await;
    let last = &events[0].what;
    assert_eq!((last.kind, last.outcome), (EventKind::CodeJudged, Outcome::Success));
    assert_eq!(last.purpose, Some(Purpose::SigningTest));
    assert_eq!(last.actor, Actor::Prescriber { npi: ada() });
    assert!(!events.iter().any(|event| event.what.purpose == Some(Purpose::Signing)));

    // Accepted once: neither here again nor at a signing.
    let used = Err(VerifyError::Refused(Cause::AlreadyUsed { seconds_ago: 5 }));
    let again = sign(&clinic, &session, PASSPHRASE, (&app, &code), now.plus(5)).await;
    assert_eq!(again, used.clone().map_err(SigningTestError::Code));
    let serial = app.serial();
    let signed =
        clinic.registry.verify(&ada(), &serial, &code, Purpose::Signing, now.plus(5)).await;
    assert_eq!(signed, used);
}

#[tokio::test]
async fn a_wrong_code_is_counted_and_the_tenth_locks() {
    let (clinic, app, session, now) = signed_in().await;
    let wrong = app.wrong_code(now);
    for failures in 1..=10 {
        let answer = sign(&clinic, &session, PASSPHRASE, (&app, &wrong), now).await;
        assert_eq!(answer, Err(SigningTestError::Code(VerifyError::Refused(Cause::Wrong))));
        assert_eq!(clinic.token(&app, now).await.failures, failures);
    }
    let answer = sign(&clinic, &session, PASSPHRASE, (&app, &app.code(now)), now).await;
    let locked =
        matches!(answer, Err(SigningTestError::Code(VerifyError::Refused(Cause::Locked { .. }))));
    assert!(locked, "{answer:?}");
}

#[tokio::test]
async fn with_a_wrong_passphrase_the_code_is_not_judged_and_the_tenth_pauses() {
    let (clinic, app, session, now) = signed_in().await;
    let code = app.code(now);
    for _ in 0..10 {
        let answer = sign(&clinic, &session, "not the passphrase", (&app, &code), now).await;
        assert_eq!(answer, Err(SigningTestError::Passphrase(PassphraseError::Wrong)));
    }
    let answer = sign(&clinic, &session, PASSPHRASE, (&app, &code), now).await;
    assert_eq!(answer, Err(SigningTestError::Passphrase(PassphraseError::Paused)));
    let token = clinic.token(&app, now).await;
    assert_eq!((token.failures, token.last_used), (0, Some(NOW)), "no code was judged");

    let later = now.plus(900);
    sign(&clinic, &session, PASSPHRASE, (&app, &app.code(later)), later).await.unwrap();
    let record = Store::account(&*clinic.store, ada()).await.unwrap().unwrap();
    assert_eq!(record.account.sign_in_failures, 0, "the right one forgets them");
}

#[tokio::test]
async fn half_a_session_and_another_accounts_token_sign_nothing() {
    let (clinic, app, session, now) = signed_in().await;
    let half = clinic.half_session(ada(), now).await;
    let before = clinic.events().await.len();
    let answer = sign(&clinic, &half, PASSPHRASE, (&app, &app.code(now)), now).await;
    assert_eq!(answer, Err(SigningTestError::NotSignedIn));
    assert_eq!(clinic.events().await.len(), before);
    let stranger = App::new("Nobody's");
    let answer = sign(&clinic, &session, PASSPHRASE, (&stranger, &stranger.code(now)), now).await;
    assert_eq!(answer, Err(SigningTestError::Code(VerifyError::UnknownToken)));
}
