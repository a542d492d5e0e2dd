//! `cargo xtask install | demo | test | fuzz | soak | bench | screenshots | check-targets | package |
//! package-server`: installs what the system lacks, builds, and hands over.

mod build;
mod check_targets;
mod error;
mod fuzz;
mod handover;
mod install;
mod npm;
mod probe;
mod requirements;
mod schemathesis;
mod server_package;
mod soak;

use std::process::ExitCode;

use clap::{Parser, Subcommand};

use crate::error::Result;
use crate::requirements::Purpose;

#[derive(Parser)]
#[command(name = "cargo xtask", about = "Countersign's own commands")]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Install what the system lacks, and check the versions of all that is needed.
    Install,
    /// Start server, app and dashboard; without a display, walk the whole way and keep screenshots.
    Demo {
        /// Walk by itself in a virtual display, even where there is a real one.
        #[arg(long)]
        headless: bool,
    },
    /// Run every test: units, doc tests, end to end.
    Test {
        /// Passed on to `cargo test` as they are, for instance `-p countersign-oath` or a test's name.
        #[arg(trailing_var_arg = true, allow_hyphen_values = true)]
        arguments: Vec<String>,
    },
    /// Throw bytes at every parser: a minute at each, from the seeds in `fuzz/corpus`.
    Fuzz {
        /// How long each is fuzzed.
        #[arg(long, value_name = "N", default_value_t = 60)]
        seconds: u64,
        /// Only this one of `fuzz/targets`.
        target: Option<String>,
    },
    /// Keep the server under fire: killed every second for a minute, and whatever else it must stand.
    Soak {
        /// How long what goes on by time goes on.
        #[arg(long, value_name = "N", default_value_t = 60)]
        seconds: u64,
    },
    /// Measure the release build; fails where a limit is missed.
    Bench {
        #[command(subcommand)]
        subject: Subject,
    },
    /// Take pictures of every screen, light and dark, in two sizes, into `target/screenshots`.
    Screenshots,
    /// Type-check the app for Android and Windows, without their SDKs.
    CheckTargets,
    /// Build the app's `.deb` and `.rpm`, into `target/release/bundle`.
    Package,
    /// Build the server's `.deb`, into `target/release/bundle/server-deb`.
    PackageServer,
}

/// What can be measured.
#[derive(Subcommand)]
enum Subject {
    /// Start, unlock, idle processor and memory, beside an empty Tauri window's.
    App {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
    },
    /// Codes a second, latency, memory and start, beside a no-op handler; charts in `target/bench`.
    Server {
        /// Print JSON instead of a table.
        #[arg(long)]
        json: bool,
        /// Two seconds each, up to 100,000 tokens, instead of five and a million.
        #[arg(long)]
        quick: bool,
        /// Over a PostgreSQL that is started for it, beside pgbench, instead of over SQLite.
        #[arg(long, conflicts_with = "quick")]
        postgres: bool,
    },
}

fn main() -> ExitCode {
    match run(Arguments::parse().command) {
        Ok(code) => code,
        Err(error) => {
            eprintln!("\n{error}");
            ExitCode::FAILURE
        }
    }
}

fn run(command: Command) -> Result<ExitCode> {
    install::install(purpose(&command))?;
    match command {
        Command::Screenshots => handover::screenshots(),
        Command::CheckTargets => check_targets::check_targets(),
        Command::Package => handover::package(),
        Command::PackageServer => server_package::package(),
        Command::Install => npm::install().map(|()| ExitCode::SUCCESS),
        Command::Demo { headless } => handover::demo(headless),
        Command::Bench { subject: Subject::App { json } } => handover::bench_app(json),
        Command::Soak { seconds } => soak::soak(seconds),
        Command::Fuzz { seconds, target } => fuzz::fuzz(seconds, target.as_deref()),
        Command::Bench { subject: Subject::Server { json, quick, postgres } } => {
            handover::bench_server(json, quick, postgres)
        }
        Command::Test { arguments } => handover::test(&arguments),
    }
}

/// What a command takes. Only the demo is for people who build nothing else here.
fn purpose(command: &Command) -> Purpose {
    match command {
        Command::Demo { headless } if handover::is_shown(*headless) => Purpose::Show,
        Command::Demo { .. } => Purpose::Walk,
        _ => Purpose::Test,
    }
}
