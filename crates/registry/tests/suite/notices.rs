//! Prescribers are told by mail what was done to their tokens and account: once, whatever dies, and
//! nothing of before it was begun.

use oath::{TokenType, UnixTime};
use provisioning::ReportId;
use registry::{
    Actor, DeactivationReason, Error, EventKind, FailingNotice, IdempotencyKey, Notice, NoticeKind,
    NoticedToken, Outcome, Purpose, Registry, registry::MOST_TRIES,
};

use crate::{
    clinic::{App, Clinic, START, ada, ben, help_desk, label, rng},
    rolling_upgrade::OF_A_NEWER_VERSION,
};

const NOW: UnixTime = UnixTime(START.0 + 60);

/// A clinic that tells its prescribers, with a token of Ada's.
async fn telling() -> (Clinic, App) {
    let (clinic, app) = Clinic::with_token().await;
    clinic.registry.begin_notices().await.unwrap();
    (clinic, app)
}

async fn look(clinic: &Clinic, now: UnixTime) {
    let last = clinic.registry.last_checkpoint().await.unwrap();
    clinic.registry.seal_audit(last.as_ref(), now, &mut rng()).await.unwrap();
    clinic.registry.queue_notices(now).await.unwrap();
}

async fn suspend(clinic: &Clinic, app: &App, now: UnixTime) {
    let (serial, why) = (app.serial(), label("she called"));
    clinic.registry.suspend_token(&help_desk(), &serial, &why, now).await.unwrap();
}

/// One round of the mails that are due, sent.
async fn round(registry: &Registry, now: UnixTime) -> Vec<Notice> {
    let mut sent = Vec::new();
    for event in registry.notices_due(now).await.unwrap() {
        let notice = registry.claim_notice(event, now).await.unwrap().unwrap();
        registry.notice_done(&notice, Ok(()), now).await.unwrap();
        sent.push(notice);
    }
    sent
}

/// All mails that are due, sent.
async fn sent(registry: &Registry, now: UnixTime) -> Vec<Notice> {
    let mut all = Vec::new();
    loop {
        match round(registry, now).await {
            sent if sent.is_empty() => return all,
            sent => all.extend(sent),
        }
    }
}

async fn told(clinic: &Clinic, now: UnixTime) -> Vec<NoticeKind> {
    look(clinic, now).await;
    sent(&clinic.registry, now).await.iter().map(|notice| notice.kind).collect()
}

async fn noted(clinic: &Clinic) -> Vec<registry::Event> {
    let mut events = clinic.events().await;
    events.retain(|event| event.what.kind == EventKind::NoticeMailed);
    events
}

#[tokio::test]
async fn a_prescriber_is_told_of_what_happens_from_then_on() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let app = clinic.first_token_of_ada().await;
        assert_eq!(told(&clinic, NOW).await, [], "it was not begun");
        clinic.registry.begin_notices().await.unwrap();
        assert_eq!(told(&clinic, NOW).await, [], "that was before");
        clinic.lost_and_found(&app, NOW).await;
        let later = NOW.plus(60);
        let (serial, code) = (app.serial(), app.code(later));
        clinic.registry.verify(&ada(), &serial, &code, Purpose::Signing, later).await.unwrap();
        let tablet = App::new("Tablet");
        clinic.enrol_further(ada(), &app, &tablet, later.plus(60)).await.unwrap();
        // Begun again, as at each start: nothing is left out.
        clinic.registry.begin_notices().await.unwrap();
        let now = later.plus(120);
        clinic.registry.queue_notices(now).await.unwrap();
        assert_eq!(sent(&clinic.registry, now).await.len(), 0, "nothing of it is sealed");
        look(&clinic, now).await;
        let told = sent(&*clinic.second_process().await, now).await;
        let kinds: Vec<_> = told.iter().map(|notice| notice.kind).collect();
        let expected =
            [NoticeKind::TokenSuspended, NoticeKind::TokenRestored, NoticeKind::TokenAdded];
        assert_eq!(kinds, expected);
        let first = &told[0];
        assert_eq!((first.npi, first.mail.as_str(), first.at), (ada(), "ada@example.org", NOW));
        assert_eq!(first.by, help_desk());
        let (name, serial, token_type) = (label("Phone"), app.serial(), TokenType::Soft);
        assert_eq!(first.token, Some(NoticedToken { name, serial, token_type }));
        look(&clinic, now).await;
        assert_eq!(sent(&clinic.registry, now.plus(99_999)).await.len(), 0, "once");
        let noted = noted(&clinic).await;
        assert!(noted.iter().all(|event| event.what.outcome == Outcome::Success), "{noted:?}");
        assert_eq!(noted.len(), 3);
    }
}

