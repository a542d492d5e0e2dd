//! `request process`: takes requests up; the links of soft tokens are mailed by the server.

use core::fmt;

use clap::Args;
use registry::{ProcessedRequest, Processing, ProofingRecord, RequestId, TokenRequest};
use serde::Serialize;
use zeroize::Zeroizing;

use super::{batch::Batch, order::Order, shown::Line};
use crate::{cli::Place, clock, commands::operator, failure::Failure, opening, output, randomness};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The numbers of the requests, such as R-4F7K-92MQ
    #[arg(value_name = "REQUEST", required = true)]
    ids: Vec<RequestId>,
    #[command(flatten)]
    place: Place,
    #[command(flatten)]
    order: Order,
    /// Who checked the prescriber's identity anew, and how; needed where the last token was given up
    #[arg(long, value_name = "RECORD")]
    proofing: Option<ProofingRecord>,
}

/// Leaves the program on standard output, as the operator asked.
#[derive(Serialize)]
pub(super) struct Done {
    request: TokenRequest,
    /// For the prescriber by another way than the mail; only where it is needed.
    #[serde(skip_serializing_if = "Option::is_none")]
    confirmation_code: Option<Zeroizing<String>>,
}

impl From<ProcessedRequest> for Done {
    fn from(processed: ProcessedRequest) -> Self {
        // Who has a token signs in with it, and not with the confirmation code.
        let confirmation = processed.confirmation.filter(|_| !processed.has_token);
        Self {
            request: processed.request,
            confirmation_code: confirmation.map(|code| Zeroizing::new(code.expose_text())),
        }
    }
}

impl fmt::Display for Done {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}", Line(&self.request))?;
        if let Some(code) = &self.confirmation_code {
            write!(
                f,
                "\n  Confirmation code (not by mail: by another way, such as a call): {}",
                **code
            )?;
        }
        Ok(())
    }
}

pub(super) fn print(json: bool, done: &[Done]) -> Result<(), Failure> {
    let text: Vec<_> = done.iter().map(ToString::to_string).collect();
    let text = Zeroizing::new(text.join("\n"));
    if done.is_empty() && !json {
        return Ok(());
    }
    output::print(json, &done, &*text)
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let registry = opening::registry(&arguments.place).await?;
    let (actor, mut rng) = (operator(), randomness::rng());
    let activation = arguments.order.activation();
    let processing = Processing { activation, opens_access: true, proofing: arguments.proofing };
    let (mut batch, mut done) = (Batch::default(), Vec::new());
    for id in arguments.ids {
        let processed =
            registry.process_request(&actor, id, &processing, clock::now(), &mut rng).await;
        done.extend(batch.take(json, id, processed)?.map(Done::from));
    }
    print(json, &done)?;
    batch.end()
}
