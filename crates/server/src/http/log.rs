//! One line and one count a request, with the ID of the API key that was good for it. Never a query, a header or a body: they hold codes and passphrases.

use std::time::Instant;

use axum::{
    extract::{MatchedPath, Request},
    http::Method,
    response::Response,
};

use super::{Site, limits::AskedBy};
use crate::clock;

/// A request that is not answered yet.
pub(super) struct Asked {
    method: Method,
    route: Option<MatchedPath>,
    begun: Instant,
}

impl Asked {
    pub(super) fn now(request: &Request) -> Self {
        let route = request.extensions().get::<MatchedPath>().cloned();
        let asked = Self { method: request.method().clone(), route, begun: clock::instant() };
        tracing::trace!(method = %asked.method, route = asked.route(), "asked");
        asked
    }

    fn route(&self) -> &str {
        self.route.as_ref().map_or("no route", MatchedPath::as_str)
    }

    pub(super) fn answered(&self, site: &Site, response: &Response) {
        let (method, route, status) = (&self.method, self.route(), response.status());
        let took = clock::since(self.begun);
        site.metrics.answered(method, route, status, took);
        let ms = u64::try_from(took.as_millis()).unwrap_or(u64::MAX);
        let key = response.extensions().get::<AskedBy>().map(|by| by.0.as_str());
        tracing::info!(%method, route, status = status.as_u16(), ms, key, "answered");
    }
}
