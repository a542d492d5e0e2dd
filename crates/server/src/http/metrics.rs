//! `GET /metrics`, for Prometheus, to whoever has the key: counts and times, nothing of anybody.

use std::time::Duration;

use axum::{
    extract::State,
    http::{HeaderMap, Method, StatusCode, header::AUTHORIZATION, header::CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use oath::UnixTime;
use prometheus_client::{
    encoding::{EncodeLabelSet, text::encode},
    metrics::{counter::Counter, family::Family, gauge::Gauge, histogram::Histogram, info::Info},
    registry::Registry,
};
use registry::{EventKind, Outcome, WebhookId};
use subtle::ConstantTimeEq;
use zeroize::Zeroizing;

use super::{Site, problem};

/// The media type of OpenMetrics' text.
const MEDIA_TYPE: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";

/// From a millisecond to the longest that a request may take, in seconds.
const BUCKETS: [f64; 12] = [0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.25, 0.5, 1.0, 5.0, 20.0];

/// What is counted while the server runs.
#[derive(Debug)]
pub(crate) struct Metrics {
    all: Registry,
    /// What a scraper has to show; without one there is no such address.
    key: Option<Zeroizing<String>>,
    requests: Family<Answered, Counter>,
    seconds: Family<Place, Histogram, fn() -> Histogram>,
    events: Family<Recorded, Counter>,
    sealed: Gauge,
    deliveries: Family<Delivered, Counter>,
    waiting: Family<Hook, Gauge>,
    failing: Family<Hook, Gauge>,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Answered {
    method: &'static str,
    route: String,
    status: u16,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Place {
    route: String,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Recorded {
    kind: &'static str,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Delivered {
    webhook: String,
    outcome: &'static str,
}

#[derive(Debug, Clone, PartialEq, Eq, Hash, EncodeLabelSet)]
struct Hook {
    webhook: String,
}

impl Metrics {
    pub(crate) fn new(key: Option<Zeroizing<String>>) -> Self {
        let mut all = Registry::with_prefix("countersign");
        let requests = Family::default();
        let seconds = Family::new_with_constructor((|| Histogram::new(BUCKETS)) as fn() -> _);
        let events = Family::default();
        let sealed = Gauge::default();
        let version = Info::new([("version", env!("CARGO_PKG_VERSION"))]);
        all.register("http_requests", "Requests that were answered", requests.clone());
        all.register("http_request_seconds", "How long an answer took", seconds.clone());
        all.register("events", "Events of the audit that this server sealed", events.clone());
        let help = "When the audit was last found sealed or sealed, in seconds since 1970";
        all.register("audit_sealed_timestamp_seconds", help, sealed.clone());
        let (deliveries, waiting, failing) =
            <(Family<_, _>, Family<_, _>, Family<_, _>)>::default();
        let help = "Tries to deliver an event to a webhook";
        all.register("webhook_deliveries", help, deliveries.clone());
        let help = "Events that wait for a webhook";
        all.register("webhook_events_waiting", help, waiting.clone());
        let help = "Whether nothing could be delivered to a webhook for a day";
        all.register("webhook_failing", help, failing.clone());
        all.register("build", "The program", version);
        Self { all, key, requests, seconds, events, sealed, deliveries, waiting, failing }
    }

    /// One more answer.
    pub(super) fn answered(
        &self,
        method: &Method,
        route: &str,
        status: StatusCode,
        took: Duration,
    ) {
        let (method, route) = (known(method), route.to_owned());
        let answered = Answered { method, route: route.clone(), status: status.as_u16() };
        self.requests.get_or_create(&answered).inc();
        self.seconds.get_or_create(&Place { route }).observe(took.as_secs_f64());
    }

    /// So many events of each kind and outcome were sealed.
    pub(crate) fn recorded(&self, counts: &[(EventKind, Outcome, u64)]) {
        for (kind, outcome, count) in counts {
            let recorded = Recorded { kind: kind.name(), outcome: outcome.name() };
            self.events.get_or_create(&recorded).inc_by(*count);
        }
    }

    /// One more try to deliver an event to a webhook.
    pub(crate) fn delivered(&self, webhook: &WebhookId, outcome: &'static str) {
        let webhook = webhook.to_string();
        self.deliveries.get_or_create(&Delivered { webhook, outcome }).inc();
    }

    /// How each webhook does: so many events wait for it, and whether it is failing.
    pub(crate) fn webhooks(&self, all: &[(WebhookId, u64, bool)]) {
        // One that was removed is shown no more.
        self.waiting.clear();
        self.failing.clear();
        for (id, waiting, failing) in all {
            let hook = Hook { webhook: id.to_string() };
            self.waiting.get_or_create(&hook).set(i64::try_from(*waiting).unwrap_or(i64::MAX));
            self.failing.get_or_create(&hook).set(i64::from(*failing));
        }
    }

    /// Everything that was recorded is sealed.
    pub(crate) fn sealed(&self, at: UnixTime) {
        self.sealed.set(i64::try_from(at.0).unwrap_or(i64::MAX));
    }
}

/// A method of the table; what a client makes up is one of "other", so that nobody fills the memory.
fn known(method: &Method) -> &'static str {
    match method.as_str() {
        "GET" => "GET",
        "HEAD" => "HEAD",
        "POST" => "POST",
        "PUT" => "PUT",
        "PATCH" => "PATCH",
        "DELETE" => "DELETE",
        "OPTIONS" => "OPTIONS",
        _ => "other",
    }
}

pub(super) async fn show(State(site): State<Site>, headers: HeaderMap) -> Response {
    if !may_see(&site.metrics, &headers) {
        return problem::no_such_address().await.into_response();
    }
    let mut text = String::new();
    match encode(&mut text, &site.metrics.all) {
        Ok(()) => ([(CONTENT_TYPE, MEDIA_TYPE)], text).into_response(),
        Err(_) => problem::Problem::unavailable().into_response(),
    }
}

fn may_see(metrics: &Metrics, headers: &HeaderMap) -> bool {
    let Some(key) = &metrics.key else { return false };
    let given = headers.get(AUTHORIZATION).and_then(|value| value.to_str().ok());
    let given = given.and_then(|value| value.strip_prefix("Bearer "));
    given.is_some_and(|given| bool::from(given.as_bytes().ct_eq(key.as_bytes())))
}
