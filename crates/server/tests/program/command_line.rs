//! What the commands print, word for word, and how they end.

use std::fs;

use serde_json::Value;

use crate::{
    app::App,
    process::{Folder, ISSUER, NPI, OTHER_NPI, PASSPHRASE, program, run, text},
};

const ADD: [&str; 11] = [
    "account",
    "add",
    "--npi",
    NPI,
    "--name",
    "Ada Quill",
    "--mail",
    "ada@example.org",
    "--passphrase-stdin",
    "--proofing",
    "Help desk saw the passport",
];

#[test]
fn an_account_is_opened_once() {
    let folder = Folder::new();
    let opened = folder.run(&ADD, &format!("{PASSPHRASE}\n"));
    assert_eq!(
        text(&opened.stdout),
        "Opened the account of Ada Quill (NPI 1234567893). Next: `countersign-server activation begin`.\n"
    );
    let again = folder.run(&ADD, PASSPHRASE);
    assert_eq!(again.status.code(), Some(1));
    assert_eq!(
        text(&again.stderr),
        "countersign-server: an account with this NPI exists already\n"
    );
    let mut with_json = ADD.to_vec();
    with_json.push("--json");
    let again = folder.run(&with_json, PASSPHRASE);
    assert_eq!(text(&again.stdout), "");
    let error: Value = serde_json::from_slice(&again.stderr).unwrap();
    assert_eq!(error["error"], "an account with this NPI exists already");
}

#[test]
fn a_passphrase_comes_from_standard_input_only() {
    let folder = Folder::new();
    let without: Vec<_> = ADD.into_iter().filter(|part| *part != "--passphrase-stdin").collect();
    assert_eq!(folder.run(&without, PASSPHRASE).status.code(), Some(2));
    for (input, says) in [
        ("", "no passphrase came in"),
        ("\n", "no passphrase came in"),
        ("short\n", "8 to 128 characters"),
        (&"x".repeat(100_000), "8 to 128 characters"),
    ] {
        let refused = folder.run(&ADD, input);
        assert_eq!(refused.status.code(), Some(1));
        assert!(text(&refused.stderr).contains(says), "{}", text(&refused.stderr));
    }
}

#[test]
fn a_mistyped_argument_is_explained() {
    let folder = Folder::new();
    for (place, value, says) in [
        (3, "1234567890", "this is not an NPI"),
        (3, &"1".repeat(100_000), "this is not an NPI"),
        (5, "", "a name has 1 to 64 characters"),
        (7, "ada", "this is not a mail address"),
        (10, "", "who checked what"),
    ] {
        let mut arguments = ADD.to_vec();
        arguments[place] = value;
        let refused = folder.run(&arguments, PASSPHRASE);
        assert_eq!(refused.status.code(), Some(2));
        assert!(text(&refused.stderr).contains(says), "{:.300}", text(&refused.stderr));
    }
    assert!(!folder.path().exists(), "a wrong call leaves nothing behind");
}

#[test]
fn an_activation_gives_a_link_and_a_code() {
    let folder = Folder::new();
    folder.add_account(NPI, "Ada Quill");
    let begin = |npi: &str, more: &[&str]| {
        let mut arguments = vec!["activation", "begin", "--npi", npi];
        arguments.extend(["--server-url", "https://tokens.example.org", "--issuer", ISSUER]);
        arguments.extend(more);
        folder.run(&arguments, "")
    };
    let begun: Value = serde_json::from_slice(&begin(NPI, &["--json"]).stdout).unwrap();
    let link = provisioning::EnrolmentLink::parse(begun["link"].as_str().unwrap()).unwrap();
    assert_eq!(link.issuer.as_str(), ISSUER);
    assert_eq!(link.server.to_string(), "https://tokens.example.org");
    assert_eq!(link.pin.length(), 4);
    let left = link.expires.since(crate::clock::now());
    assert!((86_000..=86_400).contains(&left), "{left}");
    assert!(begun["expires"].as_str().unwrap().ends_with('Z'));
    assert_eq!(begun["confirmation_code"].as_str().unwrap().len(), 9);

    let words = text(&begin(NPI, &["--pin-length", "6"]).stdout);
    let lines: Vec<_> = words.lines().collect();
    assert!(lines[0].starts_with("Enrolment link (by mail), good until "));
    assert!(lines[1].starts_with("  countersign://enrol#1."));
    assert_eq!(lines[2], "Confirmation code (by another way, such as a call):");
    assert_eq!(lines.len(), 4);

    let unknown = begin(OTHER_NPI, &[]);
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("there is no account with this NPI"));
    for wrong in [["--valid-hours", "0"], ["--valid-hours", "9999"], ["--pin-length", "3"]] {
        assert_eq!(begin(NPI, &wrong).status.code(), Some(2));
    }
}

