//! What the activation of a soft token is to be like.

use clap::Args;
use provisioning::{IssuerName, PinPolicy, ServerUrl};
use registry::ActivationOrder;

#[derive(Args)]
pub(super) struct Order {
    /// Where the app reaches this server
    #[arg(long, value_name = "URL", env = "COUNTERSIGN_SERVER_URL")]
    server_url: ServerUrl,
    /// Who issues the token
    #[arg(long, value_name = "NAME", env = "COUNTERSIGN_ISSUER")]
    issuer: IssuerName,
    /// How long the mailed link of a soft token is good, in hours
    #[arg(long, value_name = "HOURS", default_value_t = 72, value_parser = clap::value_parser!(u64).range(1..=720))]
    valid_hours: u64,
    /// How many digits the app asks for as PIN, 4 to 8
    #[arg(long, value_name = "DIGITS", default_value = "4", value_parser = pin_policy)]
    pin_length: PinPolicy,
}

fn pin_policy(text: &str) -> Result<PinPolicy, provisioning::Error> {
    PinPolicy::new(text.parse().unwrap_or(0))
}

impl Order {
    pub(super) fn activation(self) -> ActivationOrder {
        ActivationOrder {
            server: self.server_url,
            issuer: self.issuer,
            valid_for: self.valid_hours * 60 * 60,
            pin: self.pin_length,
        }
    }
}
