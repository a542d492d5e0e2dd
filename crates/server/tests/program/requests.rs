//! Token requests on the dashboard: Request Token, Edit, Cancel, Replace Token.

use crate::{
    add_token::add,
    app::App,
    browser::{Browser, Page},
    process::{Folder, ISSUER, NPI, OTHER_NPI, PASSPHRASE, Server},
};

const ADDRESS: [(&str, &str); 5] = [
    ("street", "1449 Whitehall Road"),
    ("second", ""),
    ("city", "Annapolis"),
    ("state", "MD"),
    ("zip", "21409"),
];

/// Ada, signed in, with one token; and its app.
fn at_the_dashboard() -> (Server, Browser, App) {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&browser, &app, "iPhone token").status, 303);
    (server, browser, app)
}

fn wanting<'a>(wanted: &'a str, step: &'a str) -> Vec<(&'a str, &'a str)> {
    let first = [("wanted", wanted), ("mail", "ada@example.org"), ("step", step)];
    first.into_iter().chain(ADDRESS).collect()
}

pub(crate) fn request(browser: &Browser, wanted: &str) -> Page {
    let sent = browser.submit("/requests/new", &wanting(wanted, "confirm"));
    assert_eq!(sent.status, 303, "{}", sent.html);
    browser.get(&sent.location)
}

pub(crate) fn process(folder: &Folder, id: &str) {
    let order = ["--server-url", "https://tokens.example.org", "--issuer", ISSUER];
    folder.json(&[&["request", "process", id], &order[..]].concat(), "");
}

#[test]
fn a_request_is_reviewed_confirmed_and_followed_in_steps() {
    let (server, browser, _app) = at_the_dashboard();
    let form = browser.get("/requests/new");
    let mail = form.attribute("mail", "value").unwrap();
    assert_eq!(mail, "prescriber@example.org", "the account's");
    assert_eq!(form.attribute("street", "value").unwrap(), "");

    let sent = form.with_hidden(&wanting("both", "review"));
    let review = browser.post("/requests/new", &sent);
    assert_eq!(review.status, 200);
    assert_eq!(review.element("review-wanted").unwrap(), "Soft token and hard token");
    let address = review.element("review-address").unwrap();
    assert!(address.contains("1449 Whitehall Road") && address.contains("Annapolis, MD 21409"));
    assert!(browser.get("/requests").element("request-row").is_none(), "nothing is requested yet");

    let changed = browser.post("/requests/new", &form.with_hidden(&wanting("both", "change")));
    assert_eq!(changed.status, 200);
    assert_eq!(changed.attribute("street", "value").unwrap(), "1449 Whitehall Road");
    assert!(changed.html.contains("id=\"wanted-both\" name=\"wanted\" value=\"both\" checked"));

    let confirm = form.with_hidden(&wanting("both", "confirm"));
    let made = browser.post("/requests/new", &confirm);
    assert_eq!(made.status, 303, "{}", made.html);
    let list = browser.get(&made.location);
    assert!(list.element("confirmation").unwrap().contains("in the queue"));
    assert_eq!(list.html.matches("data-testid=\"request-row\"").count(), 2);
    assert!(browser.get("/requests").element("confirmation").is_none());
    assert!(browser.get("/requests?made=00000000").element("confirmation").is_none());
    let row = list.element("request-row").unwrap();
    assert!(row.contains("Requested 20") && row.contains("Activated not yet"), "{row}");
    let tokens = browser.get("/tokens").element("open-requests").unwrap();
    assert!(tokens.contains("Hard token: requested") && tokens.contains("Soft token: requested"));

    for page in browser.post_at_once("/requests/new", &confirm) {
        assert_eq!((page.status, &page.location), (303, &made.location), "{}", page.html);
    }
    let list = browser.get("/requests");
    assert_eq!(list.html.matches("data-testid=\"request-row\"").count(), 2, "sent again: the same");
    let again = browser.get("/requests/new");
    assert_eq!(again.attribute("street", "value").unwrap(), "1449 Whitehall Road", "remembered");
    drop(server);
}

