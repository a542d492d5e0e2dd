//! A tiny HTTP server on the loopback that gives everybody the same answer.

use std::{
    io::{BufRead as _, BufReader, Read as _, Write as _},
    net::{SocketAddr, TcpListener, TcpStream},
    sync::mpsc::{Receiver, channel},
    thread,
    time::Duration,
};

use provisioning::ServerUrl;

pub(crate) struct Loopback {
    address: SocketAddr,
    requests: Receiver<String>,
}

impl Loopback {
    /// Answers every request with these bytes, then hangs up.
    pub(crate) fn answering(answer: &str) -> Self {
        let answer = answer.to_owned();
        Self::serving(move |mut stream| {
            let _ = stream.write_all(answer.as_bytes());
        })
    }

    /// Takes requests and never answers.
    pub(crate) fn silent() -> Self {
        let mut kept = Vec::new();
        Self::serving(move |stream| kept.push(stream))
    }

    pub(crate) fn url(&self) -> ServerUrl {
        format!("http://{}", self.address).parse().unwrap()
    }

    /// The next request, head and body.
    pub(crate) fn request(&self) -> String {
        self.requests.recv_timeout(Duration::from_secs(5)).unwrap()
    }

    pub(crate) fn was_not_asked(&self) -> bool {
        self.requests.try_recv().is_err()
    }

    fn serving(mut answer: impl FnMut(TcpStream) + Send + 'static) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let (sender, requests) = channel();
        thread::spawn(move || {
            for stream in listener.incoming() {
                let stream = stream.unwrap();
                if sender.send(read_request(&stream)).is_err() {
                    return;
                }
                answer(stream);
            }
        });
        Self { address, requests }
    }
}

/// The address of a port where nothing listens.
pub(crate) fn nobodys_url() -> ServerUrl {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    format!("http://{}", listener.local_addr().unwrap()).parse().unwrap()
}

fn read_request(stream: &TcpStream) -> String {
    let mut reader = BufReader::new(stream);
    let mut request = String::new();
    let mut length = 0;
    loop {
        let mut line = String::new();
        reader.read_line(&mut line).unwrap();
        if let Some((name, value)) = line.split_once(':')
            && name.eq_ignore_ascii_case("content-length")
        {
            length = value.trim().parse().unwrap();
        }
        request.push_str(&line);
        if line.trim().is_empty() {
            break;
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).unwrap();
    request + &String::from_utf8(body).unwrap()
}
