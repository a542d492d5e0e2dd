//! Pages that say one thing and lead on.

use askama::Template;
use axum::{
    http::StatusCode,
    response::{IntoResponse, Response},
};

use registry::StoreError;

use super::render;
use crate::http::Unread;

/// A page that says what happened and what to do next.
pub(crate) struct Message {
    status: StatusCode,
    title: &'static str,
    text: &'static str,
    next: &'static str,
    next_address: &'static str,
}

impl Message {
    /// The same for an administrator: it leads on to their pages.
    pub(crate) const fn for_administrator(self) -> Self {
        Self { next: "Go to the overview", next_address: "/admin", ..self }
    }
}

/// Nothing is at an address under `/admin`.
pub(crate) const fn nothing_to_administer() -> Message {
    Message {
        status: StatusCode::NOT_FOUND,
        title: "Nothing is here",
        text: "This address leads to no page, and to nothing that is on record. Check it, or start from the overview.",
        next: "Go to the overview",
        next_address: "/admin",
    }
}

/// A check or an import of stock that this server did not begin, or forgot.
pub(crate) const fn job_not_known_here() -> Message {
    Message {
        status: StatusCode::NOT_FOUND,
        title: "Not known to this server",
        text: "This server does not know of that check or import: it may be running on another one, or have ended before. Look at the list: what was checked or imported stands there. What is not there a few minutes from now was refused or broken off, and changed nothing: send the file again.",
        next: "Look at the list",
        next_address: "/admin/stock",
    }
}

/// The administrator's roles do not allow what was asked.
pub(crate) const fn not_your_role() -> Message {
    Message {
        status: StatusCode::FORBIDDEN,
        title: "Not your role",
        text: "Your role does not allow this, so nothing was done; that it was tried is recorded. Ask a colleague whose role allows it.",
        next: "Go to the overview",
        next_address: "/admin",
    }
}

/// A form that changes something came more than 20 minutes after the last code.
pub(crate) const fn code_too_old() -> Message {
    Message {
        status: StatusCode::FORBIDDEN,
        title: "A new code is needed",
        text: "Changes need a security code that is at most 20 minutes old, so nothing was changed. Type a new one, then send the form again.",
        next: "Type a new code",
        next_address: "/admin/sign-in/code",
    }
}

/// Nothing is at this address, or nothing that belongs to this account.
pub(crate) const fn not_found() -> Message {
    Message {
        status: StatusCode::NOT_FOUND,
        title: "Nothing is here",
        text: "This address leads to no page and to no token of your account. Check it, or start from your tokens.",
        next: "Manage Tokens",
        next_address: "/tokens",
    }
}

/// No mail of ours has this link.
pub(crate) const fn link_unknown() -> Message {
    Message {
        status: StatusCode::NOT_FOUND,
        title: "This link is not complete",
        text: "No activation mail has this link. Open it from the mail again, or copy the whole of it. If that does not help, ask the help desk to send the mail again.",
        next: "See your requests",
        next_address: "/requests",
    }
}

/// The link for a new passphrase is good no more, or never was.
pub(crate) const fn reset_over() -> Message {
    Message {
        status: StatusCode::GONE,
        title: "This link is no longer good",
        text: "A link for a new passphrase works once, for a day, and ends at five wrong codes. If you have set your passphrase with it, sign in. If not, ask the help desk for a new link.",
        next: "Sign in",
        next_address: "/sign-in",
    }
}

/// The link's time is over.
pub(crate) const fn link_expired() -> Message {
    Message {
        status: StatusCode::GONE,
        title: "This link has expired",
        text: "A soft token can no longer be set up with it. Ask the help desk to send the activation mail again. Your request stays as it is.",
        next: "See your requests",
        next_address: "/requests",
    }
}

/// A newer mail was sent, or the request was cancelled.
pub(crate) const fn link_over() -> Message {
    Message {
        status: StatusCode::GONE,
        title: "This link is no longer good",
        text: "An app has used it, a newer activation has taken its place, or the request was cancelled. If your app shows the token, add it under Manage Tokens; if not, look for the newest mail, or see your requests.",
        next: "See your requests",
        next_address: "/requests",
    }
}

