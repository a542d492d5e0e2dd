//! Walks the main job through the real window and a real browser, on a virtual display.
//!
//! `walk --screenshots FOLDER`

use std::path::PathBuf;
use std::process::ExitCode;

use e2e::clock::Stopwatch;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let folder = match (arguments.next(), arguments.next(), arguments.next()) {
        (Some(name), Some(folder), None) if name == "--screenshots" => PathBuf::from(folder),
        _ => {
            eprintln!("usage: walk --screenshots FOLDER");
            return ExitCode::from(2);
        }
    };
    println!("The main job, from the enrolment link to a second server, on real parts.");
    let watch = Stopwatch::start();
    match e2e::walk::walk(&folder).await {
        Ok(()) => {
            println!("\nAll six steps done in {} s.", watch.elapsed().as_secs());
            println!("The screenshots are in {}.", folder.display());
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("\nThis step failed: {error}");
            ExitCode::FAILURE
        }
    }
}
