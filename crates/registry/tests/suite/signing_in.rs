//! Passphrase, second factor, sessions.

use oath::UnixTime;
use registry::{
    Account, Cause, Error, EventKind, Lock, Purpose, SessionSecret, SignInError, VerifyError,
};

use crate::clinic::{App, Clinic, PASSPHRASE, START, ada, ben, help_desk, rng};

async fn try_in(
    clinic: &Clinic,
    npi: &str,
    text: &str,
    now: UnixTime,
) -> Result<SessionSecret, SignInError> {
    clinic.registry.sign_in(npi, text, now, &mut rng()).await
}

async fn account(clinic: &Clinic) -> Account {
    clinic.registry.account(&ada()).await.unwrap().unwrap()
}

#[tokio::test]
async fn whatever_is_wrong_the_answer_is_the_same() {
    let clinic = Clinic::with_ada().await;
    for npi in ["1234567893", "1679576722", "1234567890", "", &"9".repeat(100_000)] {
        let refused = try_in(&clinic, npi, "wrong horse battery", START).await.unwrap_err();
        assert_eq!(refused, SignInError::Refused);
    }
    assert!(try_in(&clinic, " 1234-567-893 ", PASSPHRASE, START).await.is_ok());
}

#[tokio::test]
async fn what_is_no_passphrase_is_judged_and_counted_like_a_wrong_one() {
    let clinic = Clinic::with_ada().await;
    let long = "a".repeat(100_000);
    for (failures, text) in (1..).zip(["", "short", &long, "no passphrase"]) {
        let refused = try_in(&clinic, "1234567893", text, START).await.unwrap_err();
        assert_eq!(refused, SignInError::Refused);
        assert_eq!(account(&clinic).await.sign_in_failures, failures);
        let judged = clinic.events().await.remove(0).what;
        assert_eq!(judged.cause.as_deref(), Some("wrong passphrase"));
    }
}

/// The passphrase that is hashed in the place of an unreadable one opens nothing by that.
#[tokio::test]
async fn an_unreadable_passphrase_never_fits() {
    let clinic = Clinic::new().await;
    clinic.open_account_with(ada(), "no passphrase").await;
    try_in(&clinic, "1234567893", "short", START).await.unwrap_err();
    assert!(try_in(&clinic, "1234567893", "no passphrase", START).await.is_ok());
}