#[tokio::test]
async fn whoever_did_it_the_prescriber_is_told_once() {
    let (clinic, app) = telling().await;
    let (registry, tablet) = (&clinic.registry, App::new("Tablet"));
    clinic.enrol_further(ada(), &app, &tablet, NOW).await.unwrap();
    assert_eq!(told(&clinic, NOW).await, [NoticeKind::TokenAdded]);
    // By the app of another token, again, and by the owner.
    for report in [ReportId::generate(&mut rng()), ReportId::generate(&mut rng())] {
        let ask = provisioning::AppAsk::ReportLost { serial: tablet.serial(), report_id: report };
        registry.app_request(&app.ask(ask, NOW), NOW).await.unwrap();
    }
    let session = clinic.half_session(ada(), NOW).await;
    registry.report_own_token_lost(&session, &tablet.serial(), NOW).await.unwrap();
    look(&clinic, NOW).await;
    let reported = sent(registry, NOW).await;
    let [lost] = reported.as_slice() else { panic!("{reported:?}") };
    let by = Actor::Token { npi: ada(), serial: app.serial() };
    assert_eq!((lost.kind, &lost.by), (NoticeKind::TokenSuspended, &by));
    // A relying party, for whoever has signed in through it.
    let ehr = Actor::RelyingParty { name: label("Example EHR"), signed_in: Some(ada()) };
    let (serial, reason) = (tablet.serial(), DeactivationReason::Lost);
    registry.deactivate_token(&ehr, &serial, reason, NOW).await.unwrap();
    let phone = Some("+1 410 555 0134".parse().unwrap());
    registry.note_phone(&help_desk(), &ada(), phone, NOW).await.unwrap();
    look(&clinic, NOW).await;
    let [given_up, phone] = sent(registry, NOW).await.try_into().unwrap();
    assert_eq!(
        (given_up.kind, given_up.by.role()),
        (NoticeKind::TokenDeactivated, "relying-party")
    );
    assert_eq!((phone.kind, phone.token), (NoticeKind::PhoneAdded, None));
}

#[tokio::test]
async fn a_first_telephone_number_is_told_as_added_and_only_another_as_a_change() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        clinic.registry.begin_notices().await.unwrap();
        clinic.open_account(ada()).await;
        let numbers =
            [Some("+1 410 555 0134"), Some("+1 410 555 0199"), None, Some("+14105550134")];
        for (number, now) in numbers.into_iter().zip((0..).map(|n| NOW.plus(n))) {
            let phone = number.map(|number| number.parse().unwrap());
            clinic.registry.note_phone(&help_desk(), &ada(), phone, now).await.unwrap();
        }
        let expected = [
            NoticeKind::PhoneAdded,
            NoticeKind::PhoneChanged,
            NoticeKind::PhoneRemoved,
            NoticeKind::PhoneAdded,
        ];
        assert_eq!(told(&clinic, NOW.plus(9)).await, expected);
    }
}

#[tokio::test]
async fn a_move_is_one_mail() {
    let (clinic, old) = telling().await;
    let now = NOW.plus(60);
    let (session, new) = clinic.moving(&old, &old, now).await;
    let submit = IdempotencyKey::generate(&mut rng());
    clinic.finish_move(&session, (&old, &new), &submit, now).await.unwrap();
    look(&clinic, now).await;
    let told = sent(&clinic.registry, now).await;
    let [moved] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(moved.kind, NoticeKind::TokenMoved);
    assert_eq!(moved.token.as_ref().unwrap().serial, old.serial());
    assert_eq!(moved.moved_to, Some(new.serial()));
}

#[tokio::test]
async fn more_than_one_look_takes_is_queued_whole() {
    let (clinic, app) = telling().await;
    for n in 0..260 {
        clinic.lost_and_found(&app, NOW.plus(n)).await;
    }
    let now = NOW.plus(300);
    look(&clinic, now).await;
    assert_eq!(sent(&clinic.registry, now).await.len(), 520);
}

