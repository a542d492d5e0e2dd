//! The Countersign app: a soft token behind a PIN.
//!
//! The pages in `ui/` only draw; every rule is kept here or in the crates below.
//!
//! | module | subject |
//! | --- | --- |
//! | `session` | what is locked, what waits, and what may be done when |
//! | `commands` | what the pages may ask for |
//! | `shell` | what the commands share, off the main thread |
//! | `steady_keyring` | a keyring that survives a restart of its service |
//! | `problem` | what can go wrong, as the pages are told of it |
//! | `sending` | a sealed token on its way to its server |
//! | `note` | which tokens the keyring should hold |
//! | `saving` | an export as a file |
//! | `links` | enrolment links that the system hands over |
//! | `clipboard`, `clock`, `chance`, `device` | the machine |

mod chance;
mod clipboard;
mod clock;
mod commands;
mod device;
mod links;
mod note;
mod problem;
mod saving;
mod sending;
mod session;
mod shell;
mod steady_keyring;

#[cfg(test)]
mod tests;

use std::{
    process::ExitCode,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    thread,
    time::Duration,
};

use tauri::{App, AppHandle, Builder, Manager as _, Wry};
use vault::{Keyring, OsKeyring};

use crate::{session::Session, shell::Shell, steady_keyring::SteadyKeyring};

/// How often the app looks whether it has been idle for long enough.
const IDLE_CHECK: Duration = Duration::from_secs(5);

/// Opens the window and stays until it is closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() -> ExitCode {
    let early = Arc::new(EarlyLinks::default());
    let builder = with_desktop_plugins(Builder::default(), &early)
        .plugin(tauri_plugin_deep_link::init())
        .setup(move |app| set_up(app, &early))
        .invoke_handler(tauri::generate_handler![
            commands::lock::status,
            commands::lock::watch,
            commands::lock::touch,
            commands::lock::set_up_anew,
            commands::lock::known_tokens,
            commands::lock::unlock,
            commands::lock::lock_now,
            commands::codes::codes,
            commands::codes::copy_code,
            commands::codes::copy_credential_id,
            commands::enrolment::use_link,
            commands::enrolment::set_aside_link,
            commands::enrolment::name_token,
            commands::enrolment::choose_pin,
            commands::enrolment::repeat_pin,
            commands::enrolment::enrol,
            commands::enrolment::send_enrolment,
            commands::export::make_export,
            commands::export::save_export,
        ]);
    match builder.run(tauri::generate_context!()) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("countersign: the window could not be opened: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Links that other starts hand over before the session is there: they can as soon as the first
/// start has its name on the bus, which is earlier.
#[derive(Default)]
struct EarlyLinks(Mutex<Vec<String>>);

impl EarlyLinks {
    fn add(&self, link: &str) {
        self.links().push(link.to_owned());
    }

    /// Hands them over once there is somebody to take them.
    fn hand_over(&self, shell: &Shell) {
        let waiting = std::mem::take(&mut *self.links());
        waiting.iter().for_each(|link| shell.receive_link(link));
    }

    fn links(&self) -> MutexGuard<'_, Vec<String>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

fn set_up(app: &App, early: &EarlyLinks) -> Result<(), Box<dyn std::error::Error>> {
    let keyring = Arc::new(SteadyKeyring::new(Box::new(open_keyring)));
    let session = Session::new(keyring, &app.path().app_data_dir()?);
    let shell = Shell::new(session);
    app.manage(shell.clone());
    receive_first_link(app, &shell);
    early.hand_over(&shell);
    thread::Builder::new().name("auto-lock".to_owned()).spawn(move || {
        loop {
            thread::sleep(IDLE_CHECK);
            shell.lock_if_idle();
        }
    })?;
    Ok(())
}

fn open_keyring() -> Result<Arc<dyn Keyring>, vault::KeyringError> {
    Ok(Arc::new(OsKeyring::open()?))
}

/// A second start brings the first one's window to the front and hands its link over.
#[cfg(desktop)]
fn with_desktop_plugins(builder: Builder<Wry>, early: &Arc<EarlyLinks>) -> Builder<Wry> {
    let early = Arc::clone(early);
    builder.plugin(tauri_plugin_single_instance::init(move |app, arguments, _| {
        show_window(app);
        if let Some(link) = links::in_arguments(&arguments) {
            early.add(link);
        }
        if let Some(shell) = app.try_state::<Shell>() {
            early.hand_over(&shell);
        }
    }))
}

#[cfg(mobile)]
fn with_desktop_plugins(builder: Builder<Wry>, _: &Arc<EarlyLinks>) -> Builder<Wry> {
    builder
}

/// On Linux and Windows a link is the first argument.
#[cfg(any(target_os = "linux", target_os = "windows"))]
fn receive_first_link(_: &App, shell: &Shell) {
    let arguments: Vec<_> =
        std::env::args_os().map(|argument| argument.to_string_lossy().into_owned()).collect();
    if let Some(link) = links::in_arguments(&arguments) {
        shell.receive_link(link);
    }
}

/// Elsewhere the system calls, at the start and later.
#[cfg(not(any(target_os = "linux", target_os = "windows")))]
fn receive_first_link(app: &App, shell: &Shell) {
    use tauri_plugin_deep_link::DeepLinkExt as _;

    if let Ok(Some(links)) = app.deep_link().get_current() {
        links.iter().for_each(|link| shell.receive_link(link.as_str()));
    }
    let (shell, handle) = (shell.clone(), app.handle().clone());
    app.deep_link().on_open_url(move |event| {
        show_window(&handle);
        event.urls().iter().for_each(|link| shell.receive_link(link.as_str()));
    });
}

/// As far as the system lets a program come to the front by itself.
fn show_window(app: &AppHandle) {
    if let Some(window) = app.get_webview_window("main") {
        #[cfg(desktop)]
        let _ = window.unminimize();
        let _ = window.show();
        let _ = window.set_focus();
    }
}
