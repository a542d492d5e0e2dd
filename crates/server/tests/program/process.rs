//! The program's process: the server, and its command line.

use std::{
    io::{BufRead, BufReader, Write},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::Arc,
};

use getrandom::{SysRng, rand_core::UnwrapErr};
use oath::UnixTime;
use provisioning::PinPolicy;
use registry::{ActivationOrder, Actor, MasterKey, Registry, SqliteStore};
use serde_json::Value;
use tempfile::TempDir;

use crate::{app::App, clock};

pub(crate) const NPI: &str = "1234567893";
pub(crate) const OTHER_NPI: &str = "1245319599";
pub(crate) const PASSPHRASE: &str = "seven quiet herons at dusk";
pub(crate) const ISSUER: &str = "Example Clinic";

pub(crate) const SERVE: &[&str] = &["serve", "--listen", "127.0.0.1:0", "--issuer", ISSUER];

/// A running server; it ends with this value.
pub(crate) struct Server {
    pub(crate) folder: Folder,
    pub(crate) address: String,
    child: Child,
}

/// A data folder, the command line on it, and the address of its database, where that is not in it.
pub(crate) struct Folder(TempDir, Option<String>);

impl Folder {
    pub(crate) fn new() -> Self {
        Self(tempfile::tempdir().unwrap(), None)
    }

    /// One whose database is on a PostgreSQL server.
    pub(crate) fn over(url: &str) -> Self {
        Self(tempfile::tempdir().unwrap(), Some(url.to_owned()))
    }

    /// The address of its database, where that is on a PostgreSQL server.
    pub(crate) fn database_url(&self) -> Option<&str> {
        self.1.as_deref()
    }

    pub(crate) fn path(&self) -> PathBuf {
        self.0.path().join("data")
    }

    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = program();
        command.args(arguments).arg("--data-dir").arg(self.path());
        command.envs(self.1.as_ref().map(|url| ("COUNTERSIGN_DATABASE_URL", url)));
        command
    }

    /// Runs a command to its end.
    pub(crate) fn run(&self, arguments: &[&str], input: &str) -> Output {
        run(self.command(arguments), input)
    }

    /// Runs a command that must succeed, and reads its JSON.
    pub(crate) fn json(&self, arguments: &[&str], input: &str) -> Value {
        let mut arguments = arguments.to_vec();
        arguments.push("--json");
        let output = self.run(&arguments, input);
        assert!(output.status.success(), "{arguments:?}: {}", text(&output.stderr));
        serde_json::from_slice(&output.stdout).unwrap()
    }

    pub(crate) fn add_account(&self, npi: &str, name: &str) {
        let output = self.run(
            &[
                "account",
                "add",
                "--npi",
                npi,
                "--name",
                name,
                "--mail",
                "prescriber@example.org",
                "--passphrase-stdin",
                "--proofing",
                "Help desk saw the passport",
            ],
            &format!("{PASSPHRASE}\n"),
        );
        assert!(output.status.success(), "{}", text(&output.stderr));
    }

    /// Begins an activation: the enrolment link and the confirmation code.
    pub(crate) fn begin_activation(&self, npi: &str, server: &str) -> (String, String) {
        let begun = self.json(
            &["activation", "begin", "--npi", npi, "--server-url", server, "--issuer", ISSUER],
            "",
        );
        let field = |name: &str| begun[name].as_str().unwrap().to_owned();
        (field("link"), field("confirmation_code"))
    }

    /// An enrolment link that was good for a day and is not any more: begun by the registry itself,
    /// as the command line takes no other time than now.
    pub(crate) fn begin_activation_two_days_ago(&self, npi: &str, server: &str) -> String {
        let key = std::fs::read(self.path().join("master.key")).unwrap();
        let master = MasterKey::from_bytes(key.try_into().unwrap());
        let store = SqliteStore::open(self.path().join("countersign.db")).unwrap();
        let order = ActivationOrder {
            server: server.parse().unwrap(),
            issuer: ISSUER.parse().unwrap(),
            valid_for: 24 * 60 * 60,
            pin: PinPolicy::default(),
        };
        let mut rng = UnwrapErr(SysRng);
        let then = UnixTime(clock::now().0 - 48 * 60 * 60);
        let begun =
            tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
                let registry =
                    Registry::open(Arc::new(store), master, then, &mut rng).await.unwrap();
                let npi = npi.parse().unwrap();
                registry
                    .begin_activation(&Actor::System, &npi, order, None, then, &mut rng)
                    .await
                    .unwrap()
            });
        begun.link.to_text().to_string()
    }
}

impl Server {
    pub(crate) fn start() -> Self {
        Self::start_in(Folder::new(), &[])
    }

