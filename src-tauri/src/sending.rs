//! Sending a sealed token to the server of its enrolment link.

use std::{io, time::Duration};

use oath::UnixTime;
use provisioning::{SealedToken, ServerUrl};
use serde::{Deserialize, Serialize};
use ureq::http::{Response, StatusCode};

use crate::{clock, clock_skew::behind, problem::Problem};

/// From the first packet to the answer's last byte.
const TIMEOUT: Duration = Duration::from_secs(10);
/// An answer is a few hundred bytes.
const MAX_ANSWER_BYTES: u64 = 16 * 1024;
/// As much of a server's explanation as fits a card.
const MAX_DETAIL_CHARACTERS: usize = 300;

/// That a server has a token.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Taken {
    /// By how many seconds this machine's clock is behind the server's; `None` where the server did not
    /// say, or too slowly.
    pub(crate) behind: Option<i64>,
}

/// Sends a sealed token; `Ok` once the server says that it has it. Blocks for up to 10 s.
///
/// Sending again is harmless: the server gives the same credential the same answer.
pub(crate) fn send(server: &ServerUrl, sealed: &SealedToken) -> Result<Taken, Problem> {
    let asked = clock::now();
    let mut answer = post(server, "v1/provisioning", sealed.to_text())?;
    let answered = clock::now();
    if answer.status().is_success() {
        let behind = time_of(&mut answer).and_then(|theirs| behind(asked, answered, theirs));
        return Ok(Taken { behind });
    }
    let status = answer.status();
    let Explained { slug, detail } =
        explanation(&mut answer).unwrap_or_else(|| without_words(status));
    let host = server.host().to_owned();
    Err(Problem::ServerRefused { host, status: status.as_u16(), slug, detail })
}

/// Why a server could not be asked.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, thiserror::Error)]
#[serde(tag = "why", rename_all = "kebab-case")]
pub(crate) enum Unreached {
    #[error("it did not answer within 10 seconds")]
    Timeout,
    #[error("its name is not known on this network")]
    UnknownName,
    #[error("nothing answers at its address")]
    NothingThere,
    #[error("no secure connection could be made ({what})")]
    NotSecure { what: String },
    #[error("it hung up")]
    HungUp,
    #[error("{what}")]
    Other { what: String },
}

/// A server's reason for a refusal.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Explained {
    /// The last part of the problem's type, which names it in any language.
    pub(crate) slug: Option<String>,
    /// In the server's own words.
    pub(crate) detail: String,
}

impl Explained {
    pub(crate) fn by_us(slug: &str, detail: &str) -> Self {
        Self { slug: Some(slug.to_owned()), detail: detail.to_owned() }
    }
}

/// Sends a text to a place of a server's; `Ok` when the answer's head is here. Blocks for up to 10 s.
pub(crate) fn post(
    server: &ServerUrl,
    place: &str,
    text: String,
) -> Result<Response<ureq::Body>, Problem> {
    agent(server)
        .post(server.resource(place))
        .content_type("text/plain; charset=utf-8")
        .send(text)
        .map_err(|error| unreachable(server.host(), &error))
}

fn agent(server: &ServerUrl) -> ureq::Agent {
    let config = ureq::Agent::config_builder()
        .timeout_global(Some(TIMEOUT))
        .max_redirects(0)
        .http_status_as_error(false)
        .user_agent(concat!("Countersign/", env!("CARGO_PKG_VERSION")));
    #[cfg(desktop)]
    let config = config.tls_config(
        ureq::tls::TlsConfig::builder().root_certs(ureq::tls::RootCerts::PlatformVerifier).build(),
    );
    // A proxy cannot reach this machine's own loopback, the only place that is not https.
    let config = if server.is_https() { config } else { config.proxy(None) };
    config.build().into()
}

/// The server's time in its answer. Whether it took the token does not hang on it.
fn time_of(answer: &mut Response<ureq::Body>) -> Option<UnixTime> {
    #[derive(Deserialize)]
    struct Answer {
        now: UnixTime,
    }

    let text = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_string().ok()?;
    serde_json::from_str(&text).map(|Answer { now }| now).ok()
}

/// The explanation in a problem document (RFC 9457), as one bounded line of text.
pub(crate) fn explanation(answer: &mut Response<ureq::Body>) -> Option<Explained> {
    #[derive(Deserialize)]
    struct ProblemDocument {
        r#type: Option<String>,
        detail: Option<String>,
        title: Option<String>,
    }

    if answer.body().mime_type() != Some("application/problem+json") {
        return None;
    }
    let text = answer.body_mut().with_config().limit(MAX_ANSWER_BYTES).read_to_string().ok()?;
    let problem: ProblemDocument = serde_json::from_str(&text).ok()?;
    let detail = one_line(&problem.detail.or(problem.title)?);
    let slug = problem.r#type.as_deref().and_then(slug_of);
    (!detail.is_empty()).then_some(Explained { slug, detail })
}

fn slug_of(kind: &str) -> Option<String> {
    let slug = kind.rsplit('/').next()?;
    let good = (1..=40).contains(&slug.len())
        && slug.bytes().all(|byte| byte == b'-' || byte.is_ascii_lowercase());
    good.then(|| slug.to_owned())
}

fn one_line(text: &str) -> String {
    let words: Vec<_> = text
        .split(|c: char| c.is_whitespace() || c.is_control())
        .filter(|word| !word.is_empty())
        .collect();
    words.join(" ").chars().take(MAX_DETAIL_CHARACTERS).collect()
}

