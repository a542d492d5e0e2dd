//! One line and one count a request. Never a query, a header or a body: they hold codes and passphrases.

use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};

use super::Site;
use crate::clock;

pub(crate) async fn line(State(site): State<Site>, request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("no route", MatchedPath::as_str);
    tracing::trace!(%method, route, "asked");
    let begun = clock::instant();
    let response = next.run(request).await;
    site.metrics.answered(&method, route, response.status(), begun.elapsed());
    tracing::info!(%method, route, status = response.status().as_u16(), "answered");
    response
}
