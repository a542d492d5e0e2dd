//! Where a server is reached.

use core::{fmt, str::FromStr};

use serde::{Deserialize, Serialize};
use url::{Host, Url};

use crate::Error;

/// The base address of a server: `https://`, or `http://` on the machine's own loopback.
///
/// Has no user, password, query or fragment, and at most 512 bytes; a slash at its end does not
/// count.
#[derive(Debug, Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ServerUrl(Url);

impl ServerUrl {
    const MAX_LENGTH: usize = 512;

    /// The address of a resource of the server; `path` has no slash at its start.
    #[must_use]
    pub fn resource(&self, path: &str) -> String {
        let base = self.0.as_str().trim_end_matches('/');
        format!("{base}/{path}")
    }

    /// Whether what is sent there is encrypted on the way.
    #[must_use]
    pub fn is_https(&self) -> bool {
        self.0.scheme() == "https"
    }

    /// The name of the host, for a person to check.
    #[must_use]
    pub fn host(&self) -> &str {
        self.0.host_str().unwrap_or_default()
    }
}

impl FromStr for ServerUrl {
    type Err = Error;

    fn from_str(text: &str) -> Result<Self, Error> {
        if text.len() > Self::MAX_LENGTH {
            return Err(Error::ServerUrl);
        }
        let mut url = Url::parse(text).map_err(|_| Error::ServerUrl)?;
        url.set_path(url.path().trim_end_matches('/').to_owned().as_str());
        let bare = url.username().is_empty()
            && url.password().is_none()
            && url.query().is_none()
            && url.fragment().is_none();
        let reachable_safely = match (url.scheme(), url.host()) {
            ("https", Some(_)) => true,
            ("http", Some(host)) => is_loopback(&host),
            _ => false,
        };
        // Percent-encoding made it longer; what is written must be readable again.
        let short = url.as_str().len() <= Self::MAX_LENGTH;
        if bare && reachable_safely && short { Ok(Self(url)) } else { Err(Error::ServerUrl) }
    }
}

fn is_loopback(host: &Host<&str>) -> bool {
    match host {
        Host::Domain(name) => *name == "localhost",
        Host::Ipv4(address) => address.is_loopback(),
        Host::Ipv6(address) => address.is_loopback(),
    }
}

impl fmt::Display for ServerUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.0.as_str().trim_end_matches('/'))
    }
}

impl TryFrom<String> for ServerUrl {
    type Error = Error;

    fn try_from(text: String) -> Result<Self, Error> {
        text.parse()
    }
}

impl From<ServerUrl> for String {
    fn from(url: ServerUrl) -> Self {
        url.to_string()
    }
}
