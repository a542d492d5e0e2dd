//! Sends codes to a prescriber's phone. Who carries them, in a text message or a call, is the
//! operator's to choose: here they are posted to a webhook.

use std::path::PathBuf;

use provisioning::ServerUrl;
use registry::{IdempotencyKey, StepUpMessage};
use serde::Serialize;
use zeroize::Zeroizing;

use crate::{failure::Failure, randomness, webhook::Webhook};

/// Whoever carries a code to a phone.
pub(crate) trait PhoneSender: Send + Sync {
    /// Hands a code over; why not, in a few words without the code or the number. May block for some
    /// seconds.
    fn send(&self, message: &StepUpMessage) -> Result<(), String>;
}

/// A webhook that takes each code as JSON, under an `Idempotency-Key`. Any answer of 200 to 299 means
/// that it is on its way.
pub(crate) struct PhoneWebhook(Webhook);

/// What is posted.
#[derive(Serialize)]
struct Posted<'a> {
    /// The telephone number, in full.
    to: &'a str,
    /// `sms` or `voice`.
    channel: &'a str,
    /// The code, in two groups.
    code: &'a str,
    /// What to send or to read aloud.
    text: &'a str,
}

impl PhoneWebhook {
    /// Reads the key, if there is one.
    pub(crate) fn new(url: ServerUrl, key_file: Option<PathBuf>) -> Result<Self, Failure> {
        Webhook::new(url, key_file).map(Self)
    }
}

impl PhoneSender for PhoneWebhook {
    fn send(&self, message: &StepUpMessage) -> Result<(), String> {
        let code = Zeroizing::new(message.code.expose_text());
        let text = text_with(&code);
        let posted = Posted {
            to: message.phone.as_str(),
            channel: message.channel.name(),
            code: &code,
            text: &text,
        };
        let key = IdempotencyKey::generate(&mut randomness::rng());
        match self.0.post(key.as_str(), &posted)? {
            200..=299 => Ok(()),
            status => Err(format!("answer {status}")),
        }
    }
}

/// In one place of memory from the beginning, so that no copy is left behind by growing.
fn text_with(code: &str) -> Zeroizing<String> {
    const SAYS: &str = " is your code to add a token, good for 10 minutes. Nobody from the help desk asks you for it.";
    let mut text = Zeroizing::new(String::with_capacity(code.len() + SAYS.len()));
    text.push_str(code);
    text.push_str(SAYS);
    text
}
