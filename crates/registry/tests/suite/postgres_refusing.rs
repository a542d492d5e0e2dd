//! What PostgreSQL refuses, and what is told of it.

use registry::{Error, Store, StoreError, store::EventSearch};

use crate::{
    clinic::{Clinic, START, ada, help_desk, label},
    migrating::Old,
};

#[tokio::test]
async fn of_a_commit_that_failed_it_is_told_that_nothing_was_changed_only_where_that_is_known() {
    let clinic = Clinic::on_postgres().await;
    let app = clinic.first_token_of_ada().await;
    clinic.sql(
        "CREATE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $$
            BEGIN RAISE EXCEPTION 'at the end' USING ERRCODE = '23514'; END $$;
        CREATE CONSTRAINT TRIGGER refused AFTER INSERT ON events
            DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION refused()",
    );
    let suspended = async || {
        let by = help_desk();
        clinic.registry.suspend_token(&by, &app.serial(), &label("lost"), START.plus(60)).await
    };
    let known = suspended().await.map(drop);
    assert!(matches!(known, Err(Error::Store(StoreError::Unavailable { .. }))), "{known:?}");
    for unclear in [
        "RAISE EXCEPTION 'at the end' USING ERRCODE = 'XX000'",
        "RAISE EXCEPTION 'at the end' USING ERRCODE = '40003'",
        "RAISE EXCEPTION 'at the end' USING ERRCODE = '57014'",
        "PERFORM pg_terminate_backend(pg_backend_pid())",
    ] {
        clinic.sql(&format!(
            "CREATE OR REPLACE FUNCTION refused() RETURNS trigger LANGUAGE plpgsql AS $$
                BEGIN {unclear}; RETURN NULL; END $$"
        ));
        let told = suspended().await.map(drop);
        assert!(
            matches!(told, Err(Error::Store(StoreError::NotKnown { .. }))),
            "{unclear}: {told:?}"
        );
    }
    clinic.sql("DROP TRIGGER refused ON events");
    suspended().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn only_a_search_that_is_broken_off_asked_for_too_much() {
    let database = Old::new();
    let store = std::sync::Arc::new(database.opening().await.unwrap().unwrap());
    let mut other = database.open_transaction("LOCK TABLE events");
    let waits = "SELECT pid FROM pg_stat_activity
        WHERE datname = current_database() AND wait_event_type = 'Lock'";
    let anything = EventSearch::default();
    let of_ada = EventSearch { account: Some(ada()), ..EventSearch::default() };
    let held = "SELECT 1 FROM pg_locks WHERE relation = CAST('events' AS regclass)
        AND mode = 'AccessExclusiveLock'";
    database.until("the table is locked", held).await;
    for (search, told) in [(anything, StoreError::TookTooLong), (of_ada, StoreError::Busy)] {
        let store = store.clone();
        let found = tokio::spawn(async move { store.events_with(&search, None, 9).await });
        let pid = database.until("it waits", waits).await;
        database.sql(&format!("SELECT pg_cancel_backend({pid})"));
        assert_eq!(found.await.unwrap(), Err(told));
    }
    drop(other.stdin.take());
    assert!(other.wait().unwrap().success());
}