#[tokio::test]
async fn an_account_to_which_much_was_done_delays_nobody_elses_mail() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let app = clinic.first_token_of_ada().await;
        clinic.open_account(ben()).await;
        let registry = &clinic.registry;
        registry.begin_notices().await.unwrap();
        for n in 0..250 {
            clinic.lost_and_found(&app, NOW.plus(n)).await;
        }
        let before = NOW.plus(300);
        look(&clinic, before).await;
        let phone = Some("+1 410 555 0134".parse().unwrap());
        registry.note_phone(&help_desk(), &ben(), phone, before).await.unwrap();
        let now = before.plus(60);
        look(&clinic, now).await;
        let whose = |sent: &[Notice]| sent.iter().map(|notice| notice.npi).collect::<Vec<_>>();
        let first = round(registry, now).await;
        assert_eq!(whose(&first), [ada(), ben(), ada(), ada()]);
        // Another one's that comes while many of Ada's wait still.
        registry.note_phone(&help_desk(), &ben(), None, now).await.unwrap();
        look(&clinic, now).await;
        assert_eq!(whose(&round(registry, now).await), [ada(), ben(), ada(), ada()]);
        assert_eq!(sent(registry, now).await.len(), 494, "none is lost");
    }
}

#[tokio::test]
async fn of_two_servers_one_sends_and_one_that_died_loses_nothing() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let app = clinic.first_token_of_ada().await;
        clinic.registry.begin_notices().await.unwrap();
        suspend(&clinic, &app, NOW).await;
        let (one, other) = (&clinic.registry, clinic.second_process().await);
        look(&clinic, NOW).await;
        other.queue_notices(NOW).await.unwrap();
        let due = one.notices_due(NOW).await.unwrap();
        let [event] = due[..] else { panic!("{due:?}") };
        let claimed = one.claim_notice(event, NOW).await.unwrap().unwrap();
        let before_again = NOW.plus(119);
        assert!(other.claim_notice(event, before_again).await.unwrap().is_none());
        assert_eq!(other.notices_due(before_again).await.unwrap(), [0; 0]);
        // The first is not heard of any more.
        let again = NOW.plus(120);
        assert_eq!(other.notices_due(again).await.unwrap(), [event]);
        let second = other.claim_notice(event, again).await.unwrap().unwrap();
        assert_eq!((second.event, second.at, second.attempt), (claimed.event, NOW, 2));
        other.notice_done(&second, Ok(()), again).await.unwrap();
        one.notice_done(&claimed, Ok(()), again).await.unwrap();
        assert_eq!(noted(&clinic).await.len(), 1, "it is noted once");
    }
}

