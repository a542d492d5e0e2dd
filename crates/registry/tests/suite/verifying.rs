//! Judging codes: causes, counting, locks, rehearsals.

use oath::UnixTime;
use registry::{
    Cause, DeactivationReason, EventKind, Lock, Off, Outcome, Purpose, TokenState, VerifyError,
};

use crate::clinic::{App, Clinic, START, ada, ben, help_desk, label};

/// A minute after the association, so that a whole window of fresh codes is there.
const NOW: UnixTime = UnixTime(START.0 + 90);

async fn judged(
    clinic: &Clinic,
    app: &App,
    code: &oath::Code,
    purpose: Purpose,
    now: UnixTime,
) -> Result<(), VerifyError> {
    clinic.registry.verify(&ada(), &app.serial(), code, purpose, now).await.map(drop)
}

fn refused(cause: Cause) -> Result<(), VerifyError> {
    Err(VerifyError::Refused(cause))
}

#[tokio::test]
async fn a_code_is_good_once() {
    let (clinic, app) = Clinic::with_token().await;
    let code = app.code(NOW);
    for purpose in [Purpose::Test, Purpose::Signing] {
        let now = NOW.plus(if purpose == Purpose::Test { 0 } else { 60 });
        let code = app.code(now);
        assert_eq!(judged(&clinic, &app, &code, purpose, now).await, Ok(()));
        for again in [Purpose::Test, Purpose::Signing, Purpose::SignIn] {
            let cause = Cause::AlreadyUsed { seconds_ago: 20 };
            let answer = judged(&clinic, &app, &code, again, now.plus(20)).await;
            assert_eq!(answer, refused(cause));
        }
    }
    // The first one is older than the last one now.
    assert_eq!(
        judged(&clinic, &app, &code, Purpose::Signing, NOW.plus(60)).await,
        refused(Cause::Old)
    );
    assert_eq!(clinic.token(&app, NOW).await.failures, 0, "nobody is charged for a used code");
}

#[tokio::test]
async fn the_code_that_associated_a_token_is_spent() {
    let (clinic, app) = Clinic::with_token().await;
    let cause = Cause::AlreadyUsed { seconds_ago: 5 };
    let answer = judged(&clinic, &app, &app.code(START), Purpose::Signing, START.plus(5)).await;
    assert_eq!(answer, refused(cause));
}

#[tokio::test]
async fn one_step_of_delay_either_way_is_accepted() {
    let (clinic, app) = Clinic::with_token().await;
    let now = NOW.plus(600);
    let code = |offset: i64| app.code(UnixTime(now.0.saturating_add_signed(offset)));
    assert_eq!(judged(&clinic, &app, &code(-30), Purpose::Signing, now).await, Ok(()));
    let token = clinic.token(&app, now).await;
    assert_eq!(token.drift.steps(), -1);
    assert_eq!(token.last_used, Some(now));
    assert_eq!(judged(&clinic, &app, &code(0), Purpose::Signing, now).await, Ok(()));
    assert_eq!(judged(&clinic, &app, &code(30), Purpose::Signing, now).await, Ok(()));
}

#[tokio::test]
async fn a_clock_that_is_off_is_told_with_its_seconds() {
    let (clinic, app) = Clinic::with_token().await;
    let now = NOW.plus(7_200);
    for (offset, cause) in [
        (-90, Cause::ClockOff { seconds: -90 }),
        (-3_600, Cause::ClockOff { seconds: -3_600 }),
        (90, Cause::ClockOff { seconds: 90 }),
        (300, Cause::ClockOff { seconds: 300 }),
        // A code that is good in ten minutes is not confirmed to whoever guesses.
        (600, Cause::Wrong),
        (-4_000, Cause::Wrong),
    ] {
        let code = app.code(UnixTime(now.0.saturating_add_signed(offset)));
        let answer = judged(&clinic, &app, &code, Purpose::Signing, now).await;
        assert_eq!(answer, refused(cause), "{offset} s");
        assert_eq!(clinic.token(&app, now).await.failures, 1);
        clinic.registry.unlock_token(&help_desk(), &app.serial(), now).await.unwrap();
    }
}

#[tokio::test]
async fn a_used_code_is_known_long_after() {
    let (clinic, app) = Clinic::with_token().await;
    let (first, second) = (app.code(NOW), app.code(NOW.plus(60)));
    judged(&clinic, &app, &first, Purpose::Signing, NOW).await.unwrap();
    judged(&clinic, &app, &second, Purpose::Signing, NOW.plus(60)).await.unwrap();
    let later = NOW.plus(60 + 600);
    let answer = judged(&clinic, &app, &second, Purpose::Signing, later).await;
    assert_eq!(answer, refused(Cause::AlreadyUsed { seconds_ago: 600 }));
    assert_eq!(judged(&clinic, &app, &first, Purpose::Signing, later).await, refused(Cause::Old));
}

