//! How far a check or an import of stock has come. The page asks for itself anew, without a script.

use askama::Template;
use axum::{
    extract::{Path, State, rejection::PathRejection},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use registry::Action;

use super::{
    frame::Frame,
    stock_jobs::{Job, JobEnd},
    visitor::Administering,
};
use crate::{
    dashboard::{message, render},
    http::Site,
    stock_file::number_of,
    time_text,
};

#[derive(Template)]
#[template(path = "admin/stock_progress.html")]
struct Page {
    frame: Frame,
    file: String,
    begun: String,
    heading: &'static str,
    /// How far it is, in percent; none where that cannot be told.
    percent: Option<u64>,
    /// The same in words.
    so_far: String,
    /// Why it was refused; empty while it goes on.
    refused: String,
}

/// Where the job of this name is looked at.
pub(super) fn address_of(name: &str) -> String {
    format!("/admin/stock/jobs/{name}")
}

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
    name: Result<Path<String>, PathRejection>,
) -> Result<Response, Response> {
    by.may(&site, Action::SeeStock).await?;
    let name = name.map(|Path(name)| name).unwrap_or_default();
    let not_known = || message::job_not_known_here().into_response();
    let job = site.stock_jobs.of(&name).ok_or_else(not_known)?;
    let refused = match job.ended() {
        None => String::new(),
        Some(JobEnd::Done(id)) => {
            return Ok(Redirect::to(&format!("/admin/stock/{id}")).into_response());
        }
        Some(JobEnd::Refused(_, why)) => why.clone(),
        Some(JobEnd::Broken) => {
            return Err(message::broken().for_administrator().into_response());
        }
    };
    Ok(render(StatusCode::OK, &show(&by, &job, refused)))
}

fn show(by: &Administering, job: &Job, refused: String) -> Page {
    let (rows, read) = job.so_far();
    let (heading, percent, so_far) = match job.bytes {
        Some(bytes) => {
            let percent = (read.min(bytes) * 100).checked_div(bytes).unwrap_or(0);
            let so_far = format!(
                "{} so far; {} of {} KB read, {percent} %.",
                number_of(rows, "row"),
                read.min(bytes).div_ceil(1000),
                bytes.div_ceil(1000)
            );
            ("Being checked", Some(percent), so_far)
        }
        None => ("Being imported", None, "All of it at once, or nothing of it.".to_owned()),
    };
    Page {
        frame: by.frame(),
        file: job.file.to_string(),
        begun: time_text::to_the_second(job.begun),
        heading,
        percent,
        so_far,
        refused,
    }
}
