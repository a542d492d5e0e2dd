//! Export of what is in stock, as a file that leaves while it is written.

use std::sync::Arc;

use axum::{
    body::{Body, Bytes},
    extract::State,
    http::header::{CONTENT_DISPOSITION, CONTENT_TYPE},
    response::{IntoResponse, Response},
};
use futures_util::stream;
use provisioning::{PskcKey, PskcPassphrase, PskcWriter};
use registry::{Action, StockExport};

use super::{
    stock,
    visitor::{AdministratorForm, failed},
};
use crate::{clock, dashboard::field_errors::FieldErrors, http::Site, randomness};

/// What is recorded of it.
const HOW: &str = "as PSKC under a passphrase, on the page";

/// Writes every hard token that nobody owns into a file under a passphrase. What is in use leaves by
/// the command line only.
pub(super) async fn submit(
    State(site): State<Site>,
    AdministratorForm { by, form }: AdministratorForm,
) -> Result<Response, Response> {
    let actor = by.may(&site, Action::ManageStock).await?;
    let mut errors = FieldErrors::default();
    let passphrase =
        errors.check("export-passphrase", PskcPassphrase::parse(form.text("export-passphrase")));
    if form.text("export-passphrase") != form.text("export-again") {
        errors.add("export-again", "the two passphrases differ: type the same in both");
    }
    let (Some(passphrase), true) = (passphrase, errors.is_empty()) else {
        return stock::show_export(&site, &by, errors).await;
    };
    let begun = begin(passphrase).await.map_err(|error| {
        tracing::error!(%error, "an export could not be begun");
        crate::dashboard::broken_page()
    })?;
    let export = site.registry.begin_export(&actor, false, HOW, clock::now()).await;
    let export = export.map_err(|error| failed(&error))?;
    let file = File { site: Arc::clone(&site), export: Some(export), writer: Some(begun) };
    let body = Body::from_stream(stream::unfold(file, File::next));
    let headers = [
        (CONTENT_TYPE, "application/pskc+xml"),
        (CONTENT_DISPOSITION, "attachment; filename=\"stock.pskc.xml\""),
    ];
    Ok((headers, body).into_response())
}

/// Derives the key, which takes about a second, where nobody waits for it.
async fn begin(passphrase: PskcPassphrase) -> std::io::Result<PskcWriter<Vec<u8>>> {
    let key = PskcKey::Passphrase(passphrase);
    let begin = move || PskcWriter::begin(Vec::new(), &key, &mut randomness::rng());
    tokio::task::spawn_blocking(begin).await?
}

/// A file that is being written.
struct File {
    site: Site,
    export: Option<StockExport>,
    writer: Option<PskcWriter<Vec<u8>>>,
}

impl File {
    /// The next piece; an error ends the download, so that nobody takes half a file for a whole one.
    async fn next(mut self) -> Option<(Result<Bytes, axum::Error>, Self)> {
        let piece = self.piece().await.transpose()?;
        if piece.is_err() {
            self.writer = None;
        }
        Some((piece, self))
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, axum::Error> {
        let (Some(writer), Some(export)) = (&mut self.writer, &mut self.export) else {
            return Ok(None);
        };
        let registry = &self.site.registry;
        let tokens = registry.export_stock(export, clock::now()).await.map_err(axum::Error::new)?;
        for token in &tokens {
            writer.token(token, &mut randomness::rng()).map_err(axum::Error::new)?;
        }
        if !tokens.is_empty() {
            return Ok(Some(core::mem::take(writer.written()).into()));
        }
        let (Some(writer), Some(export)) = (self.writer.take(), self.export.take()) else {
            return Ok(None);
        };
        registry.end_export(export, clock::now()).await.map_err(axum::Error::new)?;
        Ok(Some(writer.end().map_err(axum::Error::new)?.into()))
    }
}