#[test]
fn an_export_is_imported_once_and_again_without_harm() {
    let folder = Folder::new();
    let card = text(&folder.run(&["issuer-card", "--issuer", ISSUER], "").stdout);
    assert!(card.starts_with("countersign://issuer#1."));
    assert_eq!(card.lines().count(), 1);
    let same = folder.json(&["issuer-card", "--issuer", ISSUER], "");
    assert_eq!(same["issuer_card"], card.trim());

    let app = App::new();
    let file = folder.path().with_file_name("export.countersign");
    let sealed = app.seal_to(&card);
    // As a mail program breaks it.
    fs::write(&file, format!("{}\r\n{}\r\n", &sealed[..70], &sealed[70..])).unwrap();
    let import = ["import", file.to_str().unwrap()];
    assert_eq!(
        text(&folder.run(&import, "").stdout),
        format!(
            "Imported {}. Next: its prescriber adds it on the dashboard, with Add New Token.\n",
            app.id
        )
    );
    assert_eq!(
        text(&folder.run(&import, "").stdout),
        format!("{} was enrolled or imported before; nothing changed.\n", app.id)
    );
    let repeated = folder.json(&import, "");
    assert_eq!(repeated, serde_json::json!({"credential_id": app.id.as_str(), "repeated": true}));
    assert_eq!(
        text(&folder.run(&["token", "list"], "").stdout),
        format!(
            "{}  provisioned  Countersign  OTP SOFT TOKEN  of nobody  \"iPhone token\"  last used never\n",
            app.id
        )
    );

    fs::write(&file, app.impostor().seal_to(&card)).unwrap();
    let taken = folder.run(&import, "");
    assert_eq!(taken.status.code(), Some(1));
    assert!(text(&taken.stderr).contains("another token has this credential ID"));
}

#[test]
fn a_file_that_is_no_export_is_explained() {
    let folder = Folder::new();
    let file = folder.path().with_file_name("export.countersign");
    let card = text(&folder.run(&["issuer-card", "--issuer", ISSUER], "").stdout);
    let other_card = text(&Folder::new().run(&["issuer-card", "--issuer", ISSUER], "").stdout);
    let sealed = App::new().seal_to(&card);
    for (content, says) in [
        (sealed[..100].to_owned(), "damaged or cut short"),
        (sealed.replacen("#1.", "#9.", 1), "is of format 9"),
        (App::new().seal_to(&other_card), "sealed to another server"),
        ("my shopping list".to_owned(), "this is not provisioning data"),
        ("x".repeat(100_000), "too large"),
        (String::new(), "this is not provisioning data"),
    ] {
        fs::write(&file, content).unwrap();
        let refused = folder.run(&["import", file.to_str().unwrap()], "");
        assert_eq!(refused.status.code(), Some(1));
        assert!(text(&refused.stderr).contains(says), "{}", text(&refused.stderr));
    }
    let missing = folder.run(&["import", "/nonexistent/export"], "");
    assert!(text(&missing.stderr).contains("cannot be read"));
    assert_eq!(text(&folder.run(&["token", "list"], "").stdout), "No tokens.\n");
}

#[test]
fn unlocking_says_what_it_did() {
    let folder = Folder::new();
    folder.add_account(NPI, "Ada Quill");
    let unknown = folder.run(&["token", "unlock", "csst-4f7k-92mq"], "");
    assert_eq!(unknown.status.code(), Some(1));
    assert!(text(&unknown.stderr).contains("there is no token with this credential ID"));
}

#[test]
fn events_tell_who_did_what() {
    let folder = Folder::new();
    folder.add_account(NPI, "Ada Quill");
    let mut command = folder.command(&["activation", "begin", "--npi", NPI]);
    command.args(["--server-url", "https://tokens.example.org", "--issuer", ISSUER]);
    command.env_remove("SUDO_USER").env("USER", "grace");
    assert!(run(command, "").status.success());
    let events = folder.json(&["events", "--npi", NPI], "");
    let kinds: Vec<_> =
        events.as_array().unwrap().iter().map(|event| event["kind"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["activation-begun", "account-opened"]);
    assert_eq!(events[0]["actor"]["name"], "grace");
    let words = text(&folder.run(&["events", "--limit", "1"], "").stdout);
    let (at, what) = words.split_once("  ").unwrap();
    assert_eq!(at.len(), "2025-11-20T06:47:31Z".len());
    assert_eq!(what, "activation-begun success  by administrator grace  account 1234567893\n");
}

#[test]
fn without_a_login_name_the_operator_is_a_number_and_not_the_system() {
    let folder = Folder::new();
    let mut command = folder.command(&ADD);
    command.env_remove("SUDO_USER").env_remove("USER");
    assert!(run(command, PASSPHRASE).status.success());
    let actor = folder.json(&["events", "--npi", NPI], "")[0]["actor"].clone();
    assert_eq!(actor["role"], "administrator");
    assert!(actor["name"].as_str().unwrap().starts_with("uid "), "{actor}");
}

#[test]
fn help_and_version_are_there() {
    let mut help = program();
    help.arg("--help");
    let help = text(&run(help, "").stdout);
    for command in ["serve", "account", "activation", "issuer-card", "import", "token", "events"] {
        assert!(help.contains(&format!("\n  {command} ")), "{command}: {help}");
    }
    let mut version = program();
    version.arg("--version");
    assert_eq!(
        text(&run(version, "").stdout),
        format!("countersign-server {}\n", env!("CARGO_PKG_VERSION"))
    );
    assert_eq!(run(program(), "").status.code(), Some(2));
}
