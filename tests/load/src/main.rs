//! Puts the server under load beside a no-op handler of its own, and measures what it answers; fails
//! where a figure is missed. This program is the load generator, so that the two share the machine as
//! two processes.

mod clinic;
mod clock;
mod error;
mod http;
mod in_process;
mod latencies;
mod load;
mod machine;
mod plot;
mod postgres;
mod report;
mod runs;
mod server;

use std::{path::PathBuf, process::ExitCode, time::Duration};

use clap::{Parser, Subcommand};

use crate::{error::Result, runs::Plan};

#[derive(Parser)]
#[command(name = "bench-server")]
struct Arguments {
    #[command(subcommand)]
    what: What,
    /// Print JSON instead of a table
    #[arg(long, global = true)]
    json: bool,
    /// How many seconds each measurement lasts
    #[arg(long, global = true, default_value_t = 5, value_parser = clap::value_parser!(u64).range(1..))]
    seconds: u64,
}

#[derive(Subcommand)]
enum What {
    /// The server, over HTTP
    Http {
        /// The server's program, of a release build
        #[arg(long)]
        server: PathBuf,
        /// The largest table of tokens
        #[arg(long, default_value_t = 1_000_000, value_parser = clap::value_parser!(u32).range(1_000..))]
        most: u32,
        /// Where charts are put
        #[arg(long)]
        plots: Option<PathBuf>,
    },
    /// The server over a PostgreSQL of its own, beside pgbench
    Postgres {
        /// The server's program, of a release build
        #[arg(long)]
        server: PathBuf,
        /// How many tokens there are
        #[arg(long, default_value_t = runs::USUAL, value_parser = clap::value_parser!(u32).range(1_000..))]
        tokens: u32,
    },
    /// The registry alone, without a network
    InProcess(in_process::Arguments),
}

// The load takes one core at most, and leaves the other to the server.
#[tokio::main(flavor = "current_thread")]
async fn main() -> ExitCode {
    let arguments = Arguments::parse();
    if cfg!(debug_assertions) {
        eprintln!("This is a debug build: its figures say nothing of what is shipped.");
    }
    match run(arguments).await {
        Ok(true) => ExitCode::SUCCESS,
        Ok(false) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("\nStopped: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn run(arguments: Arguments) -> Result<bool> {
    let lasts = Duration::from_secs(arguments.seconds);
    let (server, most, plots) = match arguments.what {
        What::Http { server, most, plots } => (server, most, plots),
        What::Postgres { server, tokens } => {
            let plan = postgres::Plan { program: server, tokens, lasts };
            let report = postgres::measure(&plan, |progress| eprintln!("{progress}")).await?;
            if arguments.json {
                println!("{:#}", report.to_json());
            } else {
                println!("\n{report}");
            }
            return Ok(report.is_within());
        }
        What::InProcess(asked) => {
            return in_process::run(asked, lasts, arguments.json).map(|()| true);
        }
    };
    let plan = Plan { program: server, most, lasts };
    let report = runs::measure(&plan, |progress| eprintln!("{progress}")).await?;
    if let Some(folder) = plots {
        std::fs::create_dir_all(&folder)?;
        for (name, chart) in report.charts() {
            std::fs::write(folder.join(name), chart.to_svg())?;
        }
    }
    if arguments.json {
        println!("{:#}", report.to_json());
    } else {
        println!("\n{report}");
    }
    Ok(report.is_within())
}
