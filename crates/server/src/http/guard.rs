//! What is answered when a handler takes too long or panics: in the form that its caller reads.

use std::{any::Any, panic, time::Duration};

use axum::{
    Router,
    extract::Request,
    middleware::{self, Next},
    response::Response,
};
use tower_http::catch_panic::CatchPanicLayer;

/// The longest that a request may take, its body's arrival included.
pub(super) const REQUEST_TIMEOUT: Duration = Duration::from_secs(20);

/// Gives up a handler that panics or takes longer than this.
pub(super) fn guarded<S: Clone + Send + Sync + 'static>(
    router: Router<S>,
    most: Duration,
    given_up: fn() -> Response,
) -> Router<S> {
    let in_time = move |request: Request, next: Next| async move {
        tokio::time::timeout(most, next.run(request)).await.unwrap_or_else(|_| {
            tracing::warn!("a handler took too long; the request was given up");
            given_up()
        })
    };
    let after_a_panic = move |_: Box<dyn Any + Send>| given_up();
    router.layer((CatchPanicLayer::custom(after_a_panic), middleware::from_fn(in_time)))
}

/// What a panic says may hold what it worked on, so that the log tells only where it was.
pub(crate) fn log_panics_by_place() {
    panic::set_hook(Box::new(|panic| match panic.location() {
        Some(place) => tracing::error!(%place, "panicked"),
        None => tracing::error!("panicked"),
    }));
}

#[cfg(test)]
mod tests {
    use std::{
        io,
        sync::{Arc, Mutex},
    };

    use axum::{response::IntoResponse, routing::get};

    use super::*;

    fn page() -> Response {
        crate::dashboard::broken_page()
    }

    /// Answers of a router that is served for one test.
    async fn ask(router: Router, path: &str) -> (u16, String) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let url = format!("http://{}{path}", listener.local_addr().unwrap());
        let server = tokio::spawn(async { axum::serve(listener, router).await });
        let asked = tokio::task::spawn_blocking(move || {
            let agent: ureq::Agent =
                ureq::Agent::config_builder().http_status_as_error(false).build().into();
            let mut answer = agent.get(url).call().unwrap();
            (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
        });
        let answer = asked.await.unwrap();
        server.abort();
        answer
    }

    async fn panics() -> Response {
        let passphrase = "seven quiet herons";
        assert_eq!(passphrase, "");
        ().into_response()
    }

    #[tokio::test]
    async fn a_handler_that_panics_or_hangs_is_answered_for() {
        let most = Duration::from_millis(100);
        let hangs = || async { tokio::time::sleep(Duration::from_secs(60)).await };
        let router = Router::new().route("/panics", get(panics)).route("/hangs", get(hangs));
        for path in ["/panics", "/hangs"] {
            let (status, html) = ask(guarded(router.clone(), most, page), path).await;
            assert_eq!(status, 503);
            assert!(html.starts_with("<!doctype html>") && !html.contains("herons"), "{html}");
        }
    }

    #[derive(Clone, Default)]
    struct Log(Arc<Mutex<Vec<u8>>>);

    impl io::Write for Log {
        fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> io::Result<()> {
            Ok(())
        }
    }

    #[test]
    fn a_panic_is_logged_by_its_place_only() {
        let log = Log::default();
        let writer = log.clone();
        let subscriber = tracing_subscriber::fmt().with_writer(move || writer.clone()).finish();
        let usual = panic::take_hook();
        log_panics_by_place();
        tracing::subscriber::with_default(subscriber, || {
            drop(panic::catch_unwind(|| assert_eq!("seven quiet herons", "")));
        });
        panic::set_hook(usual);
        let written = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
        assert!(written.contains("guard.rs") && written.contains("panicked"), "{written}");
        assert!(!written.contains("herons"), "{written}");
    }
}
