//! How a token's clock or counter went.

use oath::UnixTime;

use super::Registry;
use crate::{
    Error,
    drift::{DriftHistory, Outlook},
    rules::drift::{forecast, life, line},
    token::Token,
};

impl Registry {
    /// How far a token's clock was off, or its counter ahead, and what is to be expected.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn drift_history(&self, token: &Token, now: UnixTime) -> Result<DriftHistory, Error> {
        let samples = self.store.drift_samples(&token.serial).await?;
        let outlook = if token.otp.is_event_based() {
            Outlook::Counter(life(&samples, token, now))
        } else {
            let forecast = forecast(&samples, token.drift, now);
            Outlook::Clock { line: line(&samples), forecast }
        };
        Ok(DriftHistory { samples, outlook })
    }
}
