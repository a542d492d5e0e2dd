//! Which problems there are besides an operation's own answers, as the document tells them.

use utoipa::IntoResponses;

use super::super::problem::Members;

/// What every operation can come to.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "says which answers there are, in the document")]
pub(super) enum Unanswered {
    /// The request cannot be read.
    #[response(status = 400, content_type = "application/problem+json")]
    Malformed(Members),
    /// No good API key.
    #[response(status = 401, content_type = "application/problem+json")]
    Unauthorised(Members),
    /// The key has not the scope that this takes; or, where one is asked for, the prescriber’s sign-in was refused.
    #[response(status = 403, content_type = "application/problem+json")]
    Refused(Members),
    /// Nothing was decided, or it is not known: send it again.
    #[response(status = 503, content_type = "application/problem+json")]
    Unavailable(Members),
}

/// What an operation on something that its address names can come to as well.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "says which answers there are, in the document")]
pub(super) enum NothingThere {
    /// There is nothing of this name.
    #[response(status = 404, content_type = "application/problem+json")]
    Nothing(Members),
}

/// What a change can come to as well.
#[derive(IntoResponses)]
#[expect(dead_code, reason = "says which answers there are, in the document")]
pub(super) enum Unchanged {
    /// It cannot be done as things are, or a code was refused; or the same request is under way, or how it
    /// ended is not known.
    #[response(status = 409, content_type = "application/problem+json")]
    Conflict(Members),
    /// Too large.
    #[response(status = 413, content_type = "application/problem+json")]
    TooLarge(Members),
    /// Another request was sent under this idempotency key.
    #[response(status = 422, content_type = "application/problem+json")]
    KeyReused(Members),
}
