//! The audit by the command line: sealed while the server runs, verified by two programs, reported.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use crate::process::{Folder, NPI, Server, text};

/// Our own description's checker, which has none of our code.
const CHECKER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../docs/verify_audit.py");

fn kept(folder: &Folder) -> PathBuf {
    folder.path().join("audit-checkpoints.jsonl")
}

/// Waits until the running server has written so many checkpoints down.
fn wait_for_checkpoints(folder: &Folder, count: usize) {
    for _ in 0..600 {
        let lines = fs::read_to_string(kept(folder)).unwrap_or_default().lines().count();
        if lines >= count {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the server has not written {count} checkpoints down");
}

/// What both checkers say: whether all is well, and our own's words.
fn verify(folder: &Folder) -> (bool, String) {
    let kept = kept(folder).display().to_string();
    let ours = folder.run(&["audit", "verify", "--checkpoints", &kept], "");
    let (code, ours) = (ours.status.code(), text(&ours.stdout));
    let database = folder.path().join("countersign.db");
    let theirs = Command::new("python3").arg(CHECKER).arg(database).arg(&kept).output().unwrap();
    let says = format!("{}{}", text(&theirs.stdout), text(&theirs.stderr));
    assert_eq!(code, theirs.status.code(), "ours: {ours}\ntheirs: {says}");
    (code == Some(0), ours)
}

#[test]
fn the_running_server_seals_and_an_edit_is_named() {
    let server = Server::start();
    server.folder.add_account(NPI, "Ada Quill");
    wait_for_checkpoints(&server.folder, 2);
    let (well, says) = verify(&server.folder);
    assert!(well && says.contains("nothing was changed"), "{says}");

    let database = rusqlite::Connection::open(server.folder.path().join("countersign.db")).unwrap();
    database
        .execute_batch(
            "DROP TRIGGER events_do_not_change;
             UPDATE events SET actor_name = 'Mallory' WHERE kind = 'account-opened'",
        )
        .unwrap();
    let id: i64 = database
        .query_row("SELECT id FROM events WHERE kind = 'account-opened'", [], |row| row.get(0))
        .unwrap();
    let (well, says) = verify(&server.folder);
    assert!(!well && says.contains(&format!("event {id} was changed")), "{says}");
    assert!(says.contains("1 finding"), "{says}");
}

#[test]
fn a_key_is_shown_and_rotated_and_the_file_goes_on_after_a_restart() {
    let server = Server::start();
    wait_for_checkpoints(&server.folder, 1);
    let before = server.folder.json(&["audit", "key"], "");
    let rotated = server.folder.json(&["audit", "rotate-key"], "");
    assert_eq!(rotated["key"], before["current"]);
    wait_for_checkpoints(&server.folder, 3);
    let folder = server.stop();
    let after = folder.json(&["audit", "key"], "");
    assert_eq!(after["first"], before["first"]);
    assert_eq!(after["current"], rotated["next_key"]);
    assert_ne!(after["current"], before["current"]);
    folder.add_account(NPI, "Ada Quill");
    let lines = fs::read_to_string(kept(&folder)).unwrap().lines().count();
    let server = Server::start_in(folder, &[]);
    wait_for_checkpoints(&server.folder, lines + 1);
    let (well, says) = verify(&server.folder);
    assert!(well, "{says}");
}

#[test]
fn an_old_database_is_found_by_the_file() {
    let server = Server::start();
    wait_for_checkpoints(&server.folder, 1);
    let folder = server.stop();
    let database = folder.path().join("countersign.db");
    let backup = folder.path().join("backup.db");
    let sql = format!("VACUUM INTO '{}'", backup.display());
    rusqlite::Connection::open(&database).unwrap().execute_batch(&sql).unwrap();
    let before = fs::read_to_string(kept(&folder)).unwrap().lines().count();
    folder.add_account(NPI, "Ada Quill");
    let server = Server::start_in(folder, &[]);
    wait_for_checkpoints(&server.folder, before + 1);
    let folder = server.stop();
    for tail in ["-wal", "-shm"] {
        let _ = fs::remove_file(folder.path().join(format!("countersign.db{tail}")));
    }
    fs::rename(&backup, &database).unwrap();
    let (well, says) = verify(&folder);
    assert!(!well && says.contains("an old copy was brought back"), "{says}");
}

#[test]
fn a_day_is_reported_as_text_and_as_json() {
    let server = Server::start();
    wait_for_checkpoints(&server.folder, 1);
    let quiet = server.folder.run(&["audit", "report", "--day", "2020-02-29"], "");
    let quiet = text(&quiet.stdout);
    assert!(quiet.contains("Audit report of 2020-02-29 (UTC): 0 events"), "{quiet}");
    assert!(quiet.contains("Nothing to look at."), "{quiet}");
    assert!(quiet.contains("nothing was changed"), "{quiet}");
    let json = server.folder.json(&["audit", "report", "--day", "2020-02-29"], "");
    assert_eq!(json["quiet"], true);
    assert_eq!(json["audit"]["findings"], serde_json::json!([]));
    let wrong = server.folder.run(&["audit", "report", "--day", "2020-02-30"], "");
    assert_eq!(wrong.status.code(), Some(2));
}
