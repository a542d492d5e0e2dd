//! What a prescriber does with a token of theirs. Each form, sent twice, is answered the same twice.
//!
//! | module | subject |
//! | --- | --- |
//! | [`lost`] | Report lost: the passphrase alone is enough |
//! | [`loss`] | What follows a report: the notice, and the codes since |
//! | [`drift`] | How its clock or counter went |
//! | [`found`] | I found it |
//! | [`deactivate`] | Deactivate this Token |
//! | [`resynchronise`] | Resynchronise, by two codes in a row |
//! | [`unlock`] | Unlock, by a sign-in with another token |
//! | [`moving`] | Move to a new phone |

mod deactivate;
mod drift;
mod found;
pub(super) mod loss;
mod lost;
mod moving;
mod resynchronise;
mod unlock;

use axum::{
    Router,
    extract::{Path, rejection::PathRejection},
    response::{IntoResponse, Redirect, Response},
    routing::{get, post},
};
use oath::SerialNumber;
use registry::{Error, OwnTokenError, Session, Token};

use super::{field_errors::FieldErrors, message};
use crate::{clock, http::Site};

pub(super) fn routes() -> Router<Site> {
    Router::new()
        .route("/lost", get(lost::page).post(lost::submit))
        .route("/lost/{serial}", get(loss::page))
        .route("/lost/{serial}/notice.txt", get(loss::text))
        .route("/lost/{serial}/last-had", post(loss::last_had))
        .route("/lost/{serial}/codes", post(loss::codes))
        .route("/lost/{serial}/notice-given", post(loss::notice_given))
        .route("/tokens/{serial}/drift", get(drift::page))
        .route("/tokens/{serial}/found", get(found::page).post(found::submit))
        .route("/tokens/{serial}/deactivate", get(deactivate::page).post(deactivate::submit))
        .route(
            "/tokens/{serial}/resynchronise",
            get(resynchronise::page).post(resynchronise::submit),
        )
        .route("/tokens/{serial}/unlock", get(unlock::page).post(unlock::submit))
        .route("/tokens/{serial}/move", get(moving::page).post(moving::begin))
        .route("/tokens/{serial}/move/code", get(moving::page).post(moving::finish))
        .route("/tokens/{serial}/move/cancel", get(moving::page).post(moving::cancel))
}

type InAddress = Result<Path<SerialNumber>, PathRejection>;

/// The session's own token at an address, with all of the account's.
async fn token_at(
    site: &Site,
    session: &Session,
    serial: InAddress,
) -> Result<(Token, Vec<Token>), Response> {
    let not_found = || message::not_found().into_response();
    let Path(serial) = serial.map_err(|_| not_found())?;
    let tokens = site.registry.tokens(&session.account.npi, clock::now()).await;
    let tokens = tokens.map_err(|error| message::failed(&error).into_response())?;
    let token = tokens.iter().find(|token| token.serial == serial).ok_or_else(not_found)?;
    Ok((token.clone(), tokens))
}

/// Back to the list, which says what was done.
fn done(what: &str, token: &Token) -> Response {
    let next = format!("/tokens?done={what}&token={}", token.serial.as_str());
    Redirect::to(&next).into_response()
}

/// Notes what is wrong at the field that it belongs to; or a page, for what the form cannot say.
fn refused(
    error: &OwnTokenError,
    field: &'static str,
    errors: &mut FieldErrors,
) -> Option<Response> {
    match error {
        OwnTokenError::NotSignedIn => return Some(Redirect::to("/sign-in/code").into_response()),
        OwnTokenError::Registry(Error::SessionEnded) => {
            return Some(Redirect::to("/sign-in").into_response());
        }
        OwnTokenError::Registry(Error::UnknownToken) => {
            return Some(message::not_found().into_response());
        }
        OwnTokenError::Registry(Error::NotPossible(state)) => {
            errors.add(
                "",
                &format!("this token is {state}, so there is nothing to do: see Manage Tokens"),
            );
        }
        OwnTokenError::Registry(error) => return Some(message::failed(error).into_response()),
        OwnTokenError::NotFresh
        | OwnTokenError::LostFactor
        | OwnTokenError::NeedsOtherToken
        | OwnTokenError::NotLost => {
            errors.add("", &error.to_string());
        }
        OwnTokenError::LastToken
        | OwnTokenError::OtherReason
        | OwnTokenError::HadLater
        | OwnTokenError::Refused(_) => {
            errors.add(field, &error.to_string());
        }
    }
    None
}
