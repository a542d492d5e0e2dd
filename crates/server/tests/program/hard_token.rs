//! A token with a button: two fields for its two codes, with scripts or without.

use oath::Hotp;

use crate::{
    add_token::fields,
    app::App,
    browser::Browser,
    process::{Folder, ISSUER, Server},
};

impl Folder {
    /// Puts an app's seed into the stock as a token with a button.
    pub(crate) fn put_fob(&self, fob: &App) {
        let card = self.json(&["issuer-card", "--issuer", ISSUER], "");
        let file = self.path().join("fob.countersign");
        std::fs::write(&file, fob.seal_to(card["issuer_card"].as_str().unwrap())).unwrap();
        self.json(&["import", file.to_str().unwrap()], "");
        let button = format!(
            "UPDATE tokens SET otp = 'hotp', period = 0 WHERE serial = '{}'",
            fob.id.as_str()
        );
        if let Some(url) = self.database_url() {
            assert_eq!(test_postgres::sql_at(url, &button), "UPDATE 1");
            return;
        }
        let database = rusqlite::Connection::open(self.path().join("countersign.db")).unwrap();
        assert_eq!(database.execute(&button, []), Ok(1));
    }
}

impl App {
    /// The code of a press of the button.
    pub(crate) fn press(&self, counter: u64) -> String {
        Hotp::default().code(&self.seed, counter).expose_digits()
    }
}

#[test]
fn the_second_field_appears_when_the_token_is_known_to_have_a_button() {
    let (server, _, confirmation) = Server::with_provisioned_token();
    let fob = App::new();
    server.folder.put_fob(&fob);
    let browser = Browser::signed_in(&server, &confirmation);
    let form = browser.get("/tokens/new");
    assert_eq!(form.attribute("second_code", "name"), None);

    let (serial, first, second) = (fob.id.to_string(), fob.press(0), fob.press(1));
    let page = browser.submit("/tokens/new", &fields("Fob", &serial, &first));
    assert_eq!(page.status, 422);
    assert!(page.element("error-second_code").unwrap().contains("press it again"));
    assert_eq!(page.attribute("code", "value").unwrap(), first, "it is good still");
    assert_eq!(page.attribute("second_code", "value").unwrap(), "");
    assert!(page.html.contains("One-Time Password 1") && page.html.contains("One-Time Password 2"));

    let mut sent = page.with_hidden(&fields("Fob", &serial, &first));
    sent.push(("second_code", &first));
    let wrong = browser.post("/tokens/new", &sent);
    assert!(wrong.element("error-code").unwrap().contains("follow each other"), "{}", wrong.html);
    assert_eq!(wrong.attribute("code", "value").unwrap(), "");
    assert_eq!(wrong.attribute("second_code", "value").unwrap(), "", "both are asked for again");

    let mut sent = wrong.with_hidden(&fields("Fob", &serial, &first));
    sent.push(("second_code", &second));
    let expected = format!("/tokens?added={}", fob.id.as_str());
    for page in browser.post_at_once("/tokens/new", &sent) {
        assert_eq!((page.status, page.location), (303, expected.clone()), "{}", page.html);
    }
    let used = browser.submit(&format!("/tokens/{}/test", fob.id.as_str()), &[("code", &second)]);
    assert_eq!(used.attribute("result", "data-cause").as_deref(), Some("already-used"));
}

#[test]
fn both_fields_are_there_at_once_for_who_asks_or_chooses_a_hard_token() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let fob = App::new();
    server.folder.put_fob(&fob);
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(
        browser.get("/tokens/new").attribute("two-codes", "href").unwrap(),
        "/tokens/new?codes=2"
    );
    let form = browser.get("/tokens/new?codes=2");
    assert!(form.attribute("second_code", "name").is_some());
    let hard = browser.submit("/tokens/new", &[("type", "OTP HARD TOKEN")]);
    assert!(hard.attribute("second_code", "name").is_some());
    let told = browser.submit("/tokens/new", &[("serial", "GALH 1234-5678")]);
    assert!(told.attribute("second_code", "name").is_some());

    let (serial, first, second) = (fob.id.to_string(), fob.press(4), fob.press(5));
    let mut sent = form.with_hidden(&fields("Fob", &serial, &first));
    sent.push(("second_code", "12345x"));
    let page = browser.post("/tokens/new", &sent);
    assert!(page.element("error-second_code").unwrap().contains("6 to 8 digits"));
    sent.pop();
    sent.push(("second_code", &second));
    assert_eq!(browser.post("/tokens/new", &sent).status, 303);

    // A token without a button may be added on the same form; by one code, as it is the app's.
    let serial = app.id.to_string();
    let code = app.next_code();
    let mut sent = fields("Phone", &serial, &code).to_vec();
    sent.push(("second_code", ""));
    let page = browser.submit("/tokens/new?codes=2", &sent);
    // The session's factor is the confirmation code, which the first token has used up.
    assert_eq!(page.status, 422);
    assert!(page.element("error").unwrap().contains("sign in again"), "{}", page.html);
}
