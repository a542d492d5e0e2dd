//! Why something was not changed, in the API's words.

use axum::http::StatusCode;
use registry::{
    AssociateError, Cause, Error, OwnTokenError, RequestError, SignInError, ThroughError,
    VerifyError,
};
use utoipa::IntoResponses;

use super::super::{
    super::{Problem, problem::Members},
    asking::{nothing, unavailable},
};
use crate::dashboard::sentence;

/// The answers that every change can have besides its own.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "says which answers there are, in the document")]
pub(super) enum Refusals {
    /// The request cannot be read.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Members),
    /// No good API key.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorised(Members),
    /// The key has not the scope `tokens`, or the prescriber's sign-in was refused.
    #[response(status = 403, content_type = "application/problem+json")]
    Refused(Members),
    /// There is no such account or token.
    #[response(status = 404, content_type = "application/problem+json")]
    Nothing(Members),
    /// It cannot be done with it as it is, or a code was refused; or the same request is under way, or how it
    /// ended is not known.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Members),
    /// Too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Members),
    /// Another request was sent under this idempotency key.
    #[response(status = 422, content_type = "application/problem+json")]
    KeyReused(Members),
    /// Nothing was decided, or it is not known: send it again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Members),
}

fn problem(
    status: StatusCode,
    slug: &'static str,
    title: &'static str,
    why: &dyn core::fmt::Display,
) -> Problem {
    Problem { status, slug, title, detail: sentence(&why.to_string()) }
}

pub(super) fn conflict(slug: &'static str, why: &dyn core::fmt::Display) -> Problem {
    problem(StatusCode::CONFLICT, slug, "This cannot be done", why)
}

pub(super) fn sign_in_refused(why: &dyn core::fmt::Display) -> Problem {
    let title = "The prescriber’s sign-in was refused";
    problem(StatusCode::FORBIDDEN, "sign-in-refused", title, why)
}

fn code(cause: &Cause) -> Problem {
    problem(StatusCode::CONFLICT, cause.name(), "The code was refused", cause)
}

pub(super) fn registry(error: Error) -> Problem {
    match error {
        Error::UnknownToken => nothing("unknown-token", "No such token", error),
        Error::UnknownAccount => nothing("unknown-account", "No such account", error),
        Error::NotPossible(_) => conflict("not-possible", &error),
        Error::OtherReason => conflict("other-reason", &error),
        Error::SessionEnded => sign_in_refused(&error),
        Error::NotAllowed => {
            problem(StatusCode::FORBIDDEN, "not-allowed", "Not a relying party’s to do", &error)
        }
        error => unavailable(&error),
    }
}

pub(super) fn through(error: ThroughError) -> Problem {
    use registry::ConfirmError as C;
    match error {
        ThroughError::Passphrase(SignInError::TooMany) => {
            Problem { detail: sentence(&error.to_string()), ..Problem::unavailable() }
        }
        ThroughError::Passphrase(SignInError::Registry(error))
        | ThroughError::Code(VerifyError::Registry(error))
        | ThroughError::Confirmation(C::Registry(error)) => registry(error),
        refused => sign_in_refused(&refused),
    }
}

pub(super) fn verify(error: VerifyError) -> Problem {
    match error {
        VerifyError::Refused(cause) => code(&cause),
        VerifyError::UnknownToken | VerifyError::WhichToken => registry(Error::UnknownToken),
        VerifyError::Registry(error) => registry(error),
    }
}

pub(super) fn own_token(error: OwnTokenError) -> Problem {
    match error {
        OwnTokenError::Refused(cause) => code(&cause),
        OwnTokenError::Registry(error) => registry(error),
        OwnTokenError::LastToken => conflict("last-token", &error),
        OwnTokenError::OtherReason => conflict("other-reason", &error),
        OwnTokenError::NotLost | OwnTokenError::HadLater => conflict("not-possible", &error),
        OwnTokenError::NotSignedIn | OwnTokenError::NotFresh | OwnTokenError::LostFactor => {
            sign_in_refused(&error)
        }
    }
}

pub(super) fn associate(error: AssociateError) -> Problem {
    match error {
        AssociateError::Code(cause) => code(&cause),
        AssociateError::Registry(error) => registry(error),
        AssociateError::NeedsStepUp => conflict(
            "needs-phone-code",
            &"this server asks for a code by phone before a token is added: let the prescriber add it on the dashboard",
        ),
        AssociateError::NeedsSecondCode => conflict("needs-second-code", &error),
        AssociateError::OtherManufacturer(_) | AssociateError::OtherType(_) => {
            conflict("other-make", &error)
        }
        AssociateError::AlreadyYours(_) => conflict("already-theirs", &error),
        AssociateError::FormUsed => conflict("form-used", &error),
        AssociateError::NotWaiting
        | AssociateError::EarlierEnrolment
        | AssociateError::HandoverOver
        | AssociateError::NotEnrolled => conflict("not-waiting", &error),
        AssociateError::NotSignedIn
        | AssociateError::NotFresh
        | AssociateError::NeedsConfirmation
        | AssociateError::NeedsTokenCode => sign_in_refused(&error),
    }
}

pub(super) fn request(error: RequestError) -> Problem {
    match error {
        RequestError::Registry(error) => registry(error),
        RequestError::UnknownToken => registry(Error::UnknownToken),
        RequestError::NotSignedIn | RequestError::NotFresh => sign_in_refused(&error),
        RequestError::LastToken => conflict("last-token", &error),
        RequestError::OtherReason => conflict("other-reason", &error),
        RequestError::NeedsAddress => conflict("needs-address", &error),
        RequestError::TooMany(_) => conflict("too-many-open", &error),
        RequestError::FormUsed => conflict("form-used", &error),
        error => conflict("not-possible", &error),
    }
}
