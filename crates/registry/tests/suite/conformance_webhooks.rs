//! What every store must keep of webhooks, and how it reads what they are told: called by `conforms`.

use registry::{
    Actor, EventKind, HookKind, Outcome, Store, StoreError, Trouble, WebhookRecord,
    event::NewEvent,
    store::{Changes, Write},
};

use crate::{
    clinic::{START, ada, label},
    conformance::write,
};

fn webhook(id: &str, party: &str, made: u64) -> WebhookRecord {
    WebhookRecord {
        id: id.parse().unwrap(),
        party: label(party),
        url: "https://ehr.example.org/hooks?key=1".parse().unwrap(),
        kinds: vec![HookKind::TokenLocked, HookKind::TokenMoved],
        newer_kinds: vec!["token.teleported".to_owned()],
        sealed_secret: vec![1, 2],
        former: None,
        made: START.plus(made),
        cursor: 7,
        attempts: 0,
        due: START,
        claimed_until: None,
        trouble: None,
        delivered: None,
        version: 1,
    }
}

pub(crate) async fn webhooks_are_kept(store: &dyn Store) {
    let [first, second, other] = [
        webhook("00000000000000ff", "Vendor", 0),
        WebhookRecord {
            kinds: Vec::new(),
            newer_kinds: Vec::new(),
            ..webhook("0000000000000001", "Vendor", 9)
        },
        webhook("0000000000000000", "Zebra", 0),
    ];
    let insert = |record: &WebhookRecord| Write::InsertWebhook(Box::new(record.clone()));
    write(store, [insert(&other), insert(&second), insert(&first)]).await.unwrap();
    assert_eq!(write(store, [insert(&first)]).await, Err(StoreError::Conflict));
    assert_eq!(store.webhook(&first.id).await.unwrap().as_ref(), Some(&first));
    assert_eq!(store.webhooks().await.unwrap(), [first.clone(), second.clone(), other.clone()]);

    // The cursor is moved by one of those who read it, and by none of the others.
    let moved = WebhookRecord {
        sealed_secret: vec![3],
        former: Some((vec![1, 2], START.plus(99))),
        cursor: 8,
        attempts: 3,
        due: START.plus(60),
        claimed_until: Some(START.plus(61)),
        trouble: Some(Trouble { since: START, failing: true, why: "answer 500".to_owned() }),
        delivered: Some(START.plus(5)),
        ..first.clone()
    };
    let update = Write::UpdateWebhook(Box::new(moved.clone()));
    write(store, [update.clone()]).await.unwrap();
    assert_eq!(write(store, [update]).await, Err(StoreError::Conflict), "it was read before");
    let moved = WebhookRecord { version: 2, ..moved };
    assert_eq!(store.webhook(&first.id).await.unwrap(), Some(moved));

    let id = first.id.clone();
    let delete = |version| Write::DeleteWebhook { id: id.clone(), version };
    assert_eq!(write(store, [delete(1)]).await, Err(StoreError::Conflict));
    write(store, [delete(2)]).await.unwrap();
    assert_eq!(write(store, [delete(2)]).await, Err(StoreError::Conflict));
    assert_eq!(store.webhooks().await.unwrap(), [second, other]);
}

pub(crate) fn event(kind: EventKind, later: u64) -> NewEvent {
    NewEvent {
        at: START.plus(later),
        actor: Actor::System,
        kind,
        outcome: Outcome::Success,
        account: Some(ada()),
        serial: None,
        purpose: None,
        cause: None,
        reference: None,
    }
}

pub(crate) async fn the_codes_between_events_are_left_out(store: &dyn Store) {
    let kinds = [
        EventKind::AccountOpened,
        EventKind::CodeJudged,
        EventKind::TokenLocked,
        EventKind::CodeJudged,
        EventKind::TokenUnlocked,
    ];
    let events = kinds.map(|kind| event(kind, 0)).to_vec();
    store.commit(Changes { writes: Vec::new(), events }).await.unwrap();
    let numbers = async |after, until, limit| {
        let found = store.events_but_codes(after, until, limit).await.unwrap();
        found.iter().map(|event| event.id).collect::<Vec<_>>()
    };
    assert_eq!(numbers(0, 99, 99).await, [1, 3, 5]);
    assert_eq!(numbers(0, 4, 99).await, [1, 3]);
    assert_eq!(numbers(1, 5, 1).await, [3]);
    assert_eq!(numbers(5, 99, 99).await, [0; 0]);
}

pub(crate) async fn what_loses_tokens_is_found_by_its_time(store: &dyn Store) {
    let events = [
        event(EventKind::TokenSuspended, 5),
        event(EventKind::TokenFound, 9),
        event(EventKind::TokenDeactivated, 7),
        event(EventKind::TokenSuspended, 7),
        event(EventKind::TokenSuspended, 4),
    ];
    store.commit(Changes { writes: Vec::new(), events: events.to_vec() }).await.unwrap();
    let numbers = async |from, limit| {
        let found = store.losing_events(START.plus(from), limit).await.unwrap();
        found.iter().map(|event| event.id).collect::<Vec<_>>()
    };
    assert_eq!(numbers(5, 99).await, [4, 3, 1]);
    assert_eq!(numbers(5, 1).await, [4]);
    assert_eq!(numbers(8, 99).await, [0; 0]);
}