#[test]
fn each_wrong_field_of_a_request_says_so_and_keeps_the_others() {
    let (_server, browser, _app) = at_the_dashboard();
    for (changed, value, says) in [
        ("wanted", "", "choose which token"),
        ("wanted", "gold", "choose which token"),
        ("mail", "", "enter the mail address"),
        ("mail", "ada", "not a mail address"),
        ("street", " ", "enter the street"),
        ("city", "", "enter the city"),
        ("state", "", "enter the state"),
        ("zip", "", "enter the ZIP"),
        ("zip", "2140", "not a ZIP code"),
    ] {
        for step in ["review", "confirm"] {
            let sent: Vec<_> = wanting("hard", step)
                .into_iter()
                .map(|(name, kept)| (name, if name == changed { value } else { kept }))
                .collect();
            let page = browser.submit("/requests/new", &sent);
            assert_eq!(page.status, 422, "{changed}={value}");
            let error = page.element(&format!("error-{changed}")).unwrap();
            assert!(error.to_lowercase().contains(&says.to_lowercase()), "{changed}: {error}");
            assert!(page.element("error").unwrap().contains(&error), "the summary says it too");
            if changed != "city" {
                assert_eq!(page.attribute("city", "value").unwrap(), "Annapolis");
            }
        }
    }
    let huge = "é<".repeat(50_000);
    let sent: Vec<_> =
        wanting("hard", "review").into_iter().map(|(name, _)| (name, huge.as_str())).collect();
    let page = browser.submit("/requests/new", &sent);
    assert_eq!(page.status, 422);
    assert!(page.html.len() < 20_000, "{} bytes", page.html.len());
    // A soft token needs no address.
    let soft = [("wanted", "soft"), ("mail", "ada@example.org"), ("step", "confirm")];
    assert_eq!(browser.submit("/requests/new", &soft).status, 303);
}

#[test]
fn a_request_is_edited_until_it_is_processed_and_then_only_cancelled() {
    let (server, browser, _app) = at_the_dashboard();
    let list = request(&browser, "hard");
    let id = list.attribute("request-row", "data-id").unwrap();
    let edit = format!("/requests/{id}/edit");
    let fields = |zip| {
        let moved = [("mail", "new@example.org"), ("street", "2 Main St"), ("city", "Reno")];
        moved.into_iter().chain([("state", "NV"), ("zip", zip)]).collect::<Vec<_>>()
    };
    let refused = browser.submit(&edit, &fields("895"));
    assert_eq!(refused.status, 422);
    assert!(refused.element("error-zip").is_some());
    let form = browser.get(&edit);
    let sent = form.with_hidden(&fields("89501"));
    for _ in 0..2 {
        let saved = browser.post(&edit, &sent);
        assert_eq!(saved.location, format!("/requests?edited={id}"));
    }
    let row = browser.get("/requests").element("request-row").unwrap();
    assert!(row.contains("2 Main St") && row.contains("new@example.org"), "{row}");

    process(&server.folder, &id);
    let list = browser.get("/requests");
    assert!(list.element("edit").is_none() && list.element("cancel").is_some());
    assert_eq!(browser.get(&edit).location, "/requests");
    let late = form.with_hidden(&fields("89502"));
    let late = browser.post(&edit, &late);
    assert_eq!(late.status, 422);
    assert!(late.element("error").unwrap().contains("can only be cancelled"));

    let cancel = format!("/requests/{id}/cancel");
    let unsure = browser.submit(&cancel, &[]);
    assert_eq!(unsure.status, 422);
    assert!(unsure.element("error-sure").is_some());
    let form = browser.get(&cancel);
    let sent = form.with_hidden(&[("sure", "yes")]);
    for _ in 0..2 {
        let cancelled = browser.post(&cancel, &sent);
        assert_eq!(cancelled.location, format!("/requests?cancelled={id}"), "{}", cancelled.html);
    }
    let list = browser.get("/requests");
    assert_eq!(list.attribute("request-row", "data-state").unwrap(), "cancelled");
    assert!(list.element("cancel").is_none());
    assert_eq!(browser.get(&cancel).location, "/requests");
}

#[test]
fn replacing_the_last_token_says_what_follows_and_does_both_in_one_step() {
    let (_server, browser, app) = at_the_dashboard();
    let path = format!("/tokens/{}/replace", app.id.as_str());
    let form = browser.get(&path);
    let follows = form.element("last-token").unwrap();
    assert!(follows.contains("identity again") && follows.contains("by another way"), "{follows}");
    assert!(form.html.contains("reason-uninstalled") && !form.html.contains("reason-not needed"));
    assert!(form.element("return-note").is_none(), "an app is not sent back");

    let all = [
        ("reason", "lost"),
        ("deactivate", "yes"),
        ("last", "yes"),
        ("mail", "ada@example.org"),
        ("step", "confirm"),
    ];
    for (missing, says) in [
        ("reason", "choose why"),
        ("deactivate", "tick the box"),
        ("last", "what follows"),
        ("mail", "enter the mail"),
    ] {
        let sent: Vec<_> = all.into_iter().filter(|(name, _)| *name != missing).collect();
        let page = browser.submit(&path, &sent);
        assert_eq!(page.status, 422, "{missing}");
        let error = page.element(&format!("error-{missing}")).unwrap();
        assert!(error.to_lowercase().contains(says), "{missing}: {error}");
    }
    let tokens = browser.get("/tokens");
    assert_eq!(tokens.attribute("token-row", "data-state").unwrap(), "active", "nothing is done");

    let mut reviewed = all;
    reviewed[4].1 = "review";
    let review = browser.post(&path, &form.with_hidden(&reviewed));
    assert_eq!(review.status, 200);
    assert!(review.html.contains("will be deactivated for good"));
    assert_eq!(browser.get("/tokens").attribute("token-row", "data-state").unwrap(), "active");
    let sent = form.with_hidden(&all);
    let done = browser.post(&path, &sent);
    assert_eq!(done.status, 303, "{}", done.html);
    for page in browser.post_at_once(&path, &sent) {
        assert_eq!((page.status, &page.location), (303, &done.location), "{}", page.html);
    }
    let list = browser.get(&done.location);
    assert_eq!(list.html.matches("data-testid=\"request-row\"").count(), 1);
    assert!(list.element("request-row").unwrap().contains("(lost)"));
    let tokens = browser.get("/tokens");
    assert_eq!(tokens.attribute("token-row", "data-state").unwrap(), "deactivated");
    assert!(tokens.element("replace-token").is_none());
    assert_eq!(browser.get(&path).location, "/tokens");
}

