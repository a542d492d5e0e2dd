//! Whether the server runs, and whether it can do its work.

use std::time::{Duration, Instant};

use axum::{Json, extract::State, http::StatusCode};
use serde::Serialize;
use tokio::sync::Mutex;

use super::Site;
use crate::clock;

#[derive(Serialize)]
pub(crate) struct Health {
    status: &'static str,
}

/// The process answers.
pub(crate) async fn health() -> Json<Health> {
    Json(Health { status: "ok" })
}

/// The database can be read and written to; else a balancer is to send requests elsewhere.
pub(crate) async fn ready(State(site): State<Site>) -> (StatusCode, Json<Health>) {
    let found = site.readiness.shared(clock::instant, async || {
        let ready = site.registry.ready().await;
        ready.inspect_err(|error| tracing::warn!(%error, "not ready")).is_ok()
    });
    match found.await {
        true => (StatusCode::OK, Json(Health { status: "ready" })),
        false => (StatusCode::SERVICE_UNAVAILABLE, Json(Health { status: "not ready" })),
    }
}

/// For how long what was found out is good for others who ask: it costs a write that waits for the disk.
const SHARED_FOR: Duration = Duration::from_secs(1);

/// Whether the database could be read and written to a moment ago.
#[derive(Default)]
pub(crate) struct Readiness(Mutex<Option<(Instant, bool)>>);

impl Readiness {
    /// Finds it out, unless somebody else just did; who asks meanwhile waits for the same.
    async fn shared(&self, now: impl Fn() -> Instant, find: impl AsyncFnOnce() -> bool) -> bool {
        let mut last = self.0.lock().await;
        if let Some((at, ready)) = *last
            && now().saturating_duration_since(at) < SHARED_FOR
        {
            return ready;
        }
        let ready = find().await;
        *last = Some((now(), ready));
        ready
    }
}

#[cfg(test)]
mod tests {
    use core::sync::atomic::{AtomicU32, Ordering};

    use tokio::{join, task::yield_now};

    use super::*;

    #[tokio::test]
    async fn who_asks_within_a_second_shares_one_write() {
        let (readiness, writes) = (Readiness::default(), AtomicU32::new(0));
        let (readiness, writes, began) = (&readiness, &writes, clock::instant());
        let ask = async |millis, ready| {
            let find = async || {
                yield_now().await;
                writes.fetch_add(1, Ordering::Relaxed);
                ready
            };
            readiness.shared(|| began + Duration::from_millis(millis), find).await
        };
        assert_eq!(join!(ask(0, true), ask(0, false), ask(999, false)), (true, true, true));
        assert_eq!(writes.load(Ordering::Relaxed), 1);
        assert_eq!(join!(ask(1_000, false), ask(1_500, true)), (false, false));
        assert_eq!(writes.load(Ordering::Relaxed), 2);
        assert!(ask(2_000, true).await);
    }
}
