//! The program: [`countersign_server`] has what it does.

fn main() -> std::process::ExitCode {
    countersign_server::run()
}
