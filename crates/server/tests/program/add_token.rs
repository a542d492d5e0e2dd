//! Add New Token: the form, its messages, and the same answer twice.

use crate::{
    app::App,
    browser::{Browser, Page},
    process::{ISSUER, OTHER_NPI, PASSPHRASE, Server},
};

pub(crate) fn fields<'a>(name: &'a str, serial: &'a str, code: &'a str) -> [(&'a str, &'a str); 6] {
    [
        ("manufacturer", "Countersign"),
        ("issuer", ISSUER),
        ("type", "OTP SOFT TOKEN"),
        ("name", name),
        ("serial", serial),
        ("code", code),
    ]
}

/// Adds an app's token as somebody types it: with spaces, in lower case.
pub(crate) fn add(browser: &Browser, app: &App, name: &str) -> Page {
    let serial = app.id.to_string().to_lowercase();
    browser.submit("/tokens/new", &fields(name, &serial, &app.next_code()))
}

#[test]
fn a_token_is_added_listed_and_confirmed() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    let saved = add(&browser, &app, "My <b>iPhone</b>");
    assert_eq!(saved.status, 303, "{}", saved.html);
    let page = browser.get(&saved.location);
    let confirmed = page.element("confirmation").unwrap();
    assert!(confirmed.contains("iPhone") && confirmed.contains(" is active "), "{confirmed}");
    assert!(confirmed.contains("is now associated with your account"), "{confirmed}");
    let only = page.element("one-token-left").unwrap();
    assert!(only.starts_with("This is your only token") && only.contains("second"), "{only}");
    assert_eq!(page.attribute("token-row", "data-serial").unwrap(), app.id.as_str());
    assert_eq!(page.attribute("token-row", "data-state").unwrap(), "active");
    let row = page.element("token-row").unwrap();
    for shown in ["Countersign", "OTP SOFT TOKEN", &app.id.to_string(), "Active", "just now"] {
        assert!(row.contains(shown), "{shown}: {row}");
    }
    assert!(!page.html.contains("<b>iPhone"), "what somebody typed is text");
    assert!(browser.get("/tokens").element("confirmation").is_none());
    assert!(browser.get("/tokens?added=CSST00000000").element("confirmation").is_none());
}

#[test]
fn without_a_token_the_list_leads_to_the_form_and_offers_no_signing() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    let empty = browser.get("/tokens");
    assert_eq!(empty.attribute("add-new-token", "href").unwrap(), "/tokens/new");
    assert_eq!(empty.html.matches("Add New Token</a>").count(), 1, "one such button");
    assert!(empty.element("sign-a-test-prescription").is_none());
    assert_eq!(add(&browser, &app, "iPhone token").status, 303);
    let listed = browser.get("/tokens");
    assert!(listed.element("add-new-token").is_some());
    assert!(listed.element("sign-a-test-prescription").is_some());
    server.folder.json(&["token", "suspend", app.id.as_str(), "--reason", "lost"], "");
    assert!(browser.get("/tokens").element("sign-a-test-prescription").is_none());
}

#[test]
fn sent_again_by_reload_back_or_double_click_it_gives_the_same_answer() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    let form = browser.get("/tokens/new");
    let (serial, code) = (app.id.to_string(), app.next_code());
    let sent = form.with_hidden(&fields("iPhone token", &serial, &code));
    let expected = format!("/tokens?added={}", app.id.as_str());
    for page in browser.post_at_once("/tokens/new", &sent) {
        assert_eq!((page.status, page.location), (303, expected.clone()), "{}", page.html);
    }
    assert_eq!(browser.post("/tokens/new", &sent).location, expected);
    let tokens = browser.get("/tokens");
    assert_eq!(tokens.html.matches("data-testid=\"token-row\"").count(), 1);
}

#[test]
fn what_the_number_tells_need_not_be_chosen() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    let serial = app.id.as_str().to_lowercase();
    let code = app.next_code();
    let mut sent = fields("iPhone token", &serial, &code);
    sent[0].1 = "";
    sent[2].1 = "";
    let page = browser.submit("/tokens/new", &sent);
    assert_eq!(page.status, 303, "{}", page.html);
    let row = browser.get("/tokens").element("token-row").unwrap();
    assert!(row.contains("Countersign") && row.contains("OTP SOFT TOKEN"), "{row}");
}

