//! What an owner sees of the audit.

use oath::UnixTime;
use registry::{EventKind, Purpose, rules::activity::is_shown};

use crate::clinic::{App, Clinic, START, ada, ben, help_desk, label};

const NOW: UnixTime = UnixTime(START.0 + 60);

#[tokio::test]
async fn activity_is_the_accounts_own_the_latest_first_and_a_page_at_a_time() {
    let (clinic, app) = Clinic::with_token().await;
    clinic.open_account(ben()).await;
    let other = App::new("Ben's phone");
    clinic.enrol_first(ben(), &other, START).await;
    let wrong = app.wrong_code(NOW);
    let (account, serial) = (ada(), app.serial());
    clinic.registry.verify(&account, &serial, &wrong, Purpose::Signing, NOW).await.unwrap_err();
    clinic.registry.verify(&ben(), &serial, &wrong, Purpose::Test, NOW).await.unwrap_err();
    clinic.registry.suspend_token(&help_desk(), &serial, &label("lost"), NOW).await.unwrap();

    let expected: Vec<_> = clinic
        .events()
        .await
        .into_iter()
        .filter(|event| event.what.account == Some(account) && is_shown(&event.what))
        .collect();
    let whole = clinic.registry.activity(&account, None, 100).await.unwrap();
    assert_eq!((&whole.events, whole.earlier), (&expected, None));
    assert_eq!(whole.events[0].what.kind, EventKind::TokenSuspended);
    assert_eq!(whole.events[1].what.cause.as_deref(), Some("wrong"));

    let (mut paged, mut before, mut pages) = (Vec::new(), None, 0);
    loop {
        let page = clinic.registry.activity(&account, before, 2).await.unwrap();
        assert!(page.events.len() <= 2);
        paged.extend(page.events);
        pages += 1;
        before = page.earlier;
        if before.is_none() {
            break;
        }
    }
    assert_eq!(paged, expected);
    assert_eq!(pages, expected.len().div_ceil(2));
}

#[tokio::test]
async fn what_a_stranger_fills_the_audit_with_hides_nothing() {
    let (clinic, _) = Clinic::with_token().await;
    let npi = ada().to_string();
    let mut rng = crate::clinic::rng();
    for _ in 0..25 {
        clinic.registry.sign_in(&npi, "not it, again", NOW, &mut rng).await.unwrap_err();
    }
    let page = clinic.registry.activity(&ada(), None, 100).await.unwrap();
    let count = |kind| page.events.iter().filter(|event| event.what.kind == kind).count();
    assert_eq!(count(EventKind::SignInPaused), 1);
    // The one of the enrolment, and ten wrong ones.
    assert_eq!(count(EventKind::PassphraseGiven), 11);
    assert_eq!(count(EventKind::TokenAssociated), 1);
}
