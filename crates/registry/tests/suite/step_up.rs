//! A code by phone, before a token is added.

use oath::UnixTime;
use registry::{
    Actor, AssociateError, EventKind, Outcome, PhoneChannel, Session, StepUpError, StepUpMessage,
    StepUpStanding,
    step_up::{StepUpRecord, StepUpSends},
    store::{Changes, StoreError, Write},
    values::SessionId,
};

use crate::{
    clinic::{App, Clinic, START, ada, ben, help_desk, rng},
    interleaving::{Before, interrupted},
};

const PHONE: &str = "+1 410 555 0134";

/// Ada with a phone, signed in by her confirmation code, and an app whose token waits.
async fn waiting() -> (Clinic, App, Session) {
    let clinic = Clinic::asking_step_up().await;
    clinic.open_account(ada()).await;
    let phone = Some(PHONE.parse().unwrap());
    clinic.registry.note_phone(&help_desk(), &ada(), phone, START).await.unwrap();
    let app = App::new("Phone");
    let (link, confirmation) = clinic.begin(ada(), START).await;
    clinic.send(&app.seal(&link), START).await.unwrap();
    let session = clinic.confirmed(ada(), &confirmation, START).await;
    (clinic, app, session)
}

async fn begin(
    clinic: &Clinic,
    session: &Session,
    channel: PhoneChannel,
    now: UnixTime,
) -> Result<Option<StepUpMessage>, StepUpError> {
    clinic.registry.begin_step_up(session, channel, now, &mut rng()).await
}

async fn sent(clinic: &Clinic, session: &Session, now: UnixTime) -> StepUpMessage {
    begin(clinic, session, PhoneChannel::Sms, now).await.unwrap().unwrap()
}

#[tokio::test]
async fn a_token_is_added_once_the_code_by_phone_was_typed() {
    let (clinic, app, session) = waiting().await;
    let form = app.form(START);
    let refused = clinic.registry.associate(&session, &form, START).await;
    assert_eq!(refused, Err(AssociateError::NeedsStepUp));
    assert_eq!(clinic.events().await[0].what.cause.as_deref(), Some("needs a code by phone"));

    let message = sent(&clinic, &session, START).await;
    assert_eq!((message.phone.as_str(), message.channel), ("+14105550134", PhoneChannel::Sms));
    assert!(begin(&clinic, &session, PhoneChannel::Sms, START.plus(5)).await.unwrap().is_none());
    let refused = clinic.registry.associate(&session, &form, START).await;
    assert_eq!(refused, Err(AssociateError::NeedsStepUp), "sending alone is not enough");
    for _ in 0..2 {
        clinic.registry.confirm_step_up(&session, &message.code, START.plus(60)).await.unwrap();
    }
    assert!(begin(&clinic, &session, PhoneChannel::Sms, START.plus(90)).await.unwrap().is_none());
    let token = clinic.registry.associate(&session, &form, START).await.unwrap();
    assert_eq!(clinic.registry.associate(&session, &form, START).await, Ok(token));

    let written = format!("{:?}", clinic.events().await);
    let code = message.code.expose_text();
    assert!(!written.contains(&code) && !written.contains(&code.replace(' ', "")));
    assert!(!written.contains("5550134") && written.contains("ends in 34"));
    let file = std::fs::read(clinic.folder.path().join("countersign.db")).unwrap();
    let bare = code.replace(' ', "");
    assert!(!file.windows(bare.len()).any(|part| part == bare.as_bytes()));
}