#[tokio::test]
async fn a_code_of_the_other_token_is_recognised_and_charged_to_the_named_one() {
    let (clinic, phone) = Clinic::with_token().await;
    let tablet = App::new("Tablet");
    clinic.enrol_further(ada(), &phone, &tablet, NOW).await.unwrap();
    let now = NOW.plus(60);
    let code = tablet.code(now);
    let answer = judged(&clinic, &phone, &code, Purpose::Signing, now).await;
    assert_eq!(answer, refused(Cause::OtherToken { name: label("Tablet") }));
    assert_eq!(clinic.token(&phone, now).await.failures, 1);
    assert_eq!(clinic.token(&tablet, now).await.failures, 0);
    // It is good still for its own.
    assert_eq!(judged(&clinic, &tablet, &code, Purpose::Signing, now).await, Ok(()));
}

#[tokio::test]
async fn what_is_good_in_a_moment_is_not_confirmed_where_nobody_is_charged_or_known() {
    for purpose in [Purpose::Test, Purpose::SignIn] {
        let (clinic, app) = Clinic::with_token().await;
        let now = NOW.plus(600);
        for ahead in [60, 90, 300] {
            let answer = judged(&clinic, &app, &app.code(now.plus(ahead)), purpose, now).await;
            assert_eq!(answer, refused(Cause::Wrong), "{purpose} {ahead}");
        }
        let late = app.code(UnixTime(now.0 - 90));
        let answer = judged(&clinic, &app, &late, purpose, now).await;
        assert_eq!(answer, refused(Cause::ClockOff { seconds: -90 }), "{purpose}");
    }
}

#[tokio::test]
async fn at_sign_in_the_other_tokens_code_is_just_wrong() {
    let (clinic, phone) = Clinic::with_token().await;
    let tablet = App::new("Tablet");
    clinic.enrol_further(ada(), &phone, &tablet, NOW).await.unwrap();
    let now = NOW.plus(60);
    let code = tablet.code(now);
    let answer = judged(&clinic, &phone, &code, Purpose::SignIn, now).await;
    assert_eq!(answer, refused(Cause::Wrong));
    assert_eq!(judged(&clinic, &tablet, &code, Purpose::SignIn, now).await, Ok(()));
}

#[tokio::test]
async fn a_test_that_tells_the_other_tokens_code_uses_it_up() {
    let (clinic, phone) = Clinic::with_token().await;
    let tablet = App::new("Tablet");
    clinic.enrol_further(ada(), &phone, &tablet, NOW).await.unwrap();
    let now = NOW.plus(60);
    let code = tablet.code(now);
    let told = refused(Cause::OtherToken { name: label("Tablet") });
    assert_eq!(judged(&clinic, &phone, &code, Purpose::Test, now).await, told);
    let spent = clinic.events().await.remove(0).what;
    assert_eq!((spent.serial, spent.outcome), (Some(tablet.serial()), Outcome::Success));
    let used = refused(Cause::AlreadyUsed { seconds_ago: 5 });
    let at = now.plus(5);
    assert_eq!(judged(&clinic, &tablet, &code, Purpose::Signing, at).await, used);
    assert_eq!(judged(&clinic, &phone, &code, Purpose::Test, at).await, told, "told still");

    // A lock of the other one is not touched by it, and what it would not judge is not told.
    let now = now.plus(60);
    let wrong = tablet.wrong_code(now);
    for _ in 0..10 {
        judged(&clinic, &tablet, &wrong, Purpose::Signing, now).await.unwrap_err();
    }
    let before = clinic.token(&tablet, now).await;
    let answer = judged(&clinic, &phone, &tablet.code(now), Purpose::Test, now).await;
    assert_eq!(answer, refused(Cause::Wrong));
    assert_eq!(clinic.token(&tablet, now).await, before);
}

#[tokio::test]
async fn a_wrong_code_counts_though_its_explanation_fails() {
    for damage in ["sealed_seed = x'00'", "digits = 99"] {
        let (clinic, phone) = Clinic::with_token().await;
        let tablet = App::new("Tablet");
        clinic.enrol_further(ada(), &phone, &tablet, NOW).await.unwrap();
        let file = clinic.folder.path().join("countersign.db");
        let damage = format!("UPDATE tokens SET {damage} WHERE serial = ?1");
        let database = rusqlite::Connection::open(file).unwrap();
        database.execute(&damage, [tablet.serial().as_str()]).unwrap();
        let now = NOW.plus(60);
        let wrong = phone.wrong_code(now);
        let answer = judged(&clinic, &phone, &wrong, Purpose::Signing, now).await;
        assert_eq!(answer, refused(Cause::Wrong));
        let record = registry::Store::token(&*clinic.store, &phone.serial()).await;
        assert_eq!(record.unwrap().unwrap().token.failures, 1);
    }
}

