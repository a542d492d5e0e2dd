//! `request ...`: the queue of token requests.

mod add;
mod batch;
mod cancel;
mod list;
mod order;
mod process;
mod send_again;
mod ship;
mod shown;

pub(crate) use self::{
    add::Arguments as AddArguments, cancel::Arguments as CancelArguments,
    list::Arguments as ListArguments, process::Arguments as ProcessArguments,
    send_again::Arguments as SendAgainArguments, ship::Arguments as ShipArguments,
};
use crate::{cli::RequestCommand, failure::Failure};

/// Carries out one of the commands.
pub(crate) async fn run(command: RequestCommand, json: bool) -> Result<(), Failure> {
    match command {
        RequestCommand::List(arguments) => list::run(arguments, json).await,
        RequestCommand::Add(arguments) => add::run(arguments, json).await,
        RequestCommand::Process(arguments) => process::run(arguments, json).await,
        RequestCommand::Ship(arguments) => ship::run(arguments, json).await,
        RequestCommand::SendAgain(arguments) => send_again::run(arguments, json).await,
        RequestCommand::Cancel(arguments) => cancel::run(arguments, json).await,
    }
}
