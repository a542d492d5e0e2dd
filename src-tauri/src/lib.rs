//! The Countersign app: a soft token behind a PIN.
//!
//! The pages in `ui/` only draw; every rule is kept here or in the crates below.
//!
//! | module | subject |
//! | --- | --- |
//! | `session` | what is locked, what waits, and what may be done when |
//! | `commands` | what the pages may ask for |
//! | `shell` | what the commands share, off the main thread |
//! | `sleep` | the machine is about to sleep |
//! | `starts` | starts while the app runs |
//! | `starting_again` | a start that meets an instance which is just ending |
//! | `steady_keyring` | a keyring that survives a restart of its service |
//! | `problem` | what can go wrong, as the pages are told of it |
//! | `sending` | a sealed token on its way to its server |
//! | `talking` | what a token's server is asked |
//! | `clock_skew` | this machine's clock against the server's |
//! | `note` | which tokens the keyring should hold |
//! | `replacing` | a small file that is written as a whole |
//! | `saving` | an export as a file |
//! | `links` | enrolment links that the system hands over |
//! | `painting` | who paints the window and out of which memory, on Linux |
//! | `pin_entry` | PINs on their way in |
//! | `qr_reading` | texts out of pictures |
//! | `settings` | what a person may choose |
//! | `tray`, `autostart` | the desktop's tray, and starting with the system |
//! | `about` | version and licences |
//! | `clipboard`, `clock`, `chance`, `device` | the machine |

mod about;
mod autostart;
mod chance;
mod clipboard;
mod clock;
mod clock_skew;
mod commands;
mod device;
#[cfg(desktop)]
mod links;
mod note;
#[cfg(target_os = "linux")]
mod painting;
mod pin_entry;
mod problem;
mod qr_reading;
mod replacing;
mod saving;
mod sending;
mod session;
mod settings;
mod shell;
#[cfg(target_os = "linux")]
mod sleep;
#[cfg(target_os = "linux")]
mod starting_again;
#[cfg(desktop)]
mod starts;
mod steady_keyring;
mod talking;
mod tray;

#[cfg(test)]
mod tests;

use std::{alloc::System, process::ExitCode, sync::Arc, thread, time::Duration};

use tauri::{
    App, AppHandle, Builder, Manager as _, RunEvent, Url, Window, WindowEvent, Wry,
    plugin::{self, TauriPlugin},
};
use vault::{Keyring, OsKeyring};
use zeroizing_alloc::ZeroAlloc;

#[cfg(desktop)]
use crate::starts::Starts;
use crate::{
    session::Session, settings::SettingsFile, shell::Shell, steady_keyring::SteadyKeyring,
};

/// Wipes all memory that is freed: also the copies of secrets that libraries make on the way.
#[global_allocator]
static ALLOCATOR: ZeroAlloc<System> = ZeroAlloc(System);

/// How often the app looks whether it has been idle for long enough, or is out of sight.
const IDLE_CHECK: Duration = Duration::from_secs(1);

/// A window that loses the focus may be about to be minimised: this long later it is known.
#[cfg(desktop)]
const SETTLING: Duration = Duration::from_millis(300);

