//! Waiting: short looks at a thing, until it is as wanted or the time is up.

use std::time::Duration;

use oath::{Period, UnixTime};

use crate::clock::{self, Stopwatch};
use crate::error::{Error, Result};

/// How long a window, a page or a program may take on a machine that is busy with other things.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// What one look saw.
#[derive(Debug)]
pub enum Look<T> {
    /// It is as wanted.
    There(T),
    /// Not yet; this is what was there instead.
    NotYet(String),
}

/// Looks again and again, ten times a second, until it is there.
///
/// # Errors
///
/// The look's own error at once; [`Error::Timeout`] when the time is up.
pub async fn until<T>(
    what: &str,
    limit: Duration,
    mut look: impl AsyncFnMut() -> Result<Look<T>>,
) -> Result<T> {
    let waited = Stopwatch::start();
    loop {
        let last = match look().await? {
            Look::There(found) => return Ok(found),
            Look::NotYet(last) => last,
        };
        if waited.elapsed() > limit {
            return Err(Error::Timeout { what: what.to_owned(), seconds: limit.as_secs(), last });
        }
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

/// Waits until the time step of an instant is over.
pub async fn past_time_step(of: UnixTime) {
    while Period::SECONDS_30.step_at(clock::now()) <= Period::SECONDS_30.step_at(of) {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}

/// Waits until a code has two thirds of its time before it, if it has not.
pub async fn early_in_time_step() {
    while clock::now().0 % Period::SECONDS_30.seconds() >= Period::SECONDS_30.seconds() / 3 {
        tokio::time::sleep(Duration::from_millis(200)).await;
    }
}
