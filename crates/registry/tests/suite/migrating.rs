//! PostgreSQL's migrations, beside servers that write, and cut off.

use std::{
    io::Write as _,
    process::{Child, Stdio},
    time::Duration,
};

use oath::UnixTime;
use registry::{
    DatabaseUrl, HookKind, PostgresStore, Store, StoreError, Trouble, WebhookRecord, store::Write,
};

use crate::{conformance, stores::server};

const SCHEMAS: [&str; 2] = [
    include_str!("../../src/store/postgres/schema_1.sql"),
    include_str!("../../src/store/postgres/schema_2.sql"),
];
const WRITE: &str = "SET lock_timeout = '5s'; INSERT INTO events (at, actor, kind, outcome)
    VALUES (1, 'system', 'network-sync', 'success')";
const HOLDS: &str = "SELECT 1 FROM pg_locks WHERE relation = CAST('events' AS regclass)
    AND mode = 'RowExclusiveLock'";
const INDEX: &str = "SELECT indisvalid FROM pg_index
    WHERE indexrelid = CAST('events_but_codes' AS regclass)";
const BUILDING: &str = "SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND query SIMILAR TO '(CREATE|DROP) INDEX CONCURRENTLY%'";

/// A database as the second version left it.
pub(crate) struct Old {
    url: DatabaseUrl,
    name: String,
}

impl Old {
    pub(crate) fn new() -> Self {
        let url = server().new_database();
        let name = url.strip_prefix("postgres:///").unwrap().split_once('?').unwrap().0.to_owned();
        let old = Self { url: url.parse().unwrap(), name };
        let version = "CREATE TABLE schema_version (version BIGINT NOT NULL);
            INSERT INTO schema_version VALUES (2)";
        for sql in SCHEMAS.into_iter().chain([version, WRITE]) {
            old.sql(sql);
        }
        old
    }

    pub(crate) fn sql(&self, sql: &str) -> String {
        server().sql(&self.name, sql)
    }

    /// Somebody who has done something, and has not committed yet.
    pub(crate) fn open_transaction(&self, sql: &str) -> Child {
        let mut writer = server().program("psql");
        writer.args(["-X", "-q", &server().address(&self.name)]).stdin(Stdio::piped());
        let mut writer = writer.spawn().unwrap();
        writeln!(writer.stdin.as_mut().unwrap(), "BEGIN; {sql};").unwrap();
        writer
    }

