//! `countersign-server`: HTTP API, dashboard and command line over the registry. The program is [`run`].
//!
//! It holds no rule of the domain: those are the `registry` crate's.
//!
//! | module | subject |
//! | --- | --- |
//! | [`cli`], [`configuration`] | what the command line takes; the configuration file |
//! | [`commands`] | one command a file |
//! | [`listening`] | the port: TLS, and the end that finishes what was accepted |
//! | [`log`] | what is logged, and how |
//! | [`http`] | the server: routes, headers, limits, the API's errors |
//! | [`dashboard`] | the pages |
//! | [`sealer`], [`network`] | what runs beside the requests: the audit's sealing, the network's telling |
//! | [`mail`] | activation mails |
//! | [`phone`], [`webhook`] | codes to a phone; posting to addresses that the operator names |
//! | [`opening`] | from a data folder to a registry |
//! | [`data_dir`], [`master_key`], [`master_key_file`] | what lies on disk, and who may read it; where the key is from |
//! | [`failure`] | what can stop a command, and what to do next |
//! | [`clock`], [`randomness`] | the only readers of either |
//! | [`proofing`] | the record of who checked an identity, as text |
//! | [`stock_file`] | a file of hard tokens on its way into the registry |
//! | [`time_text`] | instants as people read them |
//! | [`unread`] | what is sent, read as the handlers read it and not acted on: for the fuzz targets |

mod checkpoint_file;
mod cli;
mod clock;
mod commands;
mod configuration;
mod dashboard;
mod data_dir;
mod failure;
mod http;
mod listening;
mod log;
mod mail;
mod master_key;
mod master_key_file;
mod network;
mod opening;
mod output;
mod phone;
mod proofing;
mod randomness;
mod sealer;
mod stock_file;
mod time_text;
pub mod unread;
mod webhook;
mod webhooks;

use std::{process::ExitCode, time::Duration};

use failure::Failure;
use tokio::runtime::Runtime;

/// Does what the command line says.
#[must_use]
pub fn run() -> ExitCode {
    let cli =
        configuration::parse(std::env::args_os().collect()).unwrap_or_else(|error| error.exit());
    let json = cli.json;
    let ended = Runtime::new().map_err(Failure::Serve).and_then(|runtime| {
        let ended = runtime.block_on(commands::run(cli));
        // A thread that a disk holds up does not hold up the end.
        runtime.shutdown_timeout(Duration::from_secs(1));
        ended
    });
    match ended {
        Ok(()) => ExitCode::SUCCESS,
        Err(failure) => output::failure(json, &failure),
    }
}
