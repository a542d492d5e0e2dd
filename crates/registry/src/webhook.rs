//! Webhooks: where a relying party is told of what happens to tokens and accounts.

use core::{fmt, str::FromStr};

use data_encoding::BASE64;
use oath::UnixTime;
use provisioning::Label;
use rand_core::CryptoRng;
use serde::Serialize;
use url::{Host, Url};
use zeroize::{Zeroize, ZeroizeOnDrop, Zeroizing};

use crate::{
    master_key::hmac,
    rules::webhooks::HookKind,
    values::{ValueError, short_id},
};

short_id! {
    /// Names a webhook; no secret.
    WebhookId, ValueError::WebhookId
}

/// Where it is posted to: `https://`, or `http://` on the machine's own loopback; a query may stand in
/// it, no user and no fragment; at most 512 bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookUrl(String);

impl WebhookUrl {
    const LONGEST: usize = 512;

    /// The address as text.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Scheme, host and port: what comes after them may be a secret of the receiver.
    #[must_use]
    pub fn origin(&self) -> String {
        Url::parse(&self.0).map_or_else(|_| String::new(), |url| url.origin().ascii_serialization())
    }

    /// Whether what is sent there is encrypted on the way.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.starts_with("https:")
    }
}

impl FromStr for WebhookUrl {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let url = Url::parse(text).map_err(|_| ValueError::WebhookUrl)?;
        let safe = match (url.scheme(), url.host()) {
            ("https", Some(_)) => true,
            ("http", Some(Host::Domain(name))) => name == "localhost",
            ("http", Some(Host::Ipv4(address))) => address.is_loopback(),
            ("http", Some(Host::Ipv6(address))) => address.is_loopback(),
            _ => false,
        };
        let bare =
            url.username().is_empty() && url.password().is_none() && url.fragment().is_none();
        let url = String::from(url);
        if safe && bare && url.len() <= Self::LONGEST {
            Ok(Self(url))
        } else {
            Err(ValueError::WebhookUrl)
        }
    }
}

impl fmt::Display for WebhookUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// What a webhook's messages are signed with: 256 random bits.
///
/// Zeroised on drop, neither `Clone` nor `Serialize`, redacted in `Debug`.
#[derive(Zeroize, ZeroizeOnDrop)]
pub struct WebhookSecret([u8; 32]);

impl WebhookSecret {
    pub(crate) fn generate(rng: &mut impl CryptoRng) -> Self {
        let mut secret = Self([0; 32]);
        rng.fill_bytes(&mut secret.0);
        secret
    }

    pub(crate) const fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    pub(crate) const fn expose_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The secret as Standard Webhooks writes it, for the receiver alone.
    #[must_use]
    pub fn expose_text(&self) -> Zeroizing<String> {
        let secret = Zeroizing::new(BASE64.encode(&self.0));
        Zeroizing::new(format!("whsec_{}", *secret))
    }

    /// The signature of a message, as Standard Webhooks writes it.
    pub(crate) fn sign(&self, message: &str, at: UnixTime, body: &str) -> String {
        signature(&self.0, message, at, body)
    }
}

impl fmt::Debug for WebhookSecret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("WebhookSecret(redacted)")
    }
}

/// HMAC-SHA256 over ID, time and body with dots between. The project's own crate, `standardwebhooks`,
/// leaves its key in memory; it verifies this in a test of the server.
fn signature(key: &[u8], message: &str, at: UnixTime, body: &str) -> String {
    let at = at.0.to_string();
    let parts = [message, ".", &at, ".", body].map(str::as_bytes);
    format!("v1,{}", BASE64.encode(&hmac(key, &parts)))
}

/// A webhook as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct WebhookRecord {
    /// Which one.
    pub id: WebhookId,
    /// Whose it is.
    pub party: Label,
    /// Where it is posted to.
    pub url: WebhookUrl,
    /// What is told; everything where this and `newer_kinds` are empty.
    pub kinds: Vec<HookKind>,
    /// What else it is told of by a newer version of this program, in the words that are stored.
    pub newer_kinds: Vec<String>,
    /// The secret under the master key.
    pub sealed_secret: Vec<u8>,
    /// The secret before, which signs too for a while, and until when it does.
    pub former: Option<(Vec<u8>, UnixTime)>,
    /// When it was made.
    pub made: UnixTime,
    /// The number of the last event that was delivered or is not for this webhook: what comes after it is
    /// still to be looked at.
    pub cursor: u64,
    /// How often the next one was tried.
    pub attempts: u32,
    /// When the next try is due.
    pub due: UnixTime,
    /// Until when a try is somebody's, who may be posting.
    pub claimed_until: Option<UnixTime>,
    /// Since when no try went well; and why the last one did not.
    pub trouble: Option<Trouble>,
    /// When something was delivered last.
    pub delivered: Option<UnixTime>,
    /// Counts the writes, for compare-and-set.
    pub version: u64,
}

