//! The pages on which two people open a prescriber's access.

use crate::{
    administrators::Carrier,
    app::App,
    browser::{Browser, Page},
    process::{NPI, PASSPHRASE, Server},
};

const ACCOUNT: [(&str, &str); 8] = [
    ("npi", NPI),
    ("name", "Ada Quill"),
    ("mail", "ada@example.org"),
    ("phone", "+1 410 555 0134"),
    ("checked-by", "Ines Pol"),
    ("checked-on", "2026-01-02"),
    ("evidence", "passport and DEA certificate, in person"),
    ("passphrase", PASSPHRASE),
];

pub(crate) fn two_people() -> (Server, Browser, Browser) {
    let server = Server::start();
    let ines = Carrier::add(&server.folder, "Ines", &["access-administrator"]).signed_in(&server);
    let rosa = Carrier::add(&server.folder, "Rosa", &["registrant"]).signed_in(&server);
    (server, ines, rosa)
}

/// Enters by a form; the address of what was entered.
pub(crate) fn entered(by: &Browser, form: &str, fields: &[(&str, &str)]) -> String {
    let page = by.submit(form, fields);
    assert_eq!(page.status, 303, "{}", page.html);
    page.location.strip_suffix("?entered").unwrap().to_owned()
}

pub(crate) fn execute(by: &Browser, address: &str) -> (Page, Vec<(String, String)>) {
    let form = by.get(address);
    let fields = form.with_hidden(&[("checked", "yes")]);
    let page = by.post(&format!("{address}/execute"), &fields);
    let fields = fields.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
    (page, fields.collect())
}

#[test]
fn from_an_account_that_one_enters_to_a_token_that_the_prescriber_adds() {
    let (server, ines, rosa) = two_people();
    let address = entered(&ines, "/admin/access/account", &ACCOUNT);
    let own = ines.get(&address);
    assert!(own.element("own").unwrap().contains("somebody else"));
    assert!(own.element("execute").is_none());
    assert_eq!(ines.get(&format!("/admin/accounts/{NPI}")).status, 404, "nothing is open yet");
    assert_eq!(
        rosa.get("/admin/access").attribute("access-row", "data-id").unwrap(),
        address[22..]
    );
    let overview = rosa.get("/admin");
    assert!(overview.element("waiting").unwrap().starts_with("1 change of access waits"));
    let shown = rosa.get(&address);
    assert!(shown.html.contains("Ines Pol, 2026-01-02: passport and DEA certificate, in person"));
    assert!(!shown.html.contains(PASSPHRASE));
    let unsure = rosa.post(&format!("{address}/execute"), &shown.with_hidden(&[]));
    assert!(unsure.element("error-checked").is_some());
    let fields = shown.with_hidden(&[("checked", "yes")]);
    for _ in 0..2 {
        let page = rosa.post(&format!("{address}/execute"), &fields);
        assert_eq!(page.location, format!("/admin/accounts/{NPI}?opened"), "{}", page.html);
    }

    let account = ines.get(&format!("/admin/accounts/{NPI}"));
    assert_eq!(account.element("phone").unwrap(), "ends in 34");
    let form = format!("/admin/access/activation/{NPI}");
    let address = entered(&ines, &form, &[("hours", "48"), ("digits", "6")]);
    let (page, fields) = execute(&rosa, &address);
    assert_eq!(page.status, 200, "{}", page.html);
    let (link, code) = (page.element("link").unwrap(), page.element("confirmation-code").unwrap());
    // A reload or a double click shows the same; any other form shows nothing.
    let fields: Vec<_> = fields.iter().map(|(n, v)| (n.as_str(), v.as_str())).collect();
    let again = rosa.post(&format!("{address}/execute"), &fields);
    assert_eq!(
        (again.element("link"), again.element("confirmation-code")),
        (Some(link.clone()), Some(code.clone()))
    );
    let other = rosa.get(&address);
    assert!(other.element("execute").is_none() && !other.html.contains(&code));
    for page in [ines.get(&address), ines.get("/admin/access"), rosa.get("/admin/access")] {
        assert!(!page.html.contains("countersign://") && !page.html.contains(&code));
    }

    let app = App::new();
    assert_eq!(server.provision(&app.seal_for(&link)).0, 201);
    let prescriber = Browser::signed_in(&server, &code);
    assert_eq!(crate::add_token::add(&prescriber, &app, "iPhone token").status, 303);
    let warned = ines.get(&form);
    assert!(warned.html.contains("There is a token in use"));
}