#[test]
fn anothers_request_is_like_one_that_does_not_exist() {
    let (server, browser, app) = at_the_dashboard();
    let id = request(&browser, "soft").attribute("request-row", "data-id").unwrap();
    server.folder.add_account(OTHER_NPI, "Ben Rowan");
    let (_, confirmation) = server.folder.begin_activation(OTHER_NPI, &server.address);
    let other = Browser::of(&server);
    other.first_factor(OTHER_NPI, PASSPHRASE);
    assert_eq!(other.submit("/sign-in/code", &[("code", &confirmation)]).status, 303);
    assert!(other.get("/requests").element("request-row").is_none());
    let nothing = other.get("/nothing").html;
    for path in [
        format!("/requests/{id}/edit"),
        format!("/requests/{id}/cancel"),
        "/requests/00000000/cancel".to_owned(),
        "/requests/%FF/cancel".to_owned(),
        format!("/tokens/{}/replace", app.id.as_str()),
    ] {
        let page = other.get(&path);
        assert_eq!((page.status, &page.html), (404, &nothing), "{path}");
        let form = other.get("/requests/new");
        let sent = form.with_hidden(&[("sure", "yes"), ("mail", "ben@example.org")]);
        let page = other.post(&path, &sent);
        assert_eq!((page.status, &page.html), (404, &nothing), "{path}");
    }
    let list = browser.get("/requests");
    assert_eq!(list.attribute("request-row", "data-state").unwrap(), "requested");
    let stranger = Browser::of(&server);
    for path in ["/requests", "/requests/new", &format!("/requests/{id}/edit")] {
        assert_eq!(stranger.get(path).location, "/sign-in", "{path}");
    }
    let listed = server.folder.json(&["request", "list", "--npi", NPI], "");
    assert_eq!(listed.as_array().unwrap().len(), 1);
}

#[test]
fn a_hard_token_that_is_replaced_goes_back_by_post() {
    let address = "Example Clinic, 1449 Whitehall Road, Annapolis, MD 21409";
    let server = Server::start_in(Folder::new(), &["--return-address", address]);
    server.folder.add_account(NPI, "Ada Quill");
    server.folder.put_in_stock(&["GALH12345678"]);
    let (_, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let browser = Browser::signed_in(&server, &confirmation);
    let seed = oath::Seed::from_bytes(b"12345678901234567890".to_vec().into()).unwrap();
    let code = |counter| oath::Hotp::default().code(&seed, counter).expose_digits();
    let (first, second) = (code(0), code(1));
    let form = browser.get("/tokens/new?serial=GALH12345678");
    let typed = [("issuer", ISSUER), ("name", "Fob"), ("serial", "GALH12345678")];
    let codes = [("code", first.as_str()), ("second_code", second.as_str())];
    let added = browser.post("/tokens/new", &form.with_hidden(&[&typed[..], &codes[..]].concat()));
    assert_eq!(added.status, 303, "{}", added.html);

    let path = "/tokens/GALH12345678/replace";
    let form = browser.get(path);
    let note = form.element("return-note").unwrap();
    assert!(note.contains("must go back") && note.contains(address), "{note}");
    assert!(!form.html.contains("reason-uninstalled"), "it has no app");
    let meant = [("reason", "faulty"), ("deactivate", "yes"), ("last", "yes"), ("step", "confirm")];
    let to = [&[("mail", "ada@example.org")], &ADDRESS[..]].concat();
    let nowhere = browser.post(path, &form.with_hidden(&[&meant[..], &to[..1]].concat()));
    assert_eq!(nowhere.status, 422);
    assert!(nowhere.element("error-street").is_some());
    let done = browser.post(path, &form.with_hidden(&[&meant[..], &to[..]].concat()));
    let row = browser.get(&done.location).element("request-row").unwrap();
    assert!(row.starts_with("Hard token") && row.contains("GALH12345678 (faulty)"), "{row}");
}
