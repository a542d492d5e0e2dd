//! Starts a server with a demo prescriber, opens app and dashboard, and leaves both to the person.

use std::convert::Infallible;
use std::process::{Command, ExitCode, Stdio};
use std::time::Duration;

use e2e::error::Result;
use e2e::process::Running;
use e2e::scene::ISSUER;
use e2e::server::Prescriber;
use e2e::{ServerProcess, app, programs};

#[tokio::main]
async fn main() -> ExitCode {
    match show().await {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("\n{error}");
            ExitCode::FAILURE
        }
    }
}

async fn show() -> Result<()> {
    // Heard from the start, so that the folder is removed whenever the person ends it.
    let ended = tokio::spawn(tokio::signal::ctrl_c());
    let folder = tempfile::Builder::new().prefix("countersign-demo-").tempdir()?;
    let server = ServerProcess::start(&folder.path().join("server"), ISSUER).await?;
    let prescriber = Prescriber::demo();
    server.add_account(&prescriber)?;
    let activation = server.begin_activation(&prescriber)?;

    println!("The dashboard is at {}", server.address());
    println!("  NPI                {}", prescriber.npi);
    println!("  Passphrase         {}", prescriber.passphrase);
    println!("  Confirmation code  {}", activation.confirmation);
    println!("\nThe enrolment link, already opened in the app:\n\n{}\n", activation.link);
    println!("In the app: name the token and choose a PIN. In the dashboard: sign in, choose");
    println!("Add New Token, and enter what the app shows.");
    println!("\nCtrl-C ends the demo and removes the server's data. What the app has stored stays");
    println!("in your own keyring.");

    let mut command = Command::new(programs::path(app::PROGRAM)?);
    command.arg(&activation.link);
    let log = folder.path().join("app.log");
    let mut app = Running::start(app::PROGRAM, &mut command, &log, None)?;
    let address = server.address().to_owned();
    tokio::spawn(async move { open_in_browser(&address).await });
    tokio::select! {
        heard = ended => heard.map_err(std::io::Error::other)??,
        never = tell_when_closed(&mut app) => match never {},
    }
    println!("\nEnding the demo.");
    Ok(())
}

/// Says when the app's window is gone, and why; server and dashboard go on.
async fn tell_when_closed(app: &mut Running) -> Infallible {
    if let Ok(status) = app.ended(Duration::MAX).await {
        println!("\nThe app has ended ({status}). {}", app.output().trim());
        println!("The server runs on until Ctrl-C.");
    }
    std::future::pending().await
}

async fn open_in_browser(address: &str) {
    let mut command = tokio::process::Command::new("xdg-open");
    command.arg(address).stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    if command.status().await.map_or(true, |status| !status.success()) {
        println!("\nNo browser could be opened: please open {address} yourself.");
    }
}
