//! An e-prescribing network to be told of tokens, that is as slow, broken or forgetful as a test needs.

use std::{
    collections::VecDeque,
    io::{BufRead, BufReader, Read, Write},
    net::{TcpListener, TcpStream},
    sync::{Arc, Mutex},
    thread::sleep,
    time::Duration,
};

use serde_json::Value;

/// How it takes what it is told.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Mood {
    /// Answers with this status.
    Status(u16),
    /// Acknowledges after a while.
    Slow(Duration),
    /// Takes it, and closes without an answer.
    LosesTheAnswer,
    /// Acknowledges, and then sends a second answer that nobody asked for.
    AnswersTwice,
}

/// What it was told, once.
#[derive(Debug, Clone)]
pub(crate) struct Told {
    pub(crate) key: String,
    pub(crate) authorization: String,
    pub(crate) record: Value,
}

pub(crate) struct Network {
    pub(crate) url: String,
    told: Arc<Mutex<Vec<Told>>>,
}

impl Network {
    /// In each of these moods once, in their order; from then on it acknowledges at once.
    pub(crate) fn start(moods: &[Mood]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}/epcs/tokens", listener.local_addr().unwrap());
        let told = Arc::new(Mutex::new(Vec::new()));
        let moods = Arc::new(Mutex::new(moods.iter().copied().collect::<VecDeque<_>>()));
        let (heard, left) = (told.clone(), moods);
        std::thread::spawn(move || {
            for connection in listener.incoming() {
                let (heard, left) = (heard.clone(), left.clone());
                std::thread::spawn(move || {
                    let connection = connection.unwrap();
                    let told = read(&connection);
                    heard.lock().unwrap().push(told);
                    let mood = left.lock().unwrap().pop_front().unwrap_or(Mood::Status(200));
                    // Whoever asked may have gone meanwhile.
                    let _ = answer(connection, mood);
                });
            }
        });
        Self { url, told }
    }

    pub(crate) fn told(&self) -> Vec<Told> {
        self.told.lock().unwrap().clone()
    }

    /// Waits until it was told so often.
    pub(crate) fn wait_until_told(&self, times: usize) -> Vec<Told> {
        until("the network is told", || Some(self.told()).filter(|told| told.len() >= times))
    }
}

/// Waits for something for up to a minute.
pub(crate) fn until<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..600 {
        if let Some(found) = look() {
            return found;
        }
        sleep(Duration::from_millis(100));
    }
    panic!("waited a minute, and not yet: {what}");
}

fn read(connection: &TcpStream) -> Told {
    let mut reader = BufReader::new(connection);
    let mut told = Told { key: String::new(), authorization: String::new(), record: Value::Null };
    let mut length = 0;
    let mut line = String::new();
    reader.read_line(&mut line).unwrap();
    assert!(line.starts_with("POST /epcs/tokens "), "{line}");
    loop {
        line.clear();
        reader.read_line(&mut line).unwrap();
        let Some((name, value)) = line.trim().split_once(": ") else { break };
        match name.to_ascii_lowercase().as_str() {
            "idempotency-key" => told.key = value.to_owned(),
            "authorization" => told.authorization = value.to_owned(),
            "content-length" => length = value.parse().unwrap(),
            _ => {}
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    told.record = serde_json::from_slice(&body).unwrap();
    told
}

fn answer(mut connection: TcpStream, mood: Mood) -> std::io::Result<()> {
    let mut status = |code: u16| {
        write!(connection, "HTTP/1.1 {code} So\r\ncontent-length: 0\r\nconnection: close\r\n\r\n")
    };
    match mood {
        Mood::Status(code) => status(code),
        Mood::Slow(pause) => {
            sleep(pause);
            status(200)
        }
        Mood::LosesTheAnswer => Ok(()),
        Mood::AnswersTwice => {
            status(200)?;
            status(409)
        }
    }
}
