//! Lets the e-prescribing network be told of a token once more. Sent twice, it is begun once.

use axum::{
    extract::{Path, State, rejection::PathRejection},
    response::{IntoResponse, Redirect, Response},
};
use oath::SerialNumber;
use registry::{Error, OwnTokenError};

use super::{message, visitor::SignedInForm};
use crate::{clock, http::Site};

pub(super) async fn submit(
    State(site): State<Site>,
    serial: Result<Path<String>, PathRejection>,
    SignedInForm(session, _): SignedInForm,
) -> Response {
    let Some(serial) = serial.ok().and_then(|Path(text)| text.parse::<SerialNumber>().ok()) else {
        return message::not_found().into_response();
    };
    let begun = site.registry.sync_own_token_again(&session, &serial, clock::now()).await;
    match begun {
        // Nothing is left to be begun: the list says where the token is.
        Ok(_) | Err(OwnTokenError::Registry(Error::NotPossible(_))) => {
            Redirect::to("/tokens").into_response()
        }
        Err(OwnTokenError::Registry(Error::UnknownToken)) => message::not_found().into_response(),
        Err(OwnTokenError::Registry(error)) => message::failed(&error).into_response(),
        Err(_) => Redirect::to("/sign-in").into_response(),
    }
}
