//! A PostgreSQL server of a test's own: in a temporary folder, on a socket in it, ended by its process
//! ID, at the latest when the test's process ends, however that is. One may follow another as its
//! standby.

#![allow(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

use std::{
    ffi::OsStr,
    fs,
    io::Write as _,
    os::unix::fs::{PermissionsExt as _, chown},
    path::{Path, PathBuf},
    process::{Child, ChildStdin, Command, Stdio},
    sync::atomic::{AtomicU32, Ordering},
    thread::sleep,
    time::Duration,
};

use rustix::process::{Pid, Signal, getuid, kill_process};
use tempfile::TempDir;

/// How often it is looked whether a server has started or stopped.
const TRIES: u32 = 1_500;
const MOMENT: Duration = Duration::from_millis(20);

/// Runs the server, and ends it when it is told so, or when this script's own input ends: with the
/// process that holds it. Then nobody needs the folder any more.
const GUARDED: &str = r#"
"$1/postgres" -D "$2/data" -k "$2" > "$2/log" 2>&1 < /dev/null &
server=$!
read line
kill -INT $server 2> /dev/null
wait $server
[ "$line" = stop ] || rm -rf "$2"
"#;

/// What stands last in its configuration, so that it holds.
const CONFIGURATION: &str = "
listen_addresses = ''
max_connections = 400
cluster_name = 'test'
";

/// Over TCP only with TLS.
const ONLY_WITH_TLS: &str = "
local all all trust
hostssl all all 127.0.0.1/32 trust
";

/// A server with its databases, gone with this value.
#[derive(Debug)]
pub struct TestPostgres {
    folder: TempDir,
    programs: PathBuf,
    port: u16,
    guard: Option<(Child, ChildStdin)>,
    made: AtomicU32,
}

impl TestPostgres {
    /// Makes a server and starts it.
    ///
    /// # Panics
    /// Where PostgreSQL is not installed or does not start.
    #[must_use]
    pub fn start() -> Self {
        let mut server = Self::without_data();
        server.initialise();
        server.start_again();
        server
    }

    /// Makes one that is reached on this port of 127.0.0.1 too.
    ///
    /// # Panics
    /// As of [`TestPostgres::start`].
    #[must_use]
    pub fn start_on(port: u16) -> Self {
        let mut server = Self::without_data();
        server.initialise_on(port);
        server.start_again();
        server
    }

    /// The same, over TLS only, by a certificate and its key.
    ///
    /// # Panics
    /// As of [`TestPostgres::start`].
    #[must_use]
    pub fn start_with_tls(port: u16, certificate: &str, key: &str) -> Self {
        let mut server = Self::without_data();
        server.initialise_on(port);
        server.configure("ssl = on\n");
        server.write("server.crt", certificate);
        server.write("server.key", key);
        server.write("pg_hba.conf", ONLY_WITH_TLS);
        server.start_again();
        server
    }

    /// Makes a standby of another server, which has what that has.
    ///
    /// # Panics
    /// As of [`TestPostgres::start`].
    #[must_use]
    pub fn standby_of(primary: &Self) -> Self {
        let mut server = Self::without_data();
        server.follow(primary);
        server
    }

    /// Becomes a standby of another server, with that one's data in place of any of its own.
    ///
    /// # Panics
    /// Where it runs, or the other does not.
    pub fn follow(&mut self, primary: &Self) {
        let data = self.folder.path().join("data");
        if data.exists() {
            fs::remove_dir_all(&data).unwrap();
        }
        self.run(
            "pg_basebackup",
            &[
                "--no-sync",
                "--checkpoint=fast",
                "--wal-method=fetch",
                "--write-recovery-conf",
                "-d",
            ],
            &[primary.address("postgres").as_ref(), "-D".as_ref(), data.as_ref()],
        );
        self.start_again();
    }

    /// Makes a standby one that writes.
    ///
    /// # Panics
    /// Where it is none.
    pub fn promote(&self) {
        assert_eq!(self.sql("postgres", "SELECT pg_promote()"), "t");
    }

