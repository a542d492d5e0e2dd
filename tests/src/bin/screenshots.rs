//! Takes pictures of every screen of the app, from the real window, on a virtual display.
//!
//! `screenshots FOLDER`

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use e2e::camera::Camera;
use e2e::clock::Stopwatch;
use e2e::error::Result;
use e2e::tour;

#[tokio::main]
async fn main() -> ExitCode {
    let mut arguments = std::env::args_os().skip(1);
    let folder = match (arguments.next(), arguments.next()) {
        (Some(folder), None) => PathBuf::from(folder),
        _ => {
            eprintln!("usage: screenshots FOLDER");
            return ExitCode::from(2);
        }
    };
    let watch = Stopwatch::start();
    match take(&folder).await {
        Ok(camera) => {
            let seconds = watch.elapsed().as_secs();
            println!("\n{} pictures in {seconds} s, in {}.", camera.pictures(), folder.display());
            let missing = camera.missing();
            if !missing.is_empty() {
                println!("Not among them: {}.", missing.join(", "));
            }
            ExitCode::SUCCESS
        }
        Err(error) => {
            eprintln!("\nStopped: {error}");
            ExitCode::FAILURE
        }
    }
}

async fn take(folder: &Path) -> Result<Camera> {
    let mut camera = Camera::new(folder)?;
    println!("1. From the first screen to many tokens.");
    tour::from_the_first_screen_to_many_tokens(&mut camera).await?;
    println!("2. One token: its details, its loss, its provisioning data.");
    tour::one_token_its_loss_its_data_and_its_end(&mut camera).await?;
    println!("3. Settings; 200% text in Spanish.");
    tour::settings_and_all_of_it_large_and_in_spanish(&mut camera).await?;
    println!("4. The bad days.");
    tour::the_bad_days(&mut camera).await?;
    println!("5. A keyring that comes back empty.");
    tour::tokens_that_the_keyring_has_lost(&mut camera).await?;
    Ok(camera)
}
