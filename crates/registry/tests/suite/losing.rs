//! What follows the report of a loss: the clock, the codes since, and what the owner tells of them.

use std::collections::BTreeMap;

use oath::UnixTime;
use registry::{
    Actor, Deactivation,
    DeactivationReason::{self, Faulty, Lost, Stolen},
    EventKind, Mark, Outcome, OwnTokenError, Purpose, RequestedBy, Session, TokenState,
    event::NewEvent,
    store::{Changes, Write},
};

use crate::{
    clinic::{App, Clinic, START, ada, ben, help_desk, label, rng},
    reporting::two_tokens,
    requesting::replacement,
};

/// A Monday, 2027-06-07, in the evening of the East.
const NOW: UnixTime = UnixTime(START.0 + 600);
const HOUR: u64 = 3_600;

async fn sign(clinic: &Clinic, app: &App, at: UnixTime) {
    let (serial, code) = (app.serial(), app.code(at));
    clinic.registry.verify(&ada(), &serial, &code, Purpose::Signing, at).await.unwrap();
}

/// A tablet that signed an hour and two hours before it is reported lost, now.
async fn lost() -> (Clinic, App, App, Session) {
    let (clinic, phone, tablet) = two_tokens().await;
    for ago in [2, 1] {
        sign(&clinic, &tablet, UnixTime(NOW.0 + 3 * HOUR - ago * HOUR)).await;
    }
    let half = clinic.half_session(ada(), now()).await;
    clinic.registry.report_own_token_lost(&half, &tablet.serial(), now()).await.unwrap();
    let session = clinic.by_token(ada(), &phone, now()).await;
    (clinic, phone, tablet, session)
}

const fn now() -> UnixTime {
    NOW.plus(3 * HOUR)
}

async fn times(clinic: &Clinic, session: &Session, app: &App) -> Vec<(u64, Option<Mark>)> {
    let story = clinic.registry.own_loss(session, &app.serial(), now()).await.unwrap().unwrap();
    let codes = story.codes.unwrap().codes;
    codes.iter().map(|(event, mark)| (now().since(event.what.at) / HOUR, *mark)).collect()
}

#[tokio::test]
async fn the_codes_since_it_was_last_had_are_listed_and_marked_once() {
    let (clinic, _, tablet, session) = lost().await;
    let (registry, serial) = (&clinic.registry, tablet.serial());
    assert_eq!(times(&clinic, &session, &tablet).await, [(1, None)], "the last accepted one");
    let later = registry.tell_last_had(&session, &serial, now().plus(60), now()).await;
    assert_eq!(later, Err(OwnTokenError::HadLater));
    let had = UnixTime(now().0 - 2 * HOUR);
    for _ in 0..2 {
        registry.tell_last_had(&session, &serial, had, now()).await.unwrap();
    }
    assert_eq!(times(&clinic, &session, &tablet).await, [(1, None), (2, None)]);

    let story = registry.own_loss(&session, &serial, now()).await.unwrap().unwrap();
    let ids: Vec<_> = story.codes.unwrap().codes.iter().map(|(event, _)| event.id).collect();
    let marks = BTreeMap::from([(ids[0], Mark::NotMine), (ids[1], Mark::Mine), (1, Mark::Mine)]);
    for _ in 0..2 {
        registry.mark_codes(&session, &serial, &marks, now()).await.unwrap();
    }
    let marked = [(1, Some(Mark::NotMine)), (2, Some(Mark::Mine))];
    assert_eq!(times(&clinic, &session, &tablet).await, marked);
    let events = clinic.events().await;
    let of = |kind| events.iter().filter(move |event| event.what.kind == kind);
    assert_eq!(of(EventKind::LossDetailed).count(), 1, "the second time changed nothing");
    let causes: Vec<_> =
        of(EventKind::CodesMarked).map(|event| event.what.cause.as_deref()).collect();
    let expected = format!("1 mine, 1 not mine: events {}", ids[0]);
    assert_eq!(causes, [Some(expected.as_str())]);

    // The help desk sees the same, also once the token is given up for good.
    let reason = DeactivationReason::Lost;
    registry.deactivate_token(&help_desk(), &serial, reason, now()).await.unwrap();
    let token = clinic.token(&tablet, now()).await;
    let desk = registry.loss_of(&token).await.unwrap().unwrap();
    assert_eq!(desk.codes.unwrap().marked(Some(Mark::NotMine)), 1);
    assert_eq!(desk.loss.reported, now());
}

