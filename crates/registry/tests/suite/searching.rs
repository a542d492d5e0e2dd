//! What a store finds: tokens by any part, events by what is asked of them.

use std::{sync::Arc, time::Duration};

use registry::{
    EventKind, Outcome, Purpose, Registry, SqliteStore, Store, StoreError,
    store::{EventSearch, TokenSearch},
};

use crate::clinic::{App, Clinic, START, ada, ben, help_desk, label, rng};

#[tokio::test]
async fn tokens_are_found_by_any_part_and_a_page_at_a_time() {
    let (clinic, phone) = Clinic::with_token().await;
    let tablet = App::new("100% tablet");
    clinic.enrol_further(ada(), &phone, &tablet, START.plus(30)).await.unwrap();
    let found = async |text: &str, after, limit| {
        let found = clinic.registry.tokens_with(text, after, limit, START).await.unwrap();
        found.into_iter().map(|token| token.serial).collect::<Vec<_>>()
    };
    let mut both = [phone.serial(), tablet.serial()];
    both.sort_by(|a, b| a.as_str().cmp(b.as_str()));
    for text in ["", "CSST", "c s-s t", "love", "12345678"] {
        assert_eq!(found(text, None, 10).await, both, "{text:?}");
    }
    assert_eq!(found("", None, 1).await, both[..1]);
    assert_eq!(found("", Some(&both[0]), 10).await, both[1..]);
    assert_eq!(found("0% t", None, 10).await, [tablet.serial()]);
    let shown = phone.serial().to_string().to_lowercase().replace('0', "o").replace('1', "l");
    assert_eq!(found(&shown, None, 10).await, [phone.serial()]);
    for nothing in ["_", "\\", "'", "--", "Grace"] {
        assert_eq!(found(nothing, None, 10).await, [], "{nothing:?}");
    }
    let nowhere = TokenSearch { text: "Grace".to_owned(), serials: Vec::new() };
    assert_eq!(clinic.store.tokens_with(&nowhere, None, 10).await.unwrap(), []);
}

type Fits<'a> = &'a dyn Fn(&registry::Event) -> bool;

#[tokio::test]
async fn events_are_found_by_all_that_is_asked_of_them() {
    let (clinic, app) = Clinic::with_token().await;
    clinic.open_account(ben()).await;
    let later = START.plus(60);
    let reason = label("lost");
    clinic.registry.suspend_token(&help_desk(), &app.serial(), &reason, later).await.unwrap();
    let all = clinic.events().await;
    let fits: [(EventSearch, Fits<'_>); 7] = [
        (EventSearch::default(), &|_| true),
        (EventSearch { account: Some(ben()), ..EventSearch::default() }, &|event| {
            event.what.account == Some(ben())
        }),
        (EventSearch { serial: Some(app.serial()), ..EventSearch::default() }, &|event| {
            event.what.serial == Some(app.serial())
        }),
        (
            EventSearch { kind: Some(EventKind::AccountOpened), ..EventSearch::default() },
            &|event| event.what.kind == EventKind::AccountOpened,
        ),
        (EventSearch { outcome: Some(Outcome::Attempted), ..EventSearch::default() }, &|event| {
            event.what.outcome == Outcome::Attempted
        }),
        (EventSearch { from: Some(later), ..EventSearch::default() }, &|event| {
            event.what.at >= later
        }),
        (
            EventSearch { to: Some(later), account: Some(ada()), ..EventSearch::default() },
            &|event| event.what.at < later && event.what.account == Some(ada()),
        ),
    ];
    for (search, fits) in fits {
        let expected: Vec<_> = all.iter().filter(|event| fits(event)).cloned().collect();
        assert!(!expected.is_empty(), "{search:?}");
        let found = clinic.registry.events_with(&search, None, 1_000).await.unwrap();
        assert_eq!(found, expected, "{search:?}");
        // The same, one at a time.
        let (mut one_by_one, mut before) = (Vec::new(), None);
        while let Some(event) = clinic.registry.events_with(&search, before, 1).await.unwrap().pop()
        {
            before = Some(event.id);
            one_by_one.push(event);
        }
        assert_eq!(one_by_one, expected, "{search:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_search_that_takes_too_long_is_broken_off_and_codes_are_judged_meanwhile() {
    let (clinic, app) = Clinic::with_token().await;
    clinic.open_account(ben()).await;
    clinic.sql(&format!(
        "INSERT INTO events (at, actor, kind, outcome, account)
         WITH RECURSIVE n (x) AS (SELECT 1 UNION ALL SELECT x + 1 FROM n WHERE x < 300000)
         SELECT x, 'system', 'network-sync', 'success', {} FROM n",
        ben()
    ));
    // One store, so that it is seen where what is broken off is somebody else's.
    let file = clinic.folder.path().join("countersign.db");
    let store = SqliteStore::open(&file).unwrap().searching_for(Duration::from_millis(1));
    let store = Arc::new(store);
    let opened = Registry::open(store.clone(), clinic.master(), START, &mut rng()).await;
    let registry = opened.unwrap();
    let nothing = EventSearch { outcome: Some(Outcome::Refused), ..EventSearch::default() };
    let (searcher, searched) = (store.clone(), nothing.clone());
    let searching = tokio::spawn(async move {
        let mut broken_off = 0;
        for _ in 0..100 {
            match searcher.events_with(&searched, None, 9).await {
                Err(error) => {
                    assert_eq!(error, StoreError::TookTooLong);
                    broken_off += 1;
                }
                // On a busy machine the millisecond can end after the search.
                Ok(found) => assert_eq!(found, []),
            }
        }
        broken_off
    });
    let mut judged = 0;
    while !searching.is_finished() {
        judged += 1;
        let at = START.plus(60 * judged);
        let (serial, code) = (app.serial(), app.code(at));
        registry.verify(&ada(), &serial, &code, Purpose::Signing, at).await.unwrap();
    }
    let broken_off = searching.await.unwrap();
    assert!(judged > 1 && broken_off > 0, "{judged} judged, {broken_off} broken off");

    // All of one account's is no search, however much that is: nothing breaks it off, nor does what
    // watched a search before it, which is not always too long.
    let of_ben = EventSearch { account: Some(ben()), ..nothing };
    let mut in_time = 0;
    for _ in 0..20 {
        match store.events_with(&EventSearch::default(), None, 1).await {
            Ok(found) => in_time += found.len(),
            Err(error) => assert_eq!(error, StoreError::TookTooLong),
        }
        assert_eq!(store.events_with(&of_ben, None, 9).await.unwrap(), []);
    }
    assert!(in_time > 0, "the place where one was broken off is good for what takes less");
}
