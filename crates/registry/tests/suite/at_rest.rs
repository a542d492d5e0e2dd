//! What lies on the disk: no secret in the clear, nobody's database taken for ours, nothing lost to a
//! wrong key.

use std::{
    fs,
    path::{Path, PathBuf},
    sync::Arc,
};

use oath::{Code, Seed, UnixTime};
use registry::{
    Actor, Error, MasterKey, Purpose, Registry, SqliteStore, Store, StoreError, values::SessionId,
};

use crate::{
    clinic::{App, Clinic, PASSPHRASE, START, ada, rng},
    migrating::{are_brought_forward, former_webhooks},
};

/// Every byte that the database has on the disk.
fn bytes_on_disk(folder: &Path) -> Vec<u8> {
    let files = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    files.flat_map(|file| fs::read(file).unwrap()).collect()
}

fn is_in(needle: &[u8], hay: &[u8]) -> bool {
    hay.windows(needle.len()).any(|window| window == needle)
}

#[tokio::test]
async fn no_secret_lies_on_the_disk_in_the_clear() {
    let clinic = Clinic::with_ada().await;
    let app = App::new("Phone");
    let (link, confirmation) = clinic.begin(ada(), START).await;
    clinic.send(&app.seal(&link), START).await.unwrap();
    let secret =
        clinic.registry.sign_in("1234567893", PASSPHRASE, START, &mut rng()).await.unwrap();
    let session = clinic.registry.session(&secret, START).await.unwrap();
    let secret = clinic.registry.confirm(&session, &confirmation, START).await.unwrap().unwrap();
    let session = clinic.registry.session(&secret, START).await.unwrap();
    clinic.registry.associate(&session, &app.form(START), START).await.unwrap();

    let disk = bytes_on_disk(clinic.folder.path());
    assert!(is_in(app.serial().as_str().as_bytes(), &disk), "the search itself works");
    assert!(is_in(b"ada@example.org", &disk), "the search itself works");
    let code = confirmation.expose_text().replace(' ', "");
    for (what, secret) in [
        ("seed", app.seed.expose_bytes().to_vec()),
        ("activation secret", link.secret.expose_bytes().to_vec()),
        ("master key", clinic.master().expose_bytes().to_vec()),
        ("passphrase", PASSPHRASE.as_bytes().to_vec()),
        ("confirmation code", code.into_bytes()),
        ("session secret as text", secret.expose_text().as_bytes().to_vec()),
        (
            "session secret",
            data_encoding::BASE64URL_NOPAD.decode(secret.expose_text().as_bytes()).unwrap(),
        ),
    ] {
        assert!(!is_in(&secret, &disk), "the {what} lies in the clear");
        for encoded in [
            data_encoding::HEXLOWER.encode(&secret),
            data_encoding::BASE64.encode(&secret),
            data_encoding::BASE32.encode(&secret),
        ] {
            assert!(!is_in(encoded.as_bytes(), &disk), "the {what} lies there encoded");
        }
    }
}

#[tokio::test]
async fn a_wrong_master_key_is_told_at_once_and_loses_nothing() {
    let (clinic, app) = Clinic::with_token().await;
    let wrong = MasterKey::generate(&mut rng());
    let before = clinic.events().await;
    let refused = Registry::open(clinic.store.clone(), wrong, START, &mut rng()).await;
    assert_eq!(refused.unwrap_err(), Error::WrongMasterKey);
    assert_eq!(clinic.events().await, before);

    let again = clinic.second_process().await;
    assert_eq!(again.server_key(), clinic.registry.server_key());
    let (now, serial) = (START.plus(60), app.serial());
    let code = app.code(now);
    assert!(again.verify(&ada(), &serial, &code, Purpose::Signing, now).await.is_ok());
}

#[tokio::test]
async fn a_seed_that_was_moved_to_another_token_does_not_open_there() {
    let (clinic, phone) = Clinic::with_token().await;
    let tablet = App::new("Tablet");
    let now = START.plus(60);
    clinic.enrol_further(ada(), &phone, &tablet, now).await.unwrap();
    let database = rusqlite::Connection::open(clinic.folder.path().join("countersign.db")).unwrap();
    database
        .execute(
            "UPDATE tokens SET sealed_seed = (SELECT sealed_seed FROM tokens WHERE serial = ?2)
             WHERE serial = ?1",
            [phone.serial().as_str(), tablet.serial().as_str()],
        )
        .unwrap();
    let now = now.plus(60);
    let (serial, code) = (phone.serial(), tablet.code(now));
    let answer = clinic.registry.verify(&ada(), &serial, &code, Purpose::Signing, now).await;
    let damaged = Error::Damaged { what: "the seed of a token" };
    assert_eq!(answer, Err(registry::VerifyError::Registry(damaged)));
}