#[tokio::test]
async fn many_servers_at_once_send_each_mail_once() {
    let clinic = Clinic::on_postgres().await;
    let app = clinic.first_token_of_ada().await;
    clinic.registry.begin_notices().await.unwrap();
    for n in 0..10 {
        clinic.lost_and_found(&app, NOW.plus(n)).await;
    }
    let now = NOW.plus(60);
    let last = clinic.registry.last_checkpoint().await.unwrap();
    clinic.registry.seal_audit(last.as_ref(), now, &mut rng()).await.unwrap();
    let mut servers = Vec::new();
    for _ in 0..4 {
        let server = clinic.second_process().await;
        servers.push(tokio::spawn(async move {
            let mut events = Vec::new();
            for _ in 0..20 {
                server.queue_notices(now).await.unwrap();
                for event in server.notices_due(now).await.unwrap() {
                    if let Some(notice) = server.claim_notice(event, now).await.unwrap() {
                        server.notice_done(&notice, Ok(()), now).await.unwrap();
                        events.push(event);
                    }
                }
            }
            events
        }));
    }
    let mut events = Vec::new();
    for server in servers {
        events.extend(server.await.unwrap());
    }
    events.extend(sent(&clinic.registry, now).await.iter().map(|notice| notice.event));
    events.sort_unstable();
    let all = events.len();
    events.dedup();
    assert_eq!((events.len(), all), (20, 20), "none is lost, none twice");
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_is_shown_tried_for_a_day_and_then_noted_as_given_up() {
    let (clinic, app) = telling().await;
    suspend(&clinic, &app, NOW).await;
    look(&clinic, NOW).await;
    let (registry, mut now, mut tries) = (&clinic.registry, NOW, 0);
    let failing = async || registry.failing_notices(9).await.unwrap().pop();
    while let [event] = registry.notices_due(now).await.unwrap()[..] {
        let claimed = registry.claim_notice(event, now).await.unwrap().unwrap();
        registry.notice_done(&claimed, Err("mail server says no"), now).await.unwrap();
        tries += 1;
        let FailingNotice { about, attempts, due, given_up, problem, .. } =
            failing().await.unwrap();
        assert_eq!((about, attempts), (Some((ada(), NoticeKind::TokenSuspended)), tries));
        assert_eq!(problem, "mail server says no");
        if given_up.is_some() {
            assert_eq!(given_up, Some(now));
            assert!(registry.claim_notice(event, due).await.unwrap().is_none());
            break;
        }
        assert!((120..=3_600).contains(&due.since(now)), "{}", due.since(now));
        assert_eq!(noted(&clinic).await.len(), 0, "each try is not worth an event");
        now = due;
    }
    assert_eq!(tries, MOST_TRIES);
    assert!(now.since(NOW) > 20 * 3_600, "{} hours", now.since(NOW) / 3_600);
    assert_eq!(registry.notices_due(now.plus(99_999)).await.unwrap(), [0; 0]);
    let [given_up] = noted(&clinic).await.try_into().unwrap();
    assert_eq!((given_up.what.outcome, given_up.what.account), (Outcome::Refused, Some(ada())));
    let cause = given_up.what.cause.as_deref().unwrap();
    assert!(cause.ends_with(", to ada@example.org: mail server says no"), "{cause}");
    let report = registry.daily_report(now).await.unwrap();
    assert!(report.notable.contains(&given_up), "the auditor sees it");
    for (days, is_shown) in [(7, true), (8, false)] {
        let later = now.plus(days * 86_400);
        registry.restore_token(&help_desk(), &app.serial(), &label("found"), later).await.unwrap();
        suspend(&clinic, &app, later).await;
        look(&clinic, later).await;
        assert_eq!(failing().await.is_some(), is_shown, "{days} days later");
    }
}

#[tokio::test]
async fn what_the_database_cannot_mean_is_no_mail() {
    let (clinic, _app) = telling().await;
    let write = registry::store::Write::InsertNotice { event: 1, due: NOW };
    let changes = registry::store::Changes { writes: vec![write], events: Vec::new() };
    clinic.store.commit(changes).await.unwrap();
    assert!(clinic.registry.claim_notice(1, NOW).await.unwrap().is_none());
    assert_eq!(clinic.store.notice(1).await.unwrap(), None, "in nobody's way");
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_shown_and_then_noted_and_stops_no_mail() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let app = clinic.first_token_of_ada().await;
        let registry = &clinic.registry;
        registry.begin_notices().await.unwrap();
        suspend(&clinic, &app, NOW).await;
        clinic.sql(
            "INSERT INTO events (at, actor, kind, outcome)
             VALUES (1812345660, 'nobody known', 'account-opened', 'success')",
        );
        registry.restore_token(&help_desk(), &app.serial(), &label("found"), NOW).await.unwrap();
        look(&clinic, NOW).await;
        let due = registry.notices_due(NOW).await.unwrap();
        let [lost, bad, back] = due[..] else { panic!("{due:?}") };
        for (event, kind) in [(lost, NoticeKind::TokenSuspended), (back, NoticeKind::TokenRestored)]
        {
            let notice = registry.claim_notice(event, NOW).await.unwrap().unwrap();
            registry.notice_done(&notice, Ok(()), NOW).await.unwrap();
            assert_eq!(notice.kind, kind);
        }
        let (mut now, mut tries) = (NOW, 0);
        while registry.notices_due(now).await.unwrap() == [bad] {
            let claimed = registry.claim_notice(bad, now).await;
            assert!(matches!(claimed, Err(Error::Damaged { .. })), "{claimed:?}");
            let failing = registry.failing_notices(9).await.unwrap();
            let [shown] = &failing[..] else { panic!("{failing:?}") };
            tries += 1;
            assert_eq!((shown.event, shown.about, shown.attempts), (bad, None, tries));
            assert!(shown.problem.contains("damaged"), "{}", shown.problem);
            assert!(registry.claim_notice(bad, now).await.unwrap().is_none(), "not at once");
            now = shown.due;
        }
        assert_eq!(tries, MOST_TRIES);
        let given_up = registry.events(None, 1).await.unwrap().remove(0).what;
        assert_eq!((given_up.outcome, given_up.account), (Outcome::Refused, None));
        let cause = given_up.cause.unwrap();
        assert!(cause.starts_with(&format!("event {bad}: ")), "{cause}");
    }
}

