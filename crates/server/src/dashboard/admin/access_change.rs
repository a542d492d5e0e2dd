//! One change of access: what was entered, and its execution or refusal by a second person.

use askama::Template;
use axum::{
    extract::{OriginalUri, Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use data_encoding::BASE64;
use provisioning::{Label, ServerUrl};
use registry::{
    AccessError, Action, Error, IdempotencyKey, Phone,
    access::{AccessChange, AccessOrder, AccessState, EnteredBy, ShownOnce},
    rules::administrators::may,
};
use zeroize::Zeroizing;

use super::{
    access::ChangeText,
    frame::Frame,
    visitor::{Administering, AdministratorForm, failed},
};
use crate::{
    clock,
    dashboard::{field_errors::FieldErrors, form::shown_again, message, render},
    http::Site,
    randomness,
};

#[derive(Template)]
#[template(path = "admin/access_change.html")]
struct Page {
    frame: Frame,
    change: ChangeText,
    /// What was entered: name and value.
    facts: Vec<(&'static str, String)>,
    /// Whether it ends the access.
    ends: bool,
    idempotency_key: String,
    may_execute: bool,
    may_decline: bool,
    /// Whether whoever looks entered it.
    own: bool,
    /// Whether a relying party entered it.
    by_party: bool,
    entered: bool,
    errors: FieldErrors,
    reason: String,
}

#[derive(Template)]
#[template(path = "admin/passphrase_shown.html")]
struct PassphraseShown {
    frame: Frame,
    npi: String,
    link: Zeroizing<String>,
    confirmation: Zeroizing<String>,
    /// The link as a picture.
    qr: Zeroizing<String>,
}

#[derive(Template)]
#[template(path = "admin/activation_shown.html")]
struct Shown {
    frame: Frame,
    npi: String,
    link: Zeroizing<String>,
    confirmation: Zeroizing<String>,
    /// The link as a picture.
    qr: Zeroizing<String>,
}

type InAddress = Result<Path<String>, PathRejection>;

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
    OriginalUri(uri): OriginalUri,
    id: InAddress,
) -> Result<Response, Response> {
    by.may(&site, Action::SeeAccess).await?;
    let change = change_at(&site, id).await?;
    let entered = uri.query() == Some("entered");
    Ok(show(&by, &change, entered, FieldErrors::default(), String::new()))
}

/// Executes; what an activation shows is shown in the answer, once.
pub(super) async fn execute(
    State(site): State<Site>,
    id: InAddress,
    AdministratorForm { by, form }: AdministratorForm,
) -> Result<Response, Response> {
    by.may(&site, Action::ExecuteAccess).await?;
    let change = change_at(&site, id).await?;
    let Ok(submit) = form.text("idempotency_key").parse::<IdempotencyKey>() else {
        return Err(message::stale_form().for_administrator().into_response());
    };
    let mut errors = FieldErrors::default();
    if form.text("checked") != "yes" {
        errors.add("checked", "Check what was entered against what you know, and say so");
        return Ok(show(&by, &change, false, errors, String::new()));
    }
    let broken = || message::broken().for_administrator().into_response();
    let server: ServerUrl =
        site.origins.first().and_then(|origin| origin.parse().ok()).ok_or_else(broken)?;
    let (place, mut rng) = ((&server, &site.issuer), randomness::rng());
    let now = clock::now();
    match site.registry.execute_access(&by.session, &change.id, &submit, place, now, &mut rng).await
    {
        Ok(executed) => match executed.shown {
            Some(shown) => show_once(&by, &executed.change, &shown).ok_or_else(broken),
            None => {
                let done = match executed.change.order {
                    AccessOrder::End { .. } => "ended",
                    AccessOrder::Phone { .. } => "phone",
                    AccessOrder::Mail { .. } => "mail",
                    _ => "opened",
                };
                let address = format!("/admin/accounts/{}?{done}", executed.change.npi);
                Ok(Redirect::to(&address).into_response())
            }
        },
        Err(AccessError::Registry(
            error @ (Error::AccountExists | Error::AccountIdTaken | Error::UnknownAccount),
        )) => {
            errors.add("", &error.to_string());
            Ok(show(&by, &change, false, errors, String::new()))
        }
        Err(AccessError::Registry(error)) => Err(failed(&error)),
        Err(AccessError::Refused(refusal)) => {
            errors.add("", &refusal.to_string());
            // Read again: it may have been decided meanwhile.
            let change = change_at(&site, Ok(Path(change.id.as_str().to_owned()))).await?;
            Ok(show(&by, &change, false, errors, String::new()))
        }
    }
}

pub(super) async fn decline(
    State(site): State<Site>,
    id: InAddress,
    AdministratorForm { by, form }: AdministratorForm,
) -> Result<Response, Response> {
    let roles = by.session.administrator.roles.list();
    let executes = may(roles, Action::ExecuteAccess);
    by.may(&site, if executes { Action::ExecuteAccess } else { Action::EnterAccess }).await?;
    let change = change_at(&site, id).await?;
    let mut errors = FieldErrors::default();
    let Ok(reason) = form.text("reason").parse::<Label>() else {
        errors.add(
            "reason",
            "Say in a few words why, at most 64 characters; whoever entered it reads it",
        );
        return Ok(show(&by, &change, false, errors, shown_again(form.text("reason"))));
    };
    match site.registry.decline_access(&by.session, &change.id, &reason, clock::now()).await {
        Ok(_) => Ok(Redirect::to("/admin/access").into_response()),
        Err(AccessError::Registry(error)) => Err(failed(&error)),
        Err(AccessError::Refused(refusal)) => {
            errors.add("", &refusal.to_string());
            Ok(show(&by, &change, false, errors, String::new()))
        }
    }
}

/// The change at an address.
async fn change_at(site: &Site, id: InAddress) -> Result<AccessChange, Response> {
    let not_found = || message::nothing_to_administer().into_response();
    let text = id.map(|Path(text)| text).unwrap_or_default();
    let id: IdempotencyKey = text.parse().map_err(|_| not_found())?;
    let found = site.registry.access(&id, clock::now()).await.map_err(|error| failed(&error))?;
    found.ok_or_else(not_found)
}

fn show(
    by: &Administering,
    change: &AccessChange,
    entered: bool,
    errors: FieldErrors,
    reason: String,
) -> Response {
    let status = if errors.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let administrator = &by.session.administrator;
    let own = change.entered_by.is(&administrator.name);
    let pending = change.state == AccessState::Pending;
    let executes = may(administrator.roles.list(), Action::ExecuteAccess);
    let page = Page {
        frame: by.frame(),
        facts: facts(&change.order, pending),
        ends: matches!(change.order, AccessOrder::End { .. }),
        change: ChangeText::new(change),
        idempotency_key: IdempotencyKey::generate(&mut randomness::rng()).as_str().to_owned(),
        may_execute: pending && executes && !own,
        may_decline: pending && (executes || own),
        own,
        by_party: matches!(change.entered_by, EnteredBy::RelyingParty(_)),
        entered,
        errors,
        reason,
    };
    render(status, &page)
}

/// `pending` tells whether somebody is to compare what was entered, and so sees all of it.
fn facts(order: &AccessOrder, pending: bool) -> Vec<(&'static str, String)> {
    let number = |phone: &Phone| match pending {
        true => phone.as_str().to_owned(),
        false => format!("ends in {}", phone.last_digits()),
    };
    match order {
        AccessOrder::Account { name, mail, phone, own_id, address, proofing } => [
            Some(("Name", name.to_string())),
            Some(("Mail", mail.to_string())),
            phone.as_ref().map(|phone| ("Telephone number", number(phone))),
            own_id.as_ref().map(|id| ("Own ID", id.as_str().to_owned())),
            address.as_ref().map(|address| ("Address", address.to_string())),
            Some(("Identity-proofing record", proofing.to_string())),
        ]
        .into_iter()
        .flatten()
        .collect(),
        AccessOrder::End { reason } => vec![("Reason", reason.to_string())],
        AccessOrder::Passphrase { assurance } => {
            vec![("How it was made sure who asks", assurance.to_string())]
        }
        AccessOrder::Phone { phone } => {
            let number = phone.as_ref().map_or_else(|| "none".to_owned(), number);
            vec![("New telephone number", number)]
        }
        AccessOrder::Mail { mail } => vec![("New mail address", mail.to_string())],
        AccessOrder::Activation { valid_for, pin, proofing } => [
            Some(("The link is good for", format!("{} hours at most", valid_for / 3600))),
            Some(("PIN", format!("{} digits", pin.length()))),
            proofing.as_ref().map(|record| ("Identity-proofing record", record.to_string())),
        ]
        .into_iter()
        .flatten()
        .collect(),
    }
}

fn show_once(by: &Administering, change: &AccessChange, shown: &ShownOnce) -> Option<Response> {
    let picture = provisioning::qr::svg(shown.expose_link()).ok().map(Zeroizing::new)?;
    let (frame, npi) = (by.frame(), change.npi.to_string());
    let link = Zeroizing::new(shown.expose_link().to_owned());
    let confirmation = Zeroizing::new(shown.expose_confirmation().to_owned());
    let qr = Zeroizing::new(BASE64.encode(picture.as_bytes()));
    Some(match change.order {
        AccessOrder::Passphrase { .. } => {
            render(StatusCode::OK, &PassphraseShown { frame, npi, link, confirmation, qr })
        }
        _ => render(StatusCode::OK, &Shown { frame, npi, link, confirmation, qr }),
    })
}
