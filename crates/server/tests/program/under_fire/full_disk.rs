//! A disk that is full, and one that cannot be written to: refused in words, nothing half done, and well
//! again by itself. The disk is a small one in memory, in a mount namespace of the server's own.

use std::{
    fs,
    io::Write,
    os::unix::fs::OpenOptionsExt,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::{Value, json};

use super::fob::{FIRST_PRESS, Fob, Told};
use crate::{
    process::{Folder, SERVE, Server, agent, run, text},
    stand_in_network::until,
    verify_api::{Vendor, assert_problem},
};

/// Copies the data folder onto a small disk that takes its place.
const ON_A_SMALL_DISK: &str = "cp -a \"$0\" \"$0.kept\" && \
    mount -t tmpfs -o size=12m,mode=700 tmpfs \"$0\" && cp -a \"$0.kept/.\" \"$0/\" && exec \"$@\"";
/// Lets nobody write to the data folder, the superuser neither.
const READ_ONLY: &str =
    "mount --bind \"$0\" \"$0\" && mount -o remount,ro,bind \"$0\" && exec \"$@\"";

/// A command in a mount namespace of its own, after a script about the data folder.
fn behind(script: &str, folder: &Folder, command: &Command) -> Command {
    let mut unshare = Command::new("unshare");
    // Whoever is not root is root in a user namespace.
    if !rustix::process::geteuid().is_root() {
        unshare.args(["--user", "--map-root-user"]);
    }
    unshare.args(["--mount", "sh", "-c", script]).arg(folder.path());
    unshare.arg(command.get_program()).args(command.get_args());
    unshare
}

/// The data folder as the server sees it; SQLite would find its way out of it again.
fn inside(server: &Server) -> PathBuf {
    let path = server.folder.path();
    PathBuf::from(format!("/proc/{}/root{}", server.process_id(), path.display()))
}

/// Writes until nothing fits any more.
fn fill(file: &PathBuf) {
    let mut file =
        fs::OpenOptions::new().write(true).create_new(true).mode(0o600).open(file).unwrap();
    for size in [64 * 1024, 4096, 1] {
        while file.write_all(&vec![0; size]).is_ok() {}
    }
}

#[test]
fn a_full_disk_refuses_clearly_and_is_well_again_once_there_is_room() {
    let server = Server::start();
    let fob = Fob::new(&server, 1);
    let folder = server.stop();
    let command = behind(ON_A_SMALL_DISK, &folder, &folder.command(SERVE));
    let server = Server::start_by(command, folder);
    let (browser, agent) = (fob.at(&server), agent());
    let test = |press| fob.try_code(&browser, &agent, &fob.token.press(press)).unwrap();
    assert_eq!(test(FIRST_PRESS), Told::Accepted);

    let filler = inside(&server).join("filler");
    fill(&filler);
    // What the log has room for already is still taken.
    let mut press = FIRST_PRESS + 1;
    while test(press) == Told::Accepted {
        press += 1;
        assert!(press < 5_000, "the disk is full and takes more and more");
    }
    for _ in 0..20 {
        assert_eq!(test(press), Told::Unavailable);
    }
    assert_eq!(browser.get("/tokens").status, 200, "it can be read");

    fs::remove_file(filler).unwrap();
    assert_eq!(test(press), Told::Accepted, "it was not used up by what failed");
    for again in FIRST_PRESS..=press {
        assert!(test(again).is_spent(), "press {again}");
    }
    let at = |arguments: &[&str]| {
        let command = server.folder.command(arguments);
        let mut there = Command::new("nsenter");
        if !rustix::process::geteuid().is_root() {
            there.args(["--user", "--preserve-credentials"]);
        }
        there.args(["--mount", "--target", &server.process_id().to_string()]);
        there.arg(command.get_program()).args(command.get_args());
        run(there, "")
    };
    let events = at(&["events", "--npi", &fob.npi, "--limit", "100000", "--json"]);
    let events: Value = serde_json::from_slice(&events.stdout).unwrap();
    let good = |event: &&Value| event["purpose"] == "test" && event["outcome"] == "success";
    let accepted = events.as_array().unwrap().iter().filter(good).count() as u64;
    assert_eq!(accepted, press + 1 - FIRST_PRESS);
    let verified = at(&["audit", "verify"]);
    assert!(verified.status.success(), "{}", text(&verified.stdout));
}

/// Lets a running server write to no file any more, as a file system does that turned read-only below it; or
/// lets it again.
fn writes_no_file(server: &Server, none: bool) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let id = Pid::from_raw(i32::try_from(server.process_id()).unwrap()).unwrap();
    let current = none.then_some(0);
    prlimit(Some(id), Resource::Fsize, Rlimit { current, maximum: None }).unwrap();
}

