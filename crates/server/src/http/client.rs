//! Who asks, as far as a request tells: the operating system of a browser, and a network address.

use std::net::{IpAddr, Ipv4Addr};

use axum::http::HeaderMap;
use registry::rules::devices::{Platform, Seen};

use super::SiteParts;

/// Where addresses of clients are known from. Without TLS this server listens on its own machine's
/// loopback only, so that a connection's other end is this machine, or the proxy before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Addresses {
    /// There is no proxy: who asks is on this machine.
    ThisMachine,
    /// The proxy adds the address to `X-Forwarded-For`, as its last; the operator said so.
    ForwardedFor,
    /// There is no proxy, and who asks is the other end of the connection: it is noted as a proxy would.
    OtherEnd,
    /// There is a proxy, and nothing that it says is believed.
    Unknown,
}

/// From where a request came, where that is known.
pub(crate) fn address(site: &SiteParts, headers: &HeaderMap) -> Option<IpAddr> {
    match site.addresses {
        Addresses::ThisMachine => Some(Ipv4Addr::LOCALHOST.into()),
        Addresses::ForwardedFor | Addresses::OtherEnd => last_forwarded_for(headers),
        Addresses::Unknown => None,
    }
}

/// What a browser's request tells of the device that it is on.
pub(crate) fn seen(site: &SiteParts, headers: &HeaderMap) -> Seen {
    Seen { platform: platform(headers), address: address(site, headers) }
}

/// The last address: those before it are what the client itself may have written.
fn last_forwarded_for(headers: &HeaderMap) -> Option<IpAddr> {
    let last = headers.get_all("x-forwarded-for").iter().next_back()?.to_str().ok()?;
    last.rsplit(',').next()?.trim().parse().ok()
}

/// What the client hint says or, without one, the names that browsers have kept in `User-Agent` for
/// decades. More than the system is not needed, so no table of all agents either.
fn platform(headers: &HeaderMap) -> Option<Platform> {
    let text = |name: &str| headers.get(name).and_then(|value| value.to_str().ok());
    if let Some(hint) = text("sec-ch-ua-platform") {
        return match hint.trim_matches('"') {
            "Android" => Some(Platform::Android),
            "iOS" => Some(Platform::Ios),
            "Linux" => Some(Platform::Linux),
            "macOS" => Some(Platform::MacOs),
            "Windows" => Some(Platform::Windows),
            _ => None,
        };
    }
    let agent = text("user-agent")?;
    // In this order: an Android's has Linux in it too, an iPhone's "like Mac OS X".
    let known = [
        ("Android", Platform::Android),
        ("iPhone", Platform::Ios),
        ("iPad", Platform::Ios),
        ("Windows NT", Platform::Windows),
        ("Macintosh", Platform::MacOs),
        ("Linux", Platform::Linux),
    ];
    known.into_iter().find(|(mark, _)| agent.contains(mark)).map(|(_, platform)| platform)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn says(pairs: &[(&'static str, &'static str)]) -> HeaderMap {
        let parsed =
            |(name, value): &(&str, &'static str)| (name.parse().unwrap(), value.parse().unwrap());
        pairs.iter().map(parsed).collect()
    }

    #[test]
    fn the_platform_is_told_by_the_hint_and_else_by_the_agent() {
        use Platform::{Android, Ios, Linux, MacOs, Windows};
        for (agent, expected) in [
            ("Mozilla/5.0 (Windows NT 10.0; Win64; x64) Firefox/140.0", Some(Windows)),
            ("Mozilla/5.0 (Macintosh; Intel Mac OS X 10_15_7) Safari/605", Some(MacOs)),
            ("Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Safari/604", Some(Ios)),
            ("Mozilla/5.0 (Linux; Android 15; Pixel 9) Chrome/140 Mobile", Some(Android)),
            ("Mozilla/5.0 (X11; Linux x86_64) Chrome/140", Some(Linux)),
            ("Mozilla/5.0 (X11; CrOS x86_64 14541.0.0) Chrome/140", None),
            ("curl/8", None),
        ] {
            assert_eq!(platform(&says(&[("user-agent", agent)])), expected, "{agent}");
        }
        let both = says(&[("user-agent", "(X11; Linux)"), ("sec-ch-ua-platform", "\"Windows\"")]);
        assert_eq!(platform(&both), Some(Windows));
        let other =
            says(&[("user-agent", "(X11; Linux)"), ("sec-ch-ua-platform", "\"Chrome OS\"")]);
        assert_eq!(platform(&other), None);
    }

    #[test]
    fn of_the_forwarded_addresses_the_proxys_own_is_believed() {
        let last = |value| last_forwarded_for(&says(&[("x-forwarded-for", value)]));
        assert_eq!(last("192.0.2.7"), "192.0.2.7".parse().ok());
        assert_eq!(last("203.0.113.9, 192.0.2.7"), "192.0.2.7".parse().ok());
        assert_eq!(last("192.0.2.7, unknown"), None);
        assert_eq!(last_forwarded_for(&HeaderMap::new()), None);
    }
}
