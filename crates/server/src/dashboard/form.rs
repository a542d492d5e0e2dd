//! The fields of a posted form, whatever somebody put in them.

use axum::extract::{FromRequest, Request};
use url::form_urlencoded;
use zeroize::Zeroizing;

use super::message::{self, Message};
use crate::http;

/// The most bytes that a form has: room for 100 KB in every field, so that even those get an answer
/// at the field.
const MAX_LENGTH: usize = 4 * 1024 * 1024;

/// The fields by name. What is not UTF-8 arrives with replacement characters and is refused as
/// malformed where it is read.
pub(crate) struct Form(Vec<(String, Zeroizing<String>)>);

impl Form {
    /// The text of a field, empty where it is missing.
    pub(crate) fn text(&self, name: &str) -> &str {
        self.0.iter().find(|(key, _)| key == name).map_or("", |(_, value)| value.as_str())
    }

    /// Whether the form has a field, with something in it or not.
    pub(crate) fn has(&self, name: &str) -> bool {
        self.0.iter().any(|(key, _)| key == name)
    }

    /// The fields with their texts, in their order.
    pub(crate) fn fields(&self) -> impl Iterator<Item = (&str, &str)> {
        self.0.iter().map(|(name, text)| (name.as_str(), text.as_str()))
    }

    /// The form in a request's body, if it has at most so many bytes.
    pub(super) async fn read(request: Request, most: usize) -> Result<Self, Message> {
        let body = http::read(request.into_body(), most).await.map_err(message::unread)?;
        Ok(Self::parse(&body))
    }

    pub(super) fn parse(body: &[u8]) -> Self {
        Self(
            form_urlencoded::parse(body)
                .map(|(name, value)| (name.into_owned(), Zeroizing::new(value.into_owned())))
                .collect(),
        )
    }
}

impl<S: Send + Sync> FromRequest<S> for Form {
    type Rejection = Message;

    async fn from_request(request: Request, _: &S) -> Result<Self, Message> {
        Self::read(request, MAX_LENGTH).await
    }
}

/// The beginning of what somebody typed, to be shown again: text that no field takes is cut.
pub(crate) fn shown_again(text: &str) -> String {
    const MOST: usize = 200;
    text.chars().filter(|character| !character.is_control()).take(MOST).collect()
}