#[tokio::test]
async fn whoever_has_one_factor_or_the_lost_token_sees_and_tells_nothing_of_codes() {
    let (clinic, _, tablet, _) = lost().await;
    let (registry, serial) = (&clinic.registry, tablet.serial());
    let half = clinic.half_session(ada(), now()).await;
    let story = registry.own_loss(&half, &serial, now()).await.unwrap().unwrap();
    assert_eq!((story.loss.reported, story.codes), (now(), None));
    let refused = Err(OwnTokenError::NotSignedIn);
    assert_eq!(registry.tell_last_had(&half, &serial, START, now()).await, refused);
    assert_eq!(registry.mark_codes(&half, &serial, &BTreeMap::new(), now()).await, refused);
    assert_eq!(registry.tell_notice_given(&half, &serial, now()).await, refused);

    // A thief with the passphrase who was there before the report, and made it.
    let (clinic, _, tablet) = two_tokens().await;
    let (registry, serial) = (&clinic.registry, tablet.serial());
    let thief = clinic.by_token(ada(), &tablet, now()).await;
    registry.report_own_token_lost(&thief, &serial, now()).await.unwrap();
    let story = registry.own_loss(&thief, &serial, now()).await.unwrap().unwrap();
    assert_eq!(story.codes, None);
    let refused = Err(OwnTokenError::LostFactor);
    assert_eq!(registry.tell_last_had(&thief, &serial, START, now()).await, refused);
    assert_eq!(registry.tell_notice_given(&thief, &serial, now()).await, refused);

    // Another's loss is nobody's here.
    clinic.open_account(ben()).await;
    let app = App::new("Ben's phone");
    clinic.enrol_first(ben(), &app, now()).await;
    let session = clinic.by_token(ben(), &app, now().plus(60)).await;
    assert_eq!(registry.own_loss(&session, &serial, now().plus(60)).await, Ok(None));
    let told = registry.tell_notice_given(&session, &serial, now().plus(60)).await;
    assert_eq!(told, Err(OwnTokenError::NotLost));
}

/// He has the passphrase and the token, and gives it up as lost himself.
#[tokio::test]
async fn a_thief_who_gives_the_token_up_as_lost_is_out() {
    for replaced in [false, true] {
        let (clinic, _, tablet) = two_tokens().await;
        let (registry, serial) = (&clinic.registry, tablet.serial());
        let secret = clinic.secret_by_token(ada(), &tablet, NOW).await;
        let thief = registry.session(&secret, NOW).await.unwrap();
        if replaced {
            let (by, form) = (RequestedBy::Session(&thief), replacement(serial, Stolen));
            registry.replace_token(by, &form, NOW, &mut rng()).await.unwrap();
        } else {
            let form = Deactivation { reason: Stolen, last_one_meant: false };
            registry.deactivate_own_token(&thief, &serial, form, NOW).await.unwrap();
        }
        assert!(registry.session(&secret, NOW).await.is_err(), "replaced: {replaced}");
    }
}

/// A session that was spared when its token was given up as lost, as it once was.
#[tokio::test]
async fn whoever_signed_in_by_a_token_that_was_given_up_as_lost_tells_nothing() {
    for cause in ["stolen", "lost, replaced by request RQ-1"] {
        let (clinic, phone, tablet) = two_tokens().await;
        let (registry, serial) = (&clinic.registry, tablet.serial());
        let thief = clinic.by_token(ada(), &tablet, NOW).await;
        let mut record = clinic.store.token(&serial).await.unwrap().unwrap();
        record.token.state = TokenState::Deactivated;
        let event = NewEvent {
            at: NOW,
            actor: Actor::Prescriber { npi: ada() },
            kind: EventKind::TokenDeactivated,
            outcome: Outcome::Success,
            account: Some(ada()),
            serial: Some(serial.clone()),
            purpose: None,
            reference: None,
            cause: Some(cause.to_owned()),
        };
        let writes = vec![Write::UpdateToken(Box::new(record))];
        clinic.store.commit(Changes { writes, events: vec![event] }).await.unwrap();
        let story = registry.own_loss(&thief, &serial, NOW).await.unwrap().unwrap();
        assert_eq!(story.codes, None);
        let refused = Err(OwnTokenError::LostFactor);
        assert_eq!(registry.tell_last_had(&thief, &serial, START, NOW).await, refused);
        assert_eq!(registry.mark_codes(&thief, &serial, &BTreeMap::new(), NOW).await, refused);
        assert_eq!(registry.tell_notice_given(&thief, &serial, NOW).await, refused);
        registry.report_own_token_lost(&thief, &phone.serial(), NOW).await.unwrap();
        let found = registry.found_own_token(&thief, &phone.serial(), NOW).await;
        assert_eq!(found.unwrap_err(), OwnTokenError::LostFactor);
    }
}

