//! Stock: hard tokens are brought in by a file, which is checked before anything changes.

use std::{io::Cursor, sync::Arc};

use askama::Template;
use axum::{
    extract::{Request, State},
    http::StatusCode,
    response::{IntoResponse, Redirect, Response},
};
use provisioning::{
    PreSharedKey, PskcKey, PskcPassphrase,
    stock::{SeedText, StockFileError},
};
use registry::{
    Action, Error, IdempotencyKey, StockFinding, StockImport, rules::administrators::may,
};

use super::{
    frame::Frame,
    stock_import::state_of,
    stock_jobs::{Job, JobEnd},
    stock_progress::address_of,
    upload::Upload,
    visitor::{Administering, failed},
};
use crate::{
    dashboard::{
        broken_page,
        field_errors::{FieldErrors, sentence},
        message, render,
    },
    http::Site,
    randomness,
    stock_file::{self, CheckError, Opening, in_words},
    time_text,
};

/// How many imports are listed.
const IMPORTS: u32 = 20;
const FIELDS: [&str; 4] = ["file", "under", "secret", "seeds"];

/// What a file can be under, by its word in the form.
const UNDER: [(&str, &str); 3] = [
    ("nothing", "Nothing: it is in plain"),
    ("passphrase", "A passphrase"),
    ("key", "A pre-shared key, in hexadecimal"),
];

/// Nothing is done in a session that has ended.
const SIGNED_OUT: &str = "You were signed out before the file was checked. Choose it again, and stay signed in until it is done.";

#[derive(Template)]
#[template(path = "admin/stock.html")]
struct Page {
    frame: Frame,
    idempotency_key: String,
    may_import: bool,
    under: Vec<(String, String)>,
    chosen_under: String,
    seeds: Vec<(String, String)>,
    chosen_seeds: String,
    /// The most megabytes of a file.
    most: usize,
    imports: Vec<Row>,
    errors: FieldErrors,
    /// What is wrong with the form that exports.
    export_errors: FieldErrors,
}

struct Row {
    id: String,
    file: String,
    begun: String,
    by: String,
    found: String,
    state: &'static str,
    state_name: &'static str,
}

impl Row {
    fn new(import: &StockImport) -> Self {
        let (state, state_name) = state_of(import);
        Self {
            id: import.id.to_string(),
            file: import.file.to_string(),
            begun: time_text::to_the_minute(import.begun),
            by: import.by.clone(),
            found: in_words(&import.counts),
            state,
            state_name,
        }
    }
}

pub(super) async fn page(
    State(site): State<Site>,
    by: Administering,
) -> Result<Response, Response> {
    by.may(&site, Action::SeeStock).await?;
    show(&site, &by, &Chosen::default(), FieldErrors::default()).await
}

/// The page with what is wrong with the form that exports.
pub(super) async fn show_export(
    site: &Site,
    by: &Administering,
    errors: FieldErrors,
) -> Result<Response, Response> {
    show_both(site, by, &Chosen::default(), FieldErrors::default(), errors).await
}

/// What was chosen in a form that is shown again.
#[derive(Default)]
struct Chosen {
    under: String,
    seeds: String,
}

async fn show(
    site: &Site,
    by: &Administering,
    chosen: &Chosen,
    errors: FieldErrors,
) -> Result<Response, Response> {
    show_both(site, by, chosen, errors, FieldErrors::default()).await
}

async fn show_both(
    site: &Site,
    by: &Administering,
    chosen: &Chosen,
    errors: FieldErrors,
    export_errors: FieldErrors,
) -> Result<Response, Response> {
    let imports = site.registry.stock_imports(IMPORTS).await.map_err(|error| failed(&error))?;
    let owned = |(value, text): &(&str, &str)| ((*value).to_owned(), (*text).to_owned());
    let mut seeds = vec![(String::new(), "As the first line says".to_owned())];
    seeds.extend(SeedText::ALL.map(|(_, name)| (name.to_owned(), in_capitals(name))));
    let good = errors.is_empty() && export_errors.is_empty();
    let status = if good { StatusCode::OK } else { StatusCode::UNPROCESSABLE_ENTITY };
    let page = Page {
        idempotency_key: IdempotencyKey::generate(&mut randomness::rng()).as_str().to_owned(),
        may_import: may(by.session.administrator.roles.list(), Action::ManageStock),
        under: UNDER.iter().map(owned).collect(),
        chosen_under: chosen.under.clone(),
        seeds,
        chosen_seeds: chosen.seeds.clone(),
        most: Upload::MOST_MEGABYTES,
        imports: imports.iter().map(Row::new).collect(),
        errors,
        export_errors,
        frame: by.frame(),
    };
    Ok(render(status, &page))
}

