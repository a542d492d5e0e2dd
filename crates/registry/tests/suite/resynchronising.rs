//! Near misses, the offer that follows, and finding a token's step or counter again by two codes.

use std::collections::HashSet;

use oath::{Code, Drift, Hotp, UnixTime};
use registry::{
    Actor, Cause, Error, EventKind, Lock, Off, Otp, Outcome, OwnTokenError, Purpose, TokenState,
    VerifyError,
};

use crate::{
    clinic::{App, Clinic, START, ada, ben, help_desk, label},
    hard_tokens::{press, put},
};

const NOW: UnixTime = UnixTime(START.0 + 7_200);

async fn judged(clinic: &Clinic, app: &App, code: &Code, purpose: Purpose) -> Result<(), Cause> {
    match clinic.registry.verify(&ada(), &app.serial(), code, purpose, NOW).await {
        Ok(_) => Ok(()),
        Err(VerifyError::Refused(cause)) => Err(cause),
        Err(other) => panic!("{other}"),
    }
}

/// The code that a clock shows that is so many seconds ahead of ours.
fn off(app: &App, seconds: i64) -> Code {
    app.code(UnixTime(NOW.0.saturating_add_signed(seconds)))
}

async fn pair(
    clinic: &Clinic,
    actor: &Actor,
    app: &App,
    codes: (&Code, &Code),
) -> Result<TokenState, VerifyError> {
    let serial = app.serial();
    let token = clinic.registry.resynchronise_token(actor, &serial, codes, NOW).await?;
    Ok(token.state)
}

#[tokio::test]
async fn the_second_near_miss_offers_to_resynchronise_long_before_the_lock() {
    let (clinic, app) = Clinic::with_token().await;
    let miss = |seconds| {
        let code = off(&app, seconds);
        let (clinic, app) = (&clinic, &app);
        async move { judged(clinic, app, &code, Purpose::Signing).await }
    };
    assert_eq!(miss(-300).await, Err(Cause::ClockOff { seconds: -300 }));
    judged(&clinic, &app, &app.wrong_code(NOW), Purpose::Signing).await.unwrap_err();
    assert_eq!(miss(-270).await, Err(Cause::OutOfStep { by: Off::Seconds(-270) }));
    assert_eq!(miss(120).await, Err(Cause::OutOfStep { by: Off::Seconds(120) }));
    let token = clinic.token(&app, NOW).await;
    assert_eq!((token.near_misses, token.failures, token.state), (3, 4, TokenState::Active));
    // A good code says that it was nothing.
    assert_eq!(miss(0).await, Ok(()));
    assert_eq!(clinic.token(&app, NOW).await.near_misses, 0);
    assert_eq!(miss(120).await, Err(Cause::ClockOff { seconds: 120 }));
}

#[tokio::test]
async fn a_rehearsal_counts_no_near_miss() {
    let (clinic, app) = Clinic::with_token().await;
    for _ in 0..3 {
        let answer = judged(&clinic, &app, &off(&app, -300), Purpose::Test).await;
        assert_eq!(answer, Err(Cause::ClockOff { seconds: -300 }));
    }
    assert_eq!(clinic.token(&app, NOW).await.near_misses, 0);
}

#[tokio::test]
async fn two_codes_in_a_row_find_a_clock_again_that_is_an_hour_off() {
    for seconds in [-3_570, -600, -90, 90, 600, 3_540] {
        let (clinic, app) = Clinic::with_token().await;
        assert!(judged(&clinic, &app, &off(&app, seconds), Purpose::Signing).await.is_err());
        let codes = (&off(&app, seconds), &off(&app, seconds + 30));
        let owner = Actor::Prescriber { npi: ada() };
        assert_eq!(pair(&clinic, &owner, &app, codes).await, Ok(TokenState::Active), "{seconds}");
        let token = clinic.token(&app, NOW).await;
        assert_eq!((token.failures, token.near_misses), (0, 0));
        let before = clinic.events().await.len();
        assert_eq!(pair(&clinic, &owner, &app, codes).await, Ok(TokenState::Active), "sent twice");
        assert_eq!(clinic.events().await.len(), before);
        let steps = i32::try_from(seconds / 30).unwrap() + 1;
        assert_eq!(token.drift, Drift::from_parts(steps, 0));
        for used in [codes.0, codes.1] {
            assert!(judged(&clinic, &app, used, Purpose::Signing).await.is_err(), "{seconds}");
        }
        let next = off(&app, seconds + 60);
        assert_eq!(judged(&clinic, &app, &next, Purpose::Signing).await, Ok(()), "{seconds}");
    }
}

