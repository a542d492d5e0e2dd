//! The least of an HTTP/1.1 client that measures: one connection that is kept, one request at a time.

use std::{net::SocketAddr, str};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
};

use crate::error::{Error, Result};

/// A connection that is kept.
#[derive(Debug)]
pub(crate) struct Connection {
    stream: TcpStream,
    /// What arrived, up to `filled`.
    buffer: Vec<u8>,
    filled: usize,
}

/// What was answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Answer<'a> {
    pub(crate) status: u16,
    pub(crate) body: &'a [u8],
}

impl Connection {
    /// Connects.
    pub(crate) async fn open(server: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(server).await?;
        stream.set_nodelay(true)?;
        Ok(Self { stream, buffer: vec![0; 8 * 1024], filled: 0 })
    }

    /// Sends a request and reads its answer.
    pub(crate) async fn ask(&mut self, request: &[u8]) -> Result<Answer<'_>> {
        self.stream.write_all(request).await?;
        self.filled = 0;
        loop {
            if self.filled == self.buffer.len() {
                return Err(Error::new("an answer is too long"));
            }
            let more = self.stream.read(&mut self.buffer[self.filled..]).await?;
            if more == 0 {
                return Err(Error::new("the server ended a connection"));
            }
            self.filled += more;
            if let Some((status, body)) = whole(&self.buffer[..self.filled])? {
                return Ok(Answer { status, body: &self.buffer[body..self.filled] });
            }
        }
    }
}

/// Status and place of the body, once all of it has arrived.
fn whole(bytes: &[u8]) -> Result<Option<(u16, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut answer = httparse::Response::new(&mut headers);
    let parsed = answer.parse(bytes).map_err(Error::failed("an answer"))?;
    let httparse::Status::Complete(head) = parsed else { return Ok(None) };
    let length =
        answer.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length: usize = length
        .and_then(|header| str::from_utf8(header.value).ok()?.parse().ok())
        .ok_or_else(|| Error::new("an answer does not say how long it is"))?;
    let status = answer.code.unwrap_or_default();
    Ok((bytes.len() >= head + length).then_some((status, head)))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_answer_is_whole_when_its_body_is() {
        let text = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok";
        for cut in 0..text.len() {
            assert_eq!(whole(&text[..cut]).expect("it is good"), None, "{cut}");
        }
        assert_eq!(whole(text).expect("it is good"), Some((200, text.len() - 2)));
        assert!(whole(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(whole(b"no answer at all\r\n\r\n").is_err());
    }
}
