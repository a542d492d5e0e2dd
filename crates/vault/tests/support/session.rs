//! A session of its own: a private bus, a real gnome-keyring, everything in a temporary folder.
//!
//! The environment is set in child processes only; this process reaches the bus by its address.

use std::{
    io::Write as _,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    thread::sleep,
    time::Duration,
};

use secret_service::{EncryptionType, blocking::SecretService};
use tempfile::TempDir;
use vault::OsKeyring;
use zbus::blocking::{Connection, connection::Builder, fdo::DBusProxy};

use super::child::{self, Work};

/// How the keyring is when the session begins.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Start {
    /// Unlocked with the password, as after signing in.
    Unlocked,
    /// Started by nobody's signing in, as on a machine that signs in by itself.
    Locked,
    /// Not at all.
    Absent,
}

pub struct Session {
    bus: Process,
    keyring: Option<Process>,
    screen: Option<Screen>,
    /// Last, so that it is removed when nobody writes to it any more.
    folder: TempDir,
}

impl Session {
    pub fn start(start: Start) -> Self {
        Self::begin(start, None)
    }

    /// With a display, on which the keyring can ask.
    pub fn with_screen(start: Start) -> Self {
        Self::begin(start, Some(Screen::start()))
    }

    fn begin(start: Start, screen: Option<Screen>) -> Self {
        let folder = tempfile::tempdir().unwrap();
        for name in ["data", "run", "home", "cache", "services"] {
            std::fs::create_dir(folder.path().join(name)).unwrap();
        }
        // A prompter that the bus starts when it is needed, as on a desktop; nothing else.
        std::fs::copy(
            "/usr/share/dbus-1/services/org.gnome.keyring.SystemPrompter.service",
            folder.path().join("services/org.gnome.keyring.SystemPrompter.service"),
        )
        .expect("package gcr is installed");
        let config = folder.path().join("bus.conf");
        std::fs::write(&config, bus_configuration(folder.path())).unwrap();
        let mut bus = command_in(folder.path(), screen.as_ref(), "dbus-daemon");
        bus.arg("--nofork").arg(format!("--config-file={}", config.display()));
        let bus = Process::start(&mut bus);
        let mut session = Self { folder, bus, keyring: None, screen };
        eventually("the bus listens", || session.path("bus").exists());
        session.start_keyring(start);
        session
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// A program in this session, with no display unless the session has one.
    pub fn command(&self, program: impl AsRef<Path>) -> Command {
        command_in(self.folder.path(), self.screen.as_ref(), program)
    }

    pub fn start_keyring(&mut self, start: Start) {
        let mut command = self.command("gnome-keyring-daemon");
        command.args(["--foreground", "--components=secrets"]);
        match start {
            Start::Absent => return,
            Start::Locked => command.arg("--start"),
            Start::Unlocked => command.arg("--unlock").stdin(Stdio::piped()),
        };
        let mut process = Process::start(&mut command);
        if let Some(mut password) = process.0.stdin.take() {
            password.write_all(b"password").unwrap();
        }
        self.keyring = Some(process);
        let bus = self.bus();
        eventually("the keyring answers", || has_owner(&bus, "org.freedesktop.secrets"));
    }

    /// Ends the keyring's process; what it stored stays in the folder.
    pub fn stop_keyring(&mut self) {
        self.keyring = None;
        let bus = self.bus();
        eventually("the keyring is gone", || !has_owner(&bus, "org.freedesktop.secrets"));
    }

    pub fn restart_keyring(&mut self, start: Start) {
        self.stop_keyring();
        self.start_keyring(start);
    }

    pub fn stop_bus(&mut self) {
        self.bus.end();
    }

    /// Does something that makes the keyring ask, replies, and returns what came of it.
    ///
    /// A prompter that is just about to leave the bus is asked in vain: then it is tried again.
    pub fn reply(&self, work: Work<'_>, reply: impl Fn(&Screen)) -> Option<String> {
        let screen = self.screen.as_ref().unwrap();
        for _ in 0..10 {
            let mut asking = child::start(self, work);
            eventually("the keyring asks", || screen.shows_prompt() || asking.has_ended());
            if screen.shows_prompt() {
                // The window is there before it takes keys.
                sleep(Duration::from_millis(700));
                reply(screen);
                return child::answer(&mut asking);
            }
            sleep(Duration::from_secs(1));
        }
        panic!("the keyring did not ask");
    }

    /// The values of all items of the app in the keyring, by entry name, read past the vault.
    pub fn items(&self) -> Vec<(String, Vec<u8>)> {
        self.with_service(|service| {
            let found = service.search_items([("service", OsKeyring::SERVICE)].into()).unwrap();
            assert!(found.locked.is_empty());
            let mut items: Vec<_> = found
                .unlocked
                .iter()
                .map(|item| {
                    let name = item.get_attributes().unwrap()["username"].clone();
                    (name, item.get_secret().unwrap())
                })
                .collect();
            items.sort();
            items
        })
    }

    /// Puts a value into an item, past the vault.
    pub fn put(&self, entry: &str, value: &[u8]) {
        self.put_with(entry, value, &[]);
    }

    /// Puts a second item of the same name beside the first one.
    pub fn put_twin(&self, entry: &str, value: &[u8]) {
        self.put_with(entry, value, &[("twin", "yes")]);
    }

    pub fn remove(&self, entry: &str) {
        self.with_service(|service| {
            let of_entry = [("service", OsKeyring::SERVICE), ("username", entry)];
            let found = service.search_items(of_entry.into()).unwrap();
            found.unlocked.iter().for_each(|item| item.delete().unwrap());
        });
    }

    fn put_with(&self, entry: &str, value: &[u8], further: &[(&str, &str)]) {
        self.with_service(|service| {
            let mut attributes = vec![("service", OsKeyring::SERVICE), ("username", entry)];
            attributes.extend_from_slice(further);
            service
                .get_default_collection()
                .unwrap()
                .create_item(entry, attributes.into_iter().collect(), value, true, "text/plain")
                .unwrap();
        });
    }

    fn with_service<T>(&self, access: impl FnOnce(&SecretService<'_>) -> T) -> T {
        let plain = EncryptionType::Plain;
        access(&SecretService::connect_with_existing(plain, self.bus()).unwrap())
    }

    fn bus(&self) -> Connection {
        Builder::address(self.address().as_str()).unwrap().build().unwrap()
    }

    fn address(&self) -> String {
        format!("unix:path={}", self.path("bus").display())
    }
}

/// A virtual display.
pub struct Screen {
    name: String,
    _server: Process,
}

impl Screen {
    fn start() -> Self {
        let mut command = Command::new("Xvfb");
        command
            .args(["-displayfd", "1", "-nolisten", "tcp"])
            .stdout(Stdio::piped())
            .stderr(Stdio::null());
        let mut server = Process::start(&mut command);
        let mut number = String::new();
        let stdout = server.0.stdout.take().unwrap();
        std::io::BufRead::read_line(&mut std::io::BufReader::new(stdout), &mut number).unwrap();
        Self { name: format!(":{}", number.trim()), _server: server }
    }

    /// Dismisses the keyring's question.
    pub fn dismiss_prompt(&self) {
        eventually("the question is gone", || {
            self.xdotool(&["key", "Escape"]);
            sleep(Duration::from_millis(200));
            !self.shows_prompt()
        });
    }

    /// Answers the keyring's question; again if it stays, for keys that came too soon went nowhere.
    pub fn answer_prompt(&self, password: &str) {
        eventually("the question is answered", || {
            self.xdotool(&["type", password]);
            self.xdotool(&["key", "Return"]);
            sleep(Duration::from_millis(1_500));
            !self.shows_prompt()
        });
    }

    /// Answers the keyring's question for a new password, which it wants twice.
    pub fn choose_password_in_prompt(&self, password: &str) {
        self.xdotool(&["type", password]);
        self.xdotool(&["key", "Tab"]);
        self.xdotool(&["type", password]);
        self.xdotool(&["key", "Return"]);
    }

    fn shows_prompt(&self) -> bool {
        self.xdotool(&["search", "--onlyvisible", "--class", "gcr-prompter"])
    }

    fn xdotool(&self, arguments: &[&str]) -> bool {
        let mut command = Command::new("xdotool");
        command.env("DISPLAY", &self.name).args(arguments);
        command.output().expect("package xdotool is installed").status.success()
    }
}

/// A process that ends with its owner.
pub struct Process(pub Child);

impl Process {
    pub fn start(command: &mut Command) -> Self {
        let program = command.get_program().to_owned();
        Self(command.spawn().unwrap_or_else(|error| panic!("{program:?}: {error}")))
    }

    pub fn has_ended(&mut self) -> bool {
        self.0.try_wait().unwrap().is_some()
    }

    pub fn end(&mut self) {
        self.0.kill().unwrap();
        self.0.wait().unwrap();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Both fail only for a process that has ended.
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub fn eventually(what: &str, mut is_so: impl FnMut() -> bool) {
    for _ in 0..600 {
        if is_so() {
            return;
        }
        sleep(Duration::from_millis(50));
    }
    panic!("half a minute has passed, and not yet: {what}");
}

fn has_owner(bus: &Connection, name: &'static str) -> bool {
    DBusProxy::new(bus).unwrap().name_has_owner(name.try_into().unwrap()).unwrap()
}

fn command_in(folder: &Path, screen: Option<&Screen>, program: impl AsRef<Path>) -> Command {
    let mut command = Command::new(program.as_ref());
    command
        .env_clear()
        .env("PATH", std::env::var_os("PATH").unwrap_or_default())
        .env("HOME", folder.join("home"))
        .env("XDG_DATA_HOME", folder.join("data"))
        .env("XDG_CACHE_HOME", folder.join("cache"))
        .env("XDG_RUNTIME_DIR", folder.join("run"))
        .env("DBUS_SESSION_BUS_ADDRESS", format!("unix:path={}", folder.join("bus").display()))
        .current_dir(folder)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    if let Some(screen) = screen {
        command.env("DISPLAY", &screen.name);
    }
    command
}

fn bus_configuration(folder: &Path) -> String {
    let folder = folder.display();
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:path={folder}/bus</listen>
  <auth>EXTERNAL</auth>
  <servicedir>{folder}/services</servicedir>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#
    )
}
