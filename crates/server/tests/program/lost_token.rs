//! A token that is lost, found, or given up: what the help desk does at the command line.

use crate::{
    add_token,
    app::App,
    browser::Browser,
    process::{NPI, PASSPHRASE, Server, text},
};

#[test]
fn who_lost_the_only_token_enrols_a_new_one() {
    let (server, lost, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(add_token::add(&browser, &lost, "Old phone").status, 303);

    let begin = ["activation", "begin", "--npi", NPI, "--issuer", crate::process::ISSUER];
    let begin = [&begin[..], &["--server-url", &server.address]].concat();
    let noted = text(&server.folder.run(&begin, "").stderr);
    assert!(noted.starts_with("note: this prescriber has a token"), "{noted}");
    assert!(noted.contains(&format!("token deactivate {}", lost.id.as_str())), "{noted}");

    let serial = lost.id.as_str();
    let words = ["token", "deactivate", serial, "--reason", "left in a taxi"];
    let refused = server.folder.run(&words, "");
    assert_eq!(refused.status.code(), Some(2));
    assert!(text(&refused.stderr).contains("uninstalled"), "the reasons are told");
    let gone = server.folder.json(&["token", "deactivate", serial, "--reason", "lost"], "");
    assert_eq!(gone, serde_json::json!({"serial": serial, "state": "deactivated"}));
    let event = &server.folder.json(&["events", "--limit", "1"], "")[0];
    assert_eq!(
        (event["kind"].as_str(), event["cause"].as_str()),
        (Some("token-deactivated"), Some("lost"))
    );
    let refused = server.folder.run(&begin, "");
    assert_eq!(refused.status.code(), Some(1));
    let why = text(&refused.stderr);
    assert!(why.contains("identity proofing starts again") && why.contains("--proofing"), "{why}");

    let record = "passport checked in person by J. Roe";
    let proved = [&begin[..], &["--proofing", record]].concat();
    assert_eq!(text(&server.folder.run(&proved, "").stderr), "");
    let events = server.folder.json(&["events", "--limit", "2"], "");
    let proof = events.as_array().unwrap().iter().find(|event| event["kind"] == "identity-proved");
    assert_eq!(proof.unwrap()["cause"], record);

    // A new code is had without proofing as long as that activation is open.
    let (link, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let new = App::new();
    assert_eq!(server.provision(&new.seal_for(&link)).0, 201);
    let browser = Browser::signed_in(&server, &confirmation);
    let added = add_token::add(&browser, &new, "New phone");
    assert_eq!(added.status, 303, "{}", added.html);
}

#[test]
fn a_locked_token_says_when_it_unlocks() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(add_token::add(&browser, &app, "Phone").status, 303);
    let guesser = Browser::of(&server);
    guesser.first_factor(NPI, PASSPHRASE);
    let wrong = app.wrong_code();
    for _ in 0..10 {
        assert_eq!(guesser.submit("/sign-in/code", &[("code", &wrong)]).status, 422);
    }
    let page = browser.get("/tokens");
    assert_eq!(page.attribute("token-row", "data-state").unwrap(), "locked");
    let row = page.element("token-row").unwrap();
    let (_, says) = row.split_once("It unlocks by itself in 15 minutes, on ").unwrap();
    let (at, _) = says.split_once(". Trying").unwrap();
    assert_eq!(at.len(), "2026-11-20 08:22 UTC".len(), "{at}");
}

#[test]
fn a_token_is_suspended_and_restored_with_a_reason() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(add_token::add(&browser, &app, "Phone").status, 303);
    let state = || browser.get("/tokens").attribute("token-row", "data-state").unwrap();
    let serial = app.id.as_str();
    for (command, reason, expected) in
        [("suspend", "not found since Monday", "suspended"), ("restore", "was in a coat", "active")]
    {
        assert_eq!(server.folder.run(&["token", command, serial], "").status.code(), Some(2));
        let said = server.folder.run(&["token", command, serial, "--reason", reason], "");
        let said = text(&said.stdout);
        assert!(said.starts_with(&format!("{} is {expected}. ", app.id)), "{said}");
        assert_eq!(state(), expected);
        let events = text(&server.folder.run(&["events", "--limit", "1"], "").stdout);
        assert!(events.contains(reason), "{events}");
    }
    let wrong = server.folder.run(&["token", "restore", "CSST00000000", "--reason", "x"], "");
    assert!(text(&wrong.stderr).contains("there is no token with this credential ID"));
}
