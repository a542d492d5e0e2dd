//! `request ship`: notes that hard tokens were given to a carrier, one or a file of them.

use std::path::{Path, PathBuf};

use clap::Args;
use oath::SerialNumber;
use provisioning::Label;
use registry::{RequestId, Shipment};

use super::{batch::Batch, shown::Lines};
use crate::{cli::Place, clock, commands::operator, failure::Failure, opening, output};

#[derive(Args)]
pub(crate) struct Arguments {
    /// The number of the request, such as R-4F7K-92MQ
    #[arg(value_name = "REQUEST", required_unless_present = "from", conflicts_with = "from", requires_all = ["serial", "carrier", "tracking"])]
    id: Option<RequestId>,
    #[command(flatten)]
    place: Place,
    /// The serial number of the hard token, as printed
    #[arg(long)]
    serial: Option<SerialNumber>,
    /// Who carries it
    #[arg(long, value_name = "NAME")]
    carrier: Option<Label>,
    /// The carrier's tracking number
    #[arg(long, value_name = "NUMBER")]
    tracking: Option<Label>,
    /// A file with a line `request,serial number,carrier,tracking number` for each
    #[arg(long, value_name = "FILE")]
    from: Option<PathBuf>,
}

/// One token that was given to a carrier.
struct Parcel {
    id: RequestId,
    serial: SerialNumber,
    shipment: Shipment,
}

pub(crate) async fn run(arguments: Arguments, json: bool) -> Result<(), Failure> {
    let parcels = match &arguments.from {
        Some(path) => read(path)?,
        None => one(&arguments).into_iter().collect(),
    };
    let registry = opening::registry(&arguments.place).await?;
    let actor = operator();
    let (mut batch, mut shipped) = (Batch::default(), Vec::new());
    for Parcel { id, serial, shipment } in parcels {
        let result = registry.ship_request(&actor, id, &serial, &shipment, clock::now()).await;
        shipped.extend(batch.take(json, id, result)?);
    }
    if json || !shipped.is_empty() {
        output::print(json, &shipped, &Lines(&shipped))?;
    }
    batch.end()
}

fn one(arguments: &Arguments) -> Option<Parcel> {
    let (carrier, tracking) = (arguments.carrier.clone()?, arguments.tracking.clone()?);
    let shipment = Shipment { carrier, tracking };
    Some(Parcel { id: arguments.id?, serial: arguments.serial.clone()?, shipment })
}

/// Every line of the file, or the first that cannot be read.
fn read(path: &Path) -> Result<Vec<Parcel>, Failure> {
    let cause = |cause| Failure::File { path: path.to_owned(), cause };
    let text = std::fs::read_to_string(path).map_err(cause)?;
    let lines = (1..).zip(text.lines()).filter(|(_, line)| !line.trim().is_empty());
    lines
        .map(|(number, line)| {
            parcel(line).ok_or_else(|| Failure::ShipmentLine { path: path.to_owned(), number })
        })
        .collect()
}

fn parcel(line: &str) -> Option<Parcel> {
    let fields: Vec<&str> = line.split(',').map(str::trim).collect();
    let [id, serial, carrier, tracking] = fields[..] else { return None };
    let shipment = Shipment { carrier: carrier.parse().ok()?, tracking: tracking.parse().ok()? };
    Some(Parcel { id: id.parse().ok()?, serial: serial.parse().ok()?, shipment })
}
