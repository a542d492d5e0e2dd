//! Many requests by one command: each is done or refused by itself.

use registry::{RequestError, RequestId};

use crate::{failure::Failure, output};

/// What came of a batch.
#[derive(Default)]
pub(super) struct Batch {
    refused: usize,
}

impl Batch {
    /// What was done for one, or nothing and a word on stderr why not. What the registry cannot do
    /// at all ends the batch.
    pub(super) fn take<T>(
        &mut self,
        json: bool,
        id: RequestId,
        result: Result<T, RequestError>,
    ) -> Result<Option<T>, Failure> {
        match result {
            Ok(done) => Ok(Some(done)),
            Err(RequestError::Registry(error)) => Err(error.into()),
            Err(error) => {
                self.refused += 1;
                output::note(json, &format!("{id} was left as it is: {error}"));
                Ok(None)
            }
        }
    }

    /// Whether all were done, told by the exit code.
    pub(super) const fn end(&self) -> Result<(), Failure> {
        match self.refused {
            0 => Ok(()),
            refused => Err(Failure::SomeRefused { refused }),
        }
    }
}