fn without_words(status: StatusCode) -> Explained {
    if status.is_redirection() {
        Explained::by_us(
            "redirected",
            "it points to another address, and a token is sent only where its link says",
        )
    } else if status.is_server_error() {
        Explained::by_us("server-fault", "it has a fault of its own; try again in a few minutes")
    } else {
        Explained::by_us(
            "no-reason",
            "it gave no reason; ask the help desk for a new enrolment link",
        )
    }
}

fn unreachable(host: &str, error: &ureq::Error) -> Problem {
    let reason = match error {
        ureq::Error::Timeout(_) => Unreached::Timeout,
        ureq::Error::HostNotFound => Unreached::UnknownName,
        ureq::Error::ConnectionFailed => Unreached::NothingThere,
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
            Unreached::NothingThere
        }
        // How rustls refuses a server comes through the reading of its first answer.
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::InvalidData => {
            Unreached::NotSecure { what: one_line(&error.to_string()) }
        }
        ureq::Error::Io(error) if error.kind() == io::ErrorKind::UnexpectedEof => Unreached::HungUp,
        other => Unreached::Other { what: one_line(&other.to_string()) },
    };
    Problem::ServerUnreachable { host: host.to_owned(), reason }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::tests::{
        loopback::{Loopback, nobodys_url},
        sealed_token,
    };

    fn refusal_by(answer: &str) -> Problem {
        let server = Loopback::answering(answer);
        send(&server.url(), &sealed_token()).unwrap_err()
    }

    fn problem_document(status: &str, body: &str) -> String {
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: application/problem+json\r\nContent-Length: {}\r\n\r\n{body}",
            body.len()
        )
    }

    #[test]
    fn sends_the_sealed_token_as_text() {
        let server = Loopback::answering("HTTP/1.1 201 Created\r\nContent-Length: 0\r\n\r\n");
        let sealed = sealed_token();
        send(&server.url(), &sealed).unwrap();
        let request = server.request();
        assert!(request.starts_with("POST /v1/provisioning HTTP/1.1\r\n"), "{request}");
        assert!(request.to_ascii_lowercase().contains("content-type: text/plain"), "{request}");
        assert!(request.ends_with(&sealed.to_text()), "{request}");
    }

    #[test]
    fn nothing_there() {
        let problem = send(&nobodys_url(), &sealed_token()).unwrap_err();
        let Problem::ServerUnreachable { host, reason } = problem else { panic!("{problem:?}") };
        assert_eq!(host, "127.0.0.1");
        assert_eq!(reason, Unreached::NothingThere);
    }

    #[test]
    fn a_server_that_hangs_up_is_unreachable() {
        let problem = refusal_by("");
        assert!(matches!(problem, Problem::ServerUnreachable { .. }), "{problem:?}");
    }

    #[test]
    fn a_silent_server_is_given_up_after_ten_seconds() {
        let server = Loopback::silent();
        let problem = send(&server.url(), &sealed_token()).unwrap_err();
        let Problem::ServerUnreachable { reason, .. } = problem else { panic!("{problem:?}") };
        assert_eq!(reason, Unreached::Timeout);
    }

    #[test]
    fn the_servers_explanation_is_shown() {
        let body = r#"{"type":"/problems/activation-used","title":"Used","status":409,"detail":"This enrolment\n was used."}"#;
        assert_eq!(
            refusal_by(&problem_document("409 Conflict", body)),
            Problem::ServerRefused {
                host: "127.0.0.1".to_owned(),
                status: 409,
                slug: Some("activation-used".to_owned()),
                detail: "This enrolment was used.".to_owned(),
            }
        );
    }

    #[test]
    fn a_strange_name_of_a_refusal_is_dropped() {
        for kind in ["/problems/<b>", "about:blank", "", "/problems/"] {
            let body = format!(r#"{{"type":"{kind}","detail":"No."}}"#);
            let problem = refusal_by(&problem_document("422 Unprocessable Content", &body));
            let Problem::ServerRefused { slug, .. } = problem else { panic!("{problem:?}") };
            assert_eq!(slug, None, "{kind}");
        }
    }

    #[test]
    fn an_endless_explanation_is_cut() {
        let body = format!(r#"{{"detail":"{}"}}"#, "long ".repeat(2000));
        let problem = refusal_by(&problem_document("422 Unprocessable Content", &body));
        let Problem::ServerRefused { detail, .. } = problem else { panic!("{problem:?}") };
        assert_eq!(detail.chars().count(), MAX_DETAIL_CHARACTERS);

        let too_large = format!(r#"{{"detail":"{}"}}"#, "long ".repeat(20_000));
        let problem = refusal_by(&problem_document("422 Unprocessable Content", &too_large));
        let Problem::ServerRefused { detail, .. } = problem else { panic!("{problem:?}") };
        assert_eq!(detail, without_words(StatusCode::UNPROCESSABLE_ENTITY).detail);
    }

    #[test]
    fn a_servers_fault_is_told_from_a_refusal() {
        let answer = "HTTP/1.1 500 Internal Server Error\r\nContent-Type: text/html\r\nContent-Length: 6\r\n\r\n<oops>";
        let Problem::ServerRefused { status, slug, .. } = refusal_by(answer) else { panic!() };
        assert_eq!((status, slug.as_deref()), (500, Some("server-fault")));
    }

    #[test]
    fn redirects_are_not_followed() {
        let elsewhere = Loopback::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
        let answer = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
            elsewhere.url().resource("v1/provisioning")
        );
        let problem = refusal_by(&answer);
        assert!(matches!(problem, Problem::ServerRefused { status: 307, .. }), "{problem:?}");
        assert!(elsewhere.was_not_asked());
    }
}
