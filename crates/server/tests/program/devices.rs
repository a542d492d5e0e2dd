//! A token on the device on which it is added is warned of; with nothing known nothing is claimed.

use crate::{
    add_token::fields,
    administrators::Carrier,
    app::App,
    browser::{Browser, Page},
    process::{Folder, NPI, Server, agent},
};

const LINUX: &str = "Mozilla/5.0 (X11; Linux x86_64) Chrome/140";
const WINDOWS: &str = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) Chrome/140";

/// A token of a Linux app, sent as a proxy passes it on, and added in a browser in the same way.
fn added(more: &[&str], agent_text: &str, addresses: (&str, &str)) -> (Server, Browser, App, Page) {
    let server = Server::start_in(Folder::new(), more);
    server.folder.add_account(NPI, "Ada Quill");
    let (link, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let app = App::new();
    let url = format!("{}/v1/provisioning", server.address);
    let sent = agent().post(&url).header("x-forwarded-for", addresses.0);
    assert_eq!(sent.send(app.seal_for(&link)).unwrap().status(), 201);
    let origin = match more {
        [] => server.address.clone(),
        _ => PUBLIC.to_owned(),
    };
    let browser = Browser::of(&server);
    let from =
        [("origin", origin.as_str()), ("user-agent", agent_text), ("x-forwarded-for", addresses.1)];
    let first = [("npi", NPI), ("passphrase", crate::process::PASSPHRASE)];
    assert_eq!(browser.post_from("/sign-in", &first, &from).status, 303);
    let form = browser.get("/sign-in/code");
    let code = form.with_hidden(&[("code", &confirmation)]);
    assert_eq!(browser.post_from("/sign-in/code", &code, &from).status, 303);
    let form = browser.get("/tokens/new");
    let (serial, code) = (app.id.to_string(), app.next_code());
    let fields = fields("Phone", &serial, &code);
    let saved = browser.post_from("/tokens/new", &form.with_hidden(&fields), &from);
    assert_eq!(saved.status, 303, "{}", saved.html);
    let page = browser.get(&saved.location);
    (server, browser, app, page)
}

/// Where browsers would reach a server behind a proxy; loopback, so that cookies come over plain HTTP.
const PUBLIC: &str = "http://127.0.0.1:1";

fn devices(server: &Server) -> String {
    let listed = server.folder.json(&["token", "list"], "");
    listed[0]["devices"].as_str().unwrap().to_owned()
}

#[test]
fn one_device_is_warned_of_and_nothing_is_blocked() {
    let (server, browser, app, page) = added(&[], LINUX, ("192.0.2.1", "192.0.2.2"));
    assert_eq!(devices(&server), "same", "without a proxy what is forwarded is not believed");
    let warned = page.element("added-same-device").unwrap();
    assert!(warned.contains("1311.115") && warned.contains("another device"), "{warned}");
    let row = browser.get("/tokens").element("same-device").unwrap();
    assert!(row.contains("move it to a phone"), "{row}");
    let hedy = Carrier::add(&server.folder, "Hedy", &["token-administrator"]).signed_in(&server);
    let shown = hedy.get(&format!("/admin/tokens/{}", app.id.as_str()));
    assert_eq!(shown.element("devices").unwrap(), "it looks like the same one");
    assert!(shown.html.contains("looks like the same device as the browser"));
}

#[test]
fn another_device_is_no_cause_to_warn() {
    let (server, _, _, page) = added(&[], WINDOWS, ("", ""));
    assert_eq!(devices(&server), "different");
    assert!(page.element("confirmation").is_some());
    assert!(page.element("same-device").is_none() && page.element("added-same-device").is_none());
}

#[test]
fn behind_a_proxy_an_address_is_known_only_where_the_operator_says_so() {
    let (one, other) = ("192.0.2.7", "192.0.2.8");
    for (more, addresses, expected) in [
        (&["--public-url", PUBLIC][..], (one, one), "unknown"),
        (&["--public-url", PUBLIC, "--trust-forwarded-for"], (one, one), "same"),
        // What a client writes itself stands before what the proxy adds.
        (
            &["--public-url", PUBLIC, "--trust-forwarded-for"],
            ("192.0.2.8, 192.0.2.7", other),
            "unknown",
        ),
    ] {
        let (server, ..) = added(more, LINUX, addresses);
        assert_eq!(devices(&server), expected, "{more:?}");
    }
    let refused = Folder::new().run(&["serve", "--trust-forwarded-for"], "");
    assert!(!refused.status.success(), "there is no proxy to be believed");
}