#[test]
fn each_wrong_field_says_so_and_keeps_the_others() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    let (serial, wrong, good) = (app.id.to_string(), app.wrong_code(), "123456");
    for (changed, value, field, says) in [
        ("manufacturer", "Symantec", "manufacturer", "choose Countersign"),
        ("manufacturer", "Nobody", "manufacturer", "listed"),
        ("issuer", "DRFIRST", "issuer", "listed"),
        ("issuer", "", "issuer", "listed"),
        ("type", "OTP HARD TOKEN", "type", "OTP SOFT TOKEN"),
        ("type", "x", "type", "listed"),
        ("name", "", "name", "enter a name"),
        ("name", "a\nb", "name", "1 to 64 characters"),
        ("serial", "", "serial", "enter the credential ID"),
        ("serial", "CSST", "serial", "not a credential ID"),
        ("serial", "CSST 0000 0000", "serial", "waiting"),
        ("serial", "SYMC12345678", "manufacturer", "Symantec"),
        ("code", "", "code", "enter the digits"),
        ("code", "12345", "code", "6 to 8 digits"),
        ("code", "12345x", "code", "6 to 8 digits"),
        ("code", &wrong, "code", "not right"),
    ] {
        let sent = fields("My token", &serial, good)
            .map(|(name, kept)| (name, if name == changed { value } else { kept }));
        let page = browser.submit("/tokens/new", &sent);
        assert_eq!(page.status, 422, "{changed}={value}");
        let error = page.element(&format!("error-{field}"));
        let error =
            error.unwrap_or_else(|| panic!("{changed}={value}: {:?}", page.element("error")));
        assert!(error.to_lowercase().contains(&says.to_lowercase()), "{changed}={value}: {error}");
        assert!(page.element("error").unwrap().contains(&error), "the summary says it too");
        let described = page.attribute(field, "aria-describedby").unwrap();
        assert!(described.split(' ').any(|id| id == format!("{field}-error")), "{described}");
        assert!(page.html.contains(&format!("id=\"{field}-error\"")));
        assert_eq!(page.attribute(field, "aria-invalid").unwrap(), "true");
        if changed != "name" {
            assert_eq!(page.attribute("name", "value").unwrap(), "My token");
        }
        if changed != "serial" {
            assert_eq!(page.attribute("serial", "value").unwrap(), serial);
        }
        if changed != "type" {
            assert!(page.html.contains("<option value=\"OTP SOFT TOKEN\" selected>"));
        }
        assert_eq!(page.attribute("code", "value").unwrap(), "", "a code is never shown again");
    }
    assert_eq!(add(&browser, &app, "My token").status, 303, "after all that, the right ones do");
}

#[test]
fn a_hundred_kilobytes_in_any_field_get_a_sentence_and_lose_nothing_else() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    let serial = app.id.to_string();
    let huge = "é<".repeat(100_000 / 3);
    let huge = huge.as_str();
    for changed in ["manufacturer", "issuer", "type", "name", "serial", "code"] {
        let sent = fields("My token", &serial, "123456")
            .map(|(name, kept)| (name, if name == changed { huge } else { kept }));
        let page = browser.submit("/tokens/new", &sent);
        assert_eq!(page.status, 422, "{changed}");
        assert!(page.element(&format!("error-{changed}")).is_some(), "{changed}");
        assert!(page.html.len() < 20_000, "{changed}: {} bytes", page.html.len());
        if changed != "name" {
            assert_eq!(page.attribute("name", "value").unwrap(), "My token");
        }
    }
    let all = fields(huge, huge, huge).map(|(name, _)| (name, huge));
    let page = browser.submit("/tokens/new", &all);
    assert_eq!(page.status, 422);

    let form = browser.get("/tokens/new");
    for hidden in ["csrf", "idempotency_key"] {
        let mut sent = form.with_hidden(&fields("My token", &serial, "123456"));
        sent.retain(|(name, _)| *name != hidden);
        sent.push((hidden, huge));
        assert_eq!(browser.post("/tokens/new", &sent).status, 403, "{hidden}");
    }
    let beyond = "1".repeat(5_000_000);
    let page = browser.post("/tokens/new", &form.with_hidden(&[("name", &beyond)]));
    assert_eq!(page.status, 413);
    assert!(page.html.contains("larger than any form"));
}

#[test]
fn anothers_token_is_like_one_that_does_not_exist() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let owner = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&owner, &app, "iPhone token").status, 303);

    server.folder.add_account(OTHER_NPI, "Ben Rowan");
    let (_, confirmation) = server.folder.begin_activation(OTHER_NPI, &server.address);
    let other = Browser::of(&server);
    other.first_factor(OTHER_NPI, PASSPHRASE);
    assert_eq!(other.submit("/sign-in/code", &[("code", &confirmation)]).status, 303);

    let theirs = add(&other, &app, "Mine");
    let nobodys = add(&other, &App::new(), "Mine");
    assert_eq!(theirs.element("error-serial"), nobodys.element("error-serial"));
    assert_eq!((theirs.status, nobodys.status), (422, 422));

    let their_page = other.get(&format!("/tokens/{}/test", app.id.as_str()));
    let no_page = other.get("/tokens/CSST00000000/test");
    let not_even = other.get("/tokens/%FF/test");
    assert_eq!(their_page.status, 404);
    assert_eq!((no_page.status, &no_page.html), (404, &their_page.html));
    assert_eq!((not_even.status, &not_even.html), (404, &their_page.html));
    assert_eq!(other.get("/nothing").html, their_page.html);

    let form = other.get("/tokens");
    let path = format!("/tokens/{}/test", app.id.as_str());
    let code = app.next_code();
    let posted = other.post(&path, &form.with_hidden(&[("code", &code)]));
    assert_eq!((posted.status, posted.html), (404, their_page.html));
    let own = owner.submit(&path, &[("code", &code)]);
    assert_eq!(own.attribute("result", "data-outcome").unwrap(), "accepted", "still unused");
}
