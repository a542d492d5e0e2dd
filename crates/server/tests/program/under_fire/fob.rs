//! A prescriber with a token that has a button: a code whenever one is wanted.

use oath::CredentialId;

use crate::{
    add_token::fields,
    app::App,
    browser::{Browser, Page},
    process::{PASSPHRASE, Server, agent},
};

/// The presses that adding the token took.
pub(super) const FIRST_PRESS: u64 = 2;

/// Somebody's token with a button, and the session in which its codes are tested.
pub(super) struct Fob {
    pub(super) npi: String,
    pub(super) token: App,
    browser: Browser,
    csrf: String,
}

/// What became of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Told {
    Accepted,
    /// The cause.
    Refused(String),
    /// The server said that it cannot now.
    Unavailable,
}

impl Told {
    /// Whether it was a good code once, and is none any more.
    pub(super) fn is_spent(&self) -> bool {
        matches!(self, Self::Refused(cause) if cause == "already-used" || cause == "old")
    }
}

impl Fob {
    /// The `n`th prescriber, with an account and a token of their own.
    pub(super) fn new(server: &Server, n: u32) -> Self {
        let npi = npi(n);
        let token = App::new();
        server.folder.add_account(&npi, "Ben Fletcher");
        server.folder.put_fob(&token);
        let (_, confirmation) = server.folder.begin_activation(&npi, &server.address);
        let browser = Browser::of(server);
        browser.first_factor(&npi, PASSPHRASE);
        assert_eq!(browser.submit("/sign-in/code", &[("code", &confirmation)]).location, "/tokens");
        let form = browser.get("/tokens/new?codes=2");
        let (serial, first, second) = (token.id.to_string(), token.press(0), token.press(1));
        let mut sent = form.with_hidden(&fields("Fob", &serial, &first));
        sent.push(("second_code", &second));
        assert_eq!(browser.post("/tokens/new", &sent).status, 303);
        let csrf = form.hidden("csrf").unwrap().to_owned();
        Self { npi, token, browser, csrf }
    }

    /// The same session at a server that was started anew.
    pub(super) fn at(&self, server: &Server) -> Browser {
        self.browser.at(server)
    }

    /// Tests a code by a form of its own, over the agent's connections.
    pub(super) fn try_code(
        &self,
        browser: &Browser,
        agent: &ureq::Agent,
        code: &str,
    ) -> Result<Told, ureq::Error> {
        self.try_code_of(browser, agent, self.token.id, code)
    }

    /// Tests a code of any of the prescriber's tokens.
    pub(super) fn try_code_of(
        &self,
        browser: &Browser,
        agent: &ureq::Agent,
        token: CredentialId,
        code: &str,
    ) -> Result<Told, ureq::Error> {
        let key = new_key();
        let path = format!("/tokens/{}/test", token.as_str());
        let form = [("csrf", self.csrf.as_str()), ("idempotency_key", &key), ("code", code)];
        browser.try_post(agent, &path, &form).map(|page| told(&page))
    }

    /// Signs in anew, by a press of the button.
    pub(super) fn sign_in(&mut self, press: u64) {
        self.browser.first_factor(&self.npi, PASSPHRASE);
        let code = self.token.press(press);
        let page = self
            .browser
            .submit("/sign-in/code", &[("code", &code), ("token", self.token.id.as_str())]);
        assert_eq!(page.location, "/tokens", "press {press}: {}", page.html);
        self.csrf = self.browser.get("/tokens/new").hidden("csrf").unwrap().to_owned();
    }

    /// Adds an app's token beside the button; the session is one that a press began.
    pub(super) fn add(&self, server: &Server, app: &App) {
        let (link, _) = server.folder.begin_activation(&self.npi, &server.address);
        assert_eq!(server.provision(&app.seal_for(&link)).0, 201);
        assert_eq!(crate::add_token::add(&self.browser, app, "Phone").status, 303);
    }

    /// Tests a code of an app's token at the server that it was added at.
    pub(super) fn test_of(&self, app: &App, code: &str) -> Told {
        self.try_code_of(&self.browser, &agent(), app.id, code).unwrap()
    }

    /// Tests a code at the server that it was added at.
    pub(super) fn test(&self, agent: &ureq::Agent, code: &str) -> Told {
        self.try_code(&self.browser, agent, code).unwrap()
    }
}

/// A key that no other form has.
pub(super) fn new_key() -> String {
    use std::sync::atomic::{AtomicU64, Ordering};
    static NEXT: AtomicU64 = AtomicU64::new(0);
    format!("{}-{}", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed))
}

fn told(page: &Page) -> Told {
    if page.status == 503 {
        let known = ["nothing was changed", "It may have been done"];
        assert!(known.iter().any(|says| page.html.contains(says)), "{}", page.html);
        return Told::Unavailable;
    }
    match page.attribute("result", "data-outcome").as_deref() {
        Some("accepted") => Told::Accepted,
        Some("refused") => Told::Refused(page.attribute("result", "data-cause").unwrap()),
        _ => panic!("{} {} {}", page.status, page.location, page.html),
    }
}

/// The `n`th NPI of a row, its check digit by the Luhn formula over 80840 and nine digits.
fn npi(n: u32) -> String {
    let nine = format!("{}", 150_000_000 + n);
    let sum: u32 = format!("80840{nine}")
        .bytes()
        .rev()
        .enumerate()
        .map(|(place, digit)| {
            let digit = u32::from(digit - b'0') * if place % 2 == 0 { 2 } else { 1 };
            digit / 10 + digit % 10
        })
        .sum();
    format!("{nine}{}", (10 - sum % 10) % 10)
}
