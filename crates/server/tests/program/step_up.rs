//! A code by phone before Add New Token, sent by a webhook.

use std::time::Duration;

use serde_json::json;

use crate::{
    add_token::{add, fields},
    app::App,
    browser::{Browser, Page},
    process::{Folder, NPI, PASSPHRASE, Server, text},
    stand_in_network::{Mood, Network},
    verify_api::{Vendor, assert_problem},
};

pub(crate) const PHONE: &str = "+1 410 555 0134";
const PAGE: &str = "/tokens/new/phone";
const CODE: &str = "/tokens/new/phone/code";

/// A server that sends codes by a webhook, a browser that is signed in, and an app that waits.
pub(crate) fn start(carrier: &Network, phone: Option<&str>) -> (Server, Browser, App) {
    let folder = Folder::new();
    let key = folder.path().parent().unwrap().join("carrier.key");
    std::fs::write(&key, "carrier-key-1\n").unwrap();
    let key = key.to_str().unwrap().to_owned();
    let options = ["--phone-webhook", &carrier.url, "--phone-key-file", &key];
    let server = Server::start_in(folder, &options);
    let (browser, app) = waiting(&server, phone);
    (server, browser, app)
}

/// A browser that is signed in, and an app that waits.
fn waiting(server: &Server, phone: Option<&str>) -> (Browser, App) {
    server.folder.add_account(NPI, "Ada Quill");
    if let Some(number) = phone {
        let noted = server.folder.json(&["account", "phone", "--npi", NPI, "--number", number], "");
        assert_eq!(noted["ends_in"], "34");
    }
    let (link, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let app = App::new();
    assert_eq!(server.provision(&app.seal_for(&link)).0, 201);
    (Browser::signed_in(server, &confirmation), app)
}

/// The same at a server that sends codes, of a prescriber whose number it knows; the code is typed.
pub(crate) fn confirmed_by_phone(server: &Server, carrier: &Network) -> (Browser, App) {
    let (browser, app) = waiting(server, Some(PHONE));
    assert_eq!(send(&browser, "sms").status, 303);
    let told = carrier.wait_until_told(1);
    let code = told[0].record["code"].as_str().unwrap().to_owned();
    let page = browser.get(PAGE);
    let typed = page.with_hidden(&[("code", &code)]);
    assert_eq!(browser.post(CODE, &typed).location, "/tokens/new");
    (browser, app)
}

pub(crate) fn send(browser: &Browser, channel: &str) -> Page {
    browser.submit(PAGE, &[("channel", channel)])
}

#[test]
fn a_code_goes_to_the_phone_and_then_add_new_token_goes_on() {
    let carrier = Network::start(&[Mood::Slow(Duration::from_millis(300))]);
    let (server, browser, app) = start(&carrier, Some(PHONE));
    assert_eq!(browser.get("/tokens/new").location, PAGE);
    // What an activation link knows is not lost on the way.
    let known = browser.get("/tokens/new?serial=galh-12345678").location;
    assert_eq!(known, format!("{PAGE}?serial=GALH12345678"));
    assert_eq!(browser.get(&known).attribute("form-send", "action").unwrap(), known);
    let form = browser.get(PAGE);
    assert!(form.html.contains("ends in 34") && !form.html.contains("555"), "{}", form.html);
    for answer in browser.post_at_once(PAGE, &form.with_hidden(&[("channel", "sms")])) {
        assert_eq!((answer.status, answer.location.as_str()), (303, PAGE), "{}", answer.html);
    }
    let told = carrier.told();
    assert_eq!(told.len(), 1, "a double click sends one code");
    assert_eq!(told[0].authorization, "Bearer carrier-key-1");
    let posted = &told[0].record;
    assert_eq!((&posted["to"], &posted["channel"]), (&"+14105550134".into(), &"sms".into()));
    let code = posted["code"].as_str().unwrap().to_owned();
    assert!(code.replace(' ', "").len() >= 6 && posted["text"].as_str().unwrap().contains(&code));

    let page = browser.get(PAGE);
    assert!(page.element("sent").unwrap().contains("text message"), "{}", page.html);
    // The form of a token before the code: nothing is added.
    let serial = app.id.to_string();
    let next = app.next_code();
    let new = fields("Phone", &serial, &next);
    let mut sent = page.with_hidden(&new);
    sent.push(("idempotency_key", "before-the-code"));
    let early = browser.post("/tokens/new", &sent);
    assert_eq!(early.status, 422);
    assert!(early.html.contains("Confirm by phone first"), "{}", early.html);

    let wrong = browser.post(CODE, &page.with_hidden(&[("code", "0000 000A")]));
    assert!(wrong.element("error-code").unwrap().contains("4 tries left"), "{}", wrong.html);
    let typed = code.to_lowercase().replace(' ', "-");
    for _ in 0..2 {
        let right = browser.post(CODE, &page.with_hidden(&[("code", &typed)]));
        assert_eq!(right.location, "/tokens/new", "{}", right.html);
    }
    assert_eq!(browser.get(PAGE).location, "/tokens/new");
    assert_eq!(add(&browser, &app, "Phone").status, 303);

    let activity = browser.get("/activity").html;
    assert!(activity.contains("Confirmed by phone") && activity.contains("Code by phone refused"));
    let events = server.folder.json(&["events"], "").to_string();
    let log = server.log();
    assert!(log.contains(PAGE), "it logs at all");
    for secret in [code.as_str(), &code.replace(' ', ""), &typed, "5550134", "carrier-key-1"] {
        assert!(!log.contains(secret), "the log holds {secret}");
        assert!(!events.contains(secret), "the audit holds {secret}");
    }
}

#[test]
fn over_the_api_no_token_is_added_where_codes_go_to_phones() {
    let carrier = Network::start(&[]);
    let (server, browser, app) = start(&carrier, Some(PHONE));
    let vendor = Vendor::of(&server, &["tokens"]);
    let (_, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let new = json!({
        "sign_in": { "passphrase": PASSPHRASE, "confirmation_code": confirmation },
        "credential_id": app.id.as_str(), "name": "Phone", "code": app.next_code(),
    });
    let refused = vendor.post(&format!("/v1/accounts/{NPI}/tokens"), &new.to_string(), None);
    assert_problem(&refused, 409, "needs-phone-code");
    assert!(carrier.told().is_empty(), "no code is sent that nobody can type");
    assert!(!browser.get("/tokens").html.contains(&app.id.to_string()), "nothing was added");
}

#[test]
fn what_is_not_sent_is_said_and_sends_are_limited() {
    let carrier = Network::start(&[Mood::Status(503), Mood::LosesTheAnswer]);
    let (_server, browser, _) = start(&carrier, Some(PHONE));
    let form = browser.get(PAGE);
    let none = browser.post(PAGE, &form.with_hidden(&[("channel", "pigeon")]));
    assert!(none.element("error-channel").unwrap().contains("text message or a call"));
    for channel in ["sms", "voice"] {
        let page = send(&browser, channel);
        assert_eq!(page.status, 422);
        assert!(page.element("error").unwrap().contains("could not be sent"), "{}", page.html);
        assert!(!page.html.contains("on its way") && !page.html.contains("being called"));
    }
    for channel in ["sms", "voice", "sms"] {
        assert_eq!(send(&browser, channel).status, 303);
    }
    let page = send(&browser, "voice");
    assert!(
        page.element("error").unwrap().contains("too many codes")
            || page.html.contains("Too many codes"),
        "{}",
        page.html
    );
    assert_eq!(carrier.told().len(), 5);
}

#[test]
fn without_a_number_the_help_desk_is_named_and_without_the_option_nothing_is_asked() {
    let carrier = Network::start(&[]);
    let (server, browser, _) = start(&carrier, None);
    let page = browser.get(PAGE);
    assert!(page.element("no-phone").unwrap().contains("help desk"), "{}", page.html);
    let wrong = server.folder.run(&["account", "phone", "--npi", NPI, "--number", "911"], "");
    assert!(!wrong.status.success());
    assert!(text(&wrong.stderr).contains("+1 410 555 0134"), "{}", text(&wrong.stderr));

    let (server, _, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(browser.get("/tokens/new").status, 200);
    assert_eq!(browser.get(PAGE).location, "/tokens/new");
}