#[test]
fn what_is_not_well_formed_is_told_at_its_field_and_kept() {
    let (_server, ines, _) = two_people();
    for (field, text) in [
        ("npi", "1234567890"),
        ("name", " "),
        ("mail", "nowhere"),
        ("mail", "a..b@x"),
        ("mail", ".a@x"),
        ("phone", "555 0134"),
        ("checked-by", ""),
        ("checked-on", "2026-02-30"),
        ("checked-on", "2199-01-01"),
        ("evidence", " "),
        ("passphrase", "short"),
    ] {
        let fields = ACCOUNT.map(|(name, usual)| (name, if name == field { text } else { usual }));
        let page = ines.submit("/admin/access/account", &fields);
        assert_eq!(page.status, 422);
        assert!(page.element(&format!("error-{field}")).is_some(), "{field}: {}", page.html);
        assert!(!page.html.contains(PASSPHRASE));
        assert!(field == "evidence" || page.html.contains("passport and DEA certificate"));
    }
    let form = ines.get("/admin/access/account");
    let address = "/admin/access/account";
    assert_eq!(ines.post(address, &form.with_hidden(&ACCOUNT)).status, 303);
    assert_eq!(ines.post(address, &form.with_hidden(&ACCOUNT)).status, 303, "a double click");
    // Back, and another passphrase.
    let corrected = ACCOUNT.map(|(name, text)| {
        (name, if name == "passphrase" { "another horse battery" } else { text })
    });
    let used = ines.post(address, &form.with_hidden(&corrected));
    assert!(used.element("error").unwrap().contains("used for something else"), "{}", used.html);
    let twice = ines.submit("/admin/access/account", &ACCOUNT);
    assert!(twice.element("error-npi").unwrap().contains("waits to be executed"));
    let nobody = ines.get("/admin/access/activation/1245319599");
    assert_eq!(nobody.status, 404);
}

#[test]
fn a_second_person_declines_with_a_reason_and_whoever_entered_takes_back() {
    let (_server, ines, rosa) = two_people();
    for by in [&rosa, &ines] {
        let address = entered(&ines, "/admin/access/account", &ACCOUNT);
        let decline = format!("{address}/decline");
        let without = by.post(&decline, &by.get(&address).with_hidden(&[("reason", "")]));
        assert!(without.element("error-reason").is_some());
        let form = by.get(&address);
        for _ in 0..2 {
            let done = by.post(&decline, &form.with_hidden(&[("reason", "wrong NPI")]));
            assert_eq!(done.location, "/admin/access");
        }
        let page = rosa.get(&address);
        assert_eq!(page.attribute("state", "data-state").unwrap(), "declined");
        assert!(page.html.contains("wrong NPI") && page.element("execute").is_none());
        let fields = page.with_hidden(&[("checked", "yes"), ("idempotency_key", "late")]);
        let late = rosa.post(&format!("{address}/execute"), &fields);
        assert!(late.element("error").unwrap().contains("declined already"));
    }
}

#[test]
fn other_roles_neither_see_nor_enter_nor_execute() {
    let (server, ines, _) = two_people();
    let address = entered(&ines, "/admin/access/account", &ACCOUNT);
    let hedy = Carrier::add(&server.folder, "Hedy", &["token-administrator"]).signed_in(&server);
    for path in ["/admin/access", "/admin/access/account", &address] {
        assert_eq!(hedy.get(path).status, 403, "{path}");
    }
    let overview = hedy.get("/admin");
    let forced =
        hedy.post(&format!("{address}/execute"), &overview.with_hidden(&[("checked", "yes")]));
    assert_eq!(forced.status, 403);
    let csrf = overview.hidden("csrf").unwrap();
    let stolen = ines.post(
        "/admin/access/account",
        &[&[("csrf", csrf), ("idempotency_key", "x")], &ACCOUNT[..]].concat(),
    );
    assert_eq!(stolen.status, 403, "another session's form");
}
