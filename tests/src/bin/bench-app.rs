//! Measures the app beside an empty window, on a virtual display; fails where a limit is missed.
//!
//! `bench-app [--json]`; it measures the build in whose folder it lies.

use std::process::ExitCode;

use e2e::bench::{self, Plan};

#[tokio::main]
async fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let json = match arguments.iter().map(String::as_str).collect::<Vec<_>>()[..] {
        [] => false,
        ["--json"] => true,
        _ => {
            eprintln!("usage: bench-app [--json]");
            return ExitCode::from(2);
        }
    };
    if cfg!(debug_assertions) {
        eprintln!("This is a debug build: its figures say nothing of what is shipped.");
    }
    match bench::app(Plan::USUAL, |progress| eprintln!("{progress}")).await {
        Ok(report) => {
            if json {
                println!("{:#}", report.to_json());
            } else {
                println!("\n{report}");
            }
            if report.is_within() { ExitCode::SUCCESS } else { ExitCode::FAILURE }
        }
        Err(error) => {
            eprintln!("\nStopped: {error}");
            ExitCode::FAILURE
        }
    }
}
