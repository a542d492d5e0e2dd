//! The two factors, and what strangers are told: nothing.

use crate::{
    browser::Browser,
    process::{NPI, PASSPHRASE, Server},
};

#[test]
fn from_npi_and_passphrase_by_the_confirmation_code_to_the_tokens_and_out() {
    let (server, _, confirmation) = Server::with_prescriber();
    let browser = Browser::of(&server);
    assert!(browser.get("/sign-in").html.contains("set when your account was opened"));
    browser.first_factor(NPI, PASSPHRASE);
    let code_page = browser.get("/sign-in/code");
    assert!(code_page.html.contains("confirmation code of your activation"));
    assert_eq!(browser.get("/tokens").location, "/sign-in/code", "one factor is not enough");

    let typed = confirmation.to_lowercase().replace(' ', "-");
    let page = browser.submit("/sign-in/code", &[("code", &typed)]);
    assert_eq!((page.status, page.location.as_str()), (303, "/tokens"));
    let tokens = browser.get("/tokens");
    assert_eq!(tokens.status, 200);
    assert!(tokens.html.contains("No token yet"));
    assert_eq!(browser.get("/").location, "/tokens");

    let session = browser.cookie("session").unwrap();
    let page = browser.post("/sign-out", &tokens.with_hidden(&[]));
    assert_eq!((page.status, page.location.as_str()), (303, "/sign-in?signed-out"));
    assert_eq!(browser.cookie("session"), None);
    browser.set_cookie("session", &session);
    assert_eq!(browser.get("/tokens").location, "/sign-in", "the server has forgotten it too");
}

#[test]
fn a_code_sent_twice_signs_in_twice() {
    let (server, _, confirmation) = Server::with_prescriber();
    let browser = Browser::of(&server);
    browser.first_factor(NPI, PASSPHRASE);
    let form = browser.get("/sign-in/code");
    let fields = form.with_hidden(&[("code", &confirmation)]);
    for _ in 0..2 {
        let page = browser.post("/sign-in/code", &fields);
        assert_eq!((page.status, page.location.as_str()), (303, "/tokens"));
    }
}

#[test]
fn a_wrong_confirmation_code_is_explained() {
    let (server, _, _) = Server::with_prescriber();
    let browser = Browser::of(&server);
    browser.first_factor(NPI, PASSPHRASE);
    for (code, says) in [
        ("ZZZZ ZZZZ", "tries left"),
        ("", "eight letters and digits"),
        ("<script>", "eight letters and digits"),
        (&"9".repeat(100_000), "eight letters and digits"),
    ] {
        let page = browser.submit("/sign-in/code", &[("code", code)]);
        assert_eq!(page.status, 422);
        let error = page.element("error").unwrap();
        assert!(error.contains(says), "{error}");
        assert!(!page.html.contains("<script>"));
    }
}

#[test]
fn a_later_sign_in_takes_a_code_of_the_token() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    let added = crate::add_token::add(&browser, &app, "iPhone token");
    assert_eq!(added.status, 303, "{}", added.html);

    let later = Browser::of(&server);
    later.first_factor(NPI, PASSPHRASE);
    assert!(later.get("/sign-in/code").html.contains("security code that your token shows now"));
    let page = later.submit("/sign-in/code", &[("code", &app.wrong_code())]);
    assert_eq!(page.attribute("error", "data-cause").unwrap(), "wrong");
    let page = later.submit("/sign-in/code", &[("code", &app.next_code())]);
    assert_eq!((page.status, page.location.as_str()), (303, "/tokens"), "{}", page.html);
}

#[test]
fn a_double_click_on_the_code_signs_in() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(crate::add_token::add(&browser, &app, "iPhone token").status, 303);
    let later = Browser::of(&server);
    later.first_factor(NPI, PASSPHRASE);
    let form = later.get("/sign-in/code");
    let code = app.next_code();
    for page in later.post_at_once("/sign-in/code", &form.with_hidden(&[("code", &code)])) {
        assert_eq!((page.status, page.location.as_str()), (303, "/tokens"), "{}", page.html);
    }
}

#[test]
fn the_second_factor_gives_a_new_session_also_to_whoever_lost_the_first_answer() {
    let (server, _, confirmation) = Server::with_prescriber();
    let browser = Browser::of(&server);
    browser.first_factor(NPI, PASSPHRASE);
    let old = browser.cookie("session").unwrap();
    let form = browser.get("/sign-in/code");
    let fields = form.with_hidden(&[("code", &confirmation)]);
    let (late, thief) = (browser.twin(), browser.twin());
    assert_eq!(browser.post("/sign-in/code", &fields).location, "/tokens");
    assert_ne!(browser.cookie("session").unwrap(), old);

    assert_eq!(thief.get("/tokens").location, "/sign-in", "the old secret opens nothing");
    let stolen = [("csrf", form.hidden("csrf").unwrap()), ("code", &confirmation)];
    let refused = thief.post("/sign-in/code", &stolen);
    assert_eq!((refused.status, refused.location.as_str()), (303, "/sign-in"));
    assert_eq!(thief.cookie("session").unwrap(), old);

    assert_eq!(late.post("/sign-in/code", &fields).location, "/tokens");
    assert_eq!(late.cookie("session"), browser.cookie("session"));
    assert_eq!(late.get("/tokens").status, 200);
}

