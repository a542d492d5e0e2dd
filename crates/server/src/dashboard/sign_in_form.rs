//! The form that strangers send: a smaller one than others, read for a few at a time and not for long,
//! so that those who send slowly, or nothing, take neither memory nor the way in from others.

use std::{sync::Arc, time::Duration};

use axum::extract::{FromRequest, Request};
use tokio::{sync::Semaphore, time::timeout};

use super::{
    form::Form,
    message::{self, Message},
};
use crate::http::{Site, Unread};

/// The most bytes of the form: a passphrase has 128 characters, and even an absurd one gets the
/// uniform answer.
const MAX_LENGTH: usize = 1024 * 1024;

/// How long it may take to arrive.
const ARRIVES_WITHIN: Duration = Duration::from_secs(5);

/// How many are read at once.
const AT_ONCE: usize = 256;

/// The places in which sign-in forms are read.
pub(crate) struct SignInPlaces(Arc<Semaphore>);

impl Default for SignInPlaces {
    fn default() -> Self {
        Self(Arc::new(Semaphore::new(AT_ONCE)))
    }
}

/// A sign-in form that has arrived.
pub(super) struct SignInForm(pub(super) Form);

impl FromRequest<Site> for SignInForm {
    type Rejection = Message;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Message> {
        let _place = site.sign_in_places.0.try_acquire().map_err(|_| message::busy())?;
        match timeout(ARRIVES_WITHIN, Form::read(request, MAX_LENGTH)).await {
            Ok(form) => form.map(Self),
            Err(_) => Err(message::unread(Unread::Broken)),
        }
    }
}
