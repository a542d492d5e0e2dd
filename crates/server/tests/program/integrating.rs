//! Every command of docs/integrate.md, run as it stands there.

use std::{path::Path, process::Command};

use oath::Totp;

use crate::{
    app::App,
    clock,
    own_token::two_tokens,
    process::{NPI, PASSPHRASE, text},
    receiver::Receiver,
    verify_api::Vendor,
};

const PAGE: &str = include_str!("../../../../docs/integrate.md");

/// What stands between "```sh" and "```", one after the other.
fn commands() -> Vec<&'static str> {
    PAGE.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap()).collect()
}

/// The time step that it is, once its code was not given away before: good for as long as the commands run.
fn fresh_step(app: &App) -> u64 {
    loop {
        let step = app.next_step();
        if step >= Totp::default().period.step_at(clock::now()) {
            return step;
        }
    }
}

#[test]
fn every_command_of_the_page_does_what_it_says() {
    let (server, _, phone, tablet) = two_tokens();
    // The phone first, which has given away more codes and may have to wait.
    let [phone, tablet] = [phone, tablet].map(|app| (fresh_step(&app), app));
    // The page's `TOKEN` is the one that is listed last; added within a second, that may be either.
    let listed = Vendor::of(&server, &["read"]).get(&format!("/v1/accounts/{NPI}/tokens")).body;
    let ((step, app), (other_step, other)) =
        match listed["items"][1]["credential_id"] == phone.1.id.as_str() {
            true => (phone, tablet),
            false => (tablet, phone),
        };
    let (code, other_code) = (app.code_of(step), other.code_of(other_step));
    let program = Path::new(env!("CARGO_BIN_EXE_countersign-server"));
    let path =
        format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
    // Of the next step, which is good already: so nobody waits.
    let bound = app.bound_code_of(step + 1, "1234 5678");
    let receiver = Receiver::start(&[]);
    let folder = tempfile::tempdir().unwrap();
    let commands = commands();
    assert_eq!(commands.len(), 15, "each has its answer below");
    // One shell runs them all, as a reader's does.
    let script = commands.join("\nprintf '\\n---\\n'\n");
    let output = Command::new("bash")
        .args(["-euo", "pipefail", "-c", &script])
        .current_dir(folder.path())
        .env("PATH", path)
        .env("DIR", server.folder.path())
        .env("SERVER", &server.address)
        .env("NPI", NPI)
        .env("CODE", &code)
        .env("BOUND", &bound)
        .env("PASSPHRASE", PASSPHRASE)
        .env("OTHER", other.id.as_str())
        .env("OTHER_CODE", &other_code)
        .env("RECEIVER", receiver.url())
        .output()
        .unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    let answers = text(&output.stdout);
    let answers: Vec<_> = answers.split("\n---\n").collect();
    for (answer, expected) in answers.iter().zip([
        "",
        "\"accepted\":true",
        "relying party Example EHR",
        "\"cause\":\"already-used\"",
        "\"openapi\":\"3.1",
        "\"accepted\":true",
        "\"state\":\"active\"",
        "\"reference\":\"rx-2043\"",
        "\"what\":\"account\"",
        "\"state\":\"pending\"",
        "\"state\":\"suspended\"",
        "active",
        &format!("\"replaces\":\"{}\"", app.id.as_str()),
        "\"authentication\":\"REJECT\"",
        "good  Example EHR",
    ]) {
        assert!(answer.contains(expected), "{expected}: {answer}");
    }
    assert!(answers[2].contains("for rx-2041"), "{}", answers[2]);
}
