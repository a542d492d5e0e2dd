//! Listening and serving, with TLS or, on this machine only, without; and the end of it.

mod tls;

use std::{io, net::SocketAddr, path::PathBuf, time::Duration};

use axum::{Router, extract::ConnectInfo, http::HeaderValue};
use axum_server::Handle;
use hyper_util::rt::TokioTimer;
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    net::{TcpListener, TcpSocket},
    signal::unix::{Signal, SignalKind, signal},
};

use self::tls::Certificate;
use crate::failure::Failure;

/// The longest that requests may go on after the signal to stop.
const GRACE: Duration = Duration::from_secs(30);

/// The longest that a connection may say nothing, or not to the end of a request's head; then it is
/// closed, so that nobody keeps connections by doing nothing.
const WAITS_FOR_A_REQUEST: Duration = Duration::from_secs(30);

/// A port that is listened on.
pub(crate) struct Listening {
    listener: TcpListener,
    pub(crate) address: SocketAddr,
    certificate: Option<Certificate>,
}

impl Listening {
    /// Listens; without a certificate and its key on this machine's loopback only.
    pub(crate) fn start(
        asked: SocketAddr,
        certificate_and_key: Option<(PathBuf, PathBuf)>,
    ) -> Result<Self, Failure> {
        if certificate_and_key.is_none() && !asked.ip().is_loopback() {
            return Err(Failure::PlainHttpOffLoopback { address: asked });
        }
        let certificate =
            certificate_and_key.map(|(file, key)| Certificate::open(file, key)).transpose()?;
        as_many_connections_as_may_be();
        let cannot_listen = |cause| Failure::Listen { address: asked, cause };
        let listener = listen(asked).map_err(cannot_listen)?;
        let address = listener.local_addr().map_err(cannot_listen)?;
        Ok(Self { listener, address, certificate })
    }

    /// `http` or `https`.
    pub(crate) fn scheme(&self) -> &'static str {
        if self.certificate.is_some() { "https" } else { "http" }
    }

    /// Serves until asked to stop; then finishes what was accepted, within the grace.
    pub(crate) async fn serve(self, router: Router, mut signals: Signals) -> Result<(), Failure> {
        let listener = self.listener.into_std().map_err(Failure::Serve)?;
        let handle = Handle::new();
        let stopping = handle.clone();
        let (certificate, acceptor) =
            self.certificate.map(|one| (one.clone(), one.acceptor())).unzip();
        let signalled = tokio::spawn(async move {
            signals.until_asked_to_stop(certificate).await;
            tracing::info!("stopping: finishing what was accepted");
            stopping.graceful_shutdown(Some(GRACE));
        });
        let mut server = axum_server::from_tcp(listener)
            .map_err(Failure::Serve)?
            .handle(handle.clone())
            .http1_only();
        server
            .http_builder()
            .http1()
            .timer(TokioTimer::new())
            .header_read_timeout(WAITS_FOR_A_REQUEST);
        let service = router.into_make_service_with_connect_info::<SocketAddr>();
        let ended = match acceptor {
            Some(acceptor) => server.acceptor(acceptor).serve(service).await,
            None => server.serve(service).await,
        };
        signalled.abort();
        if handle.connection_count() > 0 {
            tracing::warn!("stopped with connections still open");
        }
        ended.map_err(Failure::Serve)
    }
}

/// Listens with room for a burst: of 500 who connect at once, none is to be turned away because the
/// system's own room, 128, is full.
fn listen(address: SocketAddr) -> io::Result<TcpListener> {
    const WAITING: u32 = 4096;
    let socket = if address.is_ipv4() { TcpSocket::new_v4() } else { TcpSocket::new_v6() }?;
    // A server that is started anew need not wait until the old one's connections are forgotten.
    socket.set_reuseaddr(true)?;
    socket.bind(address)?;
    socket.listen(WAITING)
}

/// Each connection is an open file, of which a process starts with a thousand and may have many more.
fn as_many_connections_as_may_be() {
    let limit = getrlimit(Resource::Nofile);
    let raised = Rlimit { current: limit.maximum, maximum: limit.maximum };
    if let Err(error) = setrlimit(Resource::Nofile, raised) {
        tracing::warn!(%error, most = ?limit.current, "the number of open files was not raised");
    }
}

/// Notes the other end of a connection as a proxy does, so that it is read in one place.
pub(crate) async fn note_other_end(
    ConnectInfo(other_end): ConnectInfo<SocketAddr>,
    mut request: axum::extract::Request,
    next: axum::middleware::Next,
) -> axum::response::Response {
    let address = other_end.ip().to_canonical().to_string();
    if let Ok(address) = HeaderValue::from_str(&address) {
        request.headers_mut().append("x-forwarded-for", address);
    }
    next.run(request).await
}

/// The signals that a server heeds.
pub(crate) struct Signals {
    interrupt: Signal,
    terminate: Signal,
    hang_up: Signal,
}

impl Signals {
    /// From now on none of them ends the process by itself.
    pub(crate) fn listen() -> Result<Self, Failure> {
        let listen = |kind| -> Result<Signal, io::Error> { signal(kind) };
        let all = || -> Result<Self, io::Error> {
            Ok(Self {
                interrupt: listen(SignalKind::interrupt())?,
                terminate: listen(SignalKind::terminate())?,
                hang_up: listen(SignalKind::hangup())?,
            })
        };
        all().map_err(Failure::Serve)
    }

    /// Until then, keeps the certificate that is served as its files are.
    async fn until_asked_to_stop(&mut self, mut certificate: Option<Certificate>) {
        let mut look = tokio::time::interval(tls::LOOKED_AT_EVERY);
        loop {
            let asked = tokio::select! {
                _ = self.interrupt.recv() => return,
                _ = self.terminate.recv() => return,
                _ = self.hang_up.recv() => true,
                _ = look.tick() => false,
            };
            if let Some(certificate) = &mut certificate {
                certificate.look(asked);
            }
        }
    }
}
