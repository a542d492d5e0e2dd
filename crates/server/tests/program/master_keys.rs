//! Where the master key comes from, and how it is changed while the server runs.

use std::{fs, os::unix::fs::PermissionsExt, path::PathBuf};

use test_postgres::TestPostgres;

use crate::{
    app::App,
    browser::Browser,
    process::{Folder, NPI, Server, text},
};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// Moves the key out of the data folder, to be named from there.
fn taken_out(folder: &Folder, name: &str) -> PathBuf {
    let place = folder.path().with_file_name(name);
    fs::rename(folder.path().join("master.key"), &place).unwrap();
    place
}

#[test]
fn the_key_comes_from_the_environment_or_a_command() {
    let folder = Folder::new();
    folder.add_account(NPI, "Ada Quill");
    let key = taken_out(&folder, "kept.key");
    let listed = |variable: Option<&str>, more: &[&str]| {
        let mut command = folder.command(&[&["token", "list"], more].concat());
        command.envs(variable.map(|key| ("COUNTERSIGN_MASTER_KEY", key)));
        let output = crate::process::run(command, "");
        (output.status.code(), text(&output.stdout) + &text(&output.stderr))
    };
    let by_command = |command: &str| listed(None, &["--master-key-command", command]);
    let text_of_it = hex(&fs::read(&key).unwrap());
    let well = (Some(0), "No tokens.\n".to_owned());
    let cat = format!("cat {}", key.display());
    assert_eq!(listed(Some(&text_of_it), &[]), well);
    assert_eq!(by_command(&cat), well);
    assert_eq!(by_command(&format!("echo {text_of_it}")), well);

    for ((code, said), words) in [
        (listed(Some(&text_of_it), &["--master-key-command", &cat]), "named twice"),
        (listed(Some("a7"), &[]), "COUNTERSIGN_MASTER_KEY is no master key"),
        (listed(Some(&"a7".repeat(32)), &[]), "does not fit this database"),
        (by_command("echo my-secret"), "printed is no master key"),
        (by_command("exit 3"), "run it by hand"),
    ] {
        assert!(code == Some(1) && said.contains(words) && !said.contains("my-secret"), "{said}");
    }
    assert!(!folder.path().join("master.key").exists());
}

#[test]
fn the_key_is_changed_while_the_server_runs() {
    the_key_is_changed_while_it_runs(Server::start());
}

#[test]
fn the_key_is_changed_while_the_server_runs_over_postgres() {
    let database = TestPostgres::start();
    let folder = Folder::over(&database.new_database());
    the_key_is_changed_while_it_runs(Server::start_in(folder, &[]));
}

fn the_key_is_changed_while_it_runs(server: Server) {
    let (server, app, confirmation) = server.and_provisioned_token();
    let waiting = server.folder.path();
    server.folder.add_account(crate::process::OTHER_NPI, "Bo Reed");
    let (link, _) = server.folder.begin_activation(crate::process::OTHER_NPI, &server.address);
    let folder = server.stop();
    let former = taken_out(&folder, "former.key");
    let new = folder.path().with_file_name("new.key");
    let made = crate::process::run(
        {
            let mut command = crate::process::program();
            command.args(["master-key", "new", "--to"]).arg(&new);
            command
        },
        "",
    );
    assert!(made.status.success(), "{}", text(&made.stderr));
    assert_eq!(fs::metadata(&new).unwrap().permissions().mode() & 0o777, 0o600);
    let (new, former) = (new.to_str().unwrap(), former.to_str().unwrap());
    let only_new = ["--master-key-file", new];
    let only_former = ["--master-key-file", former];
    let both = [&only_new[..], &["--former-master-key-file", former]].concat();
    let list = |folder: &Folder, keys: &[&str]| {
        folder.run(&[&["token", "list"], keys].concat(), "").status.code()
    };
    assert_eq!(list(&folder, &only_new), Some(1), "nothing is under the new key yet");

    // The browser's confirmation code and the app's seed are of before the change.
    let server = Server::start_in(folder, &both);
    let rotate = [&["master-key", "rotate"], &both[..]].concat();
    let done = server.folder.json(&rotate, "");
    // The server's key, the audit's, both activations' secrets and the token's seed, at least.
    assert!(done["sealed_anew"].as_u64().unwrap() >= 5, "{done}");
    assert_eq!(server.folder.json(&rotate, "")["sealed_anew"], 0);
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(crate::add_token::add(&browser, &app, "iPhone token").status, 303);
    let later = App::new();
    // The link names the former port; the server's key in it is the same.
    assert_eq!(server.provision(&later.seal_for(&link)).0, 201);
    assert_eq!(server.folder.path(), waiting, "the same data");

    let folder = server.stop();
    assert_eq!(list(&folder, &only_former), Some(1), "the former key opens nothing any more");
    assert_eq!(list(&folder, &only_new), Some(0));
    let events = folder.json(&[&["events", "--limit", "50"], &only_new[..]].concat(), "");
    let changed: Vec<_> = events
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "master-key-changed")
        .map(|event| event["outcome"].as_str().unwrap().to_owned())
        .collect();
    assert_eq!(changed, ["success", "attempted"]);
    let server = Server::start_in(folder, &only_new);
    let asked = app.ask(provisioning::AppAsk::Status, crate::clock::now());
    assert_eq!(server.ask(&asked).0, 200, "the token's seed opens under the new key");
}
