//! What the commands share: the session, the clipboard, the tray, and the page that watches.

use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use oath::CredentialId;
use serde::Serialize;
use tauri::ipc::Channel;

use crate::{
    clipboard::Clipboard,
    clock,
    problem::{Problem, Refusal},
    session::Session,
    tray::{TrayView, Words},
};

/// A copied code leaves the clipboard after this long.
const CLIPBOARD_TIME: Duration = Duration::from_secs(30);

/// Something that the page should ask [`Session::status`] about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum Event {
    /// The app locked by itself.
    Locked,
    /// The system handed a link over.
    Link,
}

/// The tray, and what it shows.
#[derive(Default)]
struct TrayPlace {
    #[cfg(desktop)]
    tray: Option<crate::tray::Tray>,
    view: TrayView,
    words: Words,
}

/// The running app. One job at a time has the session, and with it the keyring.
#[derive(Clone)]
pub(crate) struct Shell {
    session: Arc<Mutex<Session>>,
    clipboard: Arc<Mutex<Clipboard>>,
    page: Arc<Mutex<Option<Channel<Event>>>>,
    tray: Arc<Mutex<TrayPlace>>,
}

impl Shell {
    pub(crate) fn new(session: Session) -> Self {
        Self {
            session: Arc::new(Mutex::new(session)),
            clipboard: Arc::default(),
            page: Arc::default(),
            tray: Arc::default(),
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
            let answer = job(&mut held(&shell.session));
            shell.draw_tray();
            answer
        })
        .await
    }

    /// Does a job with the clipboard.
    pub(crate) async fn with_clipboard<T: Send + 'static>(
        &self,
        job: impl FnOnce(&mut Clipboard) -> Result<T, Problem> + Send + 'static,
    ) -> Result<T, Refusal> {
        let clipboard = Arc::clone(&self.clipboard);
        off_main_thread(move || job(&mut held(&clipboard))).await
    }

    /// Locks if nobody has touched the app for long enough, and tells the page.
    pub(crate) fn lock_if_idle(&self) {
        let locked = held(&self.session).lock_if_idle(clock::now());
        if locked {
            self.locked();
        }
    }

    /// Whether [`Shell::lock_in_background`] would lock now.
    pub(crate) fn may_lock_in_background(&self) -> bool {
        held(&self.session).may_lock_in_background()
    }

    /// Locks if the settings say so of an app that went to the background.
    pub(crate) fn lock_in_background(&self) {
        let locked = held(&self.session).lock_in_background();
        if locked {
            self.locked();
        }
    }

    /// Locks because somebody chose so outside the page.
    #[cfg(desktop)]
    pub(crate) async fn lock_by_hand(&self) {
        let shell = self.clone();
        let _ = off_main_thread(move || {
            shell.lock_now();
            Ok(())
        })
        .await;
    }

    /// Locks, and tells the page. Waits for whoever has the session.
    #[cfg(desktop)]
    pub(crate) fn lock_now(&self) {
        held(&self.session).lock();
        self.locked();
    }

    /// Copies a code, and clears it from the clipboard later where the settings say so.
    pub(crate) async fn copy_code(&self, id: CredentialId) -> Result<(), Refusal> {
        let copied = self.act(move |session| {
            let clears = session.settings.settings().clear_clipboard;
            let digits = session.code_digits(id, clock::now())?;
            session.used(id)?;
            Ok((digits, clears))
        });
        let (digits, clears) = copied.await?;
        let number = self.with_clipboard(move |clipboard| clipboard.copy_code(&digits)).await?;
        if clears {
            let clipboard = Arc::clone(&self.clipboard);
            thread::spawn(move || {
                thread::sleep(CLIPBOARD_TIME);
                // A clipboard that cannot be reached now cannot be read by others either.
                let _ = held(&clipboard).clear_code(Some(number));
            });
        }
        Ok(())
    }

    /// Clears the code that was copied last, before the program ends.
    pub(crate) fn clear_clipboard(&self) {
        if held(&self.session).settings.settings().clear_clipboard {
            let _ = held(&self.clipboard).clear_code(None);
        }
    }

    /// From now on the tray shows what there is to do.
    #[cfg(desktop)]
    pub(crate) fn has_tray(&self, tray: crate::tray::Tray) {
        held(&self.tray).tray = Some(tray);
    }

    /// The words of the tray's menu.
    pub(crate) async fn speak(&self, words: Words) -> Result<(), Refusal> {
        let shell = self.clone();
        off_main_thread(move || {
            let mut place = held(&shell.tray);
            let words = words.bounded();
            if place.words != words {
                place.words = words;
                place.draw();
            }
            Ok(())
        })
        .await
    }

    fn locked(&self) {
        self.draw_tray();
        self.tell(Event::Locked);
    }

    /// Draws the tray's menu anew where it must change. Never with the session held, nor on the
    /// main thread, which drawing waits for.
    fn draw_tray(&self) {
        let view = held(&self.session).tray_view();
        let mut place = held(&self.tray);
        if place.view != view {
            place.view = view;
            place.draw();
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

impl TrayPlace {
    fn draw(&self) {
        #[cfg(desktop)]
        if let Some(tray) = &self.tray {
            tray.draw(&self.words, &self.view);
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
