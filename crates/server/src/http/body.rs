//! Reading a request's body within a bound.

use std::{future::poll_fn, pin::Pin};

use axum::body::{Body, HttpBody};
use zeroize::Zeroizing;

/// How much of a body that is too large is read and thrown away, in bytes: a browser shows an answer
/// only if it could send its whole request.
const MOST_DISCARDED: usize = 16 * 1024 * 1024;

/// Why a body was not read.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Unread {
    /// Longer than it may be.
    TooLarge,
    /// The connection broke, or what came is no body.
    Broken,
}

/// The body, if it has at most so many bytes.
pub(crate) async fn read(mut body: Body, most: usize) -> Result<Zeroizing<Vec<u8>>, Unread> {
    let mut bytes = Zeroizing::new(Vec::new());
    let mut too_large = body.size_hint().lower() > most as u64;
    let mut discarded = 0;
    while let Some(frame) = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await {
        let frame = frame.map_err(|_| Unread::Broken)?;
        let Some(data) = frame.data_ref() else { continue };
        too_large |= bytes.len() + data.len() > most;
        if !too_large {
            bytes.extend_from_slice(data);
            continue;
        }
        discarded += data.len();
        if discarded > MOST_DISCARDED {
            break;
        }
    }
    if !too_large { Ok(bytes) } else { Err(Unread::TooLarge) }
}
