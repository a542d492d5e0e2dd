//! Every command of docs/integrate.md, run as it stands there, one after the other from an empty folder.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    process::{Child, ChildStdin, ChildStdout, Command, Stdio},
};

use oath::{Hotp, Seed};
use serde_json::{Value, json};

use crate::{
    app::App,
    process::{Folder, ISSUER, NPI, PASSPHRASE},
    receiver::Receiver,
    verify_api::Vendor,
};

const PAGE: &str = include_str!("../../../../docs/integrate.md");
/// Where the page's server listens.
const LISTENS: &str = "127.0.0.1:8080";
/// Stands after each answer.
const END: &str = "--- end of the answer ---";

/// What stands between "```sh" and "```", one after the other, with a server at another address.
fn commands(address: &str) -> Vec<String> {
    let blocks = PAGE.split("```sh\n").skip(1).map(|rest| rest.split("```").next().unwrap());
    blocks.map(|block| block.replace(LISTENS, address)).collect()
}

/// A reader's shell, in an empty folder; what it began ends with it.
struct Shell {
    child: Child,
    typed: Option<ChildStdin>,
    said: BufReader<ChildStdout>,
}

impl Shell {
    fn in_folder(folder: &Path) -> Self {
        let program = Path::new(env!("CARGO_BIN_EXE_countersign-server")).parent().unwrap();
        let path = format!("{}:{}", program.display(), std::env::var("PATH").unwrap());
        let mut child = Command::new("bash")
            .args(["-euo", "pipefail", "-s"])
            .current_dir(folder)
            .env("PATH", path)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .spawn()
            .unwrap();
        let (typed, said) = (child.stdin.take(), BufReader::new(child.stdout.take().unwrap()));
        let mut shell = Self { child, typed, said };
        assert_eq!(shell.answer("trap 'kill $(jobs -p); wait' EXIT"), "");
        shell
    }

    /// Types commands, and reads what they say.
    fn answer(&mut self, commands: &str) -> String {
        let typed = self.typed.as_mut().unwrap();
        writeln!(typed, "{commands}\nprintf '\\n%s\\n' '{END}'").unwrap();
        let mut said = String::new();
        while !said.ends_with(&format!("\n{END}\n")) {
            let read = self.said.read_line(&mut said).unwrap();
            assert!(read > 0, "a command failed: {commands}\n{said}");
        }
        said.truncate(said.len() - END.len() - 2);
        said
    }
}

impl Drop for Shell {
    fn drop(&mut self) {
        // Nothing more is typed: it ends, and ends the server.
        self.typed = None;
        let _ = self.child.wait();
    }
}

/// A code of the token that the page adds, of which the page has its own from `oathtool`.
fn press(counter: u64) -> String {
    let digits = PAGE.split("SEED=").nth(1).unwrap().lines().next().unwrap();
    let byte = |at| u8::from_str_radix(&digits[at..at + 2], 16).unwrap();
    let bytes: Vec<_> = (0..digits.len()).step_by(2).map(byte).collect();
    Hotp::default().code(&Seed::from_bytes(bytes.into()).unwrap(), counter).expose_digits()
}

/// What the page leaves to its reader: an app whose token is added beside the one that is there.
fn app_beside(folder: &Folder, server: &str) -> App {
    let app = App::new();
    let card = folder.json(&["issuer-card", "--issuer", ISSUER], "");
    let file = folder.path().join("app.countersign");
    std::fs::write(&file, app.seal_to(card["issuer_card"].as_str().unwrap())).unwrap();
    folder.json(&["import", file.to_str().unwrap()], "");
    let key = std::fs::read(folder.path().with_file_name("key.json")).unwrap();
    let key: Value = serde_json::from_slice(&key).unwrap();
    let text = |name: &str| key[name].as_str().unwrap().to_owned();
    let vendor = Vendor { address: format!("http://{server}"), key: text("key"), id: text("id") };
    let added = vendor.post(
        &format!("/v1/accounts/{NPI}/tokens"),
        &json!({
            "sign_in": { "passphrase": PASSPHRASE, "code": press(3) },
            "credential_id": app.id.as_str(), "name": "iPhone token", "code": app.next_code(),
        })
        .to_string(),
        None,
    );
    assert_eq!(added.status, 201, "{}", added.body);
    app
}

#[test]
fn every_command_of_the_page_does_what_it_says_from_an_empty_folder() {
    // As a folder of the other tests too, which is the page's DIR.
    let folder = Folder::new();
    let place = folder.path().parent().unwrap().to_owned();
    let free = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().to_string();
    let mut shell = Shell::in_folder(&place);
    let expected = [
        "Opened the account of Ada Quill",
        "\"status\":\"ready\"",
        "Imported 1 token",
        "",
        "",
        "\"credential_id\":\"AVT812345678\"",
        "\"accepted\":true",
        "for rx-2041",
        "\"cause\":\"already-used\"",
        "\"openapi\":\"3.1",
        "\"accepted\":true",
        "\"state\":\"active\"",
        "\"reference\":\"rx-2043\"",
        "\"what\":\"account\"",
        "\"state\":\"pending\"",
        "\"state\":\"suspended\"",
        "active",
        "\"replaces\":\"CSST",
        "\"authentication\":\"REJECT\"",
        "good  Example EHR",
    ];
    let commands = commands(&free);
    assert_eq!(commands.len(), expected.len(), "each has its answer");
    let receiver = Receiver::start(&[]);
    for (command, expected) in commands.iter().zip(expected) {
        if command.contains("$BOUND") {
            let app = app_beside(&folder, &free);
            let step = app.next_step();
            shell.answer(&format!("BOUND={}", app.bound_code_of(step, "1234 5678")));
        }
        if command.contains("$OTHER_CODE") {
            shell.answer(&format!("OTHER=AVT812345678 OTHER_CODE={}", press(4)));
        }
        if command.contains("$RECEIVER") {
            shell.answer(&format!("RECEIVER={}", receiver.url()));
        }
        let answer = shell.answer(command);
        assert!(answer.contains(expected), "{command}\n{expected}: {answer}");
    }
}
