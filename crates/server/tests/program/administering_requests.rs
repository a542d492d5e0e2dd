//! The queue of requests under `/admin`.

use crate::{
    add_token::add,
    administrators::Carrier,
    app::App,
    browser::{Browser, Page},
    process::{Folder, NPI, OTHER_NPI, Server},
};

const ADDRESS: [&str; 8] =
    ["--street", "1449 Whitehall Road", "--city", "Annapolis", "--state", "MD", "--zip", "21409"];

fn request(folder: &Folder, npi: &str, token_type: &str) -> String {
    let arguments =
        [&["request", "add", "--npi", npi, "--type", token_type], &ADDRESS[..]].concat();
    let made = folder.json(&arguments, "");
    let id = made[0]["id"].as_str().unwrap();
    id.strip_prefix("R-").unwrap().replace('-', "")
}

/// A server with Ada, who has a token, Ben, who has none, and Hedy at the help desk.
fn help_desk() -> (Server, App, Browser) {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let ada = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&ada, &app, "iPhone token").status, 303);
    server.folder.add_account(OTHER_NPI, "Ben Rowan");
    let hedy = Carrier::add(&server.folder, "Hedy", &["token-administrator"]);
    let browser = hedy.signed_in(&server);
    (server, app, browser)
}

fn in_state(browser: &Browser, state: &str) -> Page {
    browser.get(&format!("/admin/requests?state={state}"))
}

fn number(page: &Page) -> usize {
    page.html.matches("data-testid=\"request-row\"").count()
}

#[test]
fn requests_are_taken_and_shipped_in_batches() {
    let (server, _app, browser) = help_desk();
    let soft = request(&server.folder, NPI, "soft");
    let hard = [NPI, OTHER_NPI].map(|npi| request(&server.folder, npi, "hard"));
    let other = request(&server.folder, OTHER_NPI, "soft");
    let waits = browser.get("/admin").element("requests-waiting").unwrap();
    assert_eq!(waits, "4 requests wait to be processed");
    let queue = browser.get("/admin/requests");
    assert_eq!(number(&queue), 4);
    assert!(queue.html.contains("Annapolis, MD 21409"));

    let ticked: Vec<String> =
        [&soft, &hard[0], &hard[1], &other].map(|id| format!("take-{id}")).to_vec();
    let ticked: Vec<(&str, &str)> = ticked.iter().map(|name| (name.as_str(), "yes")).collect();
    for _ in 0..2 {
        let taken = browser.post("/admin/requests/process", &queue.with_hidden(&ticked));
        assert_eq!(taken.element("confirmation").unwrap(), "3 requests are processed");
        let why = taken.element("error").unwrap();
        assert!(why.contains("takes two people"), "Ben has no token: {why}");
        assert_eq!((taken.status, number(&taken)), (422, 1));
    }
    let processed = in_state(&browser, "processed");
    assert_eq!(number(&processed), 3);
    server.folder.put_in_stock(&["GALH12345678"]);

    let fields = |id: &str, serial: &str| {
        [("serial", serial), ("carrier", "UPS"), ("tracking", "1Z 999")]
            .map(|(field, text)| (format!("{field}-{id}"), text.to_owned()))
    };
    let parcels = [fields(&hard[0], "GALH 1234 5678"), fields(&hard[1], "SYMC12345678")].concat();
    let parcels: Vec<_> =
        parcels.iter().map(|(name, text)| (name.as_str(), text.as_str())).collect();
    let shipped = browser.post("/admin/requests/ship", &processed.with_hidden(&parcels));
    assert_eq!(shipped.element("confirmation").unwrap(), "One request is shipped");
    assert!(shipped.element("error").unwrap().contains("OTP SOFT TOKEN"), "the other is no fob");
    assert!(shipped.html.contains("value=\"SYMC12345678\""), "what was typed is still there");
    assert_eq!(number(&in_state(&browser, "shipped")), 1);
    let again = browser.post("/admin/requests/ship", &processed.with_hidden(&parcels));
    assert_eq!(again.element("confirmation").unwrap(), "One request is shipped", "sent again");
    assert_eq!(number(&in_state(&browser, "shipped")), 1);
}

