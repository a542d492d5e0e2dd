//! A backup while the server runs, and what is brought back from it.

use std::{
    fs,
    path::{Path, PathBuf},
    thread,
    time::Duration,
};

use serde_json::Value;

use crate::process::{Folder, NPI, OTHER_NPI, Server, mode, text};

fn beside(folder: &Folder, name: &str) -> PathBuf {
    folder.path().with_file_name(name)
}

fn checkpoints(folder: &Folder) -> usize {
    let path = folder.path().join("audit-checkpoints.jsonl");
    fs::read_to_string(path).unwrap_or_default().lines().count()
}

/// Waits until everything that was done is under a checkpoint that is written down.
fn wait_for_more_than(folder: &Folder, count: usize) {
    for _ in 0..600 {
        if checkpoints(folder) > count {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("no further checkpoint was written down");
}

/// Waits until every event is under a checkpoint.
fn wait_until_sealed(folder: &Folder) {
    for _ in 0..600 {
        let verified = folder.json(&["audit", "verify"], "");
        if verified["unsealed"] == 0 && verified["checkpoints"] == checkpoints(folder) {
            return;
        }
        thread::sleep(Duration::from_millis(100));
    }
    panic!("the events are not sealed");
}

fn backed_up(folder: &Folder, name: &str) -> (PathBuf, Value) {
    let path = beside(folder, name);
    let done = folder.json(&["backup", "--to", path.to_str().unwrap()], "");
    (path, done)
}

fn restore_args(from: &Path) -> [&str; 3] {
    ["restore", "--from", from.to_str().unwrap()]
}

#[test]
fn a_backup_of_a_running_server_is_whole_and_can_be_restored() {
    let server = Server::start();
    server.folder.add_account(NPI, "Ada Quill");
    wait_for_more_than(&server.folder, 0);
    let folder = &server.folder;
    // Somebody writes while it is copied.
    let done = thread::scope(|scope| {
        let writing = scope.spawn(|| {
            for _ in 0..5 {
                assert!(folder.run(&["account", "unlock", "--npi", NPI], "").status.success());
            }
        });
        let done = backed_up(folder, "one.backup").1;
        writing.join().unwrap();
        done
    });
    assert_eq!(done["findings"], serde_json::json!([]));
    assert!(done["compared"].as_u64().unwrap() >= 1, "{done}");
    let backup = beside(folder, "one.backup");
    assert_eq!(mode(&backup), 0o600);
    let again = folder.run(&["backup", "--to", backup.to_str().unwrap()], "");
    assert_eq!(again.status.code(), Some(1));
    assert!(text(&again.stderr).contains("is there already"));
    let over = folder.run(&restore_args(&backup), "");
    assert_eq!(over.status.code(), Some(1));
    assert!(text(&over.stderr).contains("nothing is restored over it"));

    let restored = Folder::new();
    let done = restored.json(&restore_args(&backup), "");
    assert_eq!(done["newer"], Value::Null);
    fs::copy(folder.path().join("master.key"), restored.path().join("master.key")).unwrap();
    let server = Server::start_in(restored, &[]);
    let again = server.folder.json(&["events", "--limit", "50"], "");
    let kinds: Vec<_> =
        again.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert!(kinds.contains(&"account-opened") && kinds.contains(&"database-restored"), "{kinds:?}");
    assert!(
        !fs::read_dir(server.folder.path())
            .unwrap()
            .any(|file| { file.unwrap().file_name().to_string_lossy().contains("restoring") })
    );
}

#[test]
fn an_older_backup_is_told_by_the_checkpoints_outside() {
    let server = Server::start();
    server.folder.add_account(NPI, "Ada Quill");
    wait_for_more_than(&server.folder, 0);
    let (backup, _) = backed_up(&server.folder, "older.backup");
    let before = checkpoints(&server.folder);
    server.folder.add_account(OTHER_NPI, "Bo Reed");
    wait_for_more_than(&server.folder, before);
    let lost = server.stop();
    let kept = beside(&lost, "kept.jsonl");
    fs::copy(lost.path().join("audit-checkpoints.jsonl"), &kept).unwrap();

    let restored = Folder::new();
    let with_kept =
        [&restore_args(&backup)[..], &["--checkpoints", kept.to_str().unwrap()]].concat();
    let done = restored.json(&with_kept, "");
    assert!(done["newer"]["checkpoints"].as_u64().unwrap() >= 1, "{done}");
    let events = |folder: &Folder| {
        fs::copy(lost.path().join("master.key"), folder.path().join("master.key")).unwrap();
        folder.json(&["events", "--limit", "1"], "")[0].clone()
    };
    let last = events(&restored);
    assert_eq!(last["kind"], "database-restored");
    assert!(last["cause"].as_str().unwrap().contains("newer ones were kept outside"), "{last}");
    let verify = ["audit", "verify", "--checkpoints", kept.to_str().unwrap()];
    assert_eq!(restored.run(&verify, "").status.code(), Some(1), "and an auditor sees it");
}

#[test]
fn a_changed_or_foreign_backup_is_not_restored() {
    let server = Server::start();
    server.folder.add_account(NPI, "Ada Quill");
    wait_until_sealed(&server.folder);
    let (backup, _) = backed_up(&server.folder, "changed.backup");
    let database = rusqlite::Connection::open(&backup).unwrap();
    database
        .execute_batch(
            "DROP TRIGGER events_do_not_change;
             UPDATE events SET actor_name = 'Mallory' WHERE kind = 'account-opened'",
        )
        .unwrap();
    drop(database);
    let restored = Folder::new();
    let refused = restored.run(&restore_args(&backup), "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("nothing was restored"), "{}", text(&refused.stderr));
    assert_eq!(fs::read_dir(restored.path()).unwrap().count(), 0, "nothing is left behind");

    let list = beside(&restored, "list");
    fs::write(&list, "my shopping list, which is long enough to be looked at\n").unwrap();
    assert_eq!(restored.run(&restore_args(&list), "").status.code(), Some(1));
    let missing = beside(&restored, "missing");
    let refused = restored.run(&restore_args(&missing), "");
    assert!(text(&refused.stderr).contains("cannot be read"));
    assert!(!missing.exists());
}
