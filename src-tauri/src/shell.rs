//! What the commands share: the session, the clipboard, and the page that watches.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use serde::Serialize;
use tauri::ipc::Channel;

use crate::{
    clipboard::Clipboard,
    clock,
    problem::{Problem, Refusal},
    session::Session,
};

/// Something that the page should ask [`Session::status`] about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Event {
    /// The app locked by itself.
    Locked,
    /// The system handed a link over.
    Link,
}

/// The running app. One job at a time has the session, and with it the keyring.
#[derive(Clone)]
pub(crate) struct Shell {
    session: Arc<Mutex<Session>>,
    clipboard: Arc<Mutex<Clipboard>>,
    page: Arc<Mutex<Option<Channel<Event>>>>,
}

impl Shell {
    pub(crate) fn new(session: Session) -> Self {
        Self {
            session: Arc::new(Mutex::new(session)),
            clipboard: Arc::default(),
            page: Arc::default(),
        }
    }

    /// Does a job that a person asked for, off the main thread.
    pub(crate) async fn act<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Session) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Refusal> {
        self.glance(move |session| {
            session.touch(clock::now());
            job(session)
        })
        .await
    }

    /// Does a job that a page asks for by itself, which does not keep the app from locking.
    pub(crate) async fn glance<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Session) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Refusal> {
        let shell = self.clone();
        off_main_thread(move || {
            shell.lock_if_idle();
            job(&mut held(&shell.session))
        })
        .await
    }

    /// Does a job with the clipboard.
    pub(crate) async fn with_clipboard(
        &self,
        job: impl FnOnce(&mut Clipboard) -> Result<(), Problem> + Send + 'static,
    ) -> Result<(), Refusal> {
        let clipboard = Arc::clone(&self.clipboard);
        off_main_thread(move || job(&mut held(&clipboard))).await
    }

    /// Locks if nobody has touched the app for long enough, and tells the page.
    pub(crate) fn lock_if_idle(&self) {
        let locked = held(&self.session).lock_if_idle(clock::now());
        if locked {
            self.tell(Event::Locked);
        }
    }

    /// Takes a link from the system, and tells the page.
    pub(crate) fn receive_link(&self, text: &str) {
        held(&self.session).receive_link(text, clock::now());
        self.tell(Event::Link);
    }

    /// From now on this page is told; a reloaded page takes the former one's place.
    pub(crate) fn watched_by(&self, page: Channel<Event>) {
        *held(&self.page) = Some(page);
    }

    fn tell(&self, event: Event) {
        if let Some(page) = &*held(&self.page) {
            // A page that is gone asks for the status when it comes back.
            let _ = page.send(event);
        }
    }
}

/// Runs a job that may block.
pub(crate) async fn off_main_thread<T: Send + 'static>(
    job: impl FnOnce() -> Result<T, Problem> + Send + 'static,
) -> Result<T, Refusal> {
    let answer = tauri::async_runtime::spawn_blocking(job).await;
    answer.map_err(Problem::internal).and_then(|answer| answer).map_err(Refusal::from)
}

/// A job that panicked left at worst an unfinished enrolment, which the next one sees.
fn held<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
