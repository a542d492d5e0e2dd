//! Who asks for a page, and what a form must carry before anything is done with it.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::request::Parts,
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use registry::{Error, Session};

use super::{Frame, form::Form, message, session_cookie};
use crate::{clock, http::Site};

/// Somebody who passed the first factor, and perhaps the second.
pub(super) struct HalfSignedIn(pub(super) Session);

/// Somebody who passed both factors.
pub(super) struct SignedIn(pub(super) Session);

/// A form from a page of the session of somebody who passed the first factor.
pub(super) struct HalfSignedInForm(pub(super) Session, pub(super) Form);

/// A form from a page of the session of somebody who passed both factors.
pub(super) struct SignedInForm(pub(super) Session, pub(super) Form);

impl FromRequestParts<Site> for HalfSignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let to_sign_in = || Redirect::to("/sign-in").into_response();
        let jar = CookieJar::from_headers(&parts.headers);
        let secret = session_cookie::PRESCRIBER.read(&jar, site.https).ok_or_else(to_sign_in)?;
        match site.registry.session(&secret, clock::now()).await {
            Ok(session) => Ok(Self(session)),
            Err(Error::SessionEnded) => Err(to_sign_in()),
            Err(error) => Err(message::failed(&error).into_response()),
        }
    }
}

impl FromRequestParts<Site> for SignedIn {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let HalfSignedIn(session) = HalfSignedIn::from_request_parts(parts, site).await?;
        if session.is_full() {
            Ok(Self(session))
        } else {
            Err(Redirect::to("/sign-in/code").into_response())
        }
    }
}

impl FromRequest<Site> for HalfSignedInForm {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let HalfSignedIn(session) = HalfSignedIn::from_request_parts(&mut parts, site).await?;
        let form = own_form(&session, Request::from_parts(parts, body), site).await?;
        Ok(Self(session, form))
    }
}

impl FromRequest<Site> for SignedInForm {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let SignedIn(session) = SignedIn::from_request_parts(&mut parts, site).await?;
        let form = own_form(&session, Request::from_parts(parts, body), site).await?;
        Ok(Self(session, form))
    }
}

/// The form, if it carries the session's token.
async fn own_form(session: &Session, request: Request, site: &Site) -> Result<Form, Response> {
    let form = Form::from_request(request, site).await.map_err(IntoResponse::into_response)?;
    if session.csrf.matches(form.text("csrf")) {
        Ok(form)
    } else {
        Err(message::stale_form().into_response())
    }
}

pub(super) fn frame(session: &Session) -> Frame {
    Frame { name: session.account.name.to_string(), csrf: session.csrf.expose_text().to_owned() }
}
