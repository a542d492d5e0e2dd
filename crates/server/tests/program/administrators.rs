//! Administrators: added at the command line, signed in under `/admin`, kept to their roles.

use oath::Totp;
use provisioning::OtpauthUri;

use crate::{
    browser::{Browser, Page},
    clock,
    process::{Folder, NPI, PASSPHRASE, Server, text},
};

/// An administrator with the token that they carry.
pub(crate) struct Carrier {
    pub(crate) name: String,
    link: OtpauthUri,
}

impl Carrier {
    /// Adds one at the command line.
    pub(crate) fn add(folder: &Folder, name: &str, roles: &[&str]) -> Self {
        let mut arguments = vec!["admin", "add", "--name", name, "--passphrase-stdin"];
        arguments.extend(roles.iter().flat_map(|role| ["--role", role]));
        let added = folder.json(&arguments, &format!("{PASSPHRASE}\n"));
        let link = OtpauthUri::parse(added["setup_link"].as_str().unwrap()).unwrap();
        Self { name: name.to_owned(), link }
    }

    /// The code of a later or an earlier time step than now's.
    pub(crate) fn code(&self, steps: i64) -> String {
        let step = Totp::default().period.step_at(clock::now()).saturating_add_signed(steps);
        Totp::default().code_of_step(&self.link.seed, step).expose_digits()
    }

    pub(crate) fn first_factor(&self, browser: &Browser) {
        let fields = [("name", self.name.as_str()), ("passphrase", PASSPHRASE)];
        let page = browser.post("/admin/sign-in", &fields);
        let expected = (303, "/admin/sign-in/code");
        assert_eq!((page.status, page.location.as_str()), expected, "{}", page.html);
    }

    pub(crate) fn signed_in(&self, server: &Server) -> Browser {
        let browser = Browser::of(server);
        self.first_factor(&browser);
        let page = browser.submit("/admin/sign-in/code", &[("code", &self.code(0))]);
        assert_eq!((page.status, page.location.as_str()), (303, "/admin"), "{}", page.html);
        browser
    }
}

#[test]
fn from_the_command_line_by_two_factors_to_the_overview_and_out() {
    let server = Server::start();
    let hedy = Carrier::add(&server.folder, "Hedy Lamarr", &["token-administrator"]);
    let browser = Browser::of(&server);
    assert_eq!(browser.get("/admin").location, "/admin/sign-in");
    hedy.first_factor(&browser);
    assert_eq!(browser.get("/admin").location, "/admin/sign-in/code", "one factor is not enough");
    let wrong = browser.submit("/admin/sign-in/code", &[("code", &hedy.code(-40))]);
    assert_eq!(
        (wrong.status, wrong.attribute("error", "data-cause").unwrap().as_str()),
        (422, "wrong")
    );
    let form = browser.get("/admin/sign-in/code");
    let code = hedy.code(0);
    for page in browser.post_at_once("/admin/sign-in/code", &form.with_hidden(&[("code", &code)])) {
        assert_eq!((page.status, page.location.as_str()), (303, "/admin"), "{}", page.html);
    }
    let page = browser.post("/admin/sign-in/code", &form.with_hidden(&[("code", &code)]));
    assert_eq!((page.status, page.location.as_str()), (303, "/admin"), "sent again");
    let overview = browser.get("/admin");
    assert_eq!(overview.element("roles").unwrap(), "token administrator");
    assert_eq!(browser.get("/tokens").location, "/sign-in", "no prescriber's page opens");
    assert_eq!(browser.get("/admin/nowhere").status, 404);

    let secret = browser.cookie("admin-session").unwrap();
    let page = browser.post("/admin/sign-out", &overview.with_hidden(&[]));
    assert_eq!(page.location, "/admin/sign-in?signed-out");
    browser.set_cookie("admin-session", &secret);
    assert_eq!(browser.get("/admin").location, "/admin/sign-in", "the server has forgotten it too");
}

#[test]
fn a_code_that_signed_in_once_signs_in_no_second_time() {
    let server = Server::start();
    let hedy = Carrier::add(&server.folder, "Hedy", &["auditor"]);
    let code = hedy.code(0);
    let (first, second) = (Browser::of(&server), Browser::of(&server));
    hedy.first_factor(&first);
    assert_eq!(first.submit("/admin/sign-in/code", &[("code", &code)]).status, 303);
    hedy.first_factor(&second);
    let refused = second.submit("/admin/sign-in/code", &[("code", &code)]);
    assert_eq!(refused.attribute("error", "data-cause").unwrap(), "already-used");
}

#[test]
fn every_stranger_gets_the_same_refusal() {
    let server = Server::start();
    Carrier::add(&server.folder, "Hedy", &["auditor"]);
    let huge = "1".repeat(100_000);
    let pages: Vec<_> =
        [("Hedy", "a wrong passphrase"), ("Eve", PASSPHRASE), ("", ""), (&huge, &huge)]
            .map(|(name, passphrase)| {
                let fields = [("name", name), ("passphrase", passphrase)];
                Browser::of(&server).post("/admin/sign-in", &fields)
            })
            .into();
    for page in &pages {
        assert_eq!((page.status, &page.html), (403, &pages[0].html));
        assert!(page.headers.get("set-cookie").is_none());
    }
}

