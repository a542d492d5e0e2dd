//! `request send-again`: has an activation mail sent anew, with a new link.

use clap::Args;
use registry::{Processing, ProofingRecord, RequestId};

use super::{
    order::Order,
    process::{Done, print},
};
use crate::{cli::Place, clock, commands::operator, failure::Failure, opening, randomness};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The number of the request, such as R-4F7K-92MQ
    #[arg(value_name = "REQUEST")]
    id: RequestId,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    order: Order,
    /// Who checked the prescriber's identity anew, and how; needed where the last token was given up
    /// and no activation is open
    #[arg(long, value_name = "RECORD")]
    proofing: Option<ProofingRecord>,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let id = arguments.id;
    let activation = arguments.order.activation();
    let processing = Processing { activation, opens_access: true, proofing: arguments.proofing };
    let (actor, now, mut rng) = (operator(), clock::now(), randomness::rng());
    let sent = registry.send_request_again(&actor, id, &processing, now, &mut rng).await?;
    print(json, &[Done::from(sent)])
}
