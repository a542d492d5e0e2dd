//! One request: its steps, and what the help desk does with it now.

use askama::Template;
use axum::{
    extract::{OriginalUri, Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use oath::TokenType;
use provisioning::{PinPolicy, ServerUrl};
use registry::{
    Action, ActivationOrder, Processing, ProofingAsked, RequestError, RequestId, RequestState,
    RequestedBy, TokenRequest, rules::administrators::may,
};

use super::{
    frame::Frame,
    visitor::{Administering, AdministratorForm, failed},
};
use crate::{
    clock,
    dashboard::{field_errors::sentence, message, render, requests::RequestRow},
    http::Site,
    randomness,
};

/// For how many seconds a mailed link is good: three days.
const VALID_FOR: u64 = 3 * 24 * 60 * 60;

#[derive(Template)]
#[template(path = "admin/queue_request.html")]
struct Page {
    frame: Frame,
    request: RequestRow,
    who: String,
    npi: String,
    mail_problem: String,
    can_process: bool,
    can_send_again: bool,
    can_ship: bool,
    /// Whether the identity has to be proved anew before it is processed.
    needs_proofing: bool,
    done: &'static str,
    error: Option<String>,
    no_error: Option<&'static str>,
}

type InAddress<T> = Result<Path<T>, PathRejection>;

/// How requests are processed on these pages: what opens somebody's access takes two people.
/// `None` where this server has no address of its own.
pub(super) fn processing(site: &Site) -> Option<Processing> {
    let server: ServerUrl = site.origins.first().and_then(|origin| origin.parse().ok())?;
    let pin = PinPolicy::default();
    let activation =
        ActivationOrder { server, issuer: site.issuer.clone(), valid_for: VALID_FOR, pin };
    Some(Processing { activation, opens_access: false, proofing: None })
}

pub(super) fn broken() -> Response {
    message::broken().for_administrator().into_response()
}

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
    OriginalUri(uri): OriginalUri,
    id: InAddress<String>,
) -> Result<Response, Response> {
    by.may(&site, Action::SeeQueue).await?;
    let request = request_at(&site, &id.map(|Path(id)| id).unwrap_or_default()).await?;
    let done = match uri.query() {
        Some("done=process") => "The request is processed",
        Some("done=send-again") => "A new mail goes out",
        Some("done=cancel") => "The request is cancelled",
        _ => "",
    };
    show(&site, &by, &request, (done, None)).await
}

pub(super) async fn submit(
    State(site): State<Site>,
    place: InAddress<(String, String)>,
    AdministratorForm { by, form }: AdministratorForm,
) -> Result<Response, Response> {
    let actor = by.may(&site, Action::WorkQueue).await?;
    let (id, act) = place.map(|Path(place)| place).unwrap_or_default();
    let request = request_at(&site, &id).await?;
    let (id, now, mut rng) = (request.id, clock::now(), randomness::rng());
    let result = match act.as_str() {
        "process" => {
            let processing = processing(&site).ok_or_else(broken)?;
            site.registry
                .process_request(&actor, id, &processing, now, &mut rng)
                .await
                .map(drop)
                .map_err(Ok)
        }
        "send-again" => {
            let processing = processing(&site).ok_or_else(broken)?;
            site.registry
                .send_request_again(&actor, id, &processing, now, &mut rng)
                .await
                .map(drop)
                .map_err(Ok)
        }
        "cancel" if form.text("sure") == "yes" => {
            let by = RequestedBy::HelpDesk { actor: &actor, npi: request.npi };
            site.registry.cancel_request(by, id, now).await.map(drop).map_err(Ok)
        }
        "cancel" => Err(Err("tick the box to say that you mean to cancel this request".to_owned())),
        _ => return Err(message::nothing_to_administer().into_response()),
    };
    let error = match result {
        Ok(()) => {
            let address = format!("/admin/requests/{}?done={act}", id.as_str());
            return Ok(Redirect::to(&address).into_response());
        }
        Err(Ok(RequestError::Registry(error))) => return Err(failed(&error)),
        Err(Ok(error)) => error.to_string(),
        Err(Err(text)) => text,
    };
    show(&site, &by, &request, ("", Some(sentence(&error)))).await
}

/// The request at an address.
async fn request_at(site: &Site, text: &str) -> Result<TokenRequest, Response> {
    let not_found = || message::nothing_to_administer().into_response();
    let id: RequestId = text.parse().map_err(|_| not_found())?;
    let found = site.registry.request(id).await.map_err(|error| failed(&error))?;
    found.ok_or_else(not_found)
}

async fn show(
    site: &Site,
    by: &Administering,
    request: &TokenRequest,
    (done, error): (&'static str, Option<String>),
) -> Result<Response, Response> {
    let now = clock::now();
    let account = site.registry.account(&request.npi).await.map_err(|error| failed(&error))?;
    let asked = site.registry.proofing_asked(&request.npi, now).await;
    let asked = asked.map_err(|error| failed(&error))?;
    let works = may(by.session.administrator.roles.list(), Action::WorkQueue);
    let is_hard = request.token_type == TokenType::Hard;
    let mailed = match request.state {
        RequestState::Processed => !is_hard,
        RequestState::Shipped => true,
        _ => false,
    };
    let status = if error.is_some() { StatusCode::UNPROCESSABLE_ENTITY } else { StatusCode::OK };
    let page = Page {
        frame: by.frame(),
        who: account.map_or_else(String::new, |account| account.name.to_string()),
        npi: request.npi.to_string(),
        mail_problem: request.mailing.problem.clone().unwrap_or_default(),
        can_process: works && request.state == RequestState::Requested,
        can_send_again: works && mailed,
        can_ship: works && is_hard && request.state == RequestState::Processed,
        needs_proofing: asked == ProofingAsked::NewRecord,
        request: RequestRow {
            cancellable: works && request.state.is_open(),
            ..RequestRow::new(request, now)
        },
        done,
        error,
        no_error: None,
    };
    Ok(render(status, &page))
}
