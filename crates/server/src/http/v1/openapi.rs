//! `GET /openapi.json`: the API as OpenAPI 3.1, made from the code that answers.

use std::sync::LazyLock;

use axum::{
    http::header::CONTENT_TYPE,
    response::{IntoResponse, Response},
};
use utoipa::{
    Modify, OpenApi,
    openapi::{
        ContentBuilder, HeaderBuilder, OpenApi as Document, Ref, RefOr, ResponseBuilder,
        security::{HttpAuthScheme, HttpBuilder, SecurityScheme},
    },
};

use super::{super::problem::Members, changing, reading};

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
    document.merge(changing::Api::openapi());
    add_too_many(&mut document);
    document.to_json().unwrap_or_default()
});

/// Every operation can be refused by the limits of [`super::super::limits`], which no handler knows of.
fn add_too_many(document: &mut Document) {
    let content = ContentBuilder::new().schema(Some(Ref::from_schema_name("Problem"))).build();
    let seconds = |what: &str| HeaderBuilder::new().description(Some(what)).build();
    let response = ResponseBuilder::new()
        .description("Too many requests with this key, or too many without a good one.")
        .content("application/problem+json", content)
        .header("Retry-After", seconds("After how many seconds to ask again."))
        .header("RateLimit", seconds("What is left, and for how many seconds."))
        .header("RateLimit-Policy", seconds("How many requests in how many seconds."))
        .build();
    for item in document.paths.paths.values_mut() {
        let operations = [&mut item.get, &mut item.post, &mut item.put, &mut item.delete];
        for operation in operations.into_iter().flatten() {
            let responses = &mut operation.responses.responses;
            let told = responses.entry("429".to_owned()).or_insert_with(|| response.clone().into());
            if let RefOr::T(told) = told {
                told.headers.clone_from(&response.headers);
            }
        }
    }
}

pub(super) async fn document() -> Response {
    ([(CONTENT_TYPE, "application/json")], DOCUMENT.as_str()).into_response()
}