#[tokio::test]
async fn what_was_answered_is_there_after_the_program_ends() {
    let (clinic, app) = Clinic::with_token().await;
    let key = *clinic.master().expose_bytes();
    let Clinic { registry, store, folder, .. } = clinic;
    drop((registry, store));
    let store = Arc::new(SqliteStore::open(folder.path().join("countersign.db")).unwrap());
    let master = MasterKey::from_bytes(key);
    let registry = Registry::open(store, master, START, &mut rng()).await.unwrap();
    let (serial, code) = (app.serial(), app.code(START));
    let again = registry.verify(&ada(), &serial, &code, Purpose::Signing, START).await;
    assert!(again.is_err(), "the code that associated the token is spent still");
}

#[test]
fn what_is_no_database_of_ours_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("countersign.db");
    for content in [b"not a database at all, but long enough to look".repeat(100), vec![0; 4096]] {
        fs::write(&path, &content).unwrap();
        let refused = SqliteStore::open(&path).unwrap_err();
        assert!(matches!(refused, StoreError::NotOurs | StoreError::Damaged { .. }), "{refused:?}");
        assert_eq!(fs::read(&path).unwrap(), content);
        fs::remove_file(&path).unwrap();
    }
    rusqlite::Connection::open(&path).unwrap().execute("CREATE TABLE theirs (a)", []).unwrap();
    assert_eq!(SqliteStore::open(&path).unwrap_err(), StoreError::NotOurs);
}

#[test]
fn a_newer_database_is_refused_with_both_versions() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("countersign.db");
    drop(SqliteStore::open(&path).unwrap());
    let database = rusqlite::Connection::open(&path).unwrap();
    database.pragma_update(None, "user_version", 99).unwrap();
    let refused = SqliteStore::open(&path).unwrap_err();
    assert_eq!(refused, StoreError::Newer { found: 99, known: 26 });
    assert!(refused.to_string().contains("version 99"));
}