#[tokio::test]
async fn a_code_is_good_for_ten_minutes_five_tries_and_its_own_session() {
    let (clinic, _, session) = waiting().await;
    let message = sent(&clinic, &session, START).await;
    let late = clinic.registry.confirm_step_up(&session, &message.code, START.plus(601)).await;
    assert_eq!(late, Err(StepUpError::NoCode));

    let now = START.plus(700);
    let newer = sent(&clinic, &session, now).await;
    for tries_left in (0..5).rev() {
        let answer = clinic.registry.confirm_step_up(&session, &message.code, now).await;
        assert_eq!(answer, Err(StepUpError::Wrong { tries_left }), "the older one");
    }
    let answer = clinic.registry.confirm_step_up(&session, &newer.code, now).await;
    assert_eq!(answer, Err(StepUpError::NoCode), "the right one after five wrong ones");
    let last = &clinic.events().await[0].what;
    assert_eq!((last.kind, last.outcome), (EventKind::StepUpConfirmed, Outcome::Refused));

    // Another session of the same account has to have its own.
    let third = sent(&clinic, &session, now.plus(20)).await;
    let other = another(&clinic, now).await;
    let answer = clinic.registry.confirm_step_up(&other, &third.code, now.plus(20)).await;
    assert_eq!(answer, Err(StepUpError::NoCode));
    clinic.registry.confirm_step_up(&session, &third.code, now.plus(20)).await.unwrap();
    let standing = clinic.registry.step_up(&other, now.plus(20)).await.unwrap();
    assert_eq!(standing, Some(StepUpStanding::ToSend));
}

/// Another session of Ada's, by a newer confirmation code.
async fn another(clinic: &Clinic, now: UnixTime) -> Session {
    let (_, confirmation) = clinic.begin(ada(), now).await;
    clinic.confirmed(ada(), &confirmation, now).await
}

#[tokio::test]
async fn a_code_stays_good_while_another_session_has_its_own_and_both_count_as_sent() {
    let (clinic, _, phone) = waiting().await;
    let desk = another(&clinic, START).await;
    let first = sent(&clinic, &phone, START).await;
    let second = sent(&clinic, &desk, START).await;
    let wrong = clinic.registry.confirm_step_up(&phone, &second.code, START).await;
    assert_eq!(wrong, Err(StepUpError::Wrong { tries_left: 4 }));
    clinic.registry.confirm_step_up(&phone, &first.code, START).await.unwrap();
    clinic.registry.confirm_step_up(&desk, &second.code, START).await.unwrap();
    let third = another(&clinic, START).await;
    for number in 0..3 {
        sent(&clinic, &third, START.plus(20 * number)).await;
    }
    for session in [another(&clinic, START).await, third] {
        let answer = begin(&clinic, &session, PhoneChannel::Voice, START.plus(100)).await;
        assert_eq!(answer.unwrap_err(), StepUpError::TooManySends { seconds_left: 3_500 });
    }
}

#[tokio::test]
async fn nothing_goes_to_a_number_that_is_no_more_the_prescribers_meanwhile() {
    let (clinic, _, session) = waiting().await;
    for (number, now) in [(Some("+14105550199".parse().unwrap()), START), (None, START.plus(60))] {
        let meanwhile = {
            let (registry, number) = (clinic.registry.clone(), number.clone());
            async move { registry.note_phone(&help_desk(), &ada(), number, now).await.unwrap() }
        };
        let late = interrupted(&clinic, Before::Commit, meanwhile).await;
        let sent = late.begin_step_up(&session, PhoneChannel::Sms, now, &mut rng()).await;
        match number {
            Some(number) => assert_eq!(sent.unwrap().unwrap().phone, number),
            None => assert_eq!(sent.unwrap_err(), StepUpError::NoPhone),
        }
    }
}

