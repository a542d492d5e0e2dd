//! What a command prints: words for people, or one JSON document for programs.

use std::{
    fmt,
    io::{self, Write},
    process::ExitCode,
};

use serde::Serialize;

use crate::failure::Failure;

/// Prints a result as JSON or as text, and finds out whether it arrived.
pub(crate) fn print(
    json: bool,
    document: &impl Serialize,
    text: &impl fmt::Display,
) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    let written = if json {
        serde_json::to_writer_pretty(&mut out, document)
            .map_err(io::Error::from)
            .and_then(|()| writeln!(out))
    } else {
        writeln!(out, "{text}")
    };
    written.and_then(|()| out.flush()).map_err(Failure::Output)
}

/// Prints a line for people.
pub(crate) fn line(text: &str) -> Result<(), Failure> {
    let mut out = io::stdout().lock();
    writeln!(out, "{text}").and_then(|()| out.flush()).map_err(Failure::Output)
}

/// Says on stderr what the operator should know besides the result.
pub(crate) fn note(json: bool, note: &str) {
    if json {
        eprintln!("{}", serde_json::json!({ "note": note }));
    } else {
        eprintln!("note: {note}");
    }
}

/// Says on stderr what stopped the command. The exit code is 1; clap's for a wrong call is 2.
pub(crate) fn failure(json: bool, failure: &Failure) -> ExitCode {
    if json {
        eprintln!("{}", serde_json::json!({ "error": failure.to_string() }));
    } else {
        eprintln!("countersign-server: {failure}");
    }
    ExitCode::FAILURE
}