/// Opens the window and stays until it is closed.
#[cfg_attr(mobile, tauri::mobile_entry_point)]
pub fn run() -> ExitCode {
    #[cfg(target_os = "linux")]
    painting::with_plain_memory();
    let builder = with_desktop_plugins(Builder::default())
        .plugin(tauri_plugin_deep_link::init())
        .plugin(staying_here())
        .setup(|app| set_up(app))
        .on_window_event(look_at_window)
        .invoke_handler(tauri::generate_handler![
            commands::lock::status,
            commands::lock::watch,
            commands::lock::touch,
            commands::lock::set_up_anew,
            commands::lock::known_tokens,
            commands::lock::pin_digit,
            commands::lock::forget_pin,
            commands::lock::unlock,
            commands::lock::change_pin,
            commands::lock::lock_now,
            commands::codes::codes,
            commands::codes::next_counter_code,
            commands::codes::bound_code,
            commands::codes::code_shown,
            commands::codes::copy_code,
            commands::codes::copy_credential_id,
            commands::enrolment::use_link,
            commands::enrolment::set_aside_link,
            commands::enrolment::name_token,
            commands::enrolment::choose_pin,
            commands::enrolment::repeat_pin,
            commands::enrolment::enrol,
            commands::enrolment::associate_by_link,
            commands::enrolment::send_enrolment,
            commands::making::add_without_link,
            commands::making::add_other_link,
            commands::making::add_other_by_hand,
            commands::making::set_aside_other,
            commands::making::read_qr_bytes,
            commands::making::read_qr_clipboard,
            commands::tokens::details,
            commands::tokens::rename,
            commands::tokens::reorder,
            commands::tokens::delete,
            commands::tokens::log_text,
            commands::tokens::copy_log,
            commands::export::make_export,
            commands::export::save_export,
            commands::export::export_pskc,
            commands::export::save_pskc,
            commands::settings::settings,
            commands::settings::set_settings,
            commands::settings::tray_words,
            commands::settings::about,
            commands::server::refresh_state,
            commands::server::lost_candidates,
            commands::server::report_lost,
        ]);
    match builder.build(tauri::generate_context!()) {
        Ok(app) => {
            app.run(|app, event| look_for_end(app, &event));
            ExitCode::SUCCESS
        }
        Err(error) => {
            #[cfg(target_os = "linux")]
            starting_again::after(&error);
            eprintln!("countersign: the window could not be opened: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Keeps the window on the app's own pages, whatever a link in them says.
fn staying_here() -> TauriPlugin<Wry> {
    plugin::Builder::new("staying-here").on_navigation(|_, url| is_own_page(url)).build()
}

/// Whether the app's own pages have this address on this system.
fn is_own_page(url: &Url) -> bool {
    if url.port().is_some() {
        return false;
    }
    let (scheme, host) = (url.scheme(), url.host_str());
    if cfg!(any(windows, target_os = "android")) {
        matches!(scheme, "http" | "https") && host == Some("tauri.localhost")
    } else {
        scheme == "tauri" && host == Some("localhost")
    }
}

/// What has to be done when the app ends.
fn look_for_end(app: &AppHandle, event: &RunEvent) {
    match event {
        #[cfg(desktop)]
        RunEvent::ExitRequested { code, .. } => match code {
            // The last window is gone.
            None => app.state::<Starts>().close(),
            // Chosen in the tray.
            Some(_) => app.state::<Starts>().quit(),
        },
        RunEvent::Exit => {
            if let Some(shell) = app.try_state::<Shell>() {
                shell.clear_clipboard();
            }
            #[cfg(desktop)]
            app.state::<Starts>().end(app);
        }
        _ => {}
    }
}

fn set_up(app: &App) -> Result<(), Box<dyn std::error::Error>> {
    let keyring = Arc::new(SteadyKeyring::new(Box::new(open_keyring)));
    let settings = SettingsFile::in_folder(&app.path().app_config_dir()?);
    let session = Session::new(keyring, &app.path().app_data_dir()?, settings);
    let shell = Shell::new(session);
    app.manage(shell.clone());
    receive_first_link(app, &shell);
    prepare_window(app, &shell);
    // After it, so that a window that somebody asks for does not stay out of the way.
    #[cfg(desktop)]
    app.state::<Starts>().answer(app.handle());
    #[cfg(target_os = "linux")]
    {
        let shell = shell.clone();
        // Without logind nothing is lost: the machine's waking is seen too.
        let watch = move || drop(sleep::watch(|| shell.lock_now()));
        thread::Builder::new().name("sleep".to_owned()).spawn(watch)?;
    }
    let handle = app.handle().clone();
    thread::Builder::new().name("auto-lock".to_owned()).spawn(move || {
        loop {
            thread::sleep(IDLE_CHECK);
            shell.lock_if_idle();
            if shell.may_lock_in_background() && is_away(&handle) {
                shell.lock_in_background();
            }
        }
    })?;
    Ok(())
}

fn open_keyring() -> Result<Arc<dyn Keyring>, vault::KeyringError> {
    Ok(Arc::new(OsKeyring::open()?))
}

/// What the desktop adds to the window.
#[cfg(desktop)]
fn prepare_window(app: &App, shell: &Shell) {
    if let Some(window) = app.get_webview_window("main") {
        #[cfg(target_os = "linux")]
        painting::without_graphics_card(&window);
        // Against screenshots; does nothing on Linux.
        let _ = window.set_content_protected(!cfg!(debug_assertions));
        if std::env::args_os().any(|argument| argument == autostart::ARGUMENT) {
            let _ = window.minimize();
        }
    }
    if let Some(tray) = tray::put_up(app.handle(), shell) {
        shell.has_tray(tray);
    }
}

#[cfg(mobile)]
fn prepare_window(_: &App, _: &Shell) {}

/// A window that goes while it has the focus is in the background at once; one that had lost it
/// before, as soon as it is looked for.
#[cfg(desktop)]
fn look_at_window(window: &Window, event: &WindowEvent) {
    let app = window.app_handle().clone();
    match event {
        WindowEvent::CloseRequested { .. } | WindowEvent::Destroyed => {
            app.state::<Starts>().close();
        }
        WindowEvent::Focused(false) => {
            thread::spawn(move || {
                thread::sleep(SETTLING);
                if let (true, Some(shell)) = (is_away(&app), app.try_state::<Shell>()) {
                    shell.lock_in_background();
                }
            });
        }
        _ => {}
    }
}

/// Out of sight is in the background. Not on the main thread, which is asked.
#[cfg(desktop)]
fn is_away(app: &AppHandle) -> bool {
    app.get_webview_window("main").is_some_and(|window| {
        window.is_minimized().unwrap_or(false) || !window.is_visible().unwrap_or(true)
    })
}

/// A phone says so itself.
#[cfg(mobile)]
fn is_away(_: &AppHandle) -> bool {
    false
}

/// A phone says so itself.
#[cfg(mobile)]
fn look_at_window(window: &Window, event: &WindowEvent) {
    if let (WindowEvent::Suspended, Some(shell)) = (event, window.app_handle().try_state::<Shell>())
    {
        let shell = shell.inner().clone();
        thread::spawn(move || shell.lock_in_background());
    }
}

/// A second start brings the first one's window to the front and hands its link over.
#[cfg(desktop)]
fn with_desktop_plugins(builder: Builder<Wry>) -> Builder<Wry> {
    use tauri_plugin_window_state::StateFlags;

    let second_start = tauri_plugin_single_instance::init(|app, arguments, _| {
        app.state::<Starts>().receive(app, arguments);
    });
    let place = StateFlags::POSITION | StateFlags::SIZE | StateFlags::MAXIMIZED;
    let window_state =
        tauri_plugin_window_state::Builder::default().with_state_flags(place).build();
    let autostart =
        tauri_plugin_autostart::Builder::new().arg(autostart::ARGUMENT).app_name("Countersign");
    let builder = builder.manage(Starts::default());
    builder.plugin(second_start).plugin(window_state).plugin(autostart.build())
}

#[cfg(mobile)]
fn with_desktop_plugins(builder: Builder<Wry>) -> Builder<Wry> {
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
