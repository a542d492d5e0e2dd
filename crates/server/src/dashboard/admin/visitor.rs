//! Which administrator asks for a page, and whether they may.

use axum::{
    extract::{FromRequest, FromRequestParts, Request},
    http::{Uri, request::Parts},
    response::{IntoResponse, Redirect, Response},
};
use axum_extra::extract::cookie::CookieJar;
use registry::{Action, Actor, AdministratorSession, Error};

use super::frame::Frame;
use crate::{
    clock,
    dashboard::{form::Form, message, session_cookie},
    http::Site,
};

/// An administrator who passed the first factor, and perhaps the second.
pub(super) struct HalfAdministering(pub(super) AdministratorSession);

/// An administrator who passed both factors, and what they ask for. Whether they may have it,
/// [`Administering::may`] tells.
pub(super) struct Administering {
    pub(super) session: AdministratorSession,
    uri: Uri,
    is_form: bool,
}

/// A form from a page of the session of an administrator who passed both factors.
pub(super) struct AdministratorForm {
    pub(super) by: Administering,
    pub(super) form: Form,
}

impl Administering {
    /// Under whom it is done, if the administrator may do it now; else the answer that says why not.
    pub(super) async fn may(&self, site: &Site, action: Action) -> Result<Actor, Response> {
        let allowed = site.registry.authorise(&self.session, action, clock::now()).await;
        allowed.map_err(|error| match error {
            Error::NotYourRole { .. } => message::not_your_role().into_response(),
            Error::NotFresh if self.is_form => message::code_too_old().into_response(),
            Error::NotFresh => {
                let next: String =
                    url::form_urlencoded::byte_serialize(self.uri.path().as_bytes()).collect();
                Redirect::to(&format!("/admin/sign-in/code?next={next}")).into_response()
            }
            error => failed(&error),
        })
    }

    /// The same, where a form asks that is no [`AdministratorForm`].
    pub(super) fn by_form(self) -> Self {
        Self { is_form: true, ..self }
    }

    /// The frame of the page that is asked for.
    pub(super) fn frame(&self) -> Frame {
        Frame::new(&self.session, self.uri.path())
    }
}

/// What the registry could not do, as a page.
pub(super) fn failed(error: &Error) -> Response {
    match error {
        Error::SessionEnded => to_sign_in(),
        error => message::failed(error).for_administrator().into_response(),
    }
}

pub(super) fn to_sign_in() -> Response {
    Redirect::to("/admin/sign-in").into_response()
}

impl FromRequestParts<Site> for HalfAdministering {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let jar = CookieJar::from_headers(&parts.headers);
        let secret = session_cookie::ADMINISTRATOR.read(&jar, site.https).ok_or_else(to_sign_in)?;
        let session = site.registry.administrator_session(&secret, clock::now()).await;
        session.map(Self).map_err(|error| failed(&error))
    }
}

impl FromRequestParts<Site> for Administering {
    type Rejection = Response;

    async fn from_request_parts(parts: &mut Parts, site: &Site) -> Result<Self, Response> {
        let HalfAdministering(session) = HalfAdministering::from_request_parts(parts, site).await?;
        if session.is_full() {
            Ok(Self { session, uri: parts.uri.clone(), is_form: false })
        } else {
            Err(Redirect::to("/admin/sign-in/code").into_response())
        }
    }
}

impl FromRequest<Site> for AdministratorForm {
    type Rejection = Response;

    async fn from_request(request: Request, site: &Site) -> Result<Self, Response> {
        let (mut parts, body) = request.into_parts();
        let by = Administering::from_request_parts(&mut parts, site).await?;
        let form = own_form(&by.session, Request::from_parts(parts, body), site).await?;
        Ok(Self { by: Administering { is_form: true, ..by }, form })
    }
}

/// The form, if it carries the session's token.
pub(super) async fn own_form(
    session: &AdministratorSession,
    request: Request,
    site: &Site,
) -> Result<Form, Response> {
    let form = Form::from_request(request, site)
        .await
        .map_err(|message| message.for_administrator().into_response())?;
    if session.csrf.matches(form.text("csrf")) {
        Ok(form)
    } else {
        Err(message::stale_form().for_administrator().into_response())
    }
}
