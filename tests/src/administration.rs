//! The administrators' pages of the dashboard, and who works there.

use oath::{Totp, UnixTime};
use provisioning::OtpauthUri;
use serde_json::Value;

use crate::browser::Browser;
use crate::error::{Error, Result};
use crate::server::ServerProcess;
use crate::{clock, outside};

/// An administrator with the token that they carry, whose every code the tests know.
#[derive(Debug)]
pub struct Administrator {
    name: String,
    passphrase: String,
    token: OtpauthUri,
}

impl Administrator {
    /// Adds one at the server's command line.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub fn add(server: &ServerProcess, name: &str, roles: &[&str]) -> Result<Self> {
        let passphrase = format!("{name} keeps six grey geese");
        let mut arguments = vec!["admin", "add", "--json", "--passphrase-stdin", "--name", name];
        arguments.extend(roles.iter().flat_map(|role| ["--role", role]));
        let printed = server.run(&arguments, Some(&passphrase))?;
        let answer: Value = serde_json::from_str(&printed)?;
        let link = answer["setup_link"].as_str().unwrap_or_default();
        let token = OtpauthUri::parse(link)?;
        Ok(Self { name: name.to_owned(), passphrase, token })
    }

    /// The code of their token at an instant, made by `oathtool`.
    ///
    /// # Errors
    ///
    /// When that fails.
    pub fn code_at(&self, at: UnixTime) -> Result<String> {
        outside::oathtool_code(&self.token.seed, at)
    }
}

/// The administrators' pages of one server in one browser.
#[derive(Debug)]
pub struct Administration<'a> {
    /// The browser that shows them.
    pub browser: &'a Browser,
    base: String,
}

impl<'a> Administration<'a> {
    /// The pages of the server at this address.
    pub fn new(browser: &'a Browser, base: &str) -> Self {
        Self { browser, base: base.trim_end_matches('/').to_owned() }
    }

    /// Opens one of the pages.
    ///
    /// # Errors
    ///
    /// When it does not load.
    pub async fn open(&self, path: &str) -> Result<()> {
        self.browser.go_to(&format!("{}{path}", self.base)).await
    }

    /// Gives the first factor.
    ///
    /// # Errors
    ///
    /// When a field is missing.
    pub async fn give_passphrase(&self, who: &Administrator) -> Result<()> {
        self.open("/admin/sign-in").await?;
        self.browser.type_into("name", &who.name).await?;
        self.browser.type_into("passphrase", &who.passphrase).await?;
        self.browser.submit("submit").await
    }

    /// Signs in with both factors. Each code is good once, so one may have to be waited for.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub async fn sign_in(&self, who: &Administrator) -> Result<()> {
        self.give_passphrase(who).await?;
        // The code of the step that comes next is good now too, but for the last seconds of a step.
        let (now, period) = (clock::now(), Totp::default().period.seconds());
        for at in [now, now.plus(period)] {
            self.browser.type_into("code", &who.code_at(at)?).await?;
            self.browser.submit("submit").await?;
            if self.browser.shows("roles").await? {
                return Ok(());
            }
        }
        Err(Error::different(format!(
            "{} did not get in: {}",
            who.name,
            self.browser.words().await
        )))
    }

    /// Signs out.
    ///
    /// # Errors
    ///
    /// When nobody is signed in.
    pub async fn sign_out(&self) -> Result<()> {
        self.browser.submit("sign-out").await
    }

    /// Fills in the opening of an account and enters it.
    ///
    /// # Errors
    ///
    /// When a field is missing; what the server answers is on the page.
    pub async fn enter_account(&self, npi: &str, name: &str, passphrase: &str) -> Result<()> {
        self.open("/admin/access").await?;
        self.browser.click("open-account").await?;
        for (field, text) in [
            ("npi", npi),
            ("name", name),
            ("mail", "prescriber@clinic.example"),
            ("checked-by", "Ines Pol"),
            ("checked-on", "2026-01-02"),
            ("evidence", "passport and DEA certificate, seen in person"),
            ("passphrase", passphrase),
        ] {
            self.browser.type_into(field, text).await?;
        }
        self.browser.submit("enter").await
    }

    /// Executes the one thing that waits.
    ///
    /// # Errors
    ///
    /// When nothing waits.
    pub async fn execute_what_waits(&self) -> Result<()> {
        self.open("/admin/access").await?;
        let id = self.browser.attribute("access-row", "data-id").await?;
        self.open(&format!("/admin/access/changes/{id}")).await?;
        self.browser.click("checked").await?;
        self.browser.submit("execute").await
    }
}
