//! The queue of requests: by state, a page at a time; processed and shipped in batches. A batch that is
//! sent again does nothing more, and says so of each.

use std::collections::{HashMap, hash_map::Entry};

use askama::Template;
use axum::{
    extract::{Query, State, rejection::QueryRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use oath::{SerialNumber, TokenType};
use provisioning::Label;
use registry::{
    Action, Actor, Npi, RequestError, RequestId, RequestState, Shipment, TokenRequest,
    rules::administrators::may,
};
use serde::Deserialize;

use super::{
    frame::Frame,
    listing::{ROWS, page_of},
    queue_request::{broken, processing},
    visitor::{Administering, AdministratorForm, failed},
};
use crate::{
    clock,
    dashboard::{
        field_errors::sentence,
        form::{Form, shown_again},
        render,
        requests::RequestRow,
    },
    http::Site,
    randomness,
};

#[derive(Template)]
#[template(path = "admin/queue.html")]
struct Page {
    frame: Frame,
    states: Vec<(&'static str, bool)>,
    state: &'static str,
    sought: String,
    rows: Vec<Row>,
    next: Option<String>,
    may_work: bool,
    done: String,
    refused: Vec<(String, String)>,
}

/// One request, and what was typed beside it.
struct Row {
    request: RequestRow,
    who: String,
    npi: String,
    is_hard: bool,
    serial: String,
    carrier: String,
    tracking: String,
}

/// Which requests are asked for.
#[derive(Deserialize, Default)]
pub(super) struct Sought {
    #[serde(default)]
    state: String,
    #[serde(default)]
    q: String,
    #[serde(default)]
    after: String,
}

/// What a batch came to.
#[derive(Default)]
struct Outcome {
    done: String,
    refused: Vec<(String, String)>,
    /// What was typed, to be shown again at what was refused.
    typed: Option<Form>,
}

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
    query: Result<Query<Sought>, QueryRejection>,
) -> Result<Response, Response> {
    by.may(&site, Action::SeeQueue).await?;
    let sought = query.map(|Query(sought)| sought).unwrap_or_default();
    if let Ok(id) = sought.q.parse::<RequestId>()
        && site.registry.request(id).await.map_err(|error| failed(&error))?.is_some()
    {
        return Ok(Redirect::to(&format!("/admin/requests/{}", id.as_str())).into_response());
    }
    show(&site, &by, &sought, Outcome::default()).await
}

/// Takes up the requests that were ticked.
pub(super) async fn process(
    State(site): State<Site>,
    AdministratorForm { by, form }: AdministratorForm,
) -> Result<Response, Response> {
    let actor = by.may(&site, Action::WorkQueue).await?;
    let (mut outcome, mut count) = (Outcome::default(), 0_usize);
    let processing = processing(&site).ok_or_else(broken)?;
    for id in ids(&form, "take") {
        let mut rng = randomness::rng();
        let now = clock::now();
        match site.registry.process_request(&actor, id, &processing, now, &mut rng).await {
            Ok(_) => count += 1,
            Err(error) => outcome.refuse(id, error).map_err(|error| failed(&error))?,
        }
    }
    outcome.done = counted(count, "processed");
    show(&site, &by, &Sought { state: "requested".to_owned(), ..Sought::default() }, outcome).await
}

/// Ships the hard tokens whose serial numbers were filled in.
pub(super) async fn ship(
    State(site): State<Site>,
    AdministratorForm { by, form }: AdministratorForm,
) -> Result<Response, Response> {
    let actor = by.may(&site, Action::WorkQueue).await?;
    let (mut outcome, mut count) = (Outcome::default(), 0_usize);
    for id in ids(&form, "serial") {
        match ship_one(&site, &actor, id, &form).await {
            Ok(()) => count += 1,
            Err(Ok(error)) => outcome.refuse(id, error).map_err(|error| failed(&error))?,
            Err(Err(text)) => outcome.refused.push((id.to_string(), sentence(&text))),
        }
    }
    outcome.done = counted(count, "shipped");
    outcome.typed = Some(form);
    show(&site, &by, &Sought { state: "processed".to_owned(), ..Sought::default() }, outcome).await
}

async fn ship_one(
    site: &Site,
    actor: &Actor,
    id: RequestId,
    form: &Form,
) -> Result<(), Result<RequestError, String>> {
    let text = |field: &str| form.text(&format!("{field}-{}", id.as_str())).trim();
    let serial = text("serial").parse::<SerialNumber>();
    let serial = serial.map_err(|error| Err(error.to_string()))?;
    let missing = |what: &str| Err(format!("enter the {what}, in 1 to 64 characters"));
    let carrier = text("carrier").parse::<Label>().map_err(|_| missing("carrier"))?;
    let tracking = text("tracking").parse::<Label>().map_err(|_| missing("tracking number"))?;
    let shipment = Shipment { carrier, tracking };
    let shipped = site.registry.ship_request(actor, id, &serial, &shipment, clock::now()).await;
    shipped.map(drop).map_err(Ok)
}

impl Outcome {
    /// Notes why one was left as it is; what the registry cannot do at all ends the batch.
    fn refuse(&mut self, id: RequestId, error: RequestError) -> Result<(), registry::Error> {
        match error {
            RequestError::Registry(error) => Err(error),
            error => {
                self.refused.push((id.to_string(), sentence(&error.to_string())));
                Ok(())
            }
        }
    }
}

/// The requests beside which something was filled in, in a page's own number at most.
fn ids(form: &Form, field: &str) -> Vec<RequestId> {
    form.fields()
        .filter(|(_, text)| !text.trim().is_empty())
        .filter_map(|(name, _)| name.strip_prefix(field)?.strip_prefix('-')?.parse().ok())
        .take(ROWS)
        .collect()
}

fn counted(count: usize, what: &str) -> String {
    match count {
        0 => String::new(),
        1 => format!("One request is {what}"),
        count => format!("{count} requests are {what}"),
    }
}

async fn show(
    site: &Site,
    by: &Administering,
    sought: &Sought,
    outcome: Outcome,
) -> Result<Response, Response> {
    let state = RequestState::ALL.iter().copied().find(|state| state.name() == sought.state);
    let state = state.unwrap_or(RequestState::Requested);
    let of_account = sought.q.trim().parse::<Npi>().ok();
    let is_search = !sought.q.trim().is_empty();
    let (found, next) = match of_account {
        Some(npi) => (site.registry.requests(&npi).await.map_err(|error| failed(&error))?, None),
        None if is_search => (Vec::new(), None),
        None => in_state(site, state, &sought.after).await?,
    };
    let names = names(site, &found).await?;
    let now = clock::now();
    let rows = found.iter().map(|request| {
        let typed = |field: &str| {
            let form = outcome.typed.as_ref();
            form.map_or_else(String::new, |form| {
                shown_again(form.text(&format!("{field}-{}", request.id.as_str())))
            })
        };
        Row {
            who: names.get(&request.npi).cloned().unwrap_or_default(),
            npi: request.npi.to_string(),
            is_hard: request.token_type == TokenType::Hard,
            serial: typed("serial"),
            carrier: typed("carrier"),
            tracking: typed("tracking"),
            request: RequestRow::new(request, now),
        }
    });
    let status =
        if outcome.refused.is_empty() { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        frame: by.frame(),
        states: RequestState::ALL
            .iter()
            .map(|known| (known.name(), *known == state && !is_search))
            .collect(),
        state: if is_search { "" } else { state.name() },
        sought: shown_again(&sought.q),
        rows: rows.collect(),
        next,
        may_work: may(by.session.administrator.roles.list(), Action::WorkQueue),
        done: outcome.done,
        refused: outcome.refused,
    };
    Ok(render(status, &page))
}

/// A page of the requests in a state, and the address of the next.
async fn in_state(
    site: &Site,
    state: RequestState,
    after: &str,
) -> Result<(Vec<TokenRequest>, Option<String>), Response> {
    let after = match after.parse::<RequestId>() {
        Ok(id) => site.registry.request(id).await.map_err(|error| failed(&error))?,
        Err(_) => None,
    };
    let limit = u32::try_from(ROWS + 1).unwrap_or(u32::MAX);
    let found = site.registry.queue(state, after.as_ref(), limit).await;
    let found = found.map_err(|error| failed(&error))?;
    let (found, last) = page_of(found, |request| request.id.as_str().to_owned());
    let next = last.map(|last| format!("/admin/requests?state={state}&after={last}"));
    Ok((found, next))
}

/// The names of those whose requests these are.
async fn names(site: &Site, requests: &[TokenRequest]) -> Result<HashMap<Npi, String>, Response> {
    let mut names = HashMap::new();
    for request in requests {
        if let Entry::Vacant(vacant) = names.entry(request.npi) {
            let account = site.registry.account(&request.npi).await;
            let account = account.map_err(|error| failed(&error))?;
            vacant.insert(account.map_or_else(String::new, |account| account.name.to_string()));
        }
    }
    Ok(names)
}