fn in_capitals(seeds: &str) -> String {
    match seeds {
        "base32" => "Base 32".to_owned(),
        "base64" => "Base 64".to_owned(),
        _ => "Hexadecimal".to_owned(),
    }
}

/// Begins to check a file that was sent, and leads to what was found or to how far it is. The same submit
/// again leads to the same.
pub(super) async fn check(
    State(site): State<Site>,
    request: Request,
) -> Result<Response, Response> {
    let (by, upload) = Upload::receive(request, &site).await?;
    let actor = by.may(&site, Action::ManageStock).await?;
    let Ok(key) = upload.text("idempotency_key").parse::<IdempotencyKey>() else {
        return Err(message::stale_form().for_administrator().into_response());
    };
    let chosen =
        Chosen { under: upload.text("under").to_owned(), seeds: upload.text("seeds").to_owned() };
    if let Some(begun) = site.stock_jobs.of(key.as_str()) {
        return led_to(&site, &by, &chosen, (key.as_str(), &begun)).await;
    }
    let mut errors = FieldErrors::default();
    let opening = opening_of(&upload, &mut errors);
    let file = upload.file().ok_or("choose the file that came with the tokens");
    let file = errors.check("file", file);
    errors.sort(&FIELDS);
    let (Some(opening), Some((name, bytes))) = (opening, file) else {
        return show(&site, &by, &chosen, errors).await;
    };
    let Some(place) = site.stock_jobs.place() else {
        errors.add("", "two other files are being checked at this moment: wait until one is done, then send this one again");
        return show(&site, &by, &chosen, errors).await;
    };
    let job = Arc::new(Job::new(name.clone(), Some(bytes.len() as u64)));
    let (checking, watched) = (Arc::clone(&site), Arc::clone(&job));
    let work = async move {
        let watch = |rows: Vec<StockFinding>, read| watched.come_to(rows.len(), read);
        let file = Cursor::new(bytes);
        let registry = &checking.registry;
        let checked = stock_file::check(registry, &actor, &name, file, opening, watch).await;
        drop(place);
        match checked {
            Ok(import) => JobEnd::Done(import.id),
            Err(CheckError::File(error)) => {
                JobEnd::Refused(field_of(&error), sentence(&error.to_string()))
            }
            Err(CheckError::Registry(Error::SessionEnded)) => {
                JobEnd::Refused("", SIGNED_OUT.to_owned())
            }
            Err(CheckError::Registry(error)) => {
                tracing::error!(%error, "a file of stock could not be checked");
                JobEnd::Broken
            }
        }
    };
    let job = site.stock_jobs.run(key.as_str(), job, work).await;
    led_to(&site, &by, &chosen, (key.as_str(), &job)).await
}

/// Where a check leads whoever began it.
async fn led_to(
    site: &Site,
    by: &Administering,
    chosen: &Chosen,
    (name, job): (&str, &Job),
) -> Result<Response, Response> {
    match job.ended() {
        None => Ok(Redirect::to(&address_of(name)).into_response()),
        Some(JobEnd::Done(id)) => Ok(Redirect::to(&format!("/admin/stock/{id}")).into_response()),
        Some(JobEnd::Refused(field, why)) => {
            let mut errors = FieldErrors::default();
            errors.add(field, why);
            show(site, by, chosen, errors).await
        }
        Some(JobEnd::Broken) => Err(broken_page()),
    }
}

/// What opens the file, as the form says.
fn opening_of(upload: &Upload, errors: &mut FieldErrors) -> Option<Opening> {
    let secret = upload.text("secret");
    let key = match upload.text("under") {
        "passphrase" => {
            let passphrase = PskcPassphrase::of_other_file(secret);
            Some(PskcKey::Passphrase(errors.check("secret", passphrase)?))
        }
        "key" => Some(PskcKey::PreShared(errors.check("secret", PreSharedKey::parse(secret))?)),
        _ if !secret.is_empty() => {
            errors.add("under", "say what this is: a passphrase or a pre-shared key");
            return None;
        }
        _ => None,
    };
    let seeds = upload.text("seeds");
    let seeds = SeedText::ALL.into_iter().find(|(_, name)| *name == seeds).map(|(text, _)| text);
    Some(Opening { key, seeds })
}

/// The field that an error belongs to.
const fn field_of(error: &StockFileError) -> &'static str {
    match error {
        StockFileError::NeedsPassphrase
        | StockFileError::NeedsPreSharedKey { .. }
        | StockFileError::NotEncrypted => "under",
        StockFileError::WrongKey => "secret",
        _ => "file",
    }
}
