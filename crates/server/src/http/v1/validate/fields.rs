//! What a plugin sends: a form of either kind or JSON, and the query of its address.

use axum::{
    body::{Body, Bytes},
    extract::{FromRequest, Multipart, Request},
    http::header::CONTENT_TYPE,
};
use futures_util::FutureExt as _;
use serde_json::Value;
use url::form_urlencoded;
use zeroize::Zeroizing;

const JSON: &str = "application/json";
const MULTIPART: &str = "multipart/form-data";

/// Fields by their names; where one is there twice, the first counts.
pub(super) struct Fields(Vec<(String, Zeroizing<String>)>);

impl Fields {
    /// A body as its media type says, which is a form's where none is given; then the query.
    pub(super) async fn read(
        media_type: &str,
        body: Zeroizing<Vec<u8>>,
        query: Option<&str>,
    ) -> Self {
        let kind = media_type.split(';').next().unwrap_or_default().trim();
        let mut fields = if kind.eq_ignore_ascii_case(JSON) {
            of_json(&body)
        } else if kind.eq_ignore_ascii_case(MULTIPART) {
            // What breaks off has no fields: half a form could be taken for another one.
            of_parts(media_type, body).await.unwrap_or_default()
        } else {
            of_form(&body)
        };
        fields.extend(query.map(|query| of_form(query.as_bytes())).unwrap_or_default());
        Self(fields)
    }

    /// What was sent under a name, where that is not empty.
    pub(super) fn filled(&self, name: &str) -> Option<&str> {
        self.sent(name).filter(|text| !text.is_empty())
    }

    /// What was sent under a name, empty too.
    pub(super) fn sent(&self, name: &str) -> Option<&str> {
        self.0.iter().find(|(key, _)| key == name).map(|(_, value)| value.as_str())
    }
}

/// Reads a body as every kind that there is.
pub(super) fn read_as_all(body: &[u8]) {
    for media_type in ["", JSON, "multipart/form-data; boundary=b"] {
        // All of it is here: there is nothing to wait for.
        Fields::read(media_type, Zeroizing::new(body.to_vec()), None).now_or_never();
    }
}

fn of_form(text: &[u8]) -> Vec<(String, Zeroizing<String>)> {
    let fields = form_urlencoded::parse(text);
    fields.map(|(name, value)| (name.into_owned(), value.into_owned().into())).collect()
}

fn of_json(body: &[u8]) -> Vec<(String, Zeroizing<String>)> {
    let object: serde_json::Map<String, Value> = serde_json::from_slice(body).unwrap_or_default();
    let text = |value| match value {
        Value::String(text) => Some(text),
        Value::Number(number) => Some(number.to_string()),
        _ => None,
    };
    object.into_iter().filter_map(|(name, value)| Some((name, text(value)?.into()))).collect()
}

/// As PHP's curl sends an array (RFC 7578).
async fn of_parts(
    media_type: &str,
    body: Zeroizing<Vec<u8>>,
) -> Option<Vec<(String, Zeroizing<String>)>> {
    let request = Request::post("/").header(CONTENT_TYPE, media_type);
    let request = request.body(Body::from(Bytes::from_owner(body))).ok()?;
    let mut form = Multipart::from_request(request, &()).await.ok()?;
    let mut fields = Vec::new();
    while let Some(part) = form.next_field().await.ok()? {
        let name = part.name()?.to_owned();
        fields.push((name, part.text().await.ok()?.into()));
    }
    Some(fields)
}
