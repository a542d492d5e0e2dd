//! `GET /openapi.json`: the API as OpenAPI 3.1, made from the code that answers.

use std::sync::LazyLock;

use axum::{
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        OpenApi as Document,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{super::problem::Members, reading};

#[derive(OpenApi)]
#[openapi(
    info(
        title = "Countersign",
        description = "Security codes of prescribers' tokens, judged for relying parties. Errors are problem details (RFC 9457).",
        license(name = "MIT OR Apache-2.0", identifier = "MIT OR Apache-2.0")
    ),
    paths(super::verify::verify, super::validate::check),
    components(schemas(Members)),
    modifiers(&Key),
    security(("key" = []))
)]
struct Api;

/// How a relying party shows its key.
struct Key;

impl Modify for Key {
    fn modify(&self, document: &mut Document) {
        let scheme = HttpBuilder::new()
            .scheme(HttpAuthScheme::Bearer)
            .bearer_format("csk_...")
            .description(Some("An API key, made by `countersign-server api-key add`."))
            .build();
        if let Some(components) = document.components.as_mut() {
            components.add_security_scheme("key", SecurityScheme::Http(scheme));
        }
    }
}

/// The same for as long as this program runs.
static DOCUMENT: LazyLock<String> = LazyLock::new(|| {
    let mut document = Api::openapi();
    document.merge(reading::Api::openapi());
    document.to_json().unwrap_or_default()
});

pub(super) async fn document() -> Response {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}
