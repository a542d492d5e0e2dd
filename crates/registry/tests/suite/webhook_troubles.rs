//! Webhooks that cannot be told, and what the help desk does about one.

use registry::{
    Delivery, DeliveryError, EventKind, Fate, HookKind, WebhookError, WebhookId, WebhookRecord,
    WebhookState,
    store::{Changes, Write},
};

use crate::{
    clinic::{Clinic, ben, help_desk, rng},
    webhooks::{NOW, add, only, seal, taken, told},
};

/// One clinic on each store, with a webhook that is to be told of two events.
async fn clinics() -> Vec<(Clinic, WebhookId)> {
    let mut clinics = Vec::new();
    for clinic in [Clinic::new().await, Clinic::on_postgres().await] {
        let app = clinic.first_token_of_ada().await;
        let id = add(&clinic, &[]).await;
        clinic.lost_and_found(&app, NOW).await;
        seal(&clinic, NOW).await;
        clinics.push((clinic, id));
    }
    clinics
}

async fn begun(clinic: &Clinic, id: &WebhookId, second: u64) -> Option<Delivery> {
    clinic.registry.begin_delivery(id, NOW.plus(second)).await.unwrap()
}

/// Why it cannot be told, which its record says too.
async fn not_told(clinic: &Clinic, id: &WebhookId, second: u64) -> String {
    match clinic.registry.begin_delivery(id, NOW.plus(second)).await {
        Err(DeliveryError::CannotTell { why, fate: Fate::Again { at, failing: false } }) => {
            assert!(at > NOW.plus(second));
            let record = only(clinic).await;
            assert_eq!((record.state(), record.due), (WebhookState::Retrying, at));
            assert_eq!(record.trouble.unwrap().why, why);
            why
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_secret_that_does_not_open_is_seen_and_a_new_one_mends_it() {
    for (clinic, id) in clinics().await {
        let record = WebhookRecord { sealed_secret: vec![1; 60], ..only(&clinic).await };
        let write = Write::UpdateWebhook(Box::new(record));
        clinic.store.commit(Changes { writes: vec![write], events: vec![] }).await.unwrap();
        let why = not_told(&clinic, &id, 0).await;
        assert!(why.contains("`webhook rotate-secret`"), "{why}");
        assert!(begun(&clinic, &id, 0).await.is_none(), "it waits for its turn");
        let (registry, desk) = (&clinic.registry, help_desk());
        registry.rotate_webhook_secret(&desk, &id, false, NOW, &mut rng()).await.unwrap();
        registry.retry_webhook(&desk, &id, NOW).await.unwrap();
        let expected = [HookKind::TokenSuspended, HookKind::TokenFound];
        assert_eq!(told(&clinic, &id, NOW).await, expected);
    }
}

#[tokio::test]
async fn an_event_that_cannot_be_read_is_named_and_what_comes_before_and_after_it_is_told() {
    for (clinic, id) in clinics().await {
        clinic.sql(
            "INSERT INTO events (at, actor, kind, outcome)
             VALUES (1812345660, 'nobody known', 'account-opened', 'success')",
        );
        let damaged = only(&clinic).await.cursor + 4;
        clinic.open_account(ben()).await;
        seal(&clinic, NOW).await;
        for kind in [HookKind::TokenSuspended, HookKind::TokenFound] {
            let delivery = begun(&clinic, &id, 0).await.unwrap();
            assert_eq!(delivery.kind, kind);
            taken(&clinic.registry, &delivery, NOW).await;
        }
        let why = not_told(&clinic, &id, 0).await;
        assert!(why.starts_with(&format!("event {damaged} cannot be read")), "{why}");
        let lag = clinic.registry.webhook_lag(&only(&clinic).await).await;
        assert_eq!(lag, Ok(1), "as far as can be read");
        let (registry, desk) = (&clinic.registry, help_desk());
        registry.skip_webhook_event(&desk, &id, Some(damaged), NOW).await.unwrap();
        assert_eq!(told(&clinic, &id, NOW).await, [HookKind::AccountOpened]);
    }
}

#[tokio::test]
async fn an_event_is_given_up_by_its_number_and_by_no_other() {
    for (clinic, id) in clinics().await {
        let (registry, desk) = (&clinic.registry, help_desk());
        let first = begun(&clinic, &id, 0).await.unwrap();
        let next = Some(first.event.id);
        let skip = async |event, second| {
            registry.skip_webhook_event(&desk, &id, event, NOW.plus(second)).await
        };
        for other in [None, Some(first.event.id + 1)] {
            assert_eq!(skip(other, 0).await, Err(WebhookError::NotNext { next }));
        }
        assert_eq!(skip(next, 0).await, Err(WebhookError::UnderWay));
        registry.end_delivery(&first, Err("answer 400"), NOW, &mut rng()).await.unwrap();
        let after = skip(next, 1).await.unwrap();
        assert_eq!((after.cursor, after.trouble), (first.event.id, None));
        let event = clinic.events().await.remove(0).what;
        assert_eq!((event.kind, event.actor), (EventKind::WebhookEventSkipped, desk.clone()));
        let cause = format!("event {} for {id} of Example EHR", first.event.id);
        assert!(event.cause.as_deref().unwrap().starts_with(&cause), "{:?}", event.cause);
        assert_eq!(told(&clinic, &id, NOW.plus(1)).await, [HookKind::TokenFound]);
        assert_eq!(skip(next, 2).await, Err(WebhookError::NotNext { next: None }));
    }
}

#[tokio::test]
async fn a_retry_during_a_try_waits_for_its_end() {
    for (clinic, id) in clinics().await {
        let (registry, desk) = (&clinic.registry, help_desk());
        let first = begun(&clinic, &id, 0).await.unwrap();
        registry.end_delivery(&first, Err("answer 500"), NOW, &mut rng()).await.unwrap();
        let second = begun(&clinic, &id, 9).await.unwrap();
        registry.retry_webhook(&desk, &id, NOW.plus(10)).await.unwrap();
        assert!(begun(&clinic, &id, 10).await.is_none(), "one is under way");
        let now = NOW.plus(11);
        let fate = registry.end_delivery(&second, Err("answer 500"), now, &mut rng()).await;
        assert_eq!(fate, Ok(Fate::Again { at: NOW.plus(10), failing: false }));
        assert!(begun(&clinic, &id, 11).await.is_some(), "it was not asked for in vain");
        assert!(begun(&clinic, &id, 70).await.is_none());
        assert!(begun(&clinic, &id, 71).await.is_some(), "of one that died there is no more");
    }
}

#[tokio::test]
async fn a_secret_that_signs_still_is_not_lost_by_another_one() {
    for (clinic, id) in clinics().await {
        let (registry, desk) = (&clinic.registry, help_desk());
        let rotate = async |now_only, second| {
            let now = NOW.plus(second);
            registry.rotate_webhook_secret(&desk, &id, now_only, now, &mut rng()).await
        };
        rotate(false, 0).await.unwrap();
        let until = NOW.plus(86_400);
        let refused = rotate(false, 86_399).await.err();
        assert_eq!(refused, Some(WebhookError::FormerSigns { until }));
        rotate(false, 86_400).await.unwrap();
        assert_eq!(rotate(true, 86_401).await.unwrap().1.former, None, "at once");

        rotate(false, 86_402).await.unwrap();
        assert_eq!(told(&clinic, &id, NOW.plus(86_403)).await.len(), 2);
        assert!(only(&clinic).await.former.is_some());
        assert!(begun(&clinic, &id, 2 * 86_400 + 2).await.is_none(), "nothing is to be told");
        assert_eq!(only(&clinic).await.former, None, "what signs no more is forgotten");
    }
}
