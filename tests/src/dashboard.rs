//! The dashboard's pages.

use thirtyfour::prelude::*;

use crate::browser::Browser;
use crate::error::{Error, Result};
use crate::server::Prescriber;

/// The dashboard of one server in one browser.
#[derive(Debug)]
pub struct Dashboard<'a> {
    /// The browser that shows it.
    pub browser: &'a Browser,
    base: String,
}

/// What is filled in at Add New Token.
#[derive(Debug, Clone)]
pub struct NewToken<'a> {
    /// Token Issuer, as listed.
    pub issuer: &'a str,
    /// Token Name.
    pub name: &'a str,
    /// Credential ID or serial number, however it is typed.
    pub serial: &'a str,
    /// The code that the token shows.
    pub code: &'a str,
}

/// One line of the list of tokens.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    /// Credential ID or serial number.
    pub serial: String,
    /// Its state, such as `active`.
    pub state: String,
}

/// What the dashboard says of a code.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Judgement {
    /// `accepted` or `refused`.
    pub outcome: String,
    /// Why it was refused, in one word; empty when it was accepted.
    pub cause: String,
    /// The sentences.
    pub words: String,
}

impl<'a> Dashboard<'a> {
    /// The dashboard of the server at this address.
    pub fn new(browser: &'a Browser, base: &str) -> Self {
        Self { browser, base: base.trim_end_matches('/').to_owned() }
    }

    /// Opens one of its pages.
    ///
    /// # Errors
    ///
    /// When it does not load.
    pub async fn open(&self, path: &str) -> Result<()> {
        self.browser.go_to(&format!("{}{path}", self.base)).await
    }

    /// Signs in with the first factor.
    ///
    /// # Errors
    ///
    /// When a field is missing.
    pub async fn sign_in(&self, npi: &str, passphrase: &str) -> Result<()> {
        self.open("/sign-in").await?;
        self.browser.type_into("npi", npi).await?;
        self.browser.type_into("passphrase", passphrase).await?;
        self.browser.submit("submit").await
    }

    /// Signs out.
    ///
    /// # Errors
    ///
    /// When nobody is signed in.
    pub async fn sign_out(&self) -> Result<()> {
        self.browser.submit("sign-out").await
    }

    /// Gives the second factor: a confirmation code, or a token's code.
    ///
    /// # Errors
    ///
    /// When the page asks for none.
    pub async fn enter_code(&self, code: &str) -> Result<()> {
        self.browser.type_into("code", code).await?;
        self.browser.submit("submit").await
    }

    /// Signs in with both factors, the second being the activation's confirmation code.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub async fn sign_in_by_confirmation(&self, who: &Prescriber, code: &str) -> Result<()> {
        self.sign_in(&who.npi, &who.passphrase).await?;
        self.enter_code(code).await?;
        self.browser.find("add-new-token").await?;
        Ok(())
    }

    /// Chooses Add New Token, fills it in and saves.
    ///
    /// # Errors
    ///
    /// When a field is missing; what the server answers is on the page.
    pub async fn add_new_token(&self, token: &NewToken<'_>) -> Result<()> {
        self.fill_in_new_token(token).await?;
        self.browser.submit("save").await
    }

    /// Chooses Add New Token and fills it in.
    ///
    /// # Errors
    ///
    /// When a field is missing.
    pub async fn fill_in_new_token(&self, token: &NewToken<'_>) -> Result<()> {
        self.open("/tokens").await?;
        self.browser.click("add-new-token").await?;
        self.browser.choose("manufacturer", "Countersign").await?;
        self.browser.choose("issuer", token.issuer).await?;
        self.browser.choose("type", "OTP SOFT TOKEN").await?;
        self.browser.type_into("name", token.name).await?;
        self.browser.type_into("serial", token.serial).await?;
        self.browser.type_into("code", token.code).await
    }

    /// The tokens that are listed.
    ///
    /// # Errors
    ///
    /// When the list is not shown.
    pub async fn tokens(&self) -> Result<Vec<Row>> {
        self.open("/tokens").await?;
        self.browser.find("add-new-token").await?;
        let mut rows = Vec::new();
        for row in self.browser.all("token-row").await? {
            let serial = attribute(&row, "data-serial").await?;
            rows.push(Row { serial, state: attribute(&row, "data-state").await? });
        }
        Ok(rows)
    }

    /// Types a code at "Test a code".
    ///
    /// # Errors
    ///
    /// When there is no answer.
    pub async fn test_code(&self, serial: &str, code: &str) -> Result<Judgement> {
        self.open(&format!("/tokens/{serial}/test")).await?;
        self.browser.type_into("code", code).await?;
        self.browser.submit("submit").await?;
        let result = self.browser.find("result").await?;
        Ok(Judgement {
            outcome: attribute(&result, "data-outcome").await?,
            cause: result.attr("data-cause").await?.unwrap_or_default(),
            words: result.text().await?,
        })
    }
}

async fn attribute(element: &WebElement, name: &str) -> Result<String> {
    let value = element.attr(name).await?;
    value.ok_or_else(|| Error::different(format!("no attribute {name}")))
}
