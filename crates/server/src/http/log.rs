//! One line a request. Never a query, a header or a body: they hold codes and passphrases.

use axum::{
    extract::{MatchedPath, Request},
    middleware::Next,
    response::Response,
};

pub(crate) async fn line(request: Request, next: Next) -> Response {
    let method = request.method().clone();
    let route = request.extensions().get::<MatchedPath>().cloned();
    let route = route.as_ref().map_or("no route", MatchedPath::as_str);
    tracing::trace!(%method, route, "asked");
    let response = next.run(request).await;
    tracing::info!(%method, route, status = response.status().as_u16(), "answered");
    response
}