#[test]
fn the_session_of_a_prescriber_opens_no_page_of_an_administrator() {
    let (server, _, confirmation) = Server::with_prescriber();
    let browser = Browser::signed_in(&server, &confirmation);
    browser.set_cookie("admin-session", &browser.cookie("session").unwrap());
    for path in ["/admin", "/admin/accounts", "/admin/sign-in/code"] {
        assert_eq!(browser.get(path).location, "/admin/sign-in", "{path}");
    }
}

#[test]
fn each_role_sees_its_own_pages_only() {
    let (server, _, _) = Server::with_prescriber();
    let auditor = Carrier::add(&server.folder, "Grace", &["auditor"]).signed_in(&server);
    assert!(!auditor.get("/admin").html.contains("/admin/accounts"));
    assert_eq!(refused(&auditor.get("/admin/accounts")), "Not your role");
    let help_desk = Carrier::add(&server.folder, "Hedy", &["token-administrator"]);
    let help_desk = help_desk.signed_in(&server);
    assert!(help_desk.get("/admin").html.contains("/admin/accounts"));
    let events = server.folder.json(&["events"], "");
    let events = events.as_array().unwrap();
    let noted = events.iter().find(|event| event["kind"] == "not-permitted").unwrap();
    assert_eq!(
        (&noted["actor"]["name"], &noted["cause"]),
        (&"Grace".into(), &"look at accounts".into())
    );
}

fn refused(page: &Page) -> String {
    assert_eq!(page.status, 403, "{}", page.html);
    page.element("message-title").unwrap()
}

#[test]
fn an_account_is_found_and_its_sign_in_unlocked() {
    let (server, _, _) = Server::with_prescriber();
    let prescriber = Browser::of(&server);
    for _ in 0..10 {
        prescriber.post("/sign-in", &[("npi", NPI), ("passphrase", "not this one")]);
    }
    let hedy = Carrier::add(&server.folder, "Hedy", &["token-administrator"]).signed_in(&server);
    let found = hedy.get(&format!("/admin/accounts?q={}", &NPI[3..8]));
    assert_eq!(found.attribute("account-row", "data-npi").unwrap(), NPI);
    assert_eq!(hedy.get("/admin/accounts?q=no+such").element("account-row"), None);
    let path = format!("/admin/accounts/{NPI}");
    let account = hedy.get(&path);
    assert_eq!(account.element("proofing").unwrap(), "Help desk saw the passport");
    assert!(account.element("paused").unwrap().contains("10 wrong passphrases"));
    let unlock = format!("{path}/unlock");
    assert_eq!(hedy.post(&unlock, &[]).status, 403, "no form of this session");
    let unsure = hedy.post(&unlock, &account.with_hidden(&[]));
    assert!(unsure.element("error-sure").unwrap().contains("Make sure who is asking"));
    for _ in 0..2 {
        let done = hedy.post(&unlock, &account.with_hidden(&[("sure", "yes")]));
        assert_eq!(done.location, format!("{path}?unlocked"));
    }
    assert!(hedy.get(&path).element("paused").is_none());
    prescriber.first_factor(NPI, PASSPHRASE);
    assert_eq!(hedy.get("/admin/accounts/1245319599").status, 404);
    assert_eq!(hedy.get("/admin/accounts/%ff").status, 404);
}

#[test]
fn the_command_line_lists_unlocks_and_removes() {
    let server = Server::start();
    let folder = &server.folder;
    let added = folder.run(
        &[
            "admin",
            "add",
            "--name",
            "Hedy",
            "--role",
            "auditor",
            "--role",
            "registrant",
            "--passphrase-stdin",
        ],
        PASSPHRASE,
    );
    let said = text(&added.stdout);
    assert!(said.starts_with("Added Hedy (registrant,auditor).\n"), "{said}");
    assert!(said.contains("otpauth://totp/Countersign:Hedy?secret="), "{said}");
    let browser = Browser::of(&server);
    for _ in 0..10 {
        browser.post("/admin/sign-in", &[("name", "hedy"), ("passphrase", "not this one")]);
    }
    assert_eq!(folder.json(&["admin", "list"], "")[0]["state"], "locked");
    folder.json(&["admin", "unlock", "--name", "Hedy"], "");
    assert_eq!(folder.json(&["admin", "list"], "")[0]["state"], "active");
    folder.json(&["admin", "remove", "--name", "HEDY"], "");
    assert_eq!(folder.json(&["admin", "list"], "")[0]["state"], "removed");
    let again = folder.run(&["admin", "unlock", "--name", "Hedy"], "");
    assert!(
        text(&again.stderr).contains("no administrator of this name"),
        "{}",
        text(&again.stderr)
    );
    let unknown = folder.run(
        &["admin", "add", "--name", "Eve", "--role", "queen", "--passphrase-stdin"],
        PASSPHRASE,
    );
    assert_eq!(unknown.status.code(), Some(2));
}
