//! An event that is damaged: it stands in its place as one that cannot be read, and keeps nobody from the others.

use registry::{Event, EventKind, audit::verifying::Finding, store::EventSearch};

use crate::{
    auditing::look,
    clinic::{App, Clinic, START, ada},
    webhooks::{NOW, seal},
};

/// What somebody may do to an event, whose number stands for `ID`.
const DAMAGES: [&str; 4] = [
    "UPDATE events SET outcome = 'perhaps' WHERE id = ID",
    "UPDATE events SET actor = 'nobody known' WHERE id = ID",
    "UPDATE events SET serial = '?' WHERE id = ID",
    "UPDATE events SET reference = '' WHERE id = ID",
];

/// A clinic with some sealed events of Ada's, of which one in the middle is then damaged.
async fn damaged(clinic: &Clinic, damage: &str) -> (Vec<Event>, u64) {
    let app: App = clinic.first_token_of_ada().await;
    clinic.lost_and_found(&app, NOW).await;
    seal(clinic, NOW).await;
    let before = clinic.registry.events(None, 99).await.unwrap();
    let id = before.iter().find(|event| event.what.kind == EventKind::TokenSuspended).unwrap().id;
    clinic.tamper(&damage.replace("ID", &id.to_string()));
    (before, id)
}

#[tokio::test]
async fn an_event_that_is_damaged_is_shown_in_its_place_with_all_the_others() {
    for damage in DAMAGES {
        for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
            let (before, id) = damaged(&clinic, damage).await;
            let registry = &clinic.registry;
            let check = |found: Vec<Event>| {
                let (bad, others): (Vec<_>, Vec<_>) = found.into_iter().partition(|it| it.id == id);
                let [Event { what: bad, .. }] = &bad[..] else { panic!("{bad:?}") };
                assert_eq!(
                    (bad.kind, bad.at, bad.account),
                    (EventKind::Unreadable, NOW, Some(ada()))
                );
                assert_eq!(bad.cause, Some(format!("this event can't be read (number {id})")));
                assert!(others.iter().all(|event| before.contains(event)), "{others:?}");
                others.len()
            };
            assert_eq!(check(registry.events(None, 99).await.unwrap()), before.len() - 1);
            let all = EventSearch::default();
            assert_eq!(
                check(registry.events_with(&all, None, 99).await.unwrap()),
                before.len() - 1
            );
            assert!(check(registry.activity(&ada(), None, 99).await.unwrap().events) > 2);
            assert!(check(registry.daily_report(START).await.unwrap().notable) > 0);
            // By its kind it is found still; a decision that needs it is not made without it.
            let kind = Some(EventKind::TokenSuspended);
            let found = registry.events_with(&EventSearch { kind, ..all }, None, 99).await.unwrap();
            assert_eq!(check(found), 0);
            let is_asked_for = !damage.contains("outcome");
            assert_eq!(
                registry.untold_losses(&ada(), NOW).await.is_err(),
                is_asked_for,
                "{damage}"
            );
            let findings = look(&clinic, &[]).await.findings;
            assert!(matches!(findings[..], [Finding::EventChanged { .. }]), "{findings:?}");
        }
    }
}
