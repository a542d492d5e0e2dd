//! The audit by the command line: sealed while the server runs, verified by two programs, reported.

use std::{fs, path::PathBuf, process::Command, time::Duration};

use crate::process::{Folder, NPI, Server, agent, text};

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

/// What a checker found, line by line; its sums come after.
fn named(says: &str) -> Vec<&str> {
    says.lines().take_while(|line| !line.starts_with(|c: char| c.is_ascii_digit())).collect()
}

/// What both checkers say, which must be the same: whether all is well, and our own's words.
fn verify(folder: &Folder) -> (bool, String) {
    let kept = kept(folder).display().to_string();
    let ours = folder.run(&["audit", "verify", "--checkpoints", &kept], "");
    let (code, ours) = (ours.status.code(), text(&ours.stdout));
    let database = folder.path().join("countersign.db");
    let theirs =
        Command::new("/usr/bin/python3").arg(CHECKER).arg(database).arg(&kept).output().unwrap();
    let says = format!("{}{}", text(&theirs.stdout), text(&theirs.stderr));
    assert_eq!(code, theirs.status.code(), "ours: {ours}\ntheirs: {says}");
    assert_eq!(named(&ours), named(&text(&theirs.stdout)), "ours: {ours}\ntheirs: {says}");
    assert!(says.contains(" good checkpoints, "), "{says}");
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

fn lines(folder: &Folder) -> usize {
    fs::read_to_string(kept(folder)).unwrap_or_default().lines().count()
}

fn wait_for_log(server: &Server, words: &str) {
    for _ in 0..600 {
        if server.log().contains(words) {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("the log does not say {words:?}: {}", server.log());
}

fn database(folder: &Folder) -> rusqlite::Connection {
    rusqlite::Connection::open(folder.path().join("countersign.db")).unwrap()
}

#[test]
fn checkpoints_are_written_down_while_events_keep_coming() {
    let server = Server::start();
    wait_for_checkpoints(&server.folder, 1);
    let database = database(&server.folder);
    let (stop, stopped) = std::sync::mpsc::channel::<()>();
    let load = std::thread::spawn(move || {
        let event = "INSERT INTO events (at, actor, kind, outcome)
            VALUES (1812345660, 'system', 'code-judged', 'refused')";
        while stopped.try_recv().is_err() {
            database.execute_batch(event).unwrap();
            // Many within one sealing, and far fewer in a second than make a checkpoint full.
            std::thread::sleep(Duration::from_millis(1));
        }
    });
    let before = lines(&server.folder);
    wait_for_checkpoints(&server.folder, before + 3);
    assert!(!load.is_finished());
    stop.send(()).unwrap();
    load.join().unwrap();
    // A second apart, so two at most say the same second.
    let most = "SELECT max(n) FROM (SELECT count(*) n FROM audit_checkpoints GROUP BY at)";
    let most: i64 = self::database(&server.folder).query_row(most, [], |row| row.get(0)).unwrap();
    assert!(most <= 2, "{most} checkpoints in one second");
}

#[test]
fn a_line_that_a_crash_cut_short_is_passed_over_and_followed_by_whole_ones() {
    let server = Server::start();
    wait_for_checkpoints(&server.folder, 1);
    let folder = server.stop();
    let whole = fs::read_to_string(kept(&folder)).unwrap();
    fs::write(kept(&folder), &whole[..whole.len() - 20]).unwrap();
    folder.add_account(NPI, "Ada Quill");
    // Twice, as a line that is glued to the next one would stop the second start.
    let server = Server::start_in(folder, &[]);
    wait_for_checkpoints(&server.folder, 3);
    let server = Server::start_in(server.stop(), &[]);
    server.folder.begin_activation(NPI, &server.address);
    wait_for_checkpoints(&server.folder, 4);
    let text = fs::read_to_string(kept(&server.folder)).unwrap();
    let broken =
        text.lines().filter(|line| serde_json::from_str::<serde_json::Value>(line).is_err());
    assert_eq!(broken.count(), 1, "{text}");
    assert!(server.log().contains("is no checkpoint, and was passed over"), "{}", server.log());
    let (well, says) = verify(&server.folder);
    assert!(well, "{says}");
}

#[test]
fn a_file_that_cannot_be_used_does_not_stop_the_server() {
    let folder = Folder::new();
    let nowhere = folder.path().join("no such folder").join("file");
    let server = Server::start_in(folder, &["--checkpoints", nowhere.to_str().unwrap()]);
    wait_for_log(&server, "cannot be written");
    fs::create_dir(nowhere.parent().unwrap()).unwrap();
    for _ in 0..600 {
        if nowhere.exists() {
            return;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    panic!("nothing was written once it could be");
}

#[test]
fn a_file_that_never_answers_holds_up_neither_requests_nor_sealing_nor_the_end() {
    let pipes = tempfile::tempdir().unwrap();
    // Whoever opens a pipe waits for its other end, which nobody holds.
    let pipe = pipes.path().join("pipe");
    assert!(Command::new("mkfifo").arg(&pipe).status().unwrap().success());
    let server = Server::start_in(Folder::new(), &["--checkpoints", pipe.to_str().unwrap()]);
    let page = agent().get(&format!("{}/", server.address)).call().unwrap();
    assert!(page.status().as_u16() < 500);
    let sealed = || -> i64 {
        let sql = "SELECT count(*) FROM audit_checkpoints";
        database(&server.folder).query_row(sql, [], |row| row.get(0)).unwrap()
    };
    for _ in 0..600 {
        if sealed() > 0 {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(sealed() > 0);
    server.stop();
}

#[test]
fn a_running_servers_database_that_is_rolled_back_is_told_and_not_sealed() {
    let server = Server::start();
    wait_for_checkpoints(&server.folder, 1);
    server.folder.add_account(NPI, "Ada Quill");
    wait_for_checkpoints(&server.folder, 2);
    let database = database(&server.folder);
    database
        .execute_batch(
            "DROP TRIGGER events_do_not_change; DROP TRIGGER events_are_kept; BEGIN IMMEDIATE;
             DELETE FROM events WHERE id > (SELECT last_event FROM audit_checkpoints WHERE number = 1);
             DELETE FROM audit_links WHERE event > (SELECT max(id) FROM events);
             DELETE FROM audit_checkpoints WHERE number > 1; COMMIT",
        )
        .unwrap();
    server.folder.begin_activation(NPI, &server.address);
    wait_for_log(&server, "an old copy was brought back");
    let last = "SELECT max(number) FROM audit_checkpoints";
    let last: i64 = database.query_row(last, [], |row| row.get(0)).unwrap();
    assert_eq!(last, 1);
}

#[test]
fn both_checkers_name_the_same_things() {
    let server = Server::start();
    wait_for_checkpoints(&server.folder, 1);
    server.folder.add_account(NPI, "Ada Quill");
    wait_for_checkpoints(&server.folder, 2);
    for more in 3..=4 {
        server.folder.begin_activation(NPI, &server.address);
        wait_for_checkpoints(&server.folder, more);
    }
    let folder = server.stop();
    let (path, genuine) = (folder.path().join("countersign.db"), folder.path().join("genuine.db"));
    let sql = format!(
        "DROP TRIGGER events_do_not_change; DROP TRIGGER events_are_kept; PRAGMA journal_mode = DELETE;
         VACUUM INTO '{}'",
        genuine.display()
    );
    database(&folder).execute_batch(&sql).unwrap();
    let (well, says) = verify(&folder);
    assert!(well, "{says}");
    for (sql, words) in [
        ("UPDATE events SET cause = 'x' WHERE id = 2", "event 2 was changed"),
        ("UPDATE events SET cause = CAST(x'ff' AS TEXT) WHERE id = 2", "event 2 was changed"),
        ("UPDATE events SET at = -1 WHERE id = 2", "event 2 was changed"),
        ("DELETE FROM events WHERE id IN (2, 3)", "removed: events 2 to 3"),
        (
            "DELETE FROM events WHERE id > 2; DELETE FROM audit_links WHERE event > 2",
            "removed: event",
        ),
        ("UPDATE events SET id = 0 WHERE id = 2", "numbered below 1"),
        ("DELETE FROM audit_links WHERE event = 2", "without a link that can be read: event 2"),
        ("UPDATE audit_links SET link = zeroblob(31) WHERE event = 2", "without a link"),
        (
            "UPDATE audit_links SET link = zeroblob(32) WHERE event = 2",
            "links changed, and no event: event 2",
        ),
        (
            "UPDATE events SET cause = 'x' WHERE id = 2; DELETE FROM audit_links WHERE event = 2",
            "links do not tell which",
        ),
        ("DELETE FROM audit_checkpoints WHERE number = 2", "removed or not readable: checkpoint 2"),
        (
            "UPDATE audit_checkpoints SET last_event = -1 WHERE number = 2",
            "removed or not readable",
        ),
        (
            "UPDATE audit_checkpoints SET last_event = 9e18 WHERE number = 4",
            "not signed by the key",
        ),
        ("UPDATE audit_checkpoints SET number = -1 WHERE number = 2", "numbered below 1"),
        (
            "UPDATE audit_checkpoints SET number = 9223372036854775807 WHERE number = 4",
            "checkpoints 4 to",
        ),
        ("DELETE FROM audit_checkpoints WHERE number = 4", "the database ends at checkpoint 3"),
        ("DELETE FROM audit_checkpoints", "the database ends at checkpoint 0"),
    ] {
        let _ = fs::remove_file(&path);
        for tail in ["-wal", "-shm"] {
            let _ = fs::remove_file(folder.path().join(format!("countersign.db{tail}")));
        }
        fs::copy(&genuine, &path).unwrap();
        database(&folder).execute_batch(sql).unwrap();
        let (well, says) = verify(&folder);
        assert!(!well && says.contains(words), "{sql}: {says}");
    }
    // The daily report does not vouch for such a record either.
    let report = folder.run(&["audit", "report", "--day", "2020-02-29"], "");
    assert_eq!(report.status.code(), Some(1));
    let says = text(&report.stdout);
    assert!(
        !says.contains("Nothing to look at.") && !says.contains("nothing was changed"),
        "{says}"
    );
    fs::remove_file(kept(&folder)).unwrap();
    let alone = text(&folder.run(&["audit", "report", "--day", "2020-02-29"], "").stdout);
    assert!(!alone.contains("nothing was changed"), "{alone}");
}
