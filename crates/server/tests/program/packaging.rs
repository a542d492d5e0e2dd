//! What the server's package brings beside the program.

use std::{fs, path::Path, process::Command};

use crate::process::{program, run, text};

const PACKAGING: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/packaging");

#[test]
fn the_unit_leaves_little_exposed() {
    let unit = Path::new(PACKAGING).join("countersign-server.service");
    let mut command = Command::new("systemd-analyze");
    // Tenths: 1.5 of 10.
    command.args(["security", "--offline=true", "--threshold=15", "--no-pager"]).arg(unit);
    let judged = command.output().unwrap();
    assert!(judged.status.success(), "{}{}", text(&judged.stdout), text(&judged.stderr));
}

#[test]
fn the_configuration_of_the_package_is_one() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("server.toml");
    let shipped = fs::read_to_string(Path::new(PACKAGING).join("server.toml")).unwrap();
    // With every line that is commented out, too.
    for text_of_it in [shipped.clone(), shipped.replace("# ", "").replace("listen = \"127", "#")] {
        let text_of_it: String = text_of_it
            .lines()
            .filter(|line| line.starts_with('#') || line.contains(" = "))
            .map(|line| format!("{line}\n"))
            .collect();
        fs::write(&file, text_of_it.replace("/var/lib", folder.path().to_str().unwrap())).unwrap();
        let mut command = program();
        command.args(["token", "list", "--config"]).arg(&file);
        let said = run(command, "");
        // It is understood; and there is no database.
        assert_eq!(said.status.code(), Some(1), "{}", text(&said.stderr));
        assert!(text(&said.stderr).contains("holds no Countersign database"));
    }
}

#[test]
fn each_command_has_a_page_and_completions() {
    let folder = tempfile::tempdir().unwrap();
    let mut command = program();
    command.args(["man", "--to"]).arg(folder.path());
    assert!(run(command, "").status.success());
    for (page, words) in [
        ("countersign-server.1", "countersign\\-server"),
        ("countersign-server-serve.1", "\\-\\-tls\\-certificate"),
        ("countersign-server-master-key-rotate.1", "former"),
    ] {
        let found = fs::read_to_string(folder.path().join(page)).unwrap();
        assert!(found.contains(words), "{page}");
    }
    for shell in ["bash", "zsh", "fish"] {
        let mut command = program();
        command.args(["completions", shell]);
        let script = text(&run(command, "").stdout);
        assert!(script.contains("resynchronise") && script.contains("tls-certificate"), "{shell}");
    }
}
