//! `request list`: the queue.

use clap::Args;
use registry::{Npi, Registry, RequestState, TokenRequest};

use super::shown::Lines;
use crate::{cli::Place, failure::Failure, opening, output};

/// How many requests are read at once.
const PAGE: u32 = 1_000;

#[derive(Args)]
pub(crate) struct Arguments {
    #[command(flatten)]
    place: Place,
    /// Only those in this state: requested, processed, shipped, activated or cancelled [default: the
    /// first three]
    #[arg(long, value_name = "STATE", value_parser = state)]
    state: Option<RequestState>,
    /// Only those of one prescriber's account
    #[arg(long)]
    npi: Option<Npi>,
}

fn state(text: &str) -> Result<RequestState, &'static str> {
    let found = RequestState::ALL.iter().copied().find(|state| state.name() == text);
    found.ok_or("a state is one of requested, processed, shipped, activated, cancelled")
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let mut requests = Vec::new();
    for state in RequestState::ALL.iter().copied() {
        if arguments.state.map_or(state.is_open(), |wanted| wanted == state) {
            requests.extend(all_in(&registry, state).await?);
        }
    }
    if let Some(npi) = arguments.npi {
        requests.retain(|request| request.npi == npi);
    }
    output::print(json, &requests, &Lines(&requests))
}

async fn all_in(registry: &Registry, state: RequestState) -> Result<Vec<TokenRequest>, Failure> {
    let mut requests: Vec<TokenRequest> = Vec::new();
    loop {
        let page = registry.queue(state, requests.last(), PAGE).await?;
        if page.is_empty() {
            return Ok(requests);
        }
        requests.extend(page);
    }
}
