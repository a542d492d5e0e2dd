//! A WebDriver server on a free port, and one session in it.

use std::net::TcpListener;
use std::process::Command;
use std::time::Duration;

use serde_json::{Map, Value};
use thirtyfour::{Capabilities, WebDriver};

use crate::desktop::Desktop;
use crate::error::{Error, Result};
use crate::process::Running;
use crate::wait::{self, Look};

/// A driver's process with its session.
#[derive(Debug)]
pub(crate) struct Driver {
    pub(crate) session: WebDriver,
    process: Running,
}

impl Driver {
    /// Starts `program` on this desktop and opens a session with these capabilities.
    pub(crate) async fn start(
        desktop: &Desktop,
        program: &str,
        capabilities: Map<String, Value>,
        prepare: impl Fn(&mut Command),
    ) -> Result<Self> {
        let port = free_port()?;
        let mut command = desktop.command(program);
        command.arg(format!("--port={port}"));
        prepare(&mut command);
        let process = Running::start(program, &mut command, &desktop.log(program), None)?;
        wait::until(program, wait::PATIENCE, async || {
            Ok(match tokio::net::TcpStream::connect(("127.0.0.1", port)).await {
                Ok(_) => Look::There(()),
                Err(error) => Look::NotYet(error.to_string()),
            })
        })
        .await?;
        let session = WebDriver::builder(
            format!("http://127.0.0.1:{port}"),
            Capabilities::from(capabilities),
        )
        // A click returns when the page it leads to is there; a busy machine takes its time.
        .request_timeout(Duration::from_secs(120))
        .connect()
        .await
        .map_err(|error| Error::Start {
            program: program.to_owned(),
            reason: format!("{error}; it printed: {}", process.output()),
        })?;
        Ok(Self { session, process })
    }

    /// The number of the driver's process.
    pub(crate) fn process_id(&self) -> u32 {
        self.process.id()
    }

    /// Ends the session, which ends the program that it drives.
    pub(crate) async fn quit(&self) {
        // The program may be gone already; whether it is, the caller looks at its process.
        let _ = self.session.clone().quit().await;
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // Without this, dropping the session would wait for an answer of a driver that is gone.
        let _ = self.session.clone().leak();
        self.process.kill();
    }
}

/// A port on which nobody listens now.
pub(crate) fn free_port() -> Result<u16> {
    Ok(TcpListener::bind(("127.0.0.1", 0))?.local_addr()?.port())
}
