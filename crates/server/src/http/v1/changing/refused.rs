//! Why something was not changed, in the API's words.

use axum::http::StatusCode;
use registry::{
    AccessError, AssociateError, Cause, Error, OwnTokenError, RequestError, SignInError,
    ThroughError, VerifyError,
};

use super::super::{
    super::Problem,
    asking::{nothing, unavailable},
};
use crate::dashboard::sentence;

/// The cause where the sign-in itself did not hold: the same may be sent again, with a new code.
const AGAIN: &str = "not-signed-in";

fn problem(
    status: StatusCode,
    slug: &'static str,
    title: &'static str,
    why: &dyn core::fmt::Display,
) -> Problem {
    Problem { status, slug, title, detail: sentence(&why.to_string()), cause: None }
}

pub(super) fn conflict(slug: &'static str, why: &dyn core::fmt::Display) -> Problem {
    problem(StatusCode::CONFLICT, slug, "This cannot be done", why)
}

fn sign_in_refused(cause: &'static str, why: &dyn core::fmt::Display) -> Problem {
    let title = "The prescriber’s sign-in was refused";
    let refused = problem(StatusCode::FORBIDDEN, "sign-in-refused", title, why);
    Problem { cause: Some(cause), ..refused }
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
        Error::AccountExists => conflict("account-exists", &error),
        Error::AccountIdTaken => conflict("account-id-taken", &error),
        Error::SessionEnded => sign_in_refused(AGAIN, &error),
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
        ThroughError::Passphrase(SignInError::Refused) => sign_in_refused("passphrase", &error),
        ThroughError::Code(VerifyError::Refused(cause)) => sign_in_refused(cause.name(), &cause),
        ThroughError::Code(VerifyError::WhichToken) => sign_in_refused("which-token", &error),
        ThroughError::Code(VerifyError::UnknownToken) => sign_in_refused("unknown-token", &error),
        ThroughError::Confirmation(C::Wrong { .. }) => sign_in_refused("confirmation-code", &error),
        ThroughError::Confirmation(C::NoOpenActivation) => sign_in_refused("no-activation", &error),
        ThroughError::Confirmation(C::HasToken) => sign_in_refused("has-token", &error),
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
        OwnTokenError::NotSignedIn | OwnTokenError::NotFresh => sign_in_refused(AGAIN, &error),
        OwnTokenError::LostFactor | OwnTokenError::NeedsOtherToken => {
            sign_in_refused("needs-other-token", &error)
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
        AssociateError::NotSignedIn | AssociateError::NotFresh => sign_in_refused(AGAIN, &error),
        AssociateError::NeedsConfirmation => sign_in_refused("needs-confirmation-code", &error),
        AssociateError::NeedsTokenCode => sign_in_refused("needs-token-code", &error),
    }
}

pub(super) fn access(error: AccessError) -> Problem {
    use registry::rules::access::AccessRefusal as R;
    let refusal = match error {
        AccessError::Registry(error) => return registry(error),
        AccessError::Refused(refusal) => refusal,
    };
    let slug = match refusal {
        R::TooManyWait => {
            let (status, title) = (StatusCode::TOO_MANY_REQUESTS, "Too much waits");
            return problem(status, "too-many-wait", title, &refusal);
        }
        R::EnteredAlready => "entered-already",
        R::FormUsed => "form-used",
        R::NeedsProofing => "needs-proofing",
        R::ProofingStands => "proofing-stands",
        _ => "not-possible",
    };
    conflict(slug, &refusal)
}

pub(super) fn request(error: RequestError) -> Problem {
    match error {
        RequestError::Registry(error) => registry(error),
        RequestError::UnknownToken => registry(Error::UnknownToken),
        RequestError::NotSignedIn | RequestError::NotFresh => sign_in_refused(AGAIN, &error),
        RequestError::LastToken => conflict("last-token", &error),
        RequestError::OtherReason => conflict("other-reason", &error),
        RequestError::NeedsAddress => conflict("needs-address", &error),
        RequestError::TooMany(_) => conflict("too-many-open", &error),
        RequestError::FormUsed => conflict("form-used", &error),
        error => conflict("not-possible", &error),
    }
}
