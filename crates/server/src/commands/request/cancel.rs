//! `request cancel`: gives a request up for a prescriber who called.

use clap::Args;
use registry::{RequestError, RequestId, RequestedBy};

use super::shown::Line;
use crate::{cli::Place, clock, commands::operator, failure::Failure, opening, output};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The number of the request, such as R-4F7K-92MQ
    #[arg(value_name = "REQUEST")]
    id: RequestId,
    #[command(flatten)]
    place: Place,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let actor = operator();
    let request = registry.request(arguments.id).await?.ok_or(RequestError::Unknown)?;
    let by = RequestedBy::HelpDesk { actor: &actor, npi: request.npi };
    let cancelled = registry.cancel_request(by, arguments.id, clock::now()).await?;
    output::print(json, &cancelled, &Line(&cancelled))
}
