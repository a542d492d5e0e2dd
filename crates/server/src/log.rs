//! The log: to stderr, one event a line; `RUST_LOG` chooses how much.

use std::io;

use clap::ValueEnum;
use tracing_subscriber::EnvFilter;

use crate::http;

/// How an event is written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Format {
    /// For people.
    Text,
    /// For programs: one document a line.
    Json,
}

/// Logs from now on.
pub(crate) fn start(format: Format) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new("info"));
    let log = tracing_subscriber::fmt()
        .with_env_filter(filter)
        .with_writer(io::stderr)
        .with_ansi(false)
        // Where the log cannot be written, on a full disk, to say so there would end the request.
        .log_internal_errors(false);
    // A second start in one process would only mean that a log is there already.
    let _ = match format {
        Format::Text => log.try_init(),
        Format::Json => log.json().flatten_event(true).try_init(),
    };
    http::log_panics_by_place();
}