#[tokio::test]
async fn an_older_database_is_brought_forward_with_all_that_is_in_it() {
    let (clinic, app) = Clinic::with_token().await;
    let key = *clinic.master().expose_bytes();
    let before = clinic.events().await;
    let Clinic { registry, store, folder, .. } = clinic;
    drop((registry, store));
    let path = folder.path().join("countersign.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    // What later steps added, taken away again: what is left is what step 1 made.
    database
        .execute_batch(
            "DROP INDEX events_of_losing; DROP TABLE notices; DROP TABLE cursors; DROP TABLE webhooks; DROP INDEX events_but_codes;
             DROP INDEX accounts_by_own_id; ALTER TABLE accounts DROP COLUMN own_id;
             DROP TABLE code_misses; DROP TABLE kept_answers; DROP TABLE api_keys;
             ALTER TABLE events DROP COLUMN reference; DROP INDEX events_of_suspending; DROP INDEX events_of_finding;
             DROP INDEX events_of_deactivating; DROP TABLE drift_samples; DROP TABLE losses;
             ALTER TABLE accounts DROP COLUMN access_ended; DROP TABLE passphrase_resets;
             ALTER TABLE tokens DROP COLUMN devices; ALTER TABLE tokens DROP COLUMN provisioned_from;
             ALTER TABLE activations DROP COLUMN replaces;
             ALTER TABLE activations DROP COLUMN opens_access;
             ALTER TABLE activations DROP COLUMN pin_length;
             DROP TABLE step_ups; DROP TABLE step_up_sends; ALTER TABLE accounts DROP COLUMN phone;
             DROP TABLE stock_findings; DROP TABLE stock_tokens; DROP TABLE stock_imports;
            DROP INDEX tokens_to_sync; ALTER TABLE tokens DROP COLUMN sync;
             ALTER TABLE tokens DROP COLUMN sync_begun; ALTER TABLE tokens DROP COLUMN sync_attempts;
             ALTER TABLE tokens DROP COLUMN sync_at; ALTER TABLE tokens DROP COLUMN near_misses;
             ALTER TABLE tokens DROP COLUMN otp;
             DROP TABLE access_changes; DROP TABLE administrator_sessions; DROP TABLE administrators;
             DROP TABLE requests; ALTER TABLE accounts DROP COLUMN address;
             DROP TABLE audit_links; DROP TABLE audit_checkpoints; DROP INDEX events_by_time;
             DROP TABLE reports; ALTER TABLE events DROP COLUMN actor_token;
             PRAGMA user_version = 1;",
        )
        .unwrap();
    let of_version_1 = schema(&database);
    let fresh = rusqlite::Connection::open_in_memory().unwrap();
    fresh.execute_batch(include_str!("../../src/store/sqlite/schema_1.sql")).unwrap();
    assert_eq!(of_version_1, schema(&fresh));
    drop(database);

    let store = Arc::new(SqliteStore::open(&path).unwrap());
    let master = MasterKey::from_bytes(key);
    let registry = Registry::open(store, master, START, &mut rng()).await.unwrap();
    assert_eq!(registry.events(None, 1_000).await.unwrap(), before);
    let answer = registry.app_request(&app.report(&app.serial(), START), START).await;
    assert_eq!(answer, Err(registry::ReportRefusal::OwnToken.into()));
    let event = registry.events(None, 1).await.unwrap().remove(0);
    assert_eq!(event.what.actor, Actor::Token { npi: ada(), serial: app.serial() });
    // What happened before there was a chain is in it from now on.
    let checkpoint =
        registry.seal_audit(None, START, &mut rng()).await.unwrap().unwrap().checkpoint;
    assert_eq!(checkpoint.statement.last_event, event.id);
}

#[tokio::test]
async fn a_code_by_phone_that_was_sent_before_it_was_its_sessions_is_brought_forward() {
    let folder = tempfile::tempdir().unwrap();
    let (path, database) = of_version(&folder, 12);
    database
        .execute_batch(
            "INSERT INTO accounts (npi, version, name, mail, proofing, passphrase_hash, opened,
                sign_in_failures) VALUES (1234567893, 1, 'Ada', 'a@example.org', 'p', 'h', 1, 0);
             INSERT INTO step_ups (npi, version, session, channel, tag, sent, sends, sends_since,
                wrong, confirmed)
             VALUES (1234567893, 4, zeroblob(32), 'voice', zeroblob(32), 100, 3, 90, 2, NULL);",
        )
        .unwrap();
    drop(database);
    let store = SqliteStore::open(&path).unwrap();
    let session = SessionId::from_bytes([0; 32]);
    let record = store.step_up(ada(), session).await.unwrap().unwrap();
    assert_eq!((record.sent, record.wrong, record.version), (UnixTime(100), 2, 4));
    let counts = store.step_up_sends(ada()).await.unwrap().unwrap();
    assert_eq!((counts.sends, counts.since), (3, UnixTime(90)));
}

#[tokio::test]
async fn webhooks_of_before_are_brought_forward_with_their_claims_and_troubles() {
    let folder = tempfile::tempdir().unwrap();
    let (path, database) = of_version(&folder, 22);
    database.execute_batch(&former_webhooks("x'0102'")).unwrap();
    drop(database);
    are_brought_forward(&SqliteStore::open(&path).unwrap()).await;
}

/// An empty database as a former version left it.
fn of_version(folder: &tempfile::TempDir, version: u32) -> (PathBuf, rusqlite::Connection) {
    let path = folder.path().join("countersign.db");
    let database = rusqlite::Connection::open(&path).unwrap();
    let steps = Path::new(env!("CARGO_MANIFEST_DIR")).join("src/store/sqlite");
    for step in 1..=version {
        let sql = fs::read_to_string(steps.join(format!("schema_{step}.sql"))).unwrap();
        database.execute_batch(&sql).unwrap();
    }
    database.pragma_update(None, "application_id", 0x4353_5247).unwrap();
    database.pragma_update(None, "user_version", version).unwrap();
    (path, database)
}