#[test]
fn a_database_that_cannot_be_written_to_any_more_refuses_clearly_and_is_well_again_by_itself() {
    let folder = Folder::new();
    let served = folder.command(SERVE);
    // Such a write fails; by itself it would also end the process.
    let mut command = Command::new("sh");
    command.args(["-c", "trap '' XFSZ && exec \"$0\" \"$@\""]);
    command.arg(served.get_program()).args(served.get_args());
    let server = Server::start_by(command, folder);
    let fob = Fob::new(&server, 1);
    let (browser, agent) = (fob.at(&server), agent());
    let test = |press| fob.try_code(&browser, &agent, &fob.token.press(press)).unwrap();
    let ready = || {
        let answer = agent.get(format!("{}/readyz", server.address)).call().unwrap();
        answer.status().as_u16()
    };
    for press in FIRST_PRESS..FIRST_PRESS + 3 {
        assert_eq!(test(press), Told::Accepted);
        until("it is ready", || (ready() == 200).then_some(()));
        let next = press + 1;
        writes_no_file(&server, true);
        until("it is not ready", || (ready() == 503).then_some(()));
        for _ in 0..20 {
            assert_eq!((test(next), ready()), (Told::Unavailable, 503));
        }
        assert_eq!(browser.get("/tokens").status, 200, "it can be read");
        writes_no_file(&server, false);
    }
    let last = FIRST_PRESS + 3;
    assert_eq!(test(last), Told::Accepted, "it was not used up by what failed");
    for again in FIRST_PRESS..=last {
        assert!(test(again).is_spent(), "press {again}");
    }
    let events = server.folder.json(&["events", "--npi", &fob.npi, "--limit", "1000"], "");
    let good = |event: &&Value| event["purpose"] == "test" && event["outcome"] == "success";
    assert_eq!(events.as_array().unwrap().iter().filter(good).count(), 4);
    let verified = server.folder.run(&["audit", "verify"], "");
    assert!(verified.status.success(), "{}", text(&verified.stdout));
}

#[test]
fn a_relying_party_is_told_that_nothing_was_decided_and_asks_again_under_the_same_key() {
    let server = Server::start();
    let fob = Fob::new(&server, 1);
    let vendor = Vendor::of(&server, &["verify", "read"]);
    let folder = server.stop();
    let command = behind(ON_A_SMALL_DISK, &folder, &folder.command(SERVE));
    let server = Server::start_by(command, folder);
    let vendor = vendor.at(&server);
    let verify = |press| {
        let asked = json!({ "account": fob.npi, "code": fob.token.press(press) });
        vendor.post("/v1/verify", &asked.to_string(), Some(&format!("sig-{press}")))
    };
    let filler = inside(&server).join("filler");
    fill(&filler);
    let mut press = FIRST_PRESS;
    let refused = loop {
        let told = verify(press);
        if told.status != 200 {
            break told;
        }
        assert_eq!(told.body["accepted"], true, "{}", told.body);
        press += 1;
        assert!(press < 5_000, "the disk is full and takes more and more");
    };
    assert_problem(&refused, 503, "unavailable");
    assert_problem(&verify(press), 503, "unavailable");
    let read = vendor.get(&format!("/v1/tokens/{}", fob.token.id.as_str()));
    assert_eq!((read.status, &read.body["state"]), (200, &json!("active")), "it can be read");

    fs::remove_file(filler).unwrap();
    let told = verify(press);
    assert_eq!((told.status, told.replayed, &told.body["accepted"]), (200, false, &json!(true)));
    let again = verify(press);
    assert_eq!((again.replayed, again.body), (true, told.body));
}

#[test]
fn a_database_that_cannot_be_written_to_is_told_at_the_start() {
    let server = Server::start();
    let fob = Fob::new(&server, 1);
    let folder = server.stop();
    let mut command = behind(READ_ONLY, &folder, &folder.command(SERVE));
    let refused = command.stdin(Stdio::null()).output().unwrap();
    assert_eq!(refused.status.code(), Some(1), "{}", text(&refused.stderr));
    let said = text(&refused.stderr);
    assert!(said.contains("Read-only file system") && said.contains("the rights on it"), "{said}");

    let server = Server::start_in(folder, &[]);
    let test = |press| fob.try_code(&fob.at(&server), &agent(), &fob.token.press(press)).unwrap();
    assert_eq!(test(FIRST_PRESS), Told::Accepted);
    assert!(test(FIRST_PRESS).is_spent());
}
