//! A start that meets an instance which is just ending.
//!
//! The bus still knows the other one, which takes nothing any more: the window and the link of this
//! start would be lost. So it starts again, in the same process, until the bus has forgotten it.

use std::{env, os::unix::process::CommandExt as _, process::Command, thread, time::Duration};

/// How often it is tried, and how long apart: five seconds in all.
const TRIES: u32 = 20;
const APART: Duration = Duration::from_millis(250);

/// Counts the tries from one start to the next.
pub(crate) const COUNT: &str = "COUNTERSIGN_START";

/// Becomes another start of the app, if this one met an ending instance and has tries left.
/// Returns only if it does not.
pub(crate) fn after(error: &tauri::Error) {
    let tries: u32 = env::var(COUNT).ok().and_then(|count| count.parse().ok()).unwrap_or(0);
    if !is_of_an_ending_instance(error) || tries >= TRIES {
        return;
    }
    thread::sleep(APART);
    if let Ok(program) = env::current_exe() {
        let arguments = env::args_os().skip(1);
        let failed =
            Command::new(program).args(arguments).env(COUNT, (tries + 1).to_string()).exec();
        eprintln!("countersign: starting again failed: {failed}");
    }
}

fn is_of_an_ending_instance(error: &tauri::Error) -> bool {
    matches!(error, tauri::Error::PluginInitialization(name, _) if name == "single-instance")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_a_failure_to_hand_over_starts_again() {
        let of = |plugin: &str| {
            tauri::Error::PluginInitialization(
                plugin.to_owned(),
                "recipient disconnected".to_owned(),
            )
        };
        assert!(is_of_an_ending_instance(&of("single-instance")));
        assert!(!is_of_an_ending_instance(&of("deep-link")));
    }
}