    fn without_data() -> Self {
        let folder = tempfile::Builder::new().prefix("pg-").tempdir().unwrap();
        if let Some((user, group)) = unprivileged() {
            chown(folder.path(), Some(user), Some(group)).unwrap();
        }
        let programs = programs();
        Self { programs, folder, port: 5432, guard: None, made: AtomicU32::new(0) }
    }

    fn initialise(&self) {
        self.run(
            "initdb",
            &["--no-sync", "--auth=trust", "--username=countersign", "--encoding=UTF8"],
            &["--locale=C.UTF-8".as_ref(), "-D".as_ref(), self.folder.path().join("data").as_ref()],
        );
        self.configure(CONFIGURATION);
    }

    fn initialise_on(&mut self, port: u16) {
        self.port = port;
        self.initialise();
        self.configure(&format!("listen_addresses = '127.0.0.1'\nport = {port}\n"));
    }

    /// Adds to its configuration.
    fn configure(&self, lines: &str) {
        let path = self.folder.path().join("data/postgresql.conf");
        let mut file = fs::OpenOptions::new().append(true).open(path).unwrap();
        file.write_all(lines.as_bytes()).unwrap();
    }

    /// Writes one of the files that only it may read.
    fn write(&self, name: &str, text: &str) {
        let path = self.folder.path().join("data").join(name);
        fs::write(&path, text).unwrap();
        fs::set_permissions(&path, fs::Permissions::from_mode(0o600)).unwrap();
        if let Some((user, group)) = unprivileged() {
            chown(path, Some(user), Some(group)).unwrap();
        }
    }

    /// Runs one of PostgreSQL's own programs, for the server.
    fn run(&self, name: &str, options: &[&str], more: &[&OsStr]) {
        let mut command = self.unprivileged_command(self.programs.join(name));
        let output = command.args(options).args(more).output().unwrap();
        assert!(output.status.success(), "{name}: {}", String::from_utf8_lossy(&output.stderr));
    }

    /// Starts it again after [`TestPostgres::stop`] or [`TestPostgres::kill`].
    ///
    /// # Panics
    /// Where it does not start.
    pub fn start_again(&mut self) {
        assert!(self.guard.is_none(), "it runs");
        let mut guard = self
            .unprivileged_command("sh".into())
            .args(["-c", GUARDED, "postgres"])
            .args([&self.programs, self.folder.path()])
            .stdin(Stdio::piped())
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let input = guard.stdin.take().unwrap();
        self.guard = Some((guard, input));
        self.wait("start", |server| server.try_sql("postgres", "SELECT 1").is_some());
    }

    /// Stops it as an administrator does: what is under way is broken off.
    ///
    /// # Panics
    /// Where it does not stop.
    pub fn stop(&mut self) {
        let Some((mut guard, mut input)) = self.guard.take() else { return };
        input.write_all(b"stop\n").unwrap();
        guard.wait().unwrap();
    }

    /// Ends all its processes at once, as a crash does.
    ///
    /// # Panics
    /// Where it does not run.
    pub fn kill(&mut self) {
        let pid = i32::try_from(self.process_id()).unwrap();
        kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
        // Its other processes end as soon as they see that it is gone.
        self.wait("end", |server| server.try_sql("postgres", "SELECT 1").is_none());
        self.stop();
    }

    /// The first of its processes, whose children the others are.
    ///
    /// # Panics
    /// Where it does not run.
    #[must_use]
    pub fn process_id(&self) -> u32 {
        let file = fs::read_to_string(self.folder.path().join("data/postmaster.pid")).unwrap();
        file.lines().next().unwrap().parse().unwrap()
    }

    /// The address of a new, empty database.
    ///
    /// # Panics
    /// Where it cannot be made.
    pub fn new_database(&self) -> String {
        let name = format!("registry_{}", self.made.fetch_add(1, Ordering::Relaxed));
        self.sql("postgres", &format!("CREATE DATABASE {name} TEMPLATE template0"));
        self.address(&name)
    }