#[tokio::test]
async fn an_event_of_a_newer_version_is_left_to_whoever_knows_it() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let app = clinic.first_token_of_ada().await;
        clinic.registry.begin_notices().await.unwrap();
        clinic.sql(OF_A_NEWER_VERSION);
        suspend(&clinic, &app, NOW).await;
        look(&clinic, NOW).await;
        let due = clinic.registry.notices_due(NOW).await.unwrap();
        let [lost] = due[..] else { panic!("{due:?}") };
        let newer = lost - 1;
        let left = clinic.store.notice(newer).await.unwrap().unwrap();
        for days in [0, 1, 30] {
            let later = NOW.plus(days * 86_400);
            assert_eq!(clinic.registry.claim_notice(newer, later).await.unwrap().map(|_| ()), None);
            assert!(!clinic.registry.notices_due(later).await.unwrap().contains(&newer));
        }
        assert_eq!(clinic.store.notice(newer).await.unwrap(), Some(left), "as it was queued");
        assert_eq!(clinic.registry.failing_notices(9).await.unwrap(), []);
        assert!(clinic.registry.claim_notice(lost, NOW).await.unwrap().is_some());
        // As the newer version sees it, which knows the kind.
        clinic.tamper("UPDATE events SET kind = 'token-found', purpose = NULL WHERE kind = 'token-teleported'");
        let told = sent(&clinic.registry, NOW).await;
        let told: Vec<_> = told.iter().map(|notice| (notice.event, notice.kind)).collect();
        assert_eq!(told, [(newer, NoticeKind::TokenRestored)]);
    }
}

#[tokio::test]
async fn what_only_a_newer_version_tells_of_is_left_to_it_for_a_week() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        clinic.open_account(ada()).await;
        let registry = &clinic.registry;
        let event = registry.events(None, 1).await.unwrap()[0].id;
        let write = registry::store::Write::InsertNotice { event, due: START };
        let changes = registry::store::Changes { writes: vec![write], events: Vec::new() };
        clinic.store.commit(changes).await.unwrap();
        let (mut now, mut looks) = (START, 0);
        while now.since(START) < 7 * 86_400 {
            assert_eq!(registry.notices_due(now).await.unwrap(), [event]);
            assert!(registry.claim_notice(event, now).await.unwrap().is_none());
            assert_eq!(registry.notices_due(now).await.unwrap(), [0; 0], "in nobody's way");
            let left = clinic.store.notice(event).await.unwrap().unwrap();
            assert_eq!((left.problem, left.given_up), (None, None));
            assert!((120..=3_600).contains(&left.due.since(now)), "{}", left.due.since(now));
            (now, looks) = (left.due, looks + 1);
        }
        assert!(looks < 200, "{looks}");
        assert!(registry.claim_notice(event, now).await.unwrap().is_none());
        assert_eq!(clinic.store.notice(event).await.unwrap(), None);
    }
}

#[tokio::test]
async fn a_clock_that_was_a_year_ahead_delays_no_mail() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let app = clinic.first_token_of_ada().await;
        clinic.registry.begin_notices().await.unwrap();
        suspend(&clinic, &app, NOW).await;
        look(&clinic, NOW).await;
        let event = clinic.registry.notices_due(NOW).await.unwrap()[0];
        let ahead = NOW.plus(365 * 86_400);
        assert!(clinic.registry.claim_notice(event, ahead).await.unwrap().is_some());
        assert_eq!(clinic.registry.notices_due(NOW).await.unwrap(), [event]);
        assert!(clinic.registry.claim_notice(event, NOW).await.unwrap().is_some());
        assert_eq!(clinic.registry.notices_due(NOW).await.unwrap(), [0; 0]);
    }
}

#[tokio::test]
async fn a_mail_that_was_queued_by_a_clock_an_hour_ahead_goes_at_once() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let app = clinic.first_token_of_ada().await;
        clinic.registry.begin_notices().await.unwrap();
        suspend(&clinic, &app, NOW).await;
        look(&clinic, NOW.plus(3_600)).await;
        let kinds: Vec<_> = sent(&clinic.registry, NOW).await.iter().map(|it| it.kind).collect();
        assert_eq!(kinds, [NoticeKind::TokenSuspended]);
    }
}
