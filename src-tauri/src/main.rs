//! The program `countersign`; everything is in the library, so that phones can load it too.
#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

fn main() -> ExitCode {
    countersign_app::run()
}
