//! Activation mails: claimed, tried again, and where their links lead.

use oath::UnixTime;
use registry::{Landing, RequestError, RequestedBy, Wanted};

use crate::{
    clinic::{App, Clinic, START, ada, help_desk, rng},
    requesting::{at_the_dashboard, enrolment, lands, mailed, make, processing},
};

const NOW: UnixTime = UnixTime(START.0 + 60);

#[tokio::test]
async fn a_link_that_is_sent_again_takes_the_place_of_the_earlier() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    let request = make(&clinic, &session, Wanted::Soft).await.remove(0);
    let (registry, desk) = (&clinic.registry, help_desk());
    let order = processing();
    let too_early = registry.send_request_again(&desk, request.id, &order, NOW, &mut rng()).await;
    assert!(matches!(too_early.unwrap_err(), RequestError::NotPossible { .. }));
    registry.process_request(&desk, request.id, &processing(), NOW, &mut rng()).await.unwrap();
    let first = mailed(&clinic, &request, NOW).await;
    let late = NOW.plus(4 * 24 * 3600);
    assert!(matches!(lands(&clinic, &first, late).await, Some(Landing::Expired)));
    let again = registry.send_request_again(&desk, request.id, &order, late, &mut rng()).await;
    assert!(again.unwrap().confirmation.is_none(), "she signs in with her token");
    let second = mailed(&clinic, &request, late).await;
    assert_ne!(first, second);
    assert!(matches!(lands(&clinic, &first, late).await, Some(Landing::Over)));
    assert!(matches!(lands(&clinic, &second, late).await, Some(Landing::Soft { .. })));
    let forged = format!("{}{}", &second[..second.len() - 2], "AA");
    assert!(lands(&clinic, &forged, late).await.is_none());
}

#[tokio::test]
async fn a_mail_that_cannot_be_sent_is_tried_again_and_tells_why() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    let request = make(&clinic, &session, Wanted::Soft).await.remove(0);
    let registry = &clinic.registry;
    registry
        .process_request(&help_desk(), request.id, &processing(), NOW, &mut rng())
        .await
        .unwrap();
    let mut now = NOW;
    for attempt in 1..=registry::registry::MOST_TRIES {
        let mail = registry.claim_mail(request.id, now).await.unwrap().unwrap();
        registry.mail_done(&mail, Err("mail server says no".to_owned()), now).await.unwrap();
        let mailing = registry.request(request.id).await.unwrap().unwrap().mailing;
        assert_eq!((mailing.attempts, mailing.sent), (attempt, None));
        assert_eq!(mailing.problem.as_deref(), Some("mail server says no"));
        let Some(due) = mailing.due else {
            assert_eq!(attempt, registry::registry::MOST_TRIES);
            assert!(now.since(NOW) > 20 * 3600, "{} hours", now.since(NOW) / 3600);
            return;
        };
        assert!((120..=3_600).contains(&due.since(now)), "{}", due.since(now));
        assert!(registry.claim_mail(request.id, UnixTime(due.0 - 1)).await.unwrap().is_none());
        now = due;
    }
    panic!("it is never given up");
}

#[tokio::test]
async fn no_link_lies_on_the_disk_in_the_clear() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    let request = make(&clinic, &session, Wanted::Soft).await.remove(0);
    let registry = &clinic.registry;
    registry
        .process_request(&help_desk(), request.id, &processing(), NOW, &mut rng())
        .await
        .unwrap();
    let link = mailed(&clinic, &request, NOW).await;
    let Some(Landing::Soft { link: enrolment, .. }) = lands(&clinic, &link, NOW).await else {
        panic!("it is a soft token's")
    };
    let proof = link.split_once('.').unwrap().1;
    for file in std::fs::read_dir(clinic.folder.path()).unwrap() {
        let bytes = std::fs::read(file.unwrap().path()).unwrap();
        let holds = |text: &[u8]| bytes.windows(text.len()).any(|window| window == text);
        assert!(!holds(proof.as_bytes()) && !holds(&enrolment.as_bytes()[22..]));
    }
}

