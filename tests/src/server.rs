//! `countersign-server`: its process, and its command line.

use std::path::{Path, PathBuf};
use std::process::Command;

use serde_json::Value;

use crate::error::{Error, Result};
use crate::network::Network;
use crate::process::{self, Running};
use crate::programs;
use crate::server_clock::ServerClock;

const PROGRAM: &str = "countersign-server";

/// A server with its data folder.
#[derive(Debug)]
pub struct ServerProcess {
    folder: PathBuf,
    issuer: String,
    /// With the port that it got at its first start, so that a link stays good over a restart.
    address: String,
    /// More options that it is started with.
    options: Vec<String>,
    clock: Option<ServerClock>,
    process: Option<Running>,
}

/// A prescriber with an account.
#[derive(Debug, Clone)]
pub struct Prescriber {
    /// National Provider Identifier.
    pub npi: String,
    /// The name of the account.
    pub name: String,
    /// The first factor.
    pub passphrase: String,
}

/// An activation that has begun.
#[derive(Debug, Clone)]
pub struct Activation {
    /// The enrolment link, which goes by mail.
    pub link: String,
    /// The confirmation code, which goes another way.
    pub confirmation: String,
}

impl Prescriber {
    /// The prescriber of the demo.
    pub fn demo() -> Self {
        Self {
            npi: "1234567893".to_owned(),
            name: "Dr. Ada Quill".to_owned(),
            passphrase: "seven quiet herons at dusk".to_owned(),
        }
    }

    /// Another one.
    pub fn other() -> Self {
        Self {
            npi: "1245319599".to_owned(),
            name: "Dr. Ben Rowan".to_owned(),
            passphrase: "nine brass lanterns in fog".to_owned(),
        }
    }
}

impl ServerProcess {
    /// Starts a server on a free port, with its data in `folder`.
    ///
    /// # Errors
    ///
    /// When it does not say that it is ready.
    pub async fn start(folder: &Path, issuer: &str) -> Result<Self> {
        Self::start_telling(folder, issuer, None).await
    }

    /// Starts a server that tells an e-prescribing network of its tokens.
    ///
    /// # Errors
    ///
    /// When it does not say that it is ready.
    pub async fn start_telling(
        folder: &Path,
        issuer: &str,
        network: Option<&Network>,
    ) -> Result<Self> {
        let options = network.map(|network| ["--network-webhook", network.url()]);
        Self::start_with(folder, issuer, options.as_ref().map_or(&[], |options| options)).await
    }

    /// Starts a server with more options.
    ///
    /// # Errors
    ///
    /// When it does not say that it is ready.
    pub async fn start_with(folder: &Path, issuer: &str, options: &[&str]) -> Result<Self> {
        let mut server = Self::offline(folder, issuer)?;
        server.options = options.iter().map(|&option| option.to_owned()).collect();
        server.listen("127.0.0.1:0").await?;
        Ok(server)
    }

    /// Starts a server by a clock of its own, with more options.
    ///
    /// # Errors
    ///
    /// When it does not say that it is ready.
    pub async fn start_by(
        clock: ServerClock,
        folder: &Path,
        issuer: &str,
        options: &[&str],
    ) -> Result<Self> {
        let mut server = Self::offline(folder, issuer)?;
        server.clock = Some(clock);
        server.options = options.iter().map(|&option| option.to_owned()).collect();
        server.listen("127.0.0.1:0").await?;
        Ok(server)
    }

    /// Its own clock, where it was given one.
    ///
    /// # Errors
    ///
    /// When it goes by this machine's.
    pub fn clock(&self) -> Result<&ServerClock> {
        self.clock.as_ref().ok_or_else(|| Error::different("the server has no clock of its own"))
    }

    /// A server of which only the command line is used: no network.
    ///
    /// # Errors
    ///
    /// When its folder cannot be made.
    pub fn offline(folder: &Path, issuer: &str) -> Result<Self> {
        std::fs::create_dir_all(folder)?;
        Ok(Self {
            folder: folder.to_owned(),
            issuer: issuer.to_owned(),
            address: String::new(),
            options: Vec::new(),
            clock: None,
            process: None,
        })
    }