#[test]
fn every_stranger_gets_the_same_refusal() {
    let (server, _, _) = Server::with_prescriber();
    let huge = "1".repeat(100_000);
    let pages: Vec<_> = [
        (NPI, "a wrong passphrase"),
        ("1679576722", PASSPHRASE),
        ("12345", PASSPHRASE),
        ("' or 1=1 --", "short"),
        ("", ""),
        (&huge, PASSPHRASE),
        (NPI, &huge),
        (&huge, &huge),
        ("\u{0}\u{202E}é", "\u{0}"),
    ]
    .into_iter()
    .map(|(npi, passphrase)| {
        let fields = [("npi", npi), ("passphrase", passphrase)];
        Browser::of(&server).post("/sign-in", &fields)
    })
    .collect();
    for page in &pages {
        assert_eq!(page.status, 403);
        assert_eq!(page.html, pages[0].html);
        assert!(page.headers.get("set-cookie").is_none());
    }
    assert!(pages[0].element("error").unwrap().contains("Sign-in refused"));
}

#[test]
fn a_paused_sign_in_looks_like_any_refused_one() {
    let (server, _, _) = Server::with_prescriber();
    let wrong = [("npi", NPI), ("passphrase", "a wrong passphrase")];
    let first = Browser::of(&server).post("/sign-in", &wrong);
    for _ in 1..10 {
        Browser::of(&server).post("/sign-in", &wrong);
    }
    let right = [("npi", NPI), ("passphrase", PASSPHRASE)];
    let paused = Browser::of(&server).post("/sign-in", &right);
    assert_eq!((paused.status, paused.html), (first.status, first.html));
}

#[test]
fn who_is_signed_out_learns_no_address() {
    let server = Server::start();
    let browser = Browser::of(&server);
    for path in [
        "/",
        "/tokens",
        "/tokens/new",
        "/tokens/CSST4F7K92MQ/test",
        "/nothing",
        "/sign-in/code",
        "/tokens/../x",
        "/sign-out",
    ] {
        let page = browser.get(path);
        assert_eq!(page.status, 303, "{path}");
        assert!(["/sign-in", "/tokens"].contains(&page.location.as_str()), "{path}");
    }
    for path in ["/admin", "/admin/accounts", "/admin/accounts/1", "/admin/nothing"] {
        let page = browser.get(path);
        assert_eq!((page.status, page.location.as_str()), (303, "/admin/sign-in"), "{path}");
    }
    for cookie in ["", "x", "AAAA", &"A".repeat(43), &"A".repeat(5_000)] {
        browser.set_cookie("session", cookie);
        assert_eq!(browser.get("/tokens").location, "/sign-in");
    }
}

#[test]
fn the_cookie_is_the_sessions_own() {
    let (server, _, _) = Server::with_prescriber();
    let fields = [("npi", NPI), ("passphrase", PASSPHRASE)];
    let page = Browser::of(&server).post("/sign-in", &fields);
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert!(pair.starts_with("session="));
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Path=/");
}

#[test]
fn behind_https_the_cookie_is_secure_and_bound_to_the_host() {
    let folder = crate::process::Folder::new();
    folder.add_account(NPI, "Ada Quill");
    let server = Server::start_in(folder, &["--public-url", "https://tokens.example.org"]);
    let fields = [("npi", NPI), ("passphrase", PASSPHRASE)];
    let page = Browser::of(&server).post_from(
        "/sign-in",
        &fields,
        &[("origin", "https://tokens.example.org")],
    );
    assert_eq!(page.status, 303, "{}", page.html);
    let cookie = page.headers["set-cookie"].to_str().unwrap();
    let (pair, attributes) = cookie.split_once("; ").unwrap();
    assert!(pair.starts_with("__Host-session="));
    assert_eq!(attributes, "HttpOnly; SameSite=Strict; Secure; Path=/");
    assert!(page.headers["strict-transport-security"].to_str().unwrap().starts_with("max-age="));
}

#[test]
fn every_answer_has_its_protecting_headers() {
    let server = Server::start();
    let browser = Browser::of(&server);
    for path in ["/sign-in", "/tokens", "/nothing", "/healthz", "/v1/nothing", "/style.css"] {
        let page = browser.get(path);
        let header = |name: &str| page.headers[name].to_str().unwrap();
        let policy = header("content-security-policy");
        assert_eq!(
            policy,
            "default-src 'none'; style-src 'self'; img-src 'self' data:; form-action 'self'; \
             frame-ancestors 'none'; base-uri 'none'",
        );
        assert_eq!(header("x-content-type-options"), "nosniff", "{path}");
        assert_eq!(header("referrer-policy"), "same-origin", "{path}");
        assert_eq!(header("cache-control"), "no-store", "{path}");
        assert!(page.headers.get("strict-transport-security").is_none(), "{path}");
        assert!(!page.html.contains("<script") && !page.html.contains(" style="), "{path}");
    }
}