#[tokio::test]
async fn a_cancelled_request_ends_its_link() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    let request = make(&clinic, &session, Wanted::Soft).await.remove(0);
    let registry = &clinic.registry;
    registry
        .process_request(&help_desk(), request.id, &processing(), NOW, &mut rng())
        .await
        .unwrap();
    let link = mailed(&clinic, &request, NOW).await;
    let enrolment = enrolment(lands(&clinic, &link, NOW).await);
    registry.cancel_request(RequestedBy::Session(&session), request.id, NOW).await.unwrap();
    assert!(matches!(lands(&clinic, &link, NOW).await, Some(Landing::Over)));
    let late = clinic.send(&App::new("Tablet").seal(&enrolment), NOW).await;
    assert_eq!(late.unwrap_err(), registry::Error::ActivationExpired);
}

#[tokio::test]
async fn a_link_whose_activation_was_used_or_replaced_is_not_shown_as_good() {
    let (clinic, _phone, session) = at_the_dashboard().await;
    let request = make(&clinic, &session, Wanted::Soft).await.remove(0);
    let (registry, desk) = (&clinic.registry, help_desk());
    registry.process_request(&desk, request.id, &processing(), NOW, &mut rng()).await.unwrap();
    let link = mailed(&clinic, &request, NOW).await;
    let enrolment = enrolment(lands(&clinic, &link, NOW).await);
    clinic.send(&App::new("Tablet").seal(&enrolment), NOW).await.unwrap();
    assert!(matches!(lands(&clinic, &link, NOW).await, Some(Landing::Over)), "an app used it");

    registry.send_request_again(&desk, request.id, &processing(), NOW, &mut rng()).await.unwrap();
    let link = mailed(&clinic, &request, NOW).await;
    assert!(matches!(lands(&clinic, &link, NOW).await, Some(Landing::Soft { .. })));
    clinic.begin(ada(), NOW).await;
    assert!(matches!(lands(&clinic, &link, NOW).await, Some(Landing::Over)), "another was begun");
}

#[tokio::test]
async fn a_clock_that_was_an_hour_or_a_year_off_loses_no_mail_and_delays_none_for_long() {
    const HOUR: u64 = 3_600;
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let phone = clinic.first_token_of_ada().await;
        let session = clinic.by_token(ada(), &phone, NOW).await;
        let registry = &clinic.registry;
        let processed = async |at| {
            let request = make(&clinic, &session, Wanted::Soft).await.remove(0);
            let order = processing();
            registry
                .process_request(&help_desk(), request.id, &order, at, &mut rng())
                .await
                .unwrap();
            request
        };
        let due = async |at| registry.mails_due(at, 9).await.unwrap();
        let claimed = async |id, at| registry.claim_mail(id, at).await.unwrap();
        let cancelled = async |id| {
            registry.cancel_request(RequestedBy::Session(&session), id, NOW).await.unwrap();
        };
        // Ordered by a clock that was wrong, it goes at once.
        for wrong in [NOW.plus(HOUR), NOW.plus(365 * 24 * HOUR), UnixTime(NOW.0 - HOUR)] {
            let request = processed(wrong).await;
            mailed(&clinic, &request, NOW).await;
            cancelled(request.id).await;
        }
        // Claimed by one that was an hour ahead, it may be under way, and is tried again after that hour.
        let request = processed(NOW).await;
        assert!(claimed(request.id, NOW.plus(HOUR)).await.is_some());
        assert_eq!((due(NOW).await, due(NOW.plus(HOUR + 119)).await), (vec![], vec![]));
        assert_eq!(due(NOW.plus(HOUR + 120)).await, [request.id]);
        // A year ahead, it is not waited for.
        let year = NOW.plus(365 * 24 * HOUR);
        assert!(claimed(request.id, year).await.is_some());
        assert_eq!(due(NOW).await, [request.id]);
        assert!(claimed(request.id, NOW).await.is_some());
        assert_eq!(due(NOW).await, [], "it is under way");
        // An hour back, what was claimed is under way still.
        assert_eq!(due(UnixTime(NOW.0 - HOUR)).await, []);
        cancelled(request.id).await;
    }
}