/// Every table's columns with their types.
fn schema(database: &rusqlite::Connection) -> Vec<String> {
    let columns = "SELECT t.name || ' ' || c.name || ' ' || c.type || ' ' || c.pk
        FROM sqlite_schema t, pragma_table_info(t.name) c WHERE t.type = 'table' ORDER BY 1";
    let mut statement = database.prepare(columns).unwrap();
    let rows = statement.query_map([], |row| row.get(0)).unwrap();
    rows.map(Result::unwrap).collect()
}

#[tokio::test]
async fn a_damaged_database_gives_an_error_and_not_an_empty_answer() {
    let (clinic, _app) = Clinic::with_token().await;
    let path = clinic.folder.path().join("countersign.db");
    let key = *clinic.master().expose_bytes();
    let Clinic { registry, store, folder, .. } = clinic;
    drop((registry, store));
    rusqlite::Connection::open(&path)
        .unwrap()
        .pragma_update(None, "journal_mode", "DELETE")
        .unwrap();
    let mut bytes = fs::read(&path).unwrap();
    // The pages after the first: the tables' own content.
    bytes[4096..].fill(0x5a);
    fs::write(&path, &bytes).unwrap();
    let master = MasterKey::from_bytes(key);
    let error = match SqliteStore::open(&path) {
        Err(error) => error,
        Ok(store) => match Registry::open(Arc::new(store), master, START, &mut rng()).await {
            Err(Error::Store(error)) => error,
            other => panic!("{other:?}"),
        },
    };
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    drop(folder);
}

#[tokio::test]
async fn a_value_that_was_changed_to_nonsense_is_an_error() {
    let (clinic, app) = Clinic::with_token().await;
    let database = rusqlite::Connection::open(clinic.folder.path().join("countersign.db")).unwrap();
    database.execute("UPDATE tokens SET state = 'superb'", []).unwrap();
    let error = clinic.store.token(&app.serial()).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
    database.execute("UPDATE tokens SET state = 'active', failures = -1", []).unwrap();
    let error = clinic.store.token(&app.serial()).await.unwrap_err();
    assert!(matches!(error, StoreError::Damaged { .. }), "{error:?}");
}

#[tokio::test]
async fn events_can_be_neither_changed_nor_deleted() {
    let (clinic, _app) = Clinic::with_token().await;
    let database = rusqlite::Connection::open(clinic.folder.path().join("countersign.db")).unwrap();
    assert!(database.execute("UPDATE events SET cause = 'x'", []).is_err());
    assert!(database.execute("DELETE FROM events", []).is_err());
}

#[cfg(unix)]
#[test]
fn only_the_owner_can_read_the_file() {
    use std::os::unix::fs::PermissionsExt;
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("countersign.db");
    let _store = SqliteStore::open(&path).unwrap();
    for file in fs::read_dir(folder.path()).unwrap() {
        let mode = file.unwrap().metadata().unwrap().permissions().mode();
        assert_eq!(mode & 0o077, 0, "{mode:o}");
    }
}

#[test]
fn programs_that_start_at_once_all_find_the_tables() {
    for _ in 0..20 {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("countersign.db");
        let starts: Vec<_> = (0..8)
            .map(|_| {
                let path = path.clone();
                std::thread::spawn(move || SqliteStore::open(path).map(drop))
            })
            .collect();
        for start in starts {
            assert_eq!(start.join().unwrap(), Ok(()));
        }
    }
}

#[tokio::test]
async fn no_code_and_no_secret_stands_in_an_event() {
    let (clinic, app) = Clinic::with_token().await;
    let now = START.plus(60);
    let session = clinic.half_session(ada(), now).await;
    let typed: Vec<Code> = vec![app.code(START), app.code(now), app.wrong_code(now)];
    for code in &typed {
        drop(clinic.registry.confirm_with_code(&session, None, code, now).await);
    }
    let written = format!("{:?}", clinic.events().await);
    for code in &typed {
        assert!(!written.contains(&code.expose_digits()));
    }
    assert!(!written.contains(PASSPHRASE));
    // What a person reads in a log is words, and the types' own Debug gives nothing away.
    let seed = Seed::generate(&mut rng());
    assert_eq!(format!("{seed:?}{:?}", clinic.master()), "Seed(redacted)MasterKey(redacted)");
    assert!(
        !format!("{:?}", clinic.registry)
            .contains(&format!("{:?}", clinic.master().expose_bytes()))
    );
}