/// The token is in the list already.
pub(crate) const fn token_activated() -> Message {
    Message {
        status: StatusCode::OK,
        title: "This token is activated",
        text: "It is associated with your account already. Nothing is left to do here.",
        next: "Manage Tokens",
        next_address: "/tokens",
    }
}

/// The form was sent by another site's page.
pub(crate) const fn foreign_form() -> Message {
    Message {
        status: StatusCode::FORBIDDEN,
        title: "Not done",
        text: "This form was not sent from a page of this server, so nothing was changed. If you did not send it, no harm is done. If you did, open the page again and send it from there.",
        next: "Manage Tokens",
        next_address: "/tokens",
    }
}

/// The form belongs to another session, or to none.
pub(crate) const fn stale_form() -> Message {
    Message {
        status: StatusCode::FORBIDDEN,
        title: "Not done",
        text: "This form was opened before you signed in last, so nothing was changed. Open the page again and send it from there.",
        next: "Manage Tokens",
        next_address: "/tokens",
    }
}

/// The form did not arrive, or is larger than any form.
pub(crate) const fn unread(why: Unread) -> Message {
    let (status, text) = match why {
        Unread::TooLarge => (
            StatusCode::PAYLOAD_TOO_LARGE,
            "What was sent is larger than any form here, so nothing was changed. Go back and shorten what you entered.",
        ),
        Unread::Broken => (
            StatusCode::BAD_REQUEST,
            "The form did not arrive whole, so nothing was changed. Go back and send it again.",
        ),
    };
    Message { status, title: "Not done", text, next: "Manage Tokens", next_address: "/tokens" }
}

/// Too many sign in at once; nothing was counted.
pub(crate) const fn busy() -> Message {
    Message {
        status: StatusCode::SERVICE_UNAVAILABLE,
        title: "Too many at once",
        text: "Too many people are signing in at this moment, so this attempt was not looked at and counts for nothing. Try again in a minute.",
        next: "Sign in",
        next_address: "/sign-in",
    }
}

/// Something in this program broke; what it was stands in the log.
pub(crate) const fn broken() -> Message {
    Message {
        status: StatusCode::SERVICE_UNAVAILABLE,
        title: "Not possible now",
        text: "The server could not finish this. Look at your tokens before you try again: it may have been done. If it goes on, tell your help desk.",
        next: "Manage Tokens",
        next_address: "/tokens",
    }
}

/// The registry could not do it: its database failed, or too many came at once.
pub(crate) fn failed(error: &registry::Error) -> Message {
    tracing::error!(%error, "the registry could not do it");
    if let registry::Error::Store(StoreError::NotKnown { .. }) = error {
        return Message {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "How this ended is not known",
            text: "The server lost its records at that moment. It may have been done: look before you do it again. A code that you typed may be used up: wait for the next one.",
            next: "Go on",
            next_address: "/tokens",
        };
    }
    if let registry::Error::Store(StoreError::TookTooLong) = error {
        return Message {
            status: StatusCode::SERVICE_UNAVAILABLE,
            title: "This search takes too long",
            text: "It was broken off after ten seconds. Go back and ask for less: one account, one token, or a few days.",
            next: "Go on",
            next_address: "/tokens",
        };
    }
    Message {
        status: StatusCode::SERVICE_UNAVAILABLE,
        title: "Not possible now",
        text: "The server cannot reach its records, so nothing was changed. Try again in a minute. If it goes on, tell your help desk.",
        next: "Try again",
        next_address: "/tokens",
    }
}

#[derive(Template)]
#[template(path = "message.html")]
struct Page<'a> {
    title: &'a str,
    text: &'a str,
    next: &'a str,
    next_address: &'a str,
}

impl IntoResponse for Message {
    fn into_response(self) -> Response {
        let page = Page {
            title: self.title,
            text: self.text,
            next: self.next,
            next_address: self.next_address,
        };
        render(self.status, &page)
    }
}
