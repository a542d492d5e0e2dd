//! The stores that the suite runs over. One PostgreSQL serves all tests of this program, each with
//! databases of its own.

use std::{
    collections::BTreeSet,
    path::PathBuf,
    sync::{
        Arc, OnceLock,
        atomic::{AtomicU32, Ordering},
    },
};

use registry::{DatabaseUrl, PostgresStore, SqliteStore, Store};
use tempfile::TempDir;
use test_postgres::TestPostgres;

/// A place for a store, which more than one registry can open.
#[derive(Debug)]
pub(crate) enum Place {
    Sqlite(PathBuf),
    Postgres(String),
}

impl Place {
    /// A new file in a folder.
    pub(crate) fn sqlite(folder: &TempDir) -> Self {
        static MADE: AtomicU32 = AtomicU32::new(0);
        let number = MADE.fetch_add(1, Ordering::Relaxed);
        Self::Sqlite(folder.path().join(format!("{number}.db")))
    }

    /// A new database.
    pub(crate) fn postgres() -> Self {
        Self::Postgres(server().new_database())
    }

    pub(crate) async fn open(&self) -> Arc<dyn Store> {
        match self {
            Self::Sqlite(path) => Arc::new(SqliteStore::open(path).unwrap()),
            Self::Postgres(url) => {
                let url: DatabaseUrl = url.parse().unwrap();
                Arc::new(PostgresStore::open(&url).await.unwrap())
            }
        }
    }

    /// Runs SQL in it, past the store.
    pub(crate) fn sql(&self, sql: &str) {
        match self {
            Self::Sqlite(path) => {
                rusqlite::Connection::open(path).unwrap().execute_batch(sql).unwrap();
            }
            Self::Postgres(url) => drop(test_postgres::sql_at(url, sql)),
        }
    }

    /// As [`Place::sql`], also of events, which the database keeps as they are.
    pub(crate) fn tamper(&self, sql: &str) {
        let unguarded = match self {
            Self::Sqlite(_) => "DROP TRIGGER IF EXISTS events_do_not_change",
            Self::Postgres(_) => "ALTER TABLE events DISABLE TRIGGER events_are_kept",
        };
        self.sql(&format!("{unguarded}; {sql}"));
    }
}

pub(crate) fn server() -> &'static TestPostgres {
    static SERVER: OnceLock<TestPostgres> = OnceLock::new();
    SERVER.get_or_init(TestPostgres::start)
}

/// Each table with its columns, and which of them are never empty.
#[tokio::test]
async fn both_stores_have_the_same_tables() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("countersign.db");
    drop(SqliteStore::open(&file).unwrap());
    let of_sqlite = "SELECT group_concat(line, char(10)) FROM (
        SELECT t.name || '.' || c.name || CASE WHEN c.\"notnull\" OR c.pk THEN ' filled' ELSE '' END
            || ' ' || CASE c.type WHEN 'INTEGER' THEN 'bigint' WHEN 'TEXT' THEN 'text'
                WHEN 'BLOB' THEN 'bytea' END AS line
        FROM sqlite_schema t, pragma_table_info(t.name) c
        WHERE t.type = 'table' AND t.name NOT LIKE 'sqlite%')";
    let database = rusqlite::Connection::open(file).unwrap();
    let of_sqlite: String = database.query_row(of_sqlite, [], |row| row.get(0)).unwrap();

    let url = server().new_database();
    drop(PostgresStore::open(&url.parse().unwrap()).await.unwrap());
    let of_postgres = "SELECT table_name || '.' || column_name
            || CASE is_nullable WHEN 'NO' THEN ' filled' ELSE '' END || ' ' || data_type AS line
        FROM information_schema.columns
        WHERE table_schema = 'public' AND table_name <> 'schema_version'";
    let name = url.strip_prefix("postgres:///").unwrap().split_once('?').unwrap().0;
    let of_postgres = server().sql(name, of_postgres);
    let lines = |text: String| text.lines().map(str::to_owned).collect::<BTreeSet<_>>();
    assert_eq!(lines(of_postgres), lines(of_sqlite));
}

/// Both tests of something that every store must do: over SQLite, and over PostgreSQL.
macro_rules! on_every_store {
    ($conforms:path) => {
        #[tokio::test(flavor = "multi_thread")]
        async fn sqlite_conforms() {
            let folder = tempfile::tempdir().unwrap();
            $conforms(|| $crate::stores::Place::sqlite(&folder)).await;
        }

        #[tokio::test(flavor = "multi_thread")]
        async fn postgres_conforms() {
            $conforms($crate::stores::Place::postgres).await;
        }
    };
}

pub(crate) use on_every_store;
