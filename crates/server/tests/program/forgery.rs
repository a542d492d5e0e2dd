//! Forms that another site sends, or that belong to another session.

use crate::{
    browser::{Browser, Page},
    process::{NPI, PASSPHRASE, Server},
};

fn assert_not_done(page: &Page) {
    assert_eq!(page.status, 403, "{} {}", page.location, page.html);
    assert!(page.html.contains("nothing was changed"));
}

#[test]
fn a_form_without_the_sessions_token_is_refused() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    let other = Browser::of(&server);
    other.first_factor(NPI, PASSPHRASE);
    let foreign_token = other.get("/sign-in/code").hidden("csrf").unwrap().to_owned();

    let form = browser.get("/tokens/new");
    let serial = app.id.to_string();
    let code = app.next_code();
    let mut fields = form.with_hidden(&crate::add_token::fields("iPhone token", &serial, &code));
    let own = fields.remove(0);
    assert_eq!(own.0, "csrf");
    for token in [None, Some(""), Some("x"), Some(foreign_token.as_str())] {
        let mut sent = fields.clone();
        sent.extend(token.map(|token| ("csrf", token)));
        assert_not_done(&browser.post("/tokens/new", &sent));
        assert_not_done(&browser.post("/sign-out", &sent));
    }
    assert!(browser.get("/tokens").html.contains("No token yet"));

    fields.push(own);
    assert_eq!(browser.post("/tokens/new", &fields).status, 303, "the same form with its token");
}

#[test]
fn a_form_from_elsewhere_is_refused_even_with_the_token() {
    let (server, _, confirmation) = Server::with_prescriber();
    let browser = Browser::signed_in(&server, &confirmation);
    let form = browser.get("/tokens");
    let fields = form.with_hidden(&[]);
    for from in [
        &[][..],
        &[("origin", "https://evil.example")],
        &[("origin", "null")],
        &[("sec-fetch-site", "cross-site")],
        &[("sec-fetch-site", "same-site")],
        &[("origin", server.address.as_str()), ("sec-fetch-site", "cross-site")],
    ] {
        assert_not_done(&browser.post_from("/sign-out", &fields, from));
    }
    assert_eq!(browser.get("/tokens").status, 200, "still signed in");
    let same_origin = [("sec-fetch-site", "same-origin")];
    assert_eq!(browser.post_from("/sign-out", &fields, &same_origin).status, 303);
}

#[test]
fn nobody_is_signed_in_by_another_sites_form() {
    let (server, _, _) = Server::with_prescriber();
    let fields = [("npi", NPI), ("passphrase", PASSPHRASE)];
    let evil = [("origin", "https://evil.example")];
    for from in [&evil[..], &[]] {
        let page = Browser::of(&server).post_from("/sign-in", &fields, from);
        assert_not_done(&page);
        assert!(page.headers.get("set-cookie").is_none());
    }
}
