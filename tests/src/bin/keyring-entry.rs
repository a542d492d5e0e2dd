//! Reads, writes or deletes one of the app's keyring entries: `keyring-entry read|write|delete NAME`.
//!
//! A program of its own, because each desktop of the tests has its own session bus.

use std::io::Read;
use std::process::ExitCode;

use vault::{Keyring, OsKeyring};

fn main() -> ExitCode {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    match run(&arguments) {
        Ok(()) => ExitCode::SUCCESS,
        Err(complaint) => {
            eprintln!("{complaint}");
            ExitCode::FAILURE
        }
    }
}

fn run(arguments: &[String]) -> Result<(), String> {
    let [action, entry] = arguments else {
        return Err("usage: keyring-entry read|write|delete NAME".to_owned());
    };
    let keyring = OsKeyring::open().map_err(|error| error.to_string())?;
    match action.as_str() {
        "read" => {
            let value = keyring.read(entry).map_err(|error| error.to_string())?;
            let value = value.ok_or("no such entry")?;
            println!("{}", *value);
            Ok(())
        }
        "write" => {
            let mut value = String::new();
            std::io::stdin().read_to_string(&mut value).map_err(|error| error.to_string())?;
            keyring.write(entry, &value).map_err(|error| error.to_string())
        }
        "delete" => keyring.delete(entry).map_err(|error| error.to_string()),
        _ => Err(format!("no action is called {action}")),
    }
}