    pub(crate) fn start_in(folder: Folder, more: &[&str]) -> Self {
        let mut command = folder.command(SERVE);
        // Whatever a log could say, it says here, and still no secret.
        command.args(more).env("RUST_LOG", "trace");
        Self::start_by(command, folder)
    }

    /// Starts the server by a command of its own, such as one with another clock.
    pub(crate) fn start_by(mut command: Command, folder: Folder) -> Self {
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(std::fs::File::create(folder.0.path().join("log")).unwrap())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let log = std::fs::read_to_string(folder.0.path().join("log")).unwrap();
        let address = line
            .trim()
            .strip_prefix("listening on ")
            .unwrap_or_else(|| panic!("not ready: {line:?} {log}"))
            .to_owned();
        Self { folder, address, child }
    }

    /// A server with one account, and an activation of it under way.
    pub(crate) fn with_prescriber() -> (Self, String, String) {
        Self::start().and_prescriber()
    }

    /// The same of a server that runs.
    fn and_prescriber(self) -> (Self, String, String) {
        let server = self;
        server.folder.add_account(NPI, "Ada Quill");
        let (link, confirmation) = server.folder.begin_activation(NPI, &server.address);
        (server, link, confirmation)
    }

    /// A server, an app whose token has arrived, and the confirmation code.
    pub(crate) fn with_provisioned_token() -> (Self, App, String) {
        Self::start().and_provisioned_token()
    }

    /// The same of a server that runs.
    pub(crate) fn and_provisioned_token(self) -> (Self, App, String) {
        let (server, link, confirmation) = self.and_prescriber();
        let app = App::new();
        let answer = server.provision(&app.seal_for(&link));
        assert_eq!(answer.0, 201, "{}", answer.1);
        (server, app, confirmation)
    }

    /// Hands in a sealed token: the status and the answer.
    pub(crate) fn provision(&self, body: &str) -> (u16, Value) {
        let url = format!("{}/v1/provisioning", self.address);
        let mut response =
            agent().post(&url).header("content-type", "text/plain").send(body).unwrap();
        let answer = response.body_mut().read_to_string().unwrap();
        let status = response.status().as_u16();
        if status >= 400 {
            assert_eq!(response.headers()["content-type"], "application/problem+json");
        }
        (status, serde_json::from_str(&answer).unwrap())
    }

    /// Asks as an app does: status, media type and body.
    pub(crate) fn ask(&self, body: &str) -> (u16, String, String) {
        let url = format!("{}/v1/app", self.address);
        let mut response =
            agent().post(&url).header("content-type", "text/plain").send(body).unwrap();
        let media_type = response.headers()["content-type"].to_str().unwrap().to_owned();
        let answer = response.body_mut().read_to_string().unwrap();
        (response.status().as_u16(), media_type, answer)
    }

    pub(crate) fn log(&self) -> String {
        std::fs::read_to_string(self.folder.0.path().join("log")).unwrap()
    }

    /// Ends as an init system ends it; the folder stays.
    pub(crate) fn stop(mut self) -> Folder {
        self.signal("TERM");
        assert_eq!(self.wait(), Some(0));
        std::mem::replace(&mut self.folder, Folder::new())
    }

    /// What is left of a server that was killed.
    pub(crate) fn killed(mut self) -> Folder {
        assert_eq!(self.wait(), None, "it ended by itself");
        std::mem::replace(&mut self.folder, Folder::new())
    }

    pub(crate) fn process_id(&self) -> u32 {
        self.child.id()
    }

    /// Sends a signal by its name, as an init system would.
    pub(crate) fn signal(&self, name: &str) {
        let sent = Command::new("kill")
            .args([&format!("-{name}"), &self.child.id().to_string()])
            .status()
            .unwrap();
        assert!(sent.success());
    }

    /// Waits for its end: its exit code.
    pub(crate) fn wait(&mut self) -> Option<i32> {
        self.child.wait().unwrap().code()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // Ended already where a test stopped it.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

pub(crate) fn program() -> Command {
    Command::new(env!("CARGO_BIN_EXE_countersign-server"))
}

pub(crate) fn run(mut command: Command, input: &str) -> Output {
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    // A command that takes no input may end before it is written.
    let _ = child.stdin.take().unwrap().write_all(input.as_bytes());
    child.wait_with_output().unwrap()
}

/// An HTTP client that follows nothing and takes every status as an answer.
pub(crate) fn agent() -> ureq::Agent {
    ureq::Agent::config_builder().max_redirects(0).http_status_as_error(false).build().new_agent()
}

pub(crate) fn text(bytes: &[u8]) -> String {
    String::from_utf8_lossy(bytes).into_owned()
}

pub(crate) fn mode(path: &Path) -> u32 {
    use std::os::unix::fs::PermissionsExt;
    std::fs::metadata(path).unwrap().permissions().mode() & 0o7777
}
