//! Unlock on the dashboard: a locked token, by its owner's sign-in with another one.

use std::time::Duration;

use serde_json::{Value, json};

use crate::{
    app::App,
    browser::Browser,
    moving::with_phone,
    own_token::{path, sent_twice, state, two_tokens},
    process::{NPI, PASSPHRASE, Server},
    stand_in_network::{Mood, Network, until},
    verify_api::Vendor,
};

/// Ten wrong codes in a row, as a prescribing system sends them.
fn lock(vendor: &Vendor, app: &App) {
    let wrong = app.wrong_code();
    let body = json!({
        "account": NPI, "credential_id": app.id.as_str(), "code": wrong, "purpose": "sign-in",
    });
    for _ in 0..10 {
        assert_eq!(vendor.verify(&body).body["accepted"], false);
    }
}

/// Signs in by a code of a token that is named, as it has to be while another is locked.
fn signed_in(server: &Server, by: &App) -> Browser {
    let browser = Browser::of(server);
    browser.first_factor(NPI, PASSPHRASE);
    let code = by.next_code();
    let named = [("code", code.as_str()), ("token", by.id.as_str())];
    let signed_in = browser.submit("/sign-in/code", &named);
    assert_eq!(signed_in.location, "/tokens", "{}", signed_in.html);
    browser
}

fn events_of(server: &Server, kind: &str) -> Vec<Value> {
    let events = server.folder.json(&["events", "--npi", NPI, "--limit", "50"], "");
    events.as_array().unwrap().iter().filter(|event| event["kind"] == kind).cloned().collect()
}

#[test]
fn a_locked_token_is_unlocked_by_who_signed_in_with_another() {
    let (server, browser, _, tablet) = two_tokens();
    let vendor = Vendor::of(&server, &["verify"]);
    let at = path(&tablet, "unlock");
    assert_eq!(browser.get("/tokens").attribute("unlock", "href"), None, "nothing is locked");
    assert_eq!(browser.get(&at).location, "/tokens");
    lock(&vendor, &tablet);
    assert_eq!(browser.get("/tokens").attribute("unlock", "href").unwrap(), at);
    let form = browser.get(&at);
    let follows = form.element("what-follows").unwrap();
    assert!(follows.contains("10 wrong codes in a row stay counted"), "{follows}");
    assert!(follows.contains("after 100 only the help desk"), "{follows}");
    assert!(form.element("ends-the-move").is_none(), "nothing is being moved");

    assert_eq!(browser.post(&at, &[]).status, 403, "not from a page of another site");
    assert_eq!(browser.post(&at, &[("csrf", "AAAA")]).status, 403);
    assert_eq!(state(&browser, &tablet), "locked");
    let answer = sent_twice(&browser, &at, &form, &[]);
    let page = browser.get(&answer.location);
    assert!(page.element("done").unwrap().contains("Tablet is unlocked"), "{}", page.html);
    assert_eq!(state(&browser, &tablet), "active");
    let unlocked = events_of(&server, "token-unlocked");
    assert_eq!(unlocked.len(), 1, "{unlocked:?}");
    assert_eq!(unlocked[0]["actor"]["role"], "prescriber");
    let body =
        json!({ "account": NPI, "credential_id": tablet.id.as_str(), "code": tablet.next_code() });
    assert_eq!(vendor.verify(&body).body["accepted"], true);
}