#[tokio::test]
async fn failures_are_forgotten_with_the_right_passphrase() {
    let clinic = Clinic::with_ada().await;
    for failures in 1..=9 {
        try_in(&clinic, "1234567893", "wrong horse battery", START).await.unwrap_err();
        assert_eq!(account(&clinic).await.sign_in_failures, failures);
    }
    assert!(try_in(&clinic, "1234567893", PASSPHRASE, START).await.is_ok());
    assert_eq!(account(&clinic).await.sign_in_failures, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_wrong_passphrases_at_once_ten_are_judged() {
    let clinic = Clinic::with_ada().await;
    let tries: Vec<_> = (0..40)
        .map(|_| {
            let registry = clinic.registry.clone();
            tokio::spawn(async move {
                let wrong = "wrong horse battery";
                registry.sign_in("1234567893", wrong, START, &mut rng()).await.unwrap_err()
            })
        })
        .collect();
    for attempt in tries {
        assert_eq!(attempt.await.unwrap(), SignInError::Refused);
    }
    let account = account(&clinic).await;
    assert_eq!(account.sign_in_failures, 10);
    assert_eq!(account.sign_in_pause, Some(Lock::Until(START.plus(900))));
    let judged = clinic.events().await.into_iter().filter(|event| {
        event.what.kind == EventKind::PassphraseGiven
            && event.what.cause.as_deref() == Some("wrong passphrase")
    });
    assert_eq!(judged.count(), 10);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_flood_is_answered_alike_and_whoever_is_not_judged_is_not_counted() {
    for npi in ["1234567893", "1679576722"] {
        let clinic = Clinic::with_ada().await;
        let before = clinic.events().await.len();
        let tries: Vec<_> = (0..300)
            .map(|_| {
                let registry = clinic.registry.clone();
                tokio::spawn(async move {
                    let wrong = "wrong horse battery";
                    registry.sign_in(npi, wrong, START, &mut rng()).await.unwrap_err()
                })
            })
            .collect();
        let mut judged = 0;
        for attempt in tries {
            match attempt.await.unwrap() {
                SignInError::Refused => judged += 1,
                other => assert_eq!(other, SignInError::TooMany),
            }
        }
        assert!((66..300).contains(&judged), "{judged}");
        let written = clinic.events().await.len() - before;
        let failures = account(&clinic).await.sign_in_failures;
        if npi == "1234567893" {
            // Ten are counted and then judged, and the tenth pauses: its event beside.
            assert_eq!((failures, written), (10, judged + 10 + 1));
        } else {
            assert_eq!((failures, written), (0, judged), "one event for each");
        }
        assert!(try_in(&clinic, "1234567893", PASSPHRASE, START.plus(900)).await.is_ok());
    }
}

#[tokio::test]
async fn a_pause_neither_judges_nor_prolongs_itself_and_ends() {
    let clinic = Clinic::with_ada().await;
    for _ in 0..10 {
        try_in(&clinic, "1234567893", "wrong horse battery", START).await.unwrap_err();
    }
    for at in [START, START.plus(899)] {
        for text in [PASSPHRASE, "wrong horse battery"] {
            let refused = try_in(&clinic, "1234567893", text, at).await.unwrap_err();
            assert_eq!(refused, SignInError::Refused);
        }
    }
    assert_eq!(account(&clinic).await.sign_in_pause, Some(Lock::Until(START.plus(900))));
    assert!(try_in(&clinic, "1234567893", PASSPHRASE, START.plus(900)).await.is_ok());
}

#[tokio::test]
async fn after_a_hundred_only_an_administrator_unlocks() {
    let clinic = Clinic::with_ada().await;
    let mut now = START;
    for failures in 1..=100 {
        try_in(&clinic, "1234567893", "wrong horse battery", now).await.unwrap_err();
        if failures >= 10 {
            now = now.plus(900);
        }
    }
    let account = account(&clinic).await;
    assert_eq!((account.sign_in_failures, account.sign_in_pause), (100, Some(Lock::UntilUnlocked)));
    let later = now.plus(365 * 86_400);
    try_in(&clinic, "1234567893", PASSPHRASE, later).await.unwrap_err();
    clinic.registry.unlock_sign_in(&help_desk(), &ada(), later).await.unwrap();
    assert!(try_in(&clinic, "1234567893", PASSPHRASE, later).await.is_ok());
}

#[tokio::test]
async fn a_session_is_found_by_its_secret_until_it_ends() {
    let (clinic, app) = Clinic::with_token().await;
    let now = START.plus(60);
    let secret = clinic.registry.sign_in("1234567893", PASSPHRASE, now, &mut rng()).await.unwrap();
    let session = clinic.registry.session(&secret, now).await.unwrap();
    assert!(!session.is_full());
    let renewed = clinic.registry.confirm_with_code(&session, None, &app.code(now), now).await;
    let secret = renewed.unwrap().unwrap();

    // Each request within a quarter of an hour keeps it alive, though nothing else is done.
    let mut at = now;
    for _ in 0..4 {
        at = at.plus(14 * 60);
        let session = clinic.registry.session(&secret, at).await.unwrap();
        assert!(session.is_full() && !session.signed_in_by_confirmation());
        assert_eq!(session.is_fresh(at), at.since(now) <= 20 * 60);
    }
    let idle = at.plus(15 * 60 + 1);
    assert_eq!(clinic.registry.session(&secret, idle).await.unwrap_err(), Error::SessionEnded);

    let session = clinic.registry.session(&secret, at).await.unwrap();
    clinic.registry.sign_out(&session, at).await.unwrap();
    assert_eq!(clinic.registry.session(&secret, at).await.unwrap_err(), Error::SessionEnded);
    clinic.registry.sign_out(&session, at).await.unwrap();
    let never = SessionSecret::from_text_of(&[7; 32]);
    assert_eq!(clinic.registry.session(&never, at).await.unwrap_err(), Error::SessionEnded);
}

trait FromText {
    fn from_text_of(bytes: &[u8]) -> Self;
}

impl FromText for SessionSecret {
    fn from_text_of(bytes: &[u8]) -> Self {
        data_encoding::BASE64URL_NOPAD.encode(bytes).parse().unwrap()
    }
}

#[tokio::test]
async fn a_second_factor_is_a_code_like_any_other() {
    let (clinic, app) = Clinic::with_token().await;
    let now = START.plus(60);
    let session = clinic.half_session(ada(), now).await.submitted_as("submit-1".parse().unwrap());
    let (code, wrong) = (app.code(now), app.wrong_code(now));
    let refused = clinic.registry.confirm_with_code(&session, None, &wrong, now).await;
    assert_eq!(refused, Err(VerifyError::Refused(Cause::Wrong)));
    assert_eq!(clinic.token(&app, now).await.failures, 1);
    let first = clinic.registry.confirm_with_code(&session, None, &code, now).await;
    // A second click gets the same answer; another session can't use the code again.
    assert!(matches!(first, Ok(Some(_))));
    assert_eq!(clinic.registry.confirm_with_code(&session, None, &code, now).await, first);
    let other = clinic.half_session(ada(), now).await;
    let refused = clinic.registry.confirm_with_code(&other, None, &code, now.plus(3)).await;
    assert_eq!(refused, Err(VerifyError::Refused(Cause::AlreadyUsed { seconds_ago: 3 })));
    let serial = app.serial();
    let answer = clinic.registry.verify(&ada(), &serial, &code, Purpose::Signing, now).await;
    assert!(answer.is_err());
}

#[tokio::test]
async fn the_second_factor_renews_the_secret_and_its_submit_alone_learns_the_new_one() {
    let clinic = Clinic::with_ada().await;
    let (_, confirmation) = clinic.begin(ada(), START).await;
    let old = clinic.registry.sign_in("1234567893", PASSPHRASE, START, &mut rng()).await;
    let old = old.unwrap();
    let (submit, other) = ("submit-1".parse().unwrap(), "submit-2".parse().unwrap());
    let half = clinic.registry.session(&old, START).await.unwrap();
    assert_eq!(clinic.registry.renewed_by(&old, &submit, START).await, Ok(None));
    let half = half.submitted_as("submit-1".parse().unwrap());
    let new = clinic.registry.confirm(&half, &confirmation, START).await.unwrap();
    let renewed = new.as_ref().unwrap();
    assert_ne!(*renewed, old);
    assert!(clinic.registry.session(renewed, START).await.unwrap().is_full());
    assert_eq!(clinic.registry.session(&old, START).await.unwrap_err(), Error::SessionEnded);

    let (minute, later) = (START.plus(60), START.plus(61));
    assert_eq!(clinic.registry.renewed_by(&old, &submit, minute).await, Ok(new));
    assert_eq!(clinic.registry.renewed_by(&old, &other, minute).await, Ok(None));
    assert_eq!(clinic.registry.renewed_by(&old, &submit, later).await, Ok(None));
}

#[tokio::test]
async fn with_several_tokens_the_code_says_whose_it_is() {
    let (clinic, phone) = Clinic::with_token().await;
    let tablet = App::new("Tablet");
    let now = START.plus(60);
    clinic.enrol_further(ada(), &phone, &tablet, now).await.unwrap();
    let now = now.plus(60);
    let session = clinic.half_session(ada(), now).await;
    let code = tablet.code(now);
    let refused = clinic.registry.confirm_with_code(&session, None, &code, now).await;
    assert_eq!(refused, Err(VerifyError::WhichToken));
    let serial = tablet.serial();
    clinic.registry.confirm_with_code(&session, Some(&serial), &code, now).await.unwrap();
}

#[tokio::test]
async fn an_account_without_a_token_has_no_code() {
    let clinic = Clinic::with_ada().await;
    clinic.open_account(ben()).await;
    let session = clinic.half_session(ben(), START).await;
    let code = "123456".parse().unwrap();
    let refused = clinic.registry.confirm_with_code(&session, None, &code, START).await;
    assert_eq!(refused, Err(VerifyError::UnknownToken));
}