    /// The address of a database.
    #[must_use]
    pub fn address(&self, database: &str) -> String {
        let (folder, port) = (self.folder.path().display(), self.port);
        format!("postgres:///{database}?user=countersign&host={folder}&port={port}")
    }

    /// The address of a database that is on whichever of this server and another writes.
    #[must_use]
    pub fn address_with(&self, other: &Self, database: &str) -> String {
        let host = |server: &Self| server.folder.path().display().to_string().replace('/', "%2F");
        format!("postgres://countersign@{},{}/{database}", host(self), host(other))
    }

    /// One of PostgreSQL's own programs, such as `pgbench`.
    #[must_use]
    pub fn program(&self, name: &str) -> Command {
        Command::new(self.programs.join(name))
    }

    /// Runs SQL in a database, and returns what `psql` prints.
    ///
    /// # Panics
    /// Where it fails.
    pub fn sql(&self, database: &str, sql: &str) -> String {
        self.try_sql(database, sql).unwrap_or_else(|| {
            panic!("{sql}: {}", fs::read_to_string(self.folder.path().join("log")).unwrap())
        })
    }

    fn try_sql(&self, database: &str, sql: &str) -> Option<String> {
        psql(&self.programs, &self.address(database), sql)
    }

    /// A command as somebody whom PostgreSQL runs for: it refuses root.
    fn unprivileged_command(&self, program: PathBuf) -> Command {
        if unprivileged().is_none() {
            return Command::new(program);
        }
        let mut command = Command::new("runuser");
        command.args(["-u", "postgres", "--"]).arg(program).current_dir(self.folder.path());
        command
    }

    fn wait(&self, what: &str, done: impl Fn(&Self) -> bool) {
        for _ in 0..TRIES {
            if done(self) {
                return;
            }
            sleep(MOMENT);
        }
        let log = fs::read_to_string(self.folder.path().join("log")).unwrap_or_default();
        panic!("PostgreSQL does not {what}: {log}");
    }
}

impl Drop for TestPostgres {
    fn drop(&mut self) {
        self.stop();
    }
}

/// Runs SQL in the database at an address, and returns what `psql` prints.
///
/// # Panics
/// Where it fails.
#[must_use]
pub fn sql_at(address: &str, sql: &str) -> String {
    psql(&programs(), address, sql).unwrap_or_else(|| panic!("it failed: {sql}"))
}

fn psql(programs: &Path, address: &str, sql: &str) -> Option<String> {
    let output = Command::new(programs.join("psql"))
        .args(["-X", "-A", "-t", "-v", "ON_ERROR_STOP=1", "-c", sql, address])
        .output()
        .unwrap();
    output.status.success().then(|| String::from_utf8(output.stdout).unwrap().trim().to_owned())
}

/// Whom it runs for where this is root.
fn unprivileged() -> Option<(u32, u32)> {
    let id = |what: &str| {
        let output = Command::new("id").args([what, "postgres"]).output().unwrap();
        String::from_utf8(output.stdout).unwrap().trim().parse().unwrap()
    };
    getuid().is_root().then(|| (id("-u"), id("-g")))
}

/// The folder of PostgreSQL's programs: Debian keeps them apart from the others, by version.
fn programs() -> PathBuf {
    let by_version = fs::read_dir("/usr/lib/postgresql").into_iter().flatten().flatten();
    let newest = by_version
        .filter_map(|entry| Some((entry.file_name().to_str()?.parse().ok()?, entry.path())))
        .max_by_key(|(version, _): &(u32, _)| *version)
        .map(|(_, path)| path.join("bin"));
    let path = std::env::var_os("PATH").unwrap_or_default();
    let in_path = std::env::split_paths(&path).find(|folder| folder.join("initdb").is_file());
    newest
        .or(in_path)
        .filter(|folder| is_complete(folder))
        .unwrap_or_else(|| panic!("PostgreSQL is not installed: cargo xtask install"))
}

fn is_complete(folder: &Path) -> bool {
    ["initdb", "postgres", "psql", "pgbench", "pg_basebackup"]
        .iter()
        .all(|program| folder.join(program).is_file())
}