#[tokio::test]
async fn a_pair_that_is_none_counts_as_one_wrong_code_and_changes_nothing_else() {
    let (clinic, app) = Clinic::with_token().await;
    let owner = Actor::Prescriber { npi: ada() };
    let (one, next, later) = (off(&app, 600), off(&app, 630), off(&app, 660));
    for codes in [(&next, &one), (&one, &later), (&one, &one), (&off(&app, 7_200), &next)] {
        let refused = Err(VerifyError::Refused(Cause::NotConsecutive));
        assert_eq!(pair(&clinic, &owner, &app, codes).await, refused);
    }
    let token = clinic.token(&app, NOW).await;
    assert_eq!((token.failures, token.drift), (4, Drift::default()));
    for _ in 0..6 {
        pair(&clinic, &owner, &app, (&next, &one)).await.unwrap_err();
    }
    assert_eq!(clinic.token(&app, NOW).await.lock, Some(Lock::Until(NOW.plus(900))));
    let answer = pair(&clinic, &owner, &app, (&one, &next)).await;
    assert!(matches!(answer, Err(VerifyError::Refused(Cause::Locked { .. }))), "{answer:?}");
}

#[tokio::test]
async fn the_help_desk_can_and_nobody_else() {
    let (clinic, app) = Clinic::with_token().await;
    let codes = (&off(&app, 600), &off(&app, 630));
    for actor in [Actor::App, Actor::Stranger, Actor::System] {
        let refused = Err(VerifyError::Registry(Error::NotAllowed));
        assert_eq!(pair(&clinic, &actor, &app, codes).await, refused, "{actor}");
    }
    let other = Actor::Prescriber { npi: ben() };
    assert_eq!(pair(&clinic, &other, &app, codes).await, Err(VerifyError::UnknownToken));
    assert_eq!(clinic.token(&app, NOW).await.failures, 0, "it was not even counted");
    assert_eq!(pair(&clinic, &help_desk(), &app, codes).await, Ok(TokenState::Active));
    let event = clinic.events().await.remove(0).what;
    assert_eq!((event.kind, event.outcome), (EventKind::CodeJudged, Outcome::Success));
    assert_eq!(event.purpose, Some(Purpose::Resynchronisation));
    assert_eq!((event.actor, event.account), (help_desk(), Some(ada())));
}

#[tokio::test]
async fn a_token_that_is_not_in_use_is_not_resynchronised() {
    let (clinic, app) = Clinic::with_token().await;
    let codes = (&off(&app, 600), &off(&app, 630));
    let serial = app.serial();
    clinic.registry.suspend_token(&help_desk(), &serial, &label("lost"), NOW).await.unwrap();
    let state = TokenState::Suspended;
    let refused = Err(VerifyError::Refused(Cause::NotActive { state }));
    assert_eq!(pair(&clinic, &help_desk(), &app, codes).await, refused);

    let fob = App::new("Fob");
    put(&clinic, &fob, Otp::Hotp(Hotp::default()), None).await;
    let answer = pair(&clinic, &help_desk(), &fob, codes).await;
    let unowned = Error::NotPossible(TokenState::Provisioned);
    assert_eq!(answer, Err(VerifyError::Registry(unowned)));
}

/// A device of whose first codes no two are alike, and none is the phone's: no code matches by chance.
fn fob_of_unlike_codes(phone: &App) -> App {
    loop {
        let fob = App::new("Fob");
        let presses = (0..120).map(|counter| press(&fob, counter));
        let of_phone = (-2..=2).map(|step| off(phone, step * 30));
        let mut seen = HashSet::new();
        if presses.chain(of_phone).all(|code| seen.insert(code.expose_digits())) {
            return fob;
        }
    }
}

#[tokio::test]
async fn a_button_that_was_pressed_too_often_is_told_at_once_and_found_again() {
    let (clinic, phone) = Clinic::with_token().await;
    let fob = fob_of_unlike_codes(&phone);
    put(&clinic, &fob, Otp::Hotp(Hotp::default()), None).await;
    let session = clinic.by_token(ada(), &phone, NOW).await;
    let form = registry::Association {
        code: press(&fob, 0),
        second_code: Some(press(&fob, 1)),
        ..fob.form(NOW)
    };
    clinic.registry.associate(&session, &form, NOW).await.unwrap();

    let far = press(&fob, 2 + 40);
    let cause = Cause::OutOfStep { by: Off::Presses(40) };
    assert_eq!(judged(&clinic, &fob, &far, Purpose::Signing).await, Err(cause));
    // Whoever holds the passphrase only is not told, nor is a rehearsal.
    for purpose in [Purpose::SignIn, Purpose::Test] {
        assert_eq!(judged(&clinic, &fob, &far, purpose).await, Err(Cause::Wrong), "{purpose}");
    }
    let farther = press(&fob, 2 + 100);
    assert_eq!(judged(&clinic, &fob, &farther, Purpose::Signing).await, Err(Cause::Wrong));
    let codes = (&press(&fob, 700), &press(&fob, 701));
    let answer = clinic.registry.resynchronise_own_token(&session, &fob.serial(), codes, NOW).await;
    assert_eq!(answer.unwrap().last_accepted, Some(701));
    assert_eq!(judged(&clinic, &fob, &press(&fob, 702), Purpose::Signing).await, Ok(()));
}