#[tokio::test]
async fn ten_wrong_codes_lock_the_named_token_for_a_quarter_of_an_hour() {
    let (clinic, phone) = Clinic::with_token().await;
    let tablet = App::new("Tablet");
    clinic.enrol_further(ada(), &phone, &tablet, NOW).await.unwrap();
    let now = NOW.plus(60);
    let wrong = phone.wrong_code(now);
    for _ in 0..10 {
        let answer = judged(&clinic, &phone, &wrong, Purpose::Signing, now).await;
        assert_eq!(answer, refused(Cause::Wrong));
    }
    let until = now.plus(900);
    assert_eq!(clinic.token(&phone, now).await.state, TokenState::Locked);

    // Trying meanwhile, with a right code too, is not judged and prolongs nothing.
    let before = clinic.token(&phone, now).await;
    for waited in [0, 1, 899] {
        let at = now.plus(waited);
        let cause = Cause::Locked { until: Some(until), seconds_left: 900 - waited };
        for purpose in [Purpose::Test, Purpose::Signing] {
            let answer = judged(&clinic, &phone, &phone.code(at), purpose, at).await;
            assert_eq!(answer, refused(cause.clone()));
        }
    }
    assert_eq!(clinic.token(&phone, now).await, before);
    assert_eq!(judged(&clinic, &tablet, &tablet.code(now), Purpose::Signing, now).await, Ok(()));

    // The lock ends by itself, and a good code forgets the failures.
    assert_eq!(clinic.token(&phone, until).await.state, TokenState::Active);
    let code = phone.code(until);
    assert_eq!(judged(&clinic, &phone, &code, Purpose::Signing, until).await, Ok(()));
    assert_eq!(clinic.token(&phone, until).await.failures, 0);
}

#[tokio::test]
async fn the_second_lock_is_twice_as_long_and_the_tenth_is_for_the_help_desk() {
    let (clinic, app) = Clinic::with_token().await;
    let mut now = NOW;
    for lock in 0..10 {
        for _ in 0..10 {
            let wrong = app.wrong_code(now);
            assert_eq!(
                judged(&clinic, &app, &wrong, Purpose::Signing, now).await,
                refused(Cause::Wrong)
            );
        }
        let token = clinic.token(&app, now).await;
        if lock < 9 {
            let until = now.plus(900 << lock);
            assert_eq!(token.lock, Some(Lock::Until(until)), "lock {lock}");
            now = until;
        } else {
            assert_eq!(token.lock, Some(Lock::UntilUnlocked));
        }
    }
    let never = now.plus(100 * 365 * 86_400);
    let cause = Cause::Locked { until: None, seconds_left: 0 };
    let answer = judged(&clinic, &app, &app.code(never), Purpose::Signing, never).await;
    assert_eq!(answer, refused(cause));
    clinic.registry.unlock_token(&help_desk(), &app.serial(), never).await.unwrap();
    assert_eq!(judged(&clinic, &app, &app.code(never), Purpose::Signing, never).await, Ok(()));
}

#[tokio::test]
async fn a_rehearsal_uses_up_the_code_but_counts_and_locks_nothing() {
    let (clinic, app) = Clinic::with_token().await;
    let now = NOW.plus(600);
    let late = app.code(UnixTime(now.0 - 150));
    for _ in 0..10 {
        let answer = judged(&clinic, &app, &late, Purpose::Test, now).await;
        assert_eq!(answer, refused(Cause::ClockOff { seconds: -150 }));
    }
    // From here on it is not explained: nobody is to guess with the help of explanations.
    let version = async || {
        let record = registry::Store::token(&*clinic.store, &app.serial()).await;
        record.unwrap().unwrap().version
    };
    let before = version().await;
    for _ in 0..30 {
        assert_eq!(judged(&clinic, &app, &late, Purpose::Test, now).await, refused(Cause::Wrong));
    }
    assert_eq!(version().await, before + 1, "the first of them is written, and then no more");
    let token = clinic.token(&app, now).await;
    assert_eq!((token.state, token.failures), (TokenState::Active, 0));
    let later = now.plus(900);
    let answer = judged(&clinic, &app, &late, Purpose::Test, later).await;
    assert_eq!(answer, refused(Cause::ClockOff { seconds: -1_050 }));
    assert_eq!(judged(&clinic, &app, &app.code(later), Purpose::Test, later).await, Ok(()));
}