#[test]
fn a_sign_in_that_is_not_enough_unlocks_nothing_and_says_what_would() {
    let (server, browser, phone, tablet) = two_tokens();
    let vendor = Vendor::of(&server, &["verify"]);
    let said = |browser: &Browser, app: &App, sentence: &str| {
        let at = path(app, "unlock");
        let page = browser.get(&at);
        assert!(page.element("error").unwrap().contains(sentence), "{}", page.html);
        assert!(page.element("unlock").is_none(), "a button that does nothing");
        assert_eq!(page.attribute("sign-in-again", "href").unwrap(), "/sign-in");
        let csrf = page.hidden("csrf").unwrap();
        let refused = browser.post(&at, &[("csrf", csrf)]);
        assert_eq!(refused.status, 422);
        assert!(refused.element("error").unwrap().contains(sentence), "{}", refused.html);
        assert_eq!(state(browser, app), "locked");
    };
    lock(&vendor, &phone);
    said(&browser, &phone, "sign in with another of yours");

    let by_tablet = signed_in(&server, &tablet);
    let database = rusqlite::Connection::open(server.folder.path().join("countersign.db")).unwrap();
    let older = "UPDATE sessions SET full_since = full_since - 1260 WHERE by_token = ?1";
    assert_eq!(database.execute(older, [tablet.id.as_str()]), Ok(1));
    said(&by_tablet, &phone, "within 20 minutes of signing in");

    let fresh = signed_in(&server, &tablet);
    assert_eq!(fresh.submit(&path(&phone, "unlock"), &[]).status, 303);
    assert_eq!(state(&fresh, &phone), "active");
}

#[test]
fn after_a_hundred_wrong_codes_only_the_help_desk_unlocks() {
    let (server, browser, _, tablet) = two_tokens();
    let vendor = Vendor::of(&server, &["verify"]);
    let at = path(&tablet, "unlock");
    let form = {
        lock(&vendor, &tablet);
        browser.get(&at)
    };
    for _ in 0..9 {
        assert_eq!(browser.post(&at, &form.with_hidden(&[])).status, 303);
        lock(&vendor, &tablet);
    }
    assert_eq!(browser.get("/tokens").attribute("unlock", "href"), None);
    let page = browser.get(&at);
    assert!(page.element("error").unwrap().contains("only the help desk"), "{}", page.html);
    assert!(page.element("sign-in-again").is_none(), "which would change nothing");
    let refused = browser.post(&at, &form.with_hidden(&[]));
    assert_eq!(refused.status, 422);
    assert!(refused.element("error").unwrap().contains("only the help desk"), "{}", refused.html);
    assert_eq!(state(&browser, &tablet), "locked");
}

/// The new phone's token was locked before the network knew it, so that the old phone's has stayed.
#[test]
fn unlocking_a_new_phones_token_says_that_it_ends_the_old_ones_and_does() {
    let late = Mood::Slow(Duration::from_secs(8));
    let network = Network::start(&[Mood::Slow(Duration::ZERO), late]);
    let (server, browser, phone) = with_phone(&["--network-webhook", &network.url]);
    let vendor = Vendor::of(&server, &["verify"]);
    until("active", || Some(()).filter(|()| state(&browser, &phone) == "active"));
    let (moving, new) = (path(&phone, "move"), App::new());
    assert_eq!(browser.submit(&moving, &[("sure", "yes")]).status, 303);
    let link = browser.get(&moving).element("enrolment-link").unwrap();
    assert_eq!(server.provision(&new.seal_for(&link)).0, 201);
    let code = new.next_code();
    let form = browser.get(&moving);
    let moved = browser.post(&format!("{moving}/code"), &form.with_hidden(&[("code", &code)]));
    assert_eq!(moved.status, 303, "{}", moved.html);
    lock(&vendor, &new);
    let at = path(&new, "unlock");
    let form = browser.get(&at);
    assert!(form.element("ends-the-move").is_none(), "the network has yet to know it");
    until("the network to know it", || browser.get(&moving).element("waits-for-unlock"));

    let says = browser.get(&at).element("ends-the-move").unwrap();
    assert!(says.contains(&phone.id.to_string()) && says.contains("is deactivated"), "{says}");
    assert_eq!(state(&browser, &phone), "active");
    let answer = browser.post(&at, &form.with_hidden(&[]));
    assert!(browser.get(&answer.location).element("done").unwrap().contains("is unlocked"));
    assert_eq!(state(&browser, &new), "active");
    assert_eq!(state(&browser, &phone), "deactivated");
}