/// Tries that went wrong.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trouble {
    /// When the first of them was.
    pub since: UnixTime,
    /// Whether they went on for a day.
    pub failing: bool,
    /// Why the last one went wrong, in a few words.
    pub why: String,
}

/// How a webhook does.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum WebhookState {
    /// What was to be delivered was, or is on its way.
    Good,
    /// The last try went wrong.
    Retrying,
    /// Every try of a day or more went wrong.
    Failing,
}

impl WebhookState {
    /// The word that is shown.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Good => "good",
            Self::Retrying => "retrying",
            Self::Failing => "failing",
        }
    }
}

impl WebhookRecord {
    /// How it does.
    #[must_use]
    pub fn state(&self) -> WebhookState {
        match &self.trouble {
            None => WebhookState::Good,
            Some(Trouble { failing: false, .. }) => WebhookState::Retrying,
            Some(Trouble { failing: true, .. }) => WebhookState::Failing,
        }
    }

    /// Whether it is told of this kind.
    pub(crate) fn wants(&self, kind: HookKind) -> bool {
        self.is_told_everything() || self.kinds.contains(&kind)
    }

    /// Whether it is told of every kind.
    #[must_use]
    pub const fn is_told_everything(&self) -> bool {
        self.kinds.is_empty() && self.newer_kinds.is_empty()
    }

    /// The words of the kinds that it is told of; none where it is told of every kind.
    pub fn kind_names(&self) -> impl Iterator<Item = &str> {
        let newer = self.newer_kinds.iter().map(String::as_str);
        self.kinds.iter().map(|kind| kind.name()).chain(newer)
    }
}

/// Why something was not done about a webhook.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WebhookError {
    /// There is no webhook of this ID.
    #[error("there is no webhook of this ID: see `countersign-server webhook list`")]
    Unknown,
    /// The secret before its present one signs still.
    #[error(
        "its secret was changed a moment ago, and the one before signs for up to 24 hours, so that the receiver can change over: wait, or say --now, after which only the new one signs"
    )]
    FormerSigns {
        /// Until when.
        until: UnixTime,
    },
    /// Another event is next.
    #[error("{}", not_next(*.next))]
    NotNext {
        /// Which one; none where nothing waits.
        next: Option<u64>,
    },
    /// A try is under way.
    #[error("it is being posted to at this moment: try again in a minute")]
    UnderWay,
    /// It could not be done.
    #[error(transparent)]
    Registry(#[from] crate::Error),
}

/// Why a webhook is not told what is next.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeliveryError {
    /// It cannot be told, which is noted.
    #[error("{why}")]
    CannotTell {
        /// Why not.
        why: String,
        /// When it is tried again.
        fate: crate::Fate,
    },
    /// It could not be found out.
    #[error(transparent)]
    Registry(#[from] crate::Error),
}

impl From<crate::StoreError> for DeliveryError {
    fn from(error: crate::StoreError) -> Self {
        Self::Registry(error.into())
    }
}

fn not_next(next: Option<u64>) -> String {
    match next {
        Some(next) => format!(
            "event {next} is what it is to be told next: to let that be lost to it, say `--event {next}`"
        ),
        None => "nothing waits for it".to_owned(),
    }
}

impl From<crate::StoreError> for WebhookError {
    fn from(error: crate::StoreError) -> Self {
        Self::Registry(error.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The vector of the Standard Webhooks project.
    #[test]
    fn a_signature_is_the_standards() {
        let key = BASE64.decode(b"C2FVsBQIhrscChlQIMV+b5sSYspob7oD").unwrap();
        let message = "msg_27UH4WbU6Z5A5EzD8u03UvzRbpk";
        let body = r#"{"email":"test@example.com","username":"test_user"}"#;
        let expected = "v1,tZ1I4/hDygAJgO5TYxiSd6Sd0kDW6hPenDe+bTa3Kkw=";
        assert_eq!(signature(&key, message, UnixTime(1_649_367_553), body), expected);
    }

    #[test]
    fn it_is_posted_by_https_or_on_this_machine() {
        for text in [
            "https://ehr.example.org/hooks?key=1",
            "https://ehr.example.org:8443/",
            "http://127.0.0.1:9/x",
            "http://[::1]/x",
            "http://localhost/x/",
        ] {
            assert_eq!(text.parse::<WebhookUrl>().unwrap().as_str(), text);
        }
        let long = format!("https://ehr.example.org/{}", "x".repeat(512));
        for text in [
            "",
            "ehr.example.org",
            "http://ehr.example.org/x",
            "http://localhost.example.org/",
            "ftp://localhost/",
            "https://ada:pw@ehr.example.org/",
            "https://ehr.example.org/#x",
            &long,
        ] {
            assert_eq!(text.parse::<WebhookUrl>(), Err(ValueError::WebhookUrl), "{text}");
        }
    }
}
