//! Logs at their most talkative hold no secret.

use crate::{
    browser::Browser,
    process::{NPI, PASSPHRASE, Server},
};

#[test]
fn no_code_passphrase_seed_link_or_session_is_logged() {
    let (server, link, confirmation) = Server::with_prescriber();
    let app = crate::app::App::new();
    let sealed = app.seal_for(&link);
    server.provision(&sealed);
    server.provision(&link);
    let browser = Browser::signed_in(&server, &confirmation);
    let added = crate::add_token::add(&browser, &app, "iPhone token");
    assert_eq!(added.status, 303);
    let asked = app.ask(provisioning::AppAsk::Status, crate::clock::now());
    assert_eq!(server.ask(&asked).0, 200);
    let code = app.next_code();
    let wrong = app.wrong_code();
    let path = format!("/tokens/{}/test", app.id.as_str());
    for tried in [&code, &code, &wrong] {
        browser.submit(&path, &[("code", tried)]);
    }
    Browser::of(&server).post("/sign-in", &[("npi", NPI), ("passphrase", "a mistyped passphrase")]);
    Browser::of(&server).get(&format!("/sign-in?passphrase={code}&link={}", &link[22..]));

    let log = server.log();
    assert!(log.contains("/v1/provisioning") && log.contains("/sign-in"), "it logs at all");
    assert!(log.lines().any(|line| line.contains(" TRACE ")), "it logs as much as it can");
    let activation = provisioning::EnrolmentLink::parse(&link).unwrap().secret;
    let activation = activation.expose_bytes();
    let activation_hex: String = activation.iter().map(|byte| format!("{byte:02x}")).collect();
    // Wherever in the link the secret is, and whatever part of it a log could cut out.
    for text in [&link[22..], &sealed[22..]] {
        for part in text.as_bytes().windows(24) {
            let part = str::from_utf8(part).unwrap();
            assert!(!log.contains(part), "the log holds {part}");
        }
    }
    let seed: String = app.seed.expose_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let session = browser.cookie("session").unwrap();
    let bare_confirmation = confirmation.replace(' ', "");
    let key = std::fs::read(server.folder.path().join("master.key")).unwrap();
    for secret in [
        &link[22..60],
        &sealed[22..60],
        &asked[asked.len() - 40..],
        &confirmation,
        &bare_confirmation,
        &confirmation.replace(' ', "+"),
        PASSPHRASE,
        &PASSPHRASE.replace(' ', "+"),
        "mistyped",
        &code,
        &wrong,
        &session,
        &seed,
        &format!("{:?}", app.seed.expose_bytes()),
        &format!("{key:?}"),
        &activation_hex,
        &format!("{activation:?}"),
    ] {
        assert!(!log.contains(secret), "the log holds {secret}");
    }
}
