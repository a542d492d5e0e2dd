//! The server as it is shipped, in a process of its own.

use std::{
    fs,
    io::{BufRead, BufReader},
    net::SocketAddr,
    path::Path,
    process::{Child, Command, Stdio},
    time::Duration,
};

use serde_json::Value;

use crate::{
    clock,
    error::{Error, Result},
    machine::processor_time,
};

/// Where the server takes its database's address from.
const DATABASE_URL: &str = "COUNTERSIGN_DATABASE_URL";

/// A running server; ended with this value.
#[derive(Debug)]
pub(crate) struct Server {
    process: Child,
    pub(crate) address: SocketAddr,
    /// From its start until it said that it listens.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Starts it on a free port. What it logs goes to a file in its folder.
    pub(crate) fn start(program: &Path, folder: &Path) -> Result<Self> {
        Self::start_over(program, folder, None)
    }

    /// The same over another database than the one in the folder.
    pub(crate) fn start_over(program: &Path, folder: &Path, url: Option<&str>) -> Result<Self> {
        let log = fs::File::create(folder.join("log.txt"))?;
        let began = clock::instant();
        let mut process = Command::new(program)
            .args(["serve", "--listen", "127.0.0.1:0", "--data-dir"])
            .arg(folder)
            .envs(url.map(|url| (DATABASE_URL, url)))
            .stdout(Stdio::piped())
            .stderr(log)
            .spawn()
            .map_err(Error::failed("the server"))?;
        let stdout = process.stdout.take().ok_or_else(|| Error::new("the server says nothing"))?;
        let mut line = String::new();
        BufReader::new(stdout).read_line(&mut line)?;
        let ready_after = clock::since(began);
        let address = line.trim().strip_prefix("listening on http://");
        let address = address.and_then(|address| address.parse().ok());
        let Some(address) = address else {
            let _ = process.kill();
            return Err(Error::new(format!("the server did not start: {line}")));
        };
        Ok(Self { process, address, ready_after })
    }

    /// The most memory that it had at once, in MiB, its share of files included.
    pub(crate) fn most_memory(&self) -> Result<f64> {
        let status = fs::read_to_string(format!("/proc/{}/status", self.process.id()))?;
        let kib = status.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let kib: Option<f64> = kib.and_then(|text| text.trim().strip_suffix(" kB")?.parse().ok());
        kib.map(|kib| kib / 1024.0).ok_or_else(|| Error::new("the system tells no memory"))
    }

    /// How much processor time it has used.
    pub(crate) fn processor_time(&self) -> Result<Duration> {
        processor_time(&self.process.id().to_string())
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // One that has ended already needs neither.
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// Makes a key by which a relying party may let codes be judged.
pub(crate) fn api_key(program: &Path, folder: &Path, url: Option<&str>) -> Result<String> {
    let output = Command::new(program)
        .args(["--json", "api-key", "add", "--party", "bench", "--scope", "verify", "--data-dir"])
        .arg(folder)
        .envs(url.map(|url| (DATABASE_URL, url)))
        .output()
        .map_err(Error::failed("making an API key"))?;
    let made: Value = serde_json::from_slice(&output.stdout).map_err(|_| {
        Error::new(format!("making an API key: {}", String::from_utf8_lossy(&output.stderr)))
    })?;
    let key = made["key"].as_str();
    Ok(key.ok_or_else(|| Error::new("the API key is not told"))?.to_owned())
}
