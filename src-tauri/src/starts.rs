//! Starts of the app while it runs: each brings the window to the front and hands its link over.
//!
//! One that comes while the app is ending has been answered, and so ended, before anybody could say
//! that there is no window any more. So it is kept, and made again once the bus has forgotten this
//! instance. (One that is not even answered sees so itself: `starting_again`.)

use std::{
    env,
    process::Command,
    sync::{Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tauri::{AppHandle, Manager as _};

use crate::{links, shell::Shell};

/// A window that goes so soon after it was brought to the front was going already: the system's
/// events and this program's own do not come in the order in which they happened.
const UNSEEN: Duration = Duration::from_secs(1);

/// The starts that wait for their answer.
#[derive(Default)]
pub(crate) struct Starts(Mutex<Waiting>);

#[derive(Default)]
struct Waiting {
    arguments: Vec<Vec<String>>,
    /// Those that were answered just now.
    answered: Vec<Vec<String>>,
    /// The window is going, or gone.
    closing: bool,
    /// Nothing that is added now would be seen.
    ended: bool,
}

impl Starts {
    /// Takes a start in; its process ends when this returns.
    pub(crate) fn receive(&self, app: &AppHandle, arguments: Vec<String>) {
        if !self.held().add(arguments) {
            // Without an answer the other start tries again when this process is gone.
            loop {
                thread::park();
            }
        }
        let handle = app.clone();
        let _ = app.run_on_main_thread(move || handle.state::<Self>().answer(&handle));
    }

    /// Answers those that wait, once the session is there and unless the window is going. On the
    /// main thread.
    pub(crate) fn answer(&self, app: &AppHandle) {
        let Some(shell) = app.try_state::<Shell>() else { return };
        let starts = self.held().take_while_open();
        let number = starts.len();
        if number == 0 {
            return;
        }
        crate::show_window(app);
        let (shell, handle) = (shell.inner().clone(), app.clone());
        // The session may be busy for as long as the keyring asks for a password.
        thread::spawn(move || {
            let links = starts.iter().filter_map(|arguments| links::in_arguments(arguments));
            links.for_each(|link| shell.receive_link(link));
        });
        thread::spawn(move || {
            thread::sleep(UNSEEN);
            handle.state::<Self>().held().forget(number);
        });
    }

    /// From now on no window is there to be brought to the front.
    pub(crate) fn close(&self) {
        self.held().close();
    }

    /// The person wants the app to end: what has been answered was seen.
    pub(crate) fn quit(&self) {
        self.held().quit();
    }

    /// Gives up being the one instance, and makes those starts again that came too late.
    pub(crate) fn end(&self, app: &AppHandle) {
        tauri_plugin_single_instance::destroy(app);
        let late = self.held().end();
        let Ok(program) = env::current_exe() else { return };
        for arguments in late {
            let mut command = Command::new(&program);
            // It has its own tries.
            #[cfg(target_os = "linux")]
            command.env_remove(crate::starting_again::COUNT);
            if let Err(error) = command.args(arguments.iter().skip(1)).spawn() {
                eprintln!("countersign: starting again failed: {error}");
            }
        }
    }

    fn held(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Waiting {
    /// Whether there is still somebody to see it.
    fn add(&mut self, arguments: Vec<String>) -> bool {
        if !self.ended {
            self.arguments.push(arguments);
        }
        !self.ended
    }

    fn take_while_open(&mut self) -> Vec<Vec<String>> {
        if self.closing {
            return Vec::new();
        }
        let starts = std::mem::take(&mut self.arguments);
        self.answered.extend_from_slice(&starts);
        starts
    }

    /// The answer to the first of them has been seen.
    fn forget(&mut self, number: usize) {
        self.answered.drain(..number.min(self.answered.len()));
    }

    fn close(&mut self) {
        self.closing = true;
        self.arguments.splice(0..0, self.answered.drain(..));
    }

    fn quit(&mut self) {
        self.closing = true;
        self.answered.clear();
    }

    fn end(&mut self) -> Vec<Vec<String>> {
        self.ended = true;
        std::mem::take(&mut self.arguments)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn start(link: &str) -> Vec<String> {
        vec!["countersign".to_owned(), link.to_owned()]
    }

    #[test]
    fn a_start_is_answered_once_or_made_again_or_told_to_wait() {
        let mut waiting = Waiting::default();
        assert!(waiting.add(start("seen")));
        assert_eq!(waiting.take_while_open(), [start("seen")]);
        assert!(waiting.take_while_open().is_empty());
        waiting.forget(1);
        assert!(waiting.add(start("unseen")));
        assert_eq!(waiting.take_while_open(), [start("unseen")]);
        waiting.close();
        waiting.forget(1);
        assert!(waiting.add(start("late")));
        assert!(waiting.take_while_open().is_empty());
        waiting.close();
        assert_eq!(waiting.end(), [start("unseen"), start("late")]);
        assert!(!waiting.add(start("too late")));
        assert!(waiting.end().is_empty());
    }

    #[test]
    fn who_quits_has_seen_what_was_answered() {
        let mut waiting = Waiting::default();
        waiting.add(start("seen"));
        assert_eq!(waiting.take_while_open(), [start("seen")]);
        waiting.quit();
        assert!(waiting.add(start("after it")));
        // The window goes with the app.
        waiting.close();
        assert_eq!(waiting.end(), [start("after it")]);
    }
}