#[test]
fn one_request_is_found_processed_sent_again_and_cancelled() {
    let (server, _app, browser) = help_desk();
    let id = request(&server.folder, NPI, "soft");
    let path = format!("/admin/requests/{id}");
    let number = format!("r-{}-{}", &id[..4], &id[4..]).to_lowercase();
    assert_eq!(browser.get(&format!("/admin/requests?q={number}")).location, path);
    let of_ada = browser.get(&format!("/admin/requests?q={NPI}"));
    assert_eq!(of_ada.attribute("request-row", "data-id").unwrap(), id);
    assert_eq!(browser.get("/admin/requests/00000000").status, 404);

    let act = |act: &str, fields: &[(&str, &str)]| {
        let page = browser.get(&path);
        browser.post(&format!("{path}/{act}"), &page.with_hidden(fields))
    };
    let early = act("send-again", &[]);
    assert_eq!(early.status, 422);
    assert!(early.element("error").unwrap().contains("process it first"));
    assert_eq!(act("process", &[]).location, format!("{path}?done=process"));
    let page = browser.get(&path);
    assert_eq!(page.attribute("request", "data-state").unwrap(), "processed");
    assert!(!page.html.to_lowercase().contains("confirmation code"), "it is not theirs to see");
    assert_eq!(act("send-again", &[]).location, format!("{path}?done=send-again"));
    assert_eq!(act("cancel", &[]).status, 422);
    assert_eq!(act("cancel", &[("sure", "yes")]).location, format!("{path}?done=cancel"));
    let page = browser.get(&path);
    assert_eq!(page.attribute("request", "data-state").unwrap(), "cancelled");
    assert!(page.element("process").is_none() && page.element("send-again").is_none());
}

#[test]
fn a_last_token_is_replaced_after_new_proofing_by_two_people() {
    let (server, app, browser) = help_desk();
    let replace = ["--replaces", app.id.as_str(), "--reason", "lost"];
    let made = server.folder.json(&[&["request", "add", "--npi", NPI], &replace[..]].concat(), "");
    let id = made[0]["id"].as_str().unwrap().trim_start_matches("R-").replace('-', "");
    let path = format!("/admin/requests/{id}");
    let process = |proofing: &str| {
        let page = browser.get(&path);
        browser.post(&format!("{path}/process"), &page.with_hidden(&[("proofing", proofing)]))
    };
    let before = browser.get(&path);
    assert!(before.element("needs-proofing").is_some(), "{}", before.html);
    assert!(!before.html.contains("id=\"proofing\""));
    for proofing in ["", "Hedy, 2026-11-20: passport"] {
        let alone = process(proofing);
        assert_eq!(alone.status, 422);
        assert!(alone.element("error").unwrap().contains("identity proofing starts again"));
    }
    let account = || browser.get(&format!("/admin/accounts/{NPI}")).element("proofing").unwrap();
    assert!(!account().contains("Hedy, 2026-11-20"), "one person alone does not write it");

    let ines = Carrier::add(&server.folder, "Ines", &["access-administrator"]).signed_in(&server);
    let rosa = Carrier::add(&server.folder, "Rosa", &["registrant"]).signed_in(&server);
    let form = format!("/admin/access/activation/{NPI}");
    let order = [("hours", "48"), ("digits", "6")];
    let without = ines.submit(&form, &order);
    assert_eq!(without.status, 422);
    for field in ["checked-by", "checked-on", "evidence"] {
        assert!(without.element(&format!("error-{field}")).is_some(), "{field}");
    }
    let record =
        [("checked-by", "Ines Pol"), ("checked-on", "2026-01-02"), ("evidence", "DEA licence")];
    let change = ines.submit(&form, &[&order[..], &record[..]].concat());
    assert_eq!(change.status, 303, "{}", change.html);
    let address = change.location.strip_suffix("?entered").unwrap();
    assert!(rosa.get(address).html.contains("Ines Pol, 2026-01-02: DEA licence"));
    let execution = rosa.get(address);
    let sent = execution.with_hidden(&[("checked", "yes")]);
    let shown = rosa.post(&format!("{address}/execute"), &sent);
    let link = shown.element("link").unwrap();
    let confirmation = shown.element("confirmation-code").unwrap();
    assert!(account().contains("Ines Pol, 2026-01-02: DEA licence"));
    assert_eq!(process("").status, 303);
    let again = ines.get(&form);
    assert!(again.element("proofing-holds").is_some(), "a new code needs no new proofing");
    let half = ines.submit(&form, &[&order[..], &record[..1]].concat());
    assert!(half.element("error-evidence").is_some(), "a record that is begun is a whole one");

    let new = App::new();
    assert_eq!(server.provision(&new.seal_for(&link)).0, 201);
    let ada = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&ada, &new, "New phone").status, 303);
    let page = browser.get(&path);
    assert_eq!(page.attribute("request", "data-state").unwrap(), "activated");
}

#[test]
fn who_does_not_work_the_queue_neither_sees_nor_changes_it() {
    let (server, _app, browser) = help_desk();
    let id = request(&server.folder, NPI, "soft");
    let aud = Carrier::add(&server.folder, "Aude", &["auditor"]).signed_in(&server);
    let form = aud.get("/admin");
    assert!(form.element("requests-waiting").is_none());
    for path in ["/admin/requests", &format!("/admin/requests/{id}")] {
        assert_eq!(aud.get(path).status, 403, "{path}");
    }
    for path in
        ["/admin/requests/process", "/admin/requests/ship", &format!("/admin/requests/{id}/cancel")]
    {
        let sent = form.with_hidden(&[("sure", "yes")]);
        assert_eq!(aud.post(path, &sent).status, 403, "{path}");
    }
    let page = browser.get(&format!("/admin/requests/{id}"));
    assert_eq!(page.attribute("request", "data-state").unwrap(), "requested");
}