    /// Starts it again after [`ServerProcess::stop`], on the same port.
    ///
    /// # Errors
    ///
    /// When it does not say that it is ready.
    pub async fn start_again(&mut self) -> Result<()> {
        let socket = self.address.trim_start_matches("http://").to_owned();
        self.listen(&socket).await
    }

    /// Ends its process at once; its data stay.
    pub fn stop(&mut self) {
        self.process = None;
    }

    async fn listen(&mut self, socket: &str) -> Result<()> {
        let mut command = self.command(&["serve", "--listen", socket, "--issuer", &self.issuer])?;
        command.args(&self.options);
        if let Some(clock) = &self.clock {
            clock.give_to(&mut command);
        }
        let log = self.folder.join("server.log");
        // A ready line of an earlier start must not be taken for this one's.
        if log.exists() {
            std::fs::remove_file(&log)?;
        }
        let mut process = Running::start(PROGRAM, &mut command, &log, None)?;
        self.address = process
            .line(|line| line.trim().strip_prefix("listening on ").map(str::to_owned))
            .await?;
        self.process = Some(process);
        Ok(())
    }

    /// Where it listens, `http://127.0.0.1:PORT`.
    pub fn address(&self) -> &str {
        &self.address
    }

    /// The issuer's name.
    pub fn issuer(&self) -> &str {
        &self.issuer
    }

    /// Opens an account for a prescriber.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub fn add_account(&self, who: &Prescriber) -> Result<()> {
        let arguments = [
            "account",
            "add",
            "--npi",
            &who.npi,
            "--name",
            &who.name,
            "--mail",
            "prescriber@clinic.example",
            "--passphrase-stdin",
            "--proofing",
            "Passport checked in person by the help desk",
        ];
        self.run(&arguments, Some(&who.passphrase)).map(drop)
    }

    /// Begins an activation; its link leads to this server.
    ///
    /// # Errors
    ///
    /// When it is refused.
    pub fn begin_activation(&self, who: &Prescriber) -> Result<Activation> {
        let printed = self.run(
            &[
                "activation",
                "begin",
                "--npi",
                &who.npi,
                "--server-url",
                &self.address,
                "--issuer",
                &self.issuer,
                "--json",
            ],
            None,
        )?;
        let answer: Value = serde_json::from_str(&printed)?;
        let field = |name: &str| {
            let value = answer[name].as_str().map(str::to_owned);
            value.ok_or_else(|| Error::different(format!("no {name} in {printed}")))
        };
        Ok(Activation { link: field("link")?, confirmation: field("confirmation_code")? })
    }

    /// The card that an app exports to.
    ///
    /// # Errors
    ///
    /// When it prints none.
    pub fn issuer_card(&self) -> Result<String> {
        let printed = self.run(&["issuer-card", "--issuer", &self.issuer], None)?;
        let card = printed.split_whitespace().find(|word| word.starts_with("countersign://"));
        card.map(str::to_owned).ok_or_else(|| Error::different(format!("no card in {printed:?}")))
    }

    /// Takes exported provisioning data from a file.
    ///
    /// # Errors
    ///
    /// When it is refused, with what the command printed.
    pub fn import(&self, file: &Path) -> Result<String> {
        self.run(&["import", &file.display().to_string()], None)
    }

    /// The tokens that `token list` shows.
    ///
    /// # Errors
    ///
    /// When it fails.
    pub fn list_tokens(&self) -> Result<String> {
        self.run(&["token", "list"], None)
    }

    /// Runs its command line on its data folder.
    ///
    /// # Errors
    ///
    /// When it fails, with what it printed.
    pub fn run(&self, arguments: &[&str], input: Option<&str>) -> Result<String> {
        process::run(&mut self.command(arguments)?, input)
    }

    fn command(&self, arguments: &[&str]) -> Result<Command> {
        let mut command = Command::new(programs::path(PROGRAM)?);
        command.args(arguments).arg("--data-dir").arg(&self.folder);
        // Whoever acts at the command line is an administrator, by the name of the login.
        command.env("USER", "help.desk");
        Ok(command)
    }
}
