//! Asking the server of a token.

use provisioning::{AppAnswer, AppRequest, ServerUrl};
use ureq::http::StatusCode;

use crate::{
    clock::{self, Moment},
    clock_skew::behind,
    problem::Problem,
    sending::{Explained, explanation, post},
};

/// What a server answered.
#[derive(Debug)]
pub(crate) struct Heard {
    pub(crate) answer: AppAnswer,
    pub(crate) at: Moment,
    /// By how many seconds this machine's clock is behind the server's; `None` where the answer took
    /// too long to tell.
    pub(crate) behind: Option<i64>,
}

/// Asks the server. Blocks for up to 10 s.
pub(crate) fn ask(server: &ServerUrl, request: &AppRequest) -> Result<Heard, Problem> {
    let asked = clock::now();
    let mut answer = post(server, "v1/app", request.to_text())?;
    let at = clock::now();
    let host = || server.host().to_owned();
    let status = answer.status();
    if !status.is_success() {
        let Explained { slug, detail } =
            explanation(&mut answer).unwrap_or_else(|| without_words(status));
        return Err(Problem::RequestRefused {
            host: host(),
            status: status.as_u16(),
            slug,
            detail,
        });
    }
    let limit = u64::try_from(AppAnswer::MAX_LENGTH).unwrap_or(u64::MAX);
    let body = answer.body_mut().with_config().limit(limit).read_to_vec();
    let answer = body.ok().and_then(|body| AppAnswer::parse(&body).ok());
    let answer = answer.ok_or_else(|| Problem::AnswerUnreadable { host: host() })?;
    let behind = behind(asked, at, answer.now);
    Ok(Heard { answer, at, behind })
}

fn without_words(status: StatusCode) -> Explained {
    if status.is_redirection() {
        Explained::by_us(
            "redirected",
            "it points to another address, and only the token's own server is asked",
        )
    } else if status.is_server_error() {
        Explained::by_us("server-fault", "it has a fault of its own; try again in a few minutes")
    } else {
        Explained::by_us("too-old", "it gave no reason; it may be too old for this")
    }
}

#[cfg(test)]
mod tests {
    use oath::{Seed, UnixTime};
    use provisioning::{AppAsk, AppTokenState, TokenStatus};

    use super::*;
    use crate::{
        chance::rng,
        tests::loopback::{Loopback, nobodys_url},
    };

    fn request() -> AppRequest {
        let id = "CSST4F7K92MQ".parse().unwrap();
        AppRequest::new(id, AppAsk::Status, UnixTime(1), &Seed::generate(&mut rng()))
    }

    fn json(now: UnixTime) -> String {
        let token =
            TokenStatus { state: AppTokenState::Active, sync_minute: None, locked_until: None };
        AppAnswer { now, token, others: Vec::new() }.to_json()
    }

    fn http(status: &str, media_type: &str, body: &str) -> String {
        let length = body.len();
        format!(
            "HTTP/1.1 {status}\r\nContent-Type: {media_type}\r\nContent-Length: {length}\r\n\r\n{body}"
        )
    }

    fn answered_by(answer: &str) -> Result<Heard, Problem> {
        ask(&Loopback::answering(answer).url(), &request())
    }

    #[test]
    fn sends_the_request_as_text_and_reads_the_answer() {
        let now = clock::now().unix();
        let server = Loopback::answering(&http("200 OK", "application/json", &json(now)));
        let request = request();
        let heard = ask(&server.url(), &request).unwrap();
        assert_eq!(heard.answer.token.state, AppTokenState::Active);
        assert!(heard.behind.unwrap().abs() <= 1, "{heard:?}");
        let sent = server.request();
        assert!(sent.starts_with("POST /v1/app HTTP/1.1\r\n"), "{sent}");
        assert!(sent.to_ascii_lowercase().contains("content-type: text/plain"), "{sent}");
        assert!(sent.ends_with(&request.to_text()), "{sent}");
    }

    #[test]
    fn a_clock_far_off_is_measured_both_ways() {
        let now = clock::now().unix();
        for (theirs, expected) in [(UnixTime(now.0 - 94), -94), (now.plus(86_400), 86_400)] {
            let heard = answered_by(&http("200 OK", "application/json", &json(theirs))).unwrap();
            let behind = heard.behind.unwrap();
            assert!((behind - expected).abs() <= 1, "{behind} is not {expected}");
        }
    }

    #[test]
    fn a_refusal_is_told_in_the_servers_words() {
        let body =
            r#"{"type":"/problems/own-token","title":"Own","status":409,"detail":"Not itself."}"#;
        let answer = http("409 Conflict", "application/problem+json", body);
        let refused = answered_by(&answer).unwrap_err();
        let Problem::RequestRefused { host, status, slug, detail } = refused else {
            panic!("{refused:?}")
        };
        assert_eq!((host.as_str(), status, detail.as_str()), ("127.0.0.1", 409, "Not itself."));
        assert_eq!(slug.as_deref(), Some("own-token"));

        let refused = answered_by(&http("404 Not Found", "text/html", "<h1>")).unwrap_err();
        let Problem::RequestRefused { detail, .. } = refused else { panic!("{refused:?}") };
        assert_eq!(detail, without_words(StatusCode::NOT_FOUND).detail);
    }

    #[test]
    fn an_answer_that_is_none_is_told_apart() {
        let good = json(UnixTime(1));
        let more = good.replace("\"now\"", "\"later\":1,\"now\"");
        let endless = " ".repeat(100_000);
        for body in ["", "null", &more, &endless] {
            let refused = answered_by(&http("200 OK", "application/json", body)).unwrap_err();
            assert!(matches!(refused, Problem::AnswerUnreadable { .. }), "{refused:?}");
        }
    }

    #[test]
    fn nobody_there() {
        let refused = ask(&nobodys_url(), &request()).unwrap_err();
        assert!(matches!(refused, Problem::ServerUnreachable { .. }), "{refused:?}");
    }

    #[test]
    fn redirects_are_not_followed() {
        let elsewhere = Loopback::answering(&http("200 OK", "application/json", ""));
        let answer = format!(
            "HTTP/1.1 307 Temporary Redirect\r\nLocation: {}\r\nContent-Length: 0\r\n\r\n",
            elsewhere.url().resource("v1/app")
        );
        let refused = answered_by(&answer).unwrap_err();
        assert!(matches!(refused, Problem::RequestRefused { status: 307, .. }), "{refused:?}");
        assert!(elsewhere.was_not_asked());
    }
}