#[tokio::test]
async fn five_codes_an_hour_are_sent_and_none_without_a_phone_or_a_fresh_sign_in() {
    let (clinic, _, session) = waiting().await;
    for number in 0..5 {
        sent(&clinic, &session, START.plus(20 * number)).await;
    }
    let answer = begin(&clinic, &session, PhoneChannel::Voice, START.plus(100)).await;
    assert_eq!(answer.unwrap_err(), StepUpError::TooManySends { seconds_left: 3_500 });

    let later = begin(&clinic, &session, PhoneChannel::Sms, START.plus(1_201)).await;
    assert_eq!(later.unwrap_err(), StepUpError::NotFresh);
    let half = clinic.half_session(ada(), START).await;
    let answer = begin(&clinic, &half, PhoneChannel::Sms, START).await;
    assert_eq!(answer.unwrap_err(), StepUpError::NotSignedIn);
    clinic.registry.note_phone(&help_desk(), &ada(), None, START).await.unwrap();
    let answer = begin(&clinic, &session, PhoneChannel::Sms, START).await;
    assert_eq!(answer.unwrap_err(), StepUpError::NoPhone);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_tries_at_once_each_is_counted() {
    let (clinic, _, session) = waiting().await;
    let message = sent(&clinic, &session, START).await;
    let wrong = registry::ConfirmationCode::generate(&mut rng());
    let text = wrong.expose_text();
    let tries: Vec<_> = (0..20)
        .map(|_| {
            let (registry, session) = (clinic.registry.clone(), session.clone());
            let code: registry::ConfirmationCode = text.parse().unwrap();
            tokio::spawn(async move { registry.confirm_step_up(&session, &code, START).await })
        })
        .collect();
    let mut judged = 0;
    for answer in tries {
        judged += u32::from(matches!(answer.await.unwrap(), Err(StepUpError::Wrong { .. })));
    }
    assert_eq!(judged, 5);
    let answer = clinic.registry.confirm_step_up(&session, &message.code, START).await;
    assert_eq!(answer, Err(StepUpError::NoCode));
}

#[tokio::test]
async fn a_code_that_could_not_be_sent_is_sent_anew_at_once() {
    let (clinic, _, session) = waiting().await;
    let lost = sent(&clinic, &session, START).await;
    clinic.registry.step_up_sent(&session, lost.tag, Err("refused"), START).await.unwrap();
    let answer = clinic.registry.confirm_step_up(&session, &lost.code, START).await;
    assert_eq!(answer, Err(StepUpError::NoCode));
    let message = sent(&clinic, &session, START.plus(1)).await;
    clinic.registry.step_up_sent(&session, message.tag, Ok(()), START.plus(1)).await.unwrap();
    // That the first one failed is told late: the newer one stays good.
    clinic.registry.step_up_sent(&session, lost.tag, Err("late"), START.plus(1)).await.unwrap();
    assert!(begin(&clinic, &session, PhoneChannel::Sms, START.plus(2)).await.unwrap().is_none());
    clinic.registry.confirm_step_up(&session, &message.code, START.plus(2)).await.unwrap();
}

#[tokio::test]
async fn a_new_number_ends_what_went_to_the_one_before() {
    let (clinic, app, session) = waiting().await;
    let registry = &clinic.registry;
    let other = Some("+14105550199".parse().unwrap());
    let stolen = sent(&clinic, &session, START).await;
    registry.note_phone(&help_desk(), &ada(), other, START).await.unwrap();
    let answer = registry.confirm_step_up(&session, &stolen.code, START).await;
    assert_eq!(answer, Err(StepUpError::NoCode));

    let message = sent(&clinic, &session, START.plus(60)).await;
    registry.confirm_step_up(&session, &message.code, START.plus(60)).await.unwrap();
    registry.note_phone(&help_desk(), &ada(), None, START.plus(60)).await.unwrap();
    let refused = registry.associate(&session, &app.form(START), START.plus(60)).await;
    assert_eq!(refused, Err(AssociateError::NeedsStepUp));
}

#[tokio::test]
async fn only_the_help_desk_notes_a_phone() {
    let clinic = Clinic::with_ada().await;
    let phone = || Some(PHONE.parse().unwrap());
    let actor = Actor::Prescriber { npi: ada() };
    let answer = clinic.registry.note_phone(&actor, &ada(), phone(), START).await;
    assert_eq!(answer, Err(registry::Error::NotAllowed));
    let answer = clinic.registry.note_phone(&help_desk(), &ben(), phone(), START).await;
    assert_eq!(answer, Err(registry::Error::UnknownAccount));
    clinic.registry.note_phone(&help_desk(), &ada(), phone(), START).await.unwrap();
    let account = clinic.registry.account(&ada()).await.unwrap().unwrap();
    assert_eq!(account.phone, phone());
    assert_eq!(clinic.events().await[0].what.kind, EventKind::PhoneNoted);
}

/// What every store does with codes by phone.
#[tokio::test]
async fn a_stored_code_is_read_back_and_written_on_condition() {
    let clinic = Clinic::with_ada().await;
    let store = &*clinic.store;
    let write = async |write| store.commit(Changes { writes: vec![write], events: vec![] }).await;
    let session = SessionId::from_bytes([7; 32]);
    assert_eq!(store.step_up(ada(), session).await, Ok(None));
    let mut record = StepUpRecord {
        npi: ada(),
        session,
        channel: PhoneChannel::Voice,
        tag: [9; 32],
        sent: START,
        wrong: 1,
        confirmed: None,
        version: 0,
    };
    write(Write::InsertStepUp(Box::new(record.clone()))).await.unwrap();
    record.version = 1;
    assert_eq!(store.step_up(ada(), session).await, Ok(Some(record.clone())));
    let again = write(Write::InsertStepUp(Box::new(record.clone()))).await;
    assert_eq!(again, Err(StoreError::Conflict));
    record.confirmed = Some(START.plus(5));
    write(Write::UpdateStepUp(Box::new(record.clone()))).await.unwrap();
    let stale = write(Write::UpdateStepUp(Box::new(record.clone()))).await;
    assert_eq!(stale, Err(StoreError::Conflict));
    record.version = 2;
    assert_eq!(store.step_up(ada(), session).await, Ok(Some(record.clone())));
    assert_eq!(store.step_up(ben(), session).await, Ok(None));
    let other = SessionId::from_bytes([8; 32]);
    assert_eq!(store.step_up(ada(), other).await, Ok(None));
    let newer = StepUpRecord { session: other, sent: START.plus(9), ..record.clone() };
    write(Write::InsertStepUp(Box::new(newer))).await.unwrap();
    write(Write::ForgetStepUps { npi: ben(), before: UnixTime(u64::MAX) }).await.unwrap();
    write(Write::ForgetStepUps { npi: ada(), before: START.plus(9) }).await.unwrap();
    assert_eq!(store.step_up(ada(), session).await, Ok(None));
    assert!(store.step_up(ada(), other).await.unwrap().is_some());
}

/// What every store does with the count of codes that were sent.
#[tokio::test]
async fn a_stored_count_of_codes_is_read_back_and_written_on_condition() {
    let clinic = Clinic::with_ada().await;
    let store = &*clinic.store;
    let write = async |write| store.commit(Changes { writes: vec![write], events: vec![] }).await;
    assert_eq!(store.step_up_sends(ada()).await, Ok(None));
    let mut counts = StepUpSends { npi: ada(), sends: 2, since: START, version: 0 };
    write(Write::InsertStepUpSends(counts.clone())).await.unwrap();
    let again = write(Write::InsertStepUpSends(counts.clone())).await;
    assert_eq!(again, Err(StoreError::Conflict));
    counts = StepUpSends { sends: 3, since: START.plus(5), version: 1, ..counts };
    write(Write::UpdateStepUpSends(counts.clone())).await.unwrap();
    let stale = write(Write::UpdateStepUpSends(counts.clone())).await;
    assert_eq!(stale, Err(StoreError::Conflict));
    counts.version = 2;
    assert_eq!(store.step_up_sends(ada()).await, Ok(Some(counts)));
    assert_eq!(store.step_up_sends(ben()).await, Ok(None));
}