/// A clinic with an app of whose codes, of an hour and a quarter, no two are alike.
async fn clinic_of_unlike_codes() -> (Clinic, App) {
    loop {
        let (clinic, app) = Clinic::with_token().await;
        let mut seen = HashSet::new();
        if (-122..=33).all(|step| seen.insert(off(&app, step * 30).expose_digits())) {
            return (clinic, app);
        }
    }
}

/// The only token is the one whose clock is off: it is the way in all the same.
#[tokio::test]
async fn two_codes_in_a_row_are_a_second_factor() {
    let (clinic, app) = clinic_of_unlike_codes().await;
    let session = clinic.half_session(ada(), NOW).await;
    let registry = &clinic.registry;
    let fast = off(&app, 900);
    let refused = registry.confirm_with_code(&session, None, &fast, NOW).await;
    assert_eq!(refused.err(), Some(VerifyError::Refused(Cause::Wrong)));
    let wrong = (&off(&app, 960), &fast);
    let refused = registry.confirm_with_two_codes(&session, None, wrong, NOW).await;
    assert_eq!(refused.err(), Some(VerifyError::Refused(Cause::NotConsecutive)));
    let codes = (&fast, &off(&app, 930));
    let secret = registry.confirm_with_two_codes(&session, None, codes, NOW).await.unwrap();
    let full = registry.session(&secret.unwrap(), NOW).await.unwrap();
    assert!(full.is_full() && full.is_fresh(NOW));
    assert_eq!(clinic.token(&app, NOW).await.drift, Drift::from_parts(31, 0));
    let later = NOW.plus(61);
    let stale = registry.resynchronise_own_token(&full, &app.serial(), codes, later).await;
    assert_eq!(stale, Err(OwnTokenError::Refused(Cause::NotConsecutive)), "they are spent");
}

/// Who could read the screen for a minute is not to sign in by it half an hour later.
#[tokio::test]
async fn two_codes_that_were_noted_long_ago_open_nothing() {
    for (seconds, opens) in [(-3_570, false), (-330, false), (-300, true), (-90, true)] {
        let (clinic, app) = Clinic::with_token().await;
        let half = clinic.half_session(ada(), NOW).await;
        let codes = (&off(&app, seconds), &off(&app, seconds + 30));
        let answer = clinic.registry.confirm_with_two_codes(&half, None, codes, NOW).await;
        let refused = Some(VerifyError::Refused(Cause::NotConsecutive));
        assert_eq!(answer.err(), if opens { None } else { refused }, "{seconds}");
        let token = clinic.token(&app, NOW).await;
        assert_eq!(token.failures, u32::from(!opens), "{seconds}: a refusal is charged");
        // The help desk hears who asks, and reaches farther.
        if !opens {
            let found = pair(&clinic, &help_desk(), &app, codes).await;
            assert_eq!(found, Ok(TokenState::Active), "{seconds}");
        }
    }
}

/// From where the clock was found last, not from ours.
#[tokio::test]
async fn a_clock_that_is_known_to_be_slow_is_no_long_ago() {
    let (clinic, app) = Clinic::with_token().await;
    let found = (&off(&app, -1_800), &off(&app, -1_770));
    pair(&clinic, &help_desk(), &app, found).await.unwrap();
    let half = clinic.half_session(ada(), NOW).await;
    let codes = (&off(&app, -1_740), &off(&app, -1_710));
    let secret = clinic.registry.confirm_with_two_codes(&half, None, codes, NOW).await;
    assert!(secret.unwrap().is_some());
}

/// However many good codes somebody shows, each a step ahead, the window stays near the clock.
#[tokio::test]
async fn no_row_of_codes_walks_the_window_away() {
    let (clinic, app) = Clinic::with_token().await;
    let mut now = NOW;
    for n in 0..40 {
        now = NOW.plus(n * 30);
        let ahead = clinic.token(&app, now).await.drift.steps();
        let farthest = now.plus(30 * u64::from(ahead.unsigned_abs() + 1));
        let (serial, code) = (app.serial(), app.code(farthest));
        drop(clinic.registry.verify(&ada(), &serial, &code, Purpose::Signing, now).await);
    }
    let drift = clinic.token(&app, now).await.drift;
    assert_eq!(drift, Drift::from_parts(0, Drift::MAX_LEARNT), "five minutes, and no more");
}
