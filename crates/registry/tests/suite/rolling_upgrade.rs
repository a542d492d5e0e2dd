//! What a newer version of this program writes, read by this one while servers are replaced one by one.

use registry::{Actor, DeliveryError, EventKind, HookKind, Outcome, store::EventSearch};

use crate::{
    auditing::look,
    clinic::{Clinic, ada, ben},
    webhooks::{NOW, add, seal, told},
};

pub(crate) const OF_A_NEWER_VERSION: &str = "INSERT INTO events
    (at, actor, kind, outcome, account, purpose, cause)
    VALUES (1812345720, 'system', 'token-teleported', 'success', 1234567893, 'teleporting', 'to Mars')";

#[tokio::test]
async fn an_event_of_a_newer_version_is_shown_as_such_and_verified_to_the_letter() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        clinic.first_token_of_ada().await;
        clinic.sql(OF_A_NEWER_VERSION);
        clinic.open_account(ben()).await;
        seal(&clinic, NOW).await;
        let events = clinic.registry.events(Some(ada()), 9).await.unwrap();
        let newest = &events[0].what;
        assert_eq!((newest.kind, newest.account), (EventKind::Unknown, Some(ada())));
        assert_eq!(newest.cause.as_deref(), Some("token-teleported: to Mars"));
        let all = clinic.registry.events_with(&EventSearch::default(), None, 99).await.unwrap();
        assert!(all.contains(&events[0]));
        let report = clinic.registry.daily_report(NOW).await.unwrap();
        assert!(report.notable.contains(&events[0]), "somebody looks at it");

        let stranger = OF_A_NEWER_VERSION.replace("'system'", "'warden'");
        clinic.sql(&stranger.replace("'success'", "'half-done'"));
        seal(&clinic, NOW).await;
        let newest = &clinic.registry.events(Some(ada()), 9).await.unwrap()[0].what;
        assert_eq!((&newest.actor, newest.outcome), (&Actor::Stranger, Outcome::Attempted));
        let cause = "token-teleported, half-done, by warden: to Mars";
        assert_eq!(newest.cause.as_deref(), Some(cause));

        let verified = look(&clinic, &[]).await;
        assert_eq!((verified.findings, verified.unsealed), (vec![], 0));
    }
}

#[tokio::test]
async fn no_webhook_is_led_past_what_a_newer_version_may_tell_it() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let app = clinic.first_token_of_ada().await;
        let id = add(&clinic, &[]).await;
        clinic.sql(OF_A_NEWER_VERSION);
        clinic.lost_and_found(&app, NOW).await;
        seal(&clinic, NOW).await;
        let refused = clinic.registry.begin_delivery(&id, NOW).await.unwrap_err();
        let DeliveryError::CannotTell { why, .. } = refused else { panic!("{refused}") };
        assert!(why.contains("of a newer version"), "{why}");
        // As the newer version does, which knows the event.
        clinic.sql("UPDATE webhooks SET event = event + 2, due = 0, version = version + 1");
        let expected = [HookKind::TokenSuspended, HookKind::TokenFound];
        assert_eq!(told(&clinic, &id, NOW).await, expected);
    }
}

#[tokio::test]
async fn a_webhook_of_a_newer_versions_kinds_stops_no_other_and_keeps_them() {
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let app = clinic.first_token_of_ada().await;
        let [newer, mixed, other] = [
            add(&clinic, &[HookKind::TokenLocked]).await,
            add(&clinic, &[HookKind::TokenLocked]).await,
            add(&clinic, &[]).await,
        ];
        for (id, kinds) in [(&newer, "token.teleported"), (&mixed, "token.teleported token.found")]
        {
            clinic.sql(&format!("UPDATE webhooks SET kinds = '{kinds}' WHERE id = '{id}'"));
        }
        clinic.lost_and_found(&app, NOW).await;
        seal(&clinic, NOW).await;
        let expected = [HookKind::TokenSuspended, HookKind::TokenFound];
        assert_eq!(told(&clinic, &other, NOW).await, expected);
        assert_eq!(told(&clinic, &mixed, NOW).await, [HookKind::TokenFound], "written meanwhile");
        assert_eq!(told(&clinic, &newer, NOW).await, [], "of nothing that this one knows");
        let names = async |id| {
            let all = clinic.registry.webhooks().await.unwrap();
            assert_eq!(all.len(), 3);
            let record = all.into_iter().find(|record| record.id == id).unwrap();
            record.kind_names().map(str::to_owned).collect::<Vec<_>>()
        };
        assert_eq!(names(newer).await, ["token.teleported"]);
        assert_eq!(names(mixed).await, ["token.found", "token.teleported"]);
    }
}
