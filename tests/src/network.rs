//! An e-prescribing network that is told of tokens, and answers as a test says.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};

use crate::error::Result;

/// A network on this machine; its thread ends with the test's process.
#[derive(Debug)]
pub struct Network {
    url: String,
    status: Arc<AtomicU16>,
}

impl Network {
    /// Starts one that answers every telling with this status.
    ///
    /// # Errors
    ///
    /// When no port is free.
    pub fn start(status: u16) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0")?;
        let url = format!("http://{}/tokens", listener.local_addr()?);
        let status = Arc::new(AtomicU16::new(status));
        let answered = status.clone();
        std::thread::spawn(move || {
            for connection in listener.incoming().flatten() {
                // Whoever asked may have gone meanwhile.
                let _ = answer(connection, answered.load(Ordering::SeqCst));
            }
        });
        Ok(Self { url, status })
    }

    /// Where it is told.
    pub fn url(&self) -> &str {
        &self.url
    }

    /// Answers with another status from now on.
    pub fn answers(&self, status: u16) {
        self.status.store(status, Ordering::SeqCst);
    }
}

fn answer(mut connection: TcpStream, status: u16) -> std::io::Result<()> {
    let mut reader = BufReader::new(connection.try_clone()?);
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line)?;
        if let Some(value) = line.to_ascii_lowercase().strip_prefix("content-length: ") {
            length = value.trim().parse().unwrap_or_default();
        }
        if line.trim().is_empty() {
            break;
        }
    }
    std::io::copy(&mut reader.take(length), &mut std::io::sink())?;
    write!(connection, "HTTP/1.1 {status} So\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
}
