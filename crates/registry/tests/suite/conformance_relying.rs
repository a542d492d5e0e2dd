//! What every store must keep of relying parties: called by `conforms`.

use oath::UnixTime;
use registry::{
    ApiKeyRecord, CodeMisses, IdempotencyKey, Kept, KeptAnswer, Lock, Scope, Store, StoreError,
    store::{Changes, Write},
};

use crate::{
    clinic::{START, ada, label},
    conformance::{account, write},
};

pub(crate) async fn api_keys_are_kept(store: &dyn Store) {
    let key = |id: &str, party: &str, made: u64| ApiKeyRecord {
        id: id.parse().unwrap(),
        party: label(party),
        scopes: Scope::ALL.to_vec(),
        digest: [3; 32],
        made: START.plus(made),
        ends: None,
        last_used: None,
        version: 1,
    };
    let [first, second, other] = [
        key("00000000000000ff", "Vendor", 0),
        key("0000000000000001", "Vendor", 9),
        key("0000000000000000", "Zebra", 0),
    ];
    let insert = |key: &ApiKeyRecord| Write::InsertApiKey(Box::new(key.clone()));
    write(store, [insert(&other), insert(&second), insert(&first)]).await.unwrap();
    assert_eq!(write(store, [insert(&first)]).await, Err(StoreError::Conflict));
    assert_eq!(store.api_key(&first.id).await.unwrap().as_ref(), Some(&first));
    assert_eq!(store.api_keys().await.unwrap(), [first.clone(), second, other]);

    let id = first.id.clone();
    for used in [START.plus(70), START.plus(60)] {
        write(store, [Write::TouchApiKey { id: id.clone(), used }]).await.unwrap();
    }
    let end = Write::EndApiKey { id, version: 1, ends: START.plus(99) };
    write(store, [end.clone()]).await.unwrap();
    assert_eq!(write(store, [end]).await, Err(StoreError::Conflict), "it was read before");
    let (ends, last_used) = (Some(START.plus(99)), Some(START.plus(70)));
    let expected = ApiKeyRecord { ends, last_used, version: 2, ..first.clone() };
    assert_eq!(store.api_key(&first.id).await.unwrap(), Some(expected));
}

pub(crate) async fn answers_are_kept_for_a_day(store: &dyn Store) {
    let answer = |body: &str, at: u64| KeptAnswer {
        party: label("Vendor"),
        key: "k-1".parse().unwrap(),
        tag: [5; 32],
        kept: Kept::Answered { status: 200, body: body.to_owned() },
        at: START.plus(at),
    };
    let keep = |answer: &KeptAnswer, before: u64| Write::KeepAnswer {
        answer: Box::new(answer.clone()),
        before: START.plus(before),
    };
    let found = async |party: &str| {
        store.kept_answer(&label(party), &"k-1".parse().unwrap()).await.unwrap()
    };
    let (first, later) = (answer("first", 10), answer("later", 20));
    write(store, [keep(&first, 0)]).await.unwrap();
    assert_eq!(found("Vendor").await, Some(first.clone()));
    assert_eq!(found("Other").await, None, "each has keys of its own");
    assert_eq!(write(store, [keep(&later, 9)]).await, Err(StoreError::Conflict));
    assert_eq!(found("Vendor").await, Some(first));
    write(store, [keep(&later, 10)]).await.unwrap();
    assert_eq!(found("Vendor").await, Some(later.clone()));
    write(store, [Write::ForgetAnswers { before: START.plus(19) }]).await.unwrap();
    assert_eq!(found("Vendor").await, Some(later));
    write(store, [Write::ForgetAnswers { before: START.plus(20) }]).await.unwrap();
    assert_eq!(found("Vendor").await, None);
}

pub(crate) async fn misses_that_named_no_token_are_counted(store: &dyn Store) {
    let expect = |version| Write::ExpectCodeMisses { npi: ada(), version };
    let misses = CodeMisses { npi: ada(), failures: 1, pause: None, version: 1 };
    let nobody = write(store, [Write::InsertCodeMisses(misses.clone())]).await;
    assert_eq!(nobody, Err(StoreError::Conflict), "there is no such account");
    write(store, [Write::InsertAccount(account(ada()))]).await.unwrap();
    assert_eq!(store.code_misses(ada()).await.unwrap(), None);
    write(store, [expect(0), Write::InsertCodeMisses(misses.clone())]).await.unwrap();
    assert_eq!(write(store, [expect(0)]).await, Err(StoreError::Conflict));
    let changes = Changes { writes: vec![expect(1)], events: Vec::new() };
    store.commit(changes).await.unwrap();
    let pause = Some(Lock::UntilUnlocked);
    let more = CodeMisses { failures: 100, pause, ..misses };
    write(store, [Write::UpdateCodeMisses(more.clone())]).await.unwrap();
    let stale = write(store, [Write::UpdateCodeMisses(more.clone())]).await;
    assert_eq!(stale, Err(StoreError::Conflict));
    assert_eq!(store.code_misses(ada()).await.unwrap(), Some(CodeMisses { version: 2, ..more }));
}

pub(crate) async fn what_is_under_way_is_answered_once_or_forgotten(store: &dyn Store) {
    let (party, key) = (label("Vendor"), "k-2".parse::<IdempotencyKey>().unwrap());
    let tag = [7; 32];
    let with = |kept| KeptAnswer { party: party.clone(), key: key.clone(), tag, kept, at: START };
    let begun = with(Kept::UnderWay);
    let done = with(Kept::Answered { status: 409, body: "done".to_owned() });
    let keep = Write::KeepAnswer { answer: Box::new(begun.clone()), before: UnixTime(0) };
    let answer = |kept: &KeptAnswer| Write::AnswerBegun(Box::new(kept.clone()));
    let forget = |tag| Write::ForgetBegun { party: party.clone(), key: key.clone(), tag };
    let found = async || store.kept_answer(&party, &key).await.unwrap();
    assert_eq!(write(store, [answer(&done)]).await, Err(StoreError::Conflict), "nothing is begun");
    write(store, [keep.clone()]).await.unwrap();
    assert_eq!(write(store, [keep.clone()]).await, Err(StoreError::Conflict));
    let other = KeptAnswer { tag: [8; 32], ..done.clone() };
    assert_eq!(write(store, [answer(&other)]).await, Err(StoreError::Conflict), "another request");
    write(store, [forget([8; 32])]).await.unwrap();
    assert_eq!(found().await, Some(begun.clone()));
    write(store, [forget(tag)]).await.unwrap();
    assert_eq!(found().await, None);
    write(store, [keep]).await.unwrap();
    write(store, [answer(&done)]).await.unwrap();
    assert_eq!(write(store, [answer(&done)]).await, Err(StoreError::Conflict), "it is answered");
    write(store, [forget(tag)]).await.unwrap();
    assert_eq!(found().await, Some(done));
}
