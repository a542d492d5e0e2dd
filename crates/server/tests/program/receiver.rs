//! A relying party's receiver of webhooks, that refuses, hangs or is gone as a test needs. It checks
//! each signature with the Standard Webhooks project's own code.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, Ordering},
    },
    thread::sleep,
    time::Duration,
};

use axum::http::HeaderMap;
use serde_json::Value;
use standardwebhooks::Webhook;

use crate::stand_in_network::until;

/// How it takes what it is sent.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mood {
    /// Answers with this status.
    Status(u16),
    /// Sends whoever posts elsewhere.
    Redirects,
    /// Takes it, and closes without an answer.
    LosesTheAnswer,
    /// Takes it, and does not answer for a minute.
    Hangs,
}

/// What it was sent, once.
#[derive(Debug, Clone)]
pub(crate) struct Sent {
    pub(crate) path: String,
    pub(crate) headers: HeaderMap,
    pub(crate) body: String,
}

impl Sent {
    pub(crate) fn id(&self) -> &str {
        self.headers["webhook-id"].to_str().unwrap()
    }

    pub(crate) fn json(&self) -> Value {
        serde_json::from_str(&self.body).unwrap()
    }

    pub(crate) fn kind(&self) -> String {
        self.json()["type"].as_str().unwrap().to_owned()
    }

    /// Whether the signature is one of this secret's, and of this minute.
    pub(crate) fn is_signed_with(&self, secret: &str) -> bool {
        Webhook::new(secret).unwrap().verify(self.body.as_bytes(), &self.headers).is_ok()
    }
}

/// It is gone with this value; what it was sent is not.
pub(crate) struct Receiver {
    address: SocketAddr,
    sent: Arc<Mutex<Vec<Sent>>>,
    ended: Arc<AtomicBool>,
    thread: Option<std::thread::JoinHandle<()>>,
}

impl Receiver {
    /// In each of these moods once, in their order; from then on it takes everything.
    pub(crate) fn start(moods: &[Mood]) -> Self {
        Self::at("127.0.0.1:0".parse().unwrap(), moods, Arc::default())
    }

    fn at(address: SocketAddr, moods: &[Mood], sent: Arc<Mutex<Vec<Sent>>>) -> Self {
        // The port of one that is gone may be taken for a moment more.
        let listener = until("the port is free", || TcpListener::bind(address).ok());
        let address = listener.local_addr().unwrap();
        let moods = Arc::new(Mutex::new(moods.iter().copied().collect::<VecDeque<_>>()));
        let ended = Arc::new(AtomicBool::new(false));
        let (heard, is_over) = (sent.clone(), ended.clone());
        let thread = std::thread::spawn(move || {
            for connection in listener.incoming() {
                if is_over.load(Ordering::SeqCst) {
                    return;
                }
                let (heard, moods) = (heard.clone(), moods.clone());
                std::thread::spawn(move || {
                    let connection = connection.unwrap();
                    // A server that was killed may have said nothing.
                    let Some(one) = read(&connection) else { return };
                    let mood = moods.lock().unwrap().pop_front().unwrap_or(Mood::Status(204));
                    heard.lock().unwrap().push(one);
                    let _ = answer(connection, mood);
                });
            }
        });
        Self { address, sent, ended, thread: Some(thread) }
    }

    pub(crate) fn url(&self) -> String {
        format!("http://{}/hooks/?tenant=7", self.address)
    }

    /// Nobody listens any more; what it was sent, and where it was.
    pub(crate) fn die(self) -> Gone {
        Gone { address: self.address, sent: self.sent.clone() }
    }

    pub(crate) fn sent(&self) -> Vec<Sent> {
        self.sent.lock().unwrap().clone()
    }

    /// Waits until it was sent so much.
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Sent> {
        until("something is sent", || Some(self.sent()).filter(|sent| sent.len() >= count))
    }
}

impl Drop for Receiver {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::SeqCst);
        let _ = TcpStream::connect(self.address);
        let _ = self.thread.take().map(std::thread::JoinHandle::join);
    }
}

/// A receiver that is gone.
pub(crate) struct Gone {
    address: SocketAddr,
    sent: Arc<Mutex<Vec<Sent>>>,
}

impl Gone {
    /// It is back, at the same place.
    pub(crate) fn come_back(self) -> Receiver {
        Receiver::at(self.address, &[], self.sent)
    }
}

fn read(connection: &TcpStream) -> Option<Sent> {
    let mut reader = BufReader::new(connection);
    let (mut headers, mut line) = (HeaderMap::new(), String::new());
    reader.read_line(&mut line).ok()?;
    let path = line.strip_prefix("POST ")?.split(' ').next()?.to_owned();
    loop {
        line.clear();
        reader.read_line(&mut line).ok()?;
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        let name: axum::http::HeaderName = name.to_ascii_lowercase().parse().unwrap();
        headers.insert(name, value.parse().unwrap());
    }
    let length = headers.get("content-length")?.to_str().ok()?.parse().ok()?;
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    Some(Sent { path, headers, body: String::from_utf8(body).ok()? })
}

fn answer(mut connection: TcpStream, mood: Mood) -> std::io::Result<()> {
    let mut status = |code: u16, more: &str| {
        write!(
            connection,
            "HTTP/1.1 {code} So\r\ncontent-length: 0\r\n{more}connection: close\r\n\r\n"
        )
    };
    match mood {
        Mood::Status(code) => status(code, ""),
        Mood::Redirects => status(307, "location: /elsewhere\r\n"),
        Mood::LosesTheAnswer => Ok(()),
        Mood::Hangs => {
            sleep(Duration::from_secs(60));
            status(204, "")
        }
    }
}
