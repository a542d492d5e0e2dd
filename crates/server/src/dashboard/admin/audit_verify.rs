//! Whether the record of what happened was changed.

use askama::Template;
use axum::{
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use registry::{Action, audit::verifying::Verified};

use super::{
    frame::Frame,
    verification,
    visitor::{Administering, AdministratorForm, failed},
};
use crate::{clock, dashboard::render, http::Site, time_text};

/// How many findings are shown; the command line shows all.
const FINDINGS: usize = 100;

#[derive(Template)]
#[template(path = "admin/audit_verify.html")]
struct Page {
    frame: Frame,
    state: Standing,
}

/// Where the last verification is.
enum Standing {
    None,
    Running { come_to: u64, last: u64, begun: String },
    Failed { why: String },
    Ended(Outcome),
}

struct Outcome {
    begun: String,
    events: u64,
    checkpoints: u64,
    compared: u64,
    /// What is not sealed; empty where all is.
    unsealed: String,
    first_key: String,
    findings: Vec<String>,
    more: usize,
}

impl Outcome {
    fn new(begun: String, verified: &Verified) -> Self {
        let found = verified.findings.iter().take(FINDINGS).map(ToString::to_string).collect();
        let since = verified.unsealed_since.map_or_else(String::new, time_text::to_the_second);
        Self {
            begun,
            events: verified.events,
            checkpoints: verified.checkpoints,
            compared: verified.compared,
            unsealed: match verified.unsealed {
                0 => String::new(),
                count => format!(
                    "{count} events are not sealed yet, the first of them since {since}. If that is more than a minute ago, the server’s log says why it does not seal."
                ),
            },
            first_key: verified.first_key.map_or_else(String::new, |key| key.to_string()),
            findings: found,
            more: verified.findings.len().saturating_sub(FINDINGS),
        }
    }
}

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
) -> Result<Response, Response> {
    by.may(&site, Action::ReadAudit).await?;
    let state = match site.verification.last() {
        None => Standing::None,
        Some(run) => {
            let begun = time_text::to_the_second(run.begun);
            match run.ended() {
                Some(Ok(verified)) => Standing::Ended(Outcome::new(begun, verified)),
                Some(Err(why)) => Standing::Failed { why: why.clone() },
                None => {
                    let last = site.registry.events(None, 1).await.map_err(|e| failed(&e))?;
                    let last = last.first().map_or(0, |event| event.id);
                    Standing::Running { come_to: run.come_to(), last, begun }
                }
            }
        }
    };
    Ok(render(StatusCode::OK, &Page { frame: by.frame(), state }))
}

pub(super) async fn submit(
    State(site): State<Site>,
    AdministratorForm { by, .. }: AdministratorForm,
) -> Result<Response, Response> {
    by.may(&site, Action::ReadAudit).await?;
    verification::begin(&site).await;
    Ok(Redirect::to("/admin/audit/verify").into_response())
}

impl Page {
    /// What the last one says is of its time: this is the time now.
    fn now(&self) -> String {
        time_text::to_the_second(clock::now())
    }
}
