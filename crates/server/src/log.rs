//! The log: to stderr, one event a line; `RUST_LOG` chooses how much.

use std::io;

use clap::ValueEnum;
use tracing::{Level, Metadata};
use tracing_subscriber::{
    EnvFilter, filter::filter_fn, layer::SubscriberExt as _, util::SubscriberInitExt as _,
};

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
        Format::Text => log.finish().with(filter_fn(may_be_told)).try_init(),
        Format::Json => {
            log.json().flatten_event(true).finish().with(filter_fn(may_be_told)).try_init()
        }
    };
    http::log_panics_by_place();
}

/// Whether an event may be written, whatever `RUST_LOG` says: what a library tells of its work beyond `info`
/// holds what it carries, such as a webhook's key in a head and what is written to the database.
fn may_be_told(event: &Metadata<'_>) -> bool {
    *event.level() <= Level::INFO || event.target().starts_with("countersign_")
}
