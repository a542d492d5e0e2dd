//! Posting JSON to an address that the operator names: the e-prescribing network, a sender of codes.

use std::{path::PathBuf, time::Duration};

use provisioning::ServerUrl;
use serde::Serialize;
use ureq::tls::{RootCerts, TlsConfig};
use zeroize::Zeroizing;

use crate::failure::Failure;

/// How long an answer may take.
const TIMEOUT: Duration = Duration::from_secs(10);

/// Room for what is posted with a secret in it, so that no copy is left behind by growing.
const LONGEST: usize = 4096;

/// An address, and the key that it knows this server by.
pub(crate) struct Webhook {
    url: ServerUrl,
    key: Option<Zeroizing<String>>,
    agent: ureq::Agent,
}

impl Webhook {
    /// Reads the key, if there is one.
    pub(crate) fn new(url: ServerUrl, key_file: Option<PathBuf>) -> Result<Self, Failure> {
        let key = key_file.map(read_key).transpose()?;
        let agent = agent(url.is_https());
        Ok(Self { url, key, agent })
    }

    /// Posts, and gives the status of the answer; or why there is none, in a few words. Blocks for up
    /// to 10 s.
    pub(crate) fn post(
        &self,
        idempotency_key: &str,
        body: &impl Serialize,
    ) -> Result<u16, &'static str> {
        let mut request =
            self.agent.post(self.url.to_string()).header("idempotency-key", idempotency_key);
        if let Some(key) = &self.key {
            request = request.header("authorization", format!("Bearer {}", key.as_str()));
        }
        // The client keeps copies of its own while it sends; this one is wiped.
        let mut json = Zeroizing::new(Vec::with_capacity(LONGEST));
        serde_json::to_writer(&mut *json, body).map_err(|_| "not written as JSON")?;
        send(request, &json)
    }
}

/// A client that waits for 10 s and follows nothing, for addresses that are https or are not.
pub(crate) fn agent(https: bool) -> ureq::Agent {
    let tls = TlsConfig::builder().root_certs(RootCerts::PlatformVerifier).build();
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent(concat!("Countersign/", env!("CARGO_PKG_VERSION")))
        .tls_config(tls);
    // A proxy cannot reach this machine's own loopback, the only place that is not https.
    let config = if https { config } else { config.proxy(None) };
    config.build().into()
}

/// Sends JSON, and gives the status of the answer; or why there is none, in a few words.
pub(crate) fn send(
    request: ureq::RequestBuilder<ureq::typestate::WithBody>,
    json: &[u8],
) -> Result<u16, &'static str> {
    match request.header("content-type", "application/json").send(json) {
        Ok(answer) => Ok(answer.status().as_u16()),
        Err(ureq::Error::Timeout(_)) => Err("no answer in time"),
        Err(_) => Err("not reached"),
    }
}

/// A key that is sent as a bearer token: the one line of a file.
pub(crate) fn read_key(path: PathBuf) -> Result<Zeroizing<String>, Failure> {
    let read = std::fs::read_to_string(&path).map(Zeroizing::new);
    let text = read.map_err(|cause| Failure::WebhookKey { path: path.clone(), cause })?;
    let key = text.trim();
    if key.is_empty() || !key.bytes().all(|byte| byte.is_ascii_graphic()) {
        return Err(Failure::WebhookKeyText { path });
    }
    Ok(Zeroizing::new(key.to_owned()))
}
