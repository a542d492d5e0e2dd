//! How often the API may be asked: by each key, and from each address without a good key.
//!
//! A key that was good here before is never refused for what others do at its address. Only who shows no
//! such key is, once too many wrong ones came from there, and then it is not even looked at.

use std::{
    collections::HashMap,
    net::{IpAddr, Ipv6Addr},
    num::NonZeroU32,
    sync::{
        Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    extract::{Request, State},
    http::{HeaderName, HeaderValue, StatusCode, header::RETRY_AFTER},
    middleware::{self, Next},
    response::{IntoResponse, Response},
};
use core::hash::Hash;
use governor::{
    Quota, RateLimiter, clock::Clock, middleware::NoOpMiddleware, state::keyed::HashMapStateStore,
};
use registry::{ApiKey, ApiKeyId};

use super::{Problem, Site, client, v1};
use crate::clock;

/// After so many wrong keys, addresses are forgotten that have been quiet for a minute.
const FORGET_EVERY: usize = 1_024;

/// The program's own clock, as the limiter asks it.
#[derive(Debug, Clone, Copy)]
struct OurClock;

impl Clock for OurClock {
    type Instant = Instant;

    fn now(&self) -> Instant {
        clock::instant()
    }
}

/// A quota for each of something.
#[derive(Debug)]
struct Buckets<K: Hash + Eq + Clone> {
    limiter: RateLimiter<K, HashMapStateStore<K>, OurClock, NoOpMiddleware<Instant>>,
    policy: Policy,
}

/// So many requests in so many seconds, of what.
#[derive(Debug, Clone, Copy)]
struct Policy {
    name: &'static str,
    most: NonZeroU32,
    seconds: u64,
}

impl<K: Hash + Eq + Clone> Buckets<K> {
    fn new(policy: Policy) -> Option<Self> {
        let quota = Quota::with_period(Duration::from_secs(policy.seconds) / policy.most.get())?;
        let quota = quota.allow_burst(policy.most);
        Some(Self { limiter: RateLimiter::hashmap_with_clock(quota, OurClock), policy })
    }

    /// One more; where it is one too many, how long to wait.
    fn one_more(&self, key: &K) -> Result<(), Duration> {
        self.limiter.check_key(key).map_err(|not_until| not_until.wait_time_from(clock::instant()))
    }
}

/// What is counted while the server runs.
#[derive(Debug)]
pub(crate) struct Limits {
    keys: Option<Buckets<ApiKeyId>>,
    strangers: Option<Strangers>,
}

#[derive(Debug)]
struct Strangers {
    buckets: Buckets<IpAddr>,
    counted: AtomicUsize,
    /// From where nobody who is not known is heard, and until when.
    refused: Mutex<HashMap<IpAddr, Instant>>,
    /// How many those are, so that the usual request takes no lock.
    refusing: AtomicUsize,
}

impl Limits {
    pub(crate) fn new(a_second: Option<NonZeroU32>, wrong_a_minute: u32) -> Self {
        let key = |most| Policy { name: "key", most, seconds: 1 };
        let address = |most| Policy { name: "address", most, seconds: 60 };
        Self {
            keys: a_second.and_then(|most| Buckets::new(key(most))),
            strangers: NonZeroU32::new(wrong_a_minute)
                .and_then(|most| Buckets::new(address(most)))
                .map(Strangers::new),
        }
    }

    /// Refuses a request before it is looked at.
    fn refusal(&self, site: &Site, request: &Request) -> Option<Response> {
        if let Some(keys) = &self.keys
            && let Some(key) = seen_key(site, request)
        {
            let refused = keys.one_more(key.id()).err();
            return refused.map(|wait| too_many(keys.policy, wait));
        }
        let strangers = self.strangers.as_ref().filter(|strangers| strangers.is_refusing())?;
        let wait = strangers.wait(client::address(site, request.headers())?)?;
        let is_known = seen_key(site, request).is_some();
        (!is_known).then(|| too_many(strangers.buckets.policy, wait))
    }
}

impl Strangers {
    fn new(buckets: Buckets<IpAddr>) -> Self {
        let (refused, refusing) = (Mutex::default(), AtomicUsize::new(0));
        Self { buckets, counted: AtomicUsize::new(0), refused, refusing }
    }

    fn is_refusing(&self) -> bool {
        self.refusing.load(Ordering::Relaxed) > 0
    }

    /// How long an address is not heard still.
    fn wait(&self, address: IpAddr) -> Option<Duration> {
        let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
        let network = network(address);
        let until = refused.get(&network)?;
        let left = until.saturating_duration_since(clock::instant());
        if left.is_zero() {
            refused.remove(&network);
            self.refusing.store(refused.len(), Ordering::Relaxed);
        }
        Some(left).filter(|left| !left.is_zero())
    }

    /// One more wrong key from an address; where it is one too many, how long to wait.
    fn wrong_key(&self, address: IpAddr) -> Result<(), Duration> {
        let network = network(address);
        if self.counted.fetch_add(1, Ordering::Relaxed) % FORGET_EVERY == FORGET_EVERY - 1 {
            self.buckets.limiter.retain_recent();
        }
        self.buckets.one_more(&network).inspect_err(|wait| {
            let now = clock::instant();
            let mut refused = self.refused.lock().unwrap_or_else(PoisonError::into_inner);
            if refused.len() >= FORGET_EVERY {
                refused.retain(|_, until| *until > now);
            }
            refused.insert(network, now + *wait);
            self.refusing.store(refused.len(), Ordering::Relaxed);
        })
    }
}

/// An address as it is counted: of IPv6 the part that is one customer's.
fn network(address: IpAddr) -> IpAddr {
    match address {
        IpAddr::V4(_) => address,
        IpAddr::V6(address) => {
            let bits = address.to_bits() & !u128::from(u64::MAX);
            IpAddr::V6(Ipv6Addr::from_bits(bits))
        }
    }
}

/// The key that a request shows, in the header or in the address, if it was good here before.
fn seen_key(site: &Site, request: &Request) -> Option<ApiKey> {
    shown_key(request).filter(|key| site.registry.has_seen_key(key, clock::now()))
}

fn shown_key(request: &Request) -> Option<ApiKey> {
    let in_address = || request.uri().path().strip_prefix("/as/")?.split('/').next()?.parse().ok();
    v1::shown_key(request.headers()).or_else(in_address)
}

/// By which good key something was asked: its answer carries this to the log.
#[derive(Debug, Clone)]
pub(super) struct AskedBy(pub(super) ApiKeyId);

/// Lets routes be asked as often as the limits have it.
pub(super) fn limited(router: Router<Site>, site: &Site) -> Router<Site> {
    router.layer(middleware::from_fn_with_state(site.clone(), limit))
}

async fn limit(State(site): State<Site>, request: Request, next: Next) -> Response {
    if let Some(refused) = site.limits.refusal(&site, &request) {
        return refused;
    }
    let strangers = site.limits.strangers.as_ref();
    let from = strangers.zip(client::address(&site, request.headers()));
    let key = shown_key(&request);
    let mut response = next.run(request).await;
    // What is good was seen by now.
    if let Some(key) = key.filter(|key| site.registry.has_seen_key(key, clock::now())) {
        response.extensions_mut().insert(AskedBy(key.id().clone()));
    }
    match from {
        Some((strangers, address)) if response.status() == StatusCode::UNAUTHORIZED => strangers
            .wrong_key(address)
            .map_or_else(|wait| too_many(strangers.buckets.policy, wait), |()| response),
        _ => response,
    }
}

/// With the fields of the IETF's draft-ietf-httpapi-ratelimit-headers-10.
fn too_many(policy: Policy, wait: Duration) -> Response {
    let Policy { name, most, seconds } = policy;
    let wait = wait.as_secs() + u64::from(wait.subsec_nanos() > 0);
    let what = match name {
        "key" => "with this API key",
        _ => "without a good API key from this address",
    };
    let problem = Problem {
        status: StatusCode::TOO_MANY_REQUESTS,
        slug: "too-many-requests",
        title: "Too many requests",
        detail: format!("more than {most} in {seconds} s {what}: ask again in {wait} s"),
        cause: None,
    };
    let mut response = problem.into_response();
    let fields = [
        (RETRY_AFTER, wait.to_string()),
        (HeaderName::from_static("ratelimit-policy"), format!("\"{name}\";q={most};w={seconds}")),
        (HeaderName::from_static("ratelimit"), format!("\"{name}\";r=0;t={wait}")),
    ];
    for (field, value) in fields {
        if let Ok(value) = HeaderValue::from_str(&value) {
            response.headers_mut().insert(field, value);
        }
    }
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_with_too_many_wrong_keys_is_not_heard_for_a_while_and_others_are() {
        let limits = Limits::new(None, 3);
        let strangers = limits.strangers.unwrap();
        let (bad, good): (IpAddr, IpAddr) =
            ("2001:db8::1".parse().unwrap(), "192.0.2.7".parse().unwrap());
        for _ in 0..3 {
            assert_eq!((strangers.wrong_key(bad), strangers.wait(bad)), (Ok(()), None));
        }
        assert!(!strangers.is_refusing());
        // The rest of the address is its customer's own choice.
        let beside = "2001:db8::ffff:2".parse().unwrap();
        let wait = strangers.wrong_key(beside).unwrap_err();
        assert!(wait > Duration::ZERO && wait <= Duration::from_secs(20), "{wait:?}");
        assert!(strangers.wait(bad).unwrap() <= wait);
        assert_eq!((strangers.wrong_key(good), strangers.wait(good)), (Ok(()), None));
        assert!(Limits::new(None, 0).strangers.is_none());
    }

    #[test]
    fn addresses_that_are_quiet_are_forgotten() {
        let quota =
            Policy { name: "address", most: NonZeroU32::new(1_000_000).unwrap(), seconds: 1 };
        let strangers = Strangers::new(Buckets::new(quota).unwrap());
        for number in 0..100_000_u32 {
            let address = IpAddr::V4(number.into());
            assert_eq!(strangers.wrong_key(address), Ok(()));
        }
        assert!(strangers.buckets.limiter.len() < 50_000, "{}", strangers.buckets.limiter.len());
    }
}