#[tokio::test]
async fn a_good_rehearsal_does_not_forget_the_failures() {
    let (clinic, app) = Clinic::with_token().await;
    let wrong = app.wrong_code(NOW);
    for _ in 0..9 {
        judged(&clinic, &app, &wrong, Purpose::Signing, NOW).await.unwrap_err();
    }
    assert_eq!(judged(&clinic, &app, &app.code(NOW), Purpose::Test, NOW).await, Ok(()));
    assert_eq!(clinic.token(&app, NOW).await.failures, 9);
}

#[tokio::test]
async fn a_token_that_is_not_active_is_told_so() {
    let (clinic, app) = Clinic::with_token().await;
    let serial = app.serial();
    clinic.registry.suspend_token(&help_desk(), &serial, &label("lost"), NOW).await.unwrap();
    let code = app.code(NOW);
    let state = TokenState::Suspended;
    let answer = judged(&clinic, &app, &code, Purpose::Signing, NOW).await;
    assert_eq!(answer, refused(Cause::NotActive { state }));
    clinic
        .registry
        .deactivate_token(&help_desk(), &serial, DeactivationReason::Lost, NOW)
        .await
        .unwrap();
    let state = TokenState::Deactivated;
    let answer = judged(&clinic, &app, &code, Purpose::Test, NOW).await;
    assert_eq!(answer, refused(Cause::NotActive { state }));
}

#[tokio::test]
async fn another_accounts_token_does_not_exist() {
    let (clinic, app) = Clinic::with_token().await;
    clinic.open_account(ben()).await;
    let (serial, code) = (app.serial(), app.code(NOW));
    let answer = clinic.registry.verify(&ben(), &serial, &code, Purpose::Signing, NOW).await;
    assert_eq!(answer, Err(VerifyError::UnknownToken));
    assert_eq!(judged(&clinic, &app, &code, Purpose::Signing, NOW).await, Ok(()));
}

#[tokio::test]
async fn every_judged_code_is_one_event_and_none_holds_a_code() {
    let (clinic, app) = Clinic::with_token().await;
    let before = clinic.events().await.len();
    let (good, wrong) = (app.code(NOW), app.wrong_code(NOW));
    judged(&clinic, &app, &good, Purpose::Signing, NOW).await.unwrap();
    judged(&clinic, &app, &good, Purpose::Signing, NOW).await.unwrap_err();
    judged(&clinic, &app, &wrong, Purpose::Test, NOW).await.unwrap_err();
    let events = clinic.events().await;
    assert_eq!(events.len(), before + 3);
    let told: Vec<_> = events[..3]
        .iter()
        .map(|event| (event.what.kind, event.what.outcome, event.what.cause.as_deref()))
        .collect();
    let kind = EventKind::CodeJudged;
    assert_eq!(
        told,
        [
            (kind, Outcome::Refused, Some("wrong")),
            (kind, Outcome::Refused, Some("already-used")),
            (kind, Outcome::Success, None),
        ]
    );
    assert!(events.windows(2).all(|pair| pair[0].id == pair[1].id + 1));
    let written = format!("{events:?}");
    for code in [good, wrong] {
        assert!(!written.contains(&code.expose_digits()));
    }
}

#[test]
fn every_cause_says_what_happened_and_what_to_do() {
    let until = Some(UnixTime(1_000));
    let states = TokenState::ALL.map(|state| Cause::NotActive { state });
    let causes = [
        Cause::AlreadyUsed { seconds_ago: 20 },
        Cause::Old,
        Cause::Wrong,
        Cause::ClockOff { seconds: -94 },
        Cause::ClockOff { seconds: 94 },
        Cause::OtherToken { name: label("Tablet") },
        Cause::NotConsecutive,
        Cause::OutOfStep { by: Off::Seconds(-94) },
        Cause::OutOfStep { by: Off::Presses(12) },
        Cause::Locked { until, seconds_left: 840 },
        Cause::Locked { until: None, seconds_left: 0 },
    ];
    for cause in causes.iter().chain(&states) {
        let (what, next) =
            cause.to_string().split_once(": ").map(|(a, b)| (a.len(), b.len())).unwrap();
        assert!(what > 15 && next > 15, "{cause}");
    }
    assert!(causes[0].to_string().contains("20 s ago"));
    assert!(causes[3].to_string().contains("94 s"));
    assert!(causes[9].to_string().contains("14 minutes"));
}