    pub(crate) async fn until(&self, what: &str, sql: &str) -> String {
        for _ in 0..600 {
            let found = self.sql(sql);
            if !found.is_empty() {
                return found;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("never: {what}")
    }

    pub(crate) fn opening(&self) -> tokio::task::JoinHandle<Result<PostgresStore, StoreError>> {
        let url = self.url.clone();
        tokio::spawn(async move { PostgresStore::open(&url).await })
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_index_of_the_events_is_built_beside_writers_and_anew_where_that_was_cut_off() {
    let old = Old::new();
    let mut writer = old.open_transaction(WRITE);
    old.until("the transaction has written", HOLDS).await;

    let cut_off = old.opening();
    let backend = old.until("an index is being built", BUILDING).await;
    old.sql(WRITE);
    old.sql(&format!("SELECT pg_terminate_backend({backend})"));
    assert!(cut_off.await.unwrap().is_err());
    assert_eq!(old.sql(INDEX), "f", "it was left unfinished");

    // Two servers go on with it, while others still write.
    let both = [old.opening(), old.opening()];
    old.until("an index is being built", BUILDING).await;
    old.sql(WRITE);
    writeln!(writer.stdin.as_mut().unwrap(), "COMMIT;").unwrap();
    drop(writer.stdin.take());
    assert!(writer.wait().unwrap().success());
    for opening in both {
        let store = opening.await.unwrap().unwrap();
        assert_eq!(store.events_but_codes(0, 99, 99).await.unwrap().len(), 4);
    }
    assert_eq!(old.sql(INDEX), "t");
    let whole = PostgresStore::open(&old.url).await.unwrap();
    assert_eq!(whole.webhooks().await.unwrap(), []);
}

/// Two of before a claim was noted by itself: one that was claimed, and one that is failing.
pub(crate) fn former_webhooks(blob: &str) -> String {
    format!(
        "INSERT INTO webhooks (id, version, party, url, kinds, sealed_secret, made, event, attempts,
            due, trouble_since, failing, trouble, delivered)
         VALUES ('0123456789abcdef', 3, 'A', 'https://a.example.org/', '', {blob}, 1, 7, 1, 160,
            NULL, 0, NULL, 90),
            ('fedcba9876543210', 9, 'B', 'https://b.example.org/', 'token.locked', {blob}, 1, 5, 4,
            300, 20, 1, 'answer 500', NULL);"
    )
}

/// What is read of them now.
pub(crate) async fn are_brought_forward(store: &dyn Store) {
    let [claimed, failing] = store.webhooks().await.unwrap().try_into().unwrap();
    assert_eq!((claimed.version, claimed.cursor, claimed.attempts), (3, 7, 1));
    assert_eq!((claimed.due, claimed.claimed_until), (UnixTime(160), None));
    assert_eq!((claimed.trouble.clone(), claimed.delivered), (None, Some(UnixTime(90))));
    assert_eq!((failing.version, failing.cursor, failing.attempts), (9, 5, 4));
    assert_eq!((failing.due, failing.claimed_until), (UnixTime(300), None));
    let (since, why) = (UnixTime(20), "answer 500".to_owned());
    assert_eq!(failing.trouble, Some(Trouble { since, failing: true, why }));
    assert_eq!(failing.kinds, [HookKind::TokenLocked]);
    // They are written as any other from now on.
    let until = Some(UnixTime(220));
    let again = WebhookRecord { claimed_until: until, ..claimed };
    conformance::write(store, [Write::UpdateWebhook(Box::new(again))]).await.unwrap();
    assert_eq!(store.webhooks().await.unwrap()[0].claimed_until, until);
}

#[tokio::test(flavor = "multi_thread")]
async fn webhooks_of_before_are_brought_forward_with_their_claims_and_troubles() {
    let old = Old::new();
    old.sql(include_str!("../../src/store/postgres/schema_3.sql"));
    old.sql(
        "CREATE INDEX events_but_codes ON events (id) WHERE kind <> 'code-judged';
        UPDATE schema_version SET version = 3",
    );
    old.sql(&former_webhooks("'\\x0102'"));
    are_brought_forward(&PostgresStore::open(&old.url).await.unwrap()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn the_index_is_built_however_short_the_time_that_the_database_gives_a_statement() {
    let old = Old::new();
    old.sql(&format!("ALTER DATABASE {} SET statement_timeout = '200ms'", old.name));
    let mut writer = old.open_transaction(&format!("SET statement_timeout = 0; {WRITE}"));
    old.until("the transaction has written", HOLDS).await;
    let opening = old.opening();
    let longer = format!("{BUILDING} AND now() - query_start > INTERVAL '1 second'");
    old.until("it is being built for longer than that", &longer).await;
    writeln!(writer.stdin.as_mut().unwrap(), "COMMIT;").unwrap();
    drop(writer.stdin.take());
    assert!(writer.wait().unwrap().success());
    opening.await.unwrap().unwrap();
    assert_eq!(old.sql(INDEX), "t");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_that_open_a_new_database_at_once_each_finds_it_whole() {
    let url: DatabaseUrl = server().new_database().parse().unwrap();
    let open = || {
        let url = url.clone();
        tokio::spawn(async move { PostgresStore::open(&url).await })
    };
    for opening in [open(), open(), open(), open()] {
        assert_eq!(opening.await.unwrap().unwrap().webhooks().await.unwrap(), []);
    }
}
