//! What every store must keep of mails that tell prescribers what was done: called by `conforms`.

use registry::{
    EventKind, Store, StoreError,
    event::NewEvent,
    notice::{CursorRecord, NoticeRecord},
    store::{Changes, Write},
};

use crate::{
    clinic::{START, ada, ben},
    conformance::write,
    conformance_webhooks::event,
};

pub(crate) async fn a_cursor_is_moved_by_one_of_those_who_read_it(store: &dyn Store) {
    let insert = || Write::InsertCursor { name: "notices".to_owned(), event: 7 };
    let moved = |version, event| Write::MoveCursor { name: "notices".to_owned(), version, event };
    assert_eq!(store.cursor("notices").await.unwrap(), None);
    assert_eq!(write(store, [moved(1, 8)]).await, Err(StoreError::Conflict), "not begun");
    write(store, [insert()]).await.unwrap();
    assert_eq!(write(store, [insert()]).await, Err(StoreError::Conflict));
    write(store, [moved(1, 9)]).await.unwrap();
    assert_eq!(write(store, [moved(1, 8)]).await, Err(StoreError::Conflict));
    let expected = CursorRecord { event: 9, version: 2 };
    assert_eq!(store.cursor("notices").await.unwrap(), Some(expected));
    assert_eq!(store.cursor("another").await.unwrap(), None);
}

pub(crate) async fn notices_are_kept_until_they_are_sent(store: &dyn Store) {
    let insert = |event, later| Write::InsertNotice { event, due: START.plus(later) };
    write(store, [insert(5, 60), insert(3, 60), insert(9, 0), insert(1, 61)]).await.unwrap();
    assert_eq!(write(store, [insert(5, 0)]).await, Err(StoreError::Conflict));
    let due = async |limit| {
        let due = store.notices_due(START.plus(60), 9, limit).await.unwrap();
        due.into_iter().map(|record| record.event).collect::<Vec<_>>()
    };
    assert_eq!(due(9).await, [9, 3, 5, 1], "a first try is due whatever the clock was");
    assert_eq!(due(2).await, [9, 3]);

    let record = store.notice(3).await.unwrap().unwrap();
    let (attempts, due_at) = (0, START.plus(60));
    let (problem, given_up) = (None, None);
    let first = NoticeRecord { event: 3, attempts, due: due_at, problem, given_up, version: 1 };
    assert_eq!(record, first);
    assert_eq!(store.notices_failing(9).await.unwrap(), []);
    let problem = Some("the mail server says no".to_owned());
    let tried = NoticeRecord { attempts: 1, due: START.plus(99), problem, ..record };
    write(store, [Write::UpdateNotice(tried.clone())]).await.unwrap();
    let again = write(store, [Write::UpdateNotice(tried.clone())]).await;
    assert_eq!(again, Err(StoreError::Conflict), "it was read before");
    let tried = NoticeRecord { version: 2, ..tried };
    assert_eq!(store.notice(3).await.unwrap().as_ref(), Some(&tried));
    assert_eq!(store.notices_failing(9).await.unwrap(), [tried]);
    assert_eq!(store.notices_failing(0).await.unwrap(), []);
    assert_eq!(due(9).await, [9, 5, 1]);

    let delete = |version| Write::DeleteNotice { event: 3, version };
    assert_eq!(write(store, [delete(1)]).await, Err(StoreError::Conflict));
    write(store, [delete(2)]).await.unwrap();
    assert_eq!(write(store, [delete(2)]).await, Err(StoreError::Conflict));
    assert_eq!(store.notice(3).await.unwrap(), None);

    let record = store.notice(5).await.unwrap().unwrap();
    let given_up = Some(START.plus(100));
    let problem = Some("no".to_owned());
    write(store, [Write::UpdateNotice(NoticeRecord { problem, given_up, ..record })])
        .await
        .unwrap();
    let kept = store.notice(5).await.unwrap().unwrap();
    assert_eq!((due(9).await, kept.given_up), (vec![9, 1], given_up), "not due any more");
    let forget = |later| Write::ForgetNotices { before: START.plus(later) };
    write(store, [forget(100)]).await.unwrap();
    assert_eq!(store.notices_failing(9).await.unwrap(), [kept]);
    write(store, [forget(101)]).await.unwrap();
    assert_eq!(store.notices_failing(9).await.unwrap(), []);
    assert_eq!(due(9).await, [9, 1]);
}

pub(crate) async fn notices_take_turns_by_account(store: &dyn Store) {
    let of = |npi| NewEvent { account: npi, ..event(EventKind::TokenLocked, 0) };
    let events = [Some(ada()), Some(ada()), None, Some(ada()), Some(ben())].map(of).to_vec();
    let writes = (1..=5).map(|event| Write::InsertNotice { event, due: START.plus(event) });
    store.commit(Changes { writes: writes.collect(), events }).await.unwrap();
    let due = async |each, limit| {
        let due = store.notices_due(START.plus(9), each, limit).await.unwrap();
        due.into_iter().map(|record| record.event).collect::<Vec<_>>()
    };
    assert_eq!(due(9, 9).await, [1, 3, 5, 2, 4]);
    assert_eq!(due(1, 9).await, [1, 3, 5]);
    assert_eq!(due(2, 9).await, [1, 3, 5, 2]);
    assert_eq!(due(2, 2).await, [1, 3]);
}