#[tokio::test]
async fn the_clock_runs_until_the_notice_is_given_or_the_token_found() {
    let (clinic, _, tablet, session) = lost().await;
    let (registry, serial) = (&clinic.registry, tablet.serial());
    let losses = registry.untold_losses(&ada(), now()).await.unwrap();
    assert_eq!(losses.len(), 1);
    assert_eq!((&losses[0].serial, losses[0].reported), (&serial, now()));
    for _ in 0..2 {
        registry.tell_notice_given(&session, &serial, now()).await.unwrap();
    }
    assert_eq!(registry.untold_losses(&ada(), now()).await, Ok(Vec::new()));
    registry.note_notice(&help_desk(), &serial, now().plus(60)).await.unwrap();
    let told = clinic.events().await;
    let told = told.iter().filter(|event| event.what.kind == EventKind::LossTold);
    assert_eq!(told.count(), 1, "it was noted already");

    registry.found_own_token(&session, &serial, now()).await.unwrap();
    assert_eq!(registry.own_loss(&session, &serial, now()).await, Ok(None));
    // Lost again: a clock of its own, and nothing of what was told before.
    let again = now().plus(HOUR / 6);
    registry.suspend_token(&help_desk(), &serial, &label("lost"), again).await.unwrap();
    let losses = registry.untold_losses(&ada(), again).await.unwrap();
    assert_eq!((losses[0].reported, losses[0].told), (again, None));
    registry.note_notice(&help_desk(), &serial, again).await.unwrap();
    assert_eq!(registry.untold_losses(&ada(), again).await, Ok(Vec::new()));
    let owner = registry::Actor::Prescriber { npi: ada() };
    assert_eq!(
        registry.note_notice(&owner, &serial, again).await,
        Err(registry::Error::NotAllowed)
    );
}

#[tokio::test]
async fn the_clocks_of_all_accounts_are_listed_the_most_urgent_first() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let registry = &clinic.registry;
        let ada_s = clinic.first_token_of_ada().await;
        clinic.open_account(ben()).await;
        let ben_s = App::new("Ben's phone");
        clinic.enrol_first(ben(), &ben_s, START).await;
        let running = async |now| {
            let losses = registry.all_untold_losses(now).await.unwrap();
            losses.into_iter().map(|(npi, loss)| (npi, loss.serial)).collect::<Vec<_>>()
        };
        assert_eq!(running(NOW).await, []);
        let (why, day) = (label("lost"), 24 * HOUR);
        let later = NOW.plus(day);
        registry.suspend_token(&help_desk(), &ada_s.serial(), &why, later).await.unwrap();
        registry.suspend_token(&help_desk(), &ben_s.serial(), &why, NOW).await.unwrap();
        let both = [(ben(), ben_s.serial()), (ada(), ada_s.serial())];
        assert_eq!(running(later).await, both);
        assert_eq!(running(NOW.plus(14 * day)).await, both);
        assert_eq!(running(NOW.plus(14 * day + 1)).await, both[1..], "of more than two weeks ago");
        registry.restore_token(&help_desk(), &ben_s.serial(), &why, later).await.unwrap();
        assert_eq!(running(later).await, both[1..], "found");
        registry.note_notice(&help_desk(), &ada_s.serial(), later).await.unwrap();
        assert_eq!(running(later).await, [], "told");
        let faulty = DeactivationReason::Faulty;
        registry.deactivate_token(&help_desk(), &ben_s.serial(), faulty, later).await.unwrap();
        assert_eq!(running(later).await, [], "not lost");
    }
}

#[tokio::test]
async fn a_token_that_is_replaced_as_lost_or_stolen_is_lost() {
    for (reason, is_lost) in [(Lost, true), (Stolen, true), (Faulty, false)] {
        let (clinic, phone, tablet) = two_tokens().await;
        let session = clinic.by_token(ada(), &phone, NOW).await;
        let (by, form) = (RequestedBy::Session(&session), replacement(tablet.serial(), reason));
        clinic.registry.replace_token(by, &form, NOW, &mut rng()).await.unwrap();
        let loss = clinic.registry.own_loss(&session, &tablet.serial(), NOW).await.unwrap();
        assert_eq!(loss.map(|story| story.loss.reported), is_lost.then_some(NOW), "{reason}");
        let untold = clinic.registry.untold_losses(&ada(), NOW).await.unwrap();
        assert_eq!(untold.len(), usize::from(is_lost), "{reason}");
    }
}
