//! A file as it is read: counted by lines, and bounded for what is read at one go.

use std::io::{self, BufRead, Read};

/// Ends the reading where one piece of a file (a tag, a text, a comment) is larger than a budget,
/// so that no file makes a reader hold more than that.
#[derive(Debug)]
pub(super) struct Metered<R> {
    inner: R,
    line: u64,
    left: usize,
}

impl<R: BufRead> Metered<R> {
    pub(super) const fn new(inner: R) -> Self {
        Self { inner, line: 1, left: 0 }
    }

    /// The line of what is read next.
    pub(super) const fn line(&self) -> u64 {
        self.line
    }

    /// Grants the next piece this many bytes.
    pub(super) const fn grant(&mut self, bytes: usize) {
        self.left = bytes;
    }

    /// Whether a piece used up what it was granted.
    pub(super) const fn is_overrun(&self) -> bool {
        self.left == 0
    }
}

impl<R: BufRead> BufRead for Metered<R> {
    fn fill_buf(&mut self) -> io::Result<&[u8]> {
        if self.left == 0 {
            return Err(io::Error::from(io::ErrorKind::FileTooLarge));
        }
        let available = self.inner.fill_buf()?;
        Ok(&available[..available.len().min(self.left)])
    }

    fn consume(&mut self, amount: usize) {
        // What was filled is still there, so this reads nothing.
        if let Ok(filled) = self.inner.fill_buf() {
            let consumed = &filled[..amount.min(filled.len())];
            self.line += consumed.iter().filter(|byte| **byte == b'\n').count() as u64;
        }
        self.left = self.left.saturating_sub(amount);
        self.inner.consume(amount);
    }
}

impl<R: BufRead> Read for Metered<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        let available = self.fill_buf()?;
        let length = available.len().min(into.len());
        into[..length].copy_from_slice(&available[..length]);
        self.consume(length);
        Ok(length)
    }
}
