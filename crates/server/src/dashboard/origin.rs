//! Refuses forms that another site's page sends: cross-site request forgery, at sign-in too, where
//! there is no session yet that a token could belong to.

use axum::{
    extract::{Request, State},
    http::{HeaderMap, Method, header::ORIGIN},
    middleware::Next,
    response::{IntoResponse, Response},
};

use super::message;
use crate::http::Site;

/// Lets a request that changes something pass only if the browser says that our page sent it.
pub(crate) async fn check(State(site): State<Site>, request: Request, next: Next) -> Response {
    let reads_only = matches!(*request.method(), Method::GET | Method::HEAD);
    if reads_only || sent_by_our_page(request.headers(), &site.origins) {
        next.run(request).await
    } else {
        message::foreign_form().into_response()
    }
}

/// Whether `Origin` and `Sec-Fetch-Site` both allow it, of which at least one must be there.
fn sent_by_our_page(headers: &HeaderMap, ours: &[String]) -> bool {
    let origin = headers.get(ORIGIN).map(|origin| ours.iter().any(|our| origin == our.as_str()));
    let fetch_site =
        headers.get("sec-fetch-site").map(|site| site == "same-origin" || site == "none");
    match (origin, fetch_site) {
        (None, None) => false,
        (origin, fetch_site) => origin.unwrap_or(true) && fetch_site.unwrap_or(true),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn judge(headers: &[(&'static str, &'static str)]) -> bool {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()))
            .collect();
        sent_by_our_page(&headers, &["http://127.0.0.1:8080".to_owned()])
    }

    #[test]
    fn only_our_own_pages_may_send_forms() {
        assert!(judge(&[("origin", "http://127.0.0.1:8080")]));
        assert!(judge(&[("sec-fetch-site", "same-origin")]));
        assert!(judge(&[("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "same-origin")]));
        assert!(!judge(&[]));
        assert!(!judge(&[("origin", "null")]));
        assert!(!judge(&[("origin", "http://127.0.0.1:8081")]));
        assert!(!judge(&[("origin", "https://127.0.0.1:8080")]));
        assert!(!judge(&[("origin", "http://127.0.0.1:8080.evil.example")]));
        assert!(!judge(&[("sec-fetch-site", "same-site")]));
        assert!(!judge(&[("sec-fetch-site", "cross-site")]));
        assert!(!judge(&[("origin", "http://127.0.0.1:8080"), ("sec-fetch-site", "cross-site")]));
        assert!(!judge(&[("origin", "https://evil.example"), ("sec-fetch-site", "same-origin")]));
    }
}
