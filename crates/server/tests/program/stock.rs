//! `stock import`: what it reads, what it says, and that it changes all or nothing.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
};

use serde_json::Value;

use crate::process::{Folder, NPI, text};

pub(crate) const SEED: &str = "3132333435363738393031323334353637383930";
pub(crate) const PASSPHRASE: &str = "four words of sense";

pub(crate) fn folder() -> Folder {
    let folder = Folder::new();
    folder.add_account(NPI, "Ada Quill");
    folder
}

impl Folder {
    /// A file beside the data folder's own.
    pub(crate) fn file(&self, name: &str, content: &str) -> String {
        let path: PathBuf = self.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    pub(crate) fn serials(&self) -> Vec<String> {
        let listed = self.json(&["token", "list"], "");
        let tokens = listed.as_array().unwrap().iter();
        tokens.map(|token| token["serial"].as_str().unwrap().to_owned()).collect()
    }
}

/// A file by python-pskc, of tokens that `add` adds to `p`.
pub(crate) fn python(setup: &str, add: &str) -> String {
    let program = format!(
        "import sys, pskc
p = pskc.PSKC()
hotp, totp = ['urn:ietf:params:xml:ns:keyprov:pskc:' + kind for kind in ('hotp', 'totp')]
secret = b'12345678901234567890'
{add}
{setup}
p.write(sys.stdout)"
    );
    // The system's own Python, to which the package belongs.
    let output = Command::new("/usr/bin/python3").args(["-c", &program]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

pub(crate) fn under_a_passphrase() -> String {
    python(
        &format!("p.encryption.setup_pbkdf2('{PASSPHRASE}', iterations=1000)"),
        "for n in range(3):
    p.add_key(id=str(n), serial='10001335%05d' % n, algorithm=hotp, secret=secret, counter=n,
              response_length=6, response_encoding='DECIMAL')",
    )
}

#[test]
fn an_encrypted_file_is_tried_and_then_imported() {
    let folder = folder();
    let file = folder.file("fobs.xml", &under_a_passphrase());
    let key = folder.file("passphrase", &format!("{PASSPHRASE}\n"));

    let dry = folder.run(&["stock", "import", &file, "--passphrase-file", &key, "--dry-run"], "");
    assert_eq!(
        text(&dry.stdout),
        "fobs.xml: 3 rows, all new tokens. Nothing was changed; without --dry-run it is imported.\n"
    );
    assert!(folder.serials().is_empty());

    let command = ["stock", "import", &file, "--passphrase-file", "-"];
    let imported = folder.run(&command, PASSPHRASE);
    assert_eq!(
        text(&imported.stdout),
        "fobs.xml: 3 rows, all new tokens. Imported 3 tokens; nobody owns them yet.\n"
    );
    assert_eq!(folder.serials(), ["1000133500000", "1000133500001", "1000133500002"]);

    let again = folder.run(&command, PASSPHRASE);
    assert_eq!(again.status.code(), Some(1));
    let said = text(&again.stdout);
    assert!(said.contains("line 24, 1000133500000: it is here already"), "{said}");
    assert!(said.contains("3 rows: 0 new tokens, 3 here already."), "{said}");
    assert!(text(&again.stderr).contains("no token that is not here already"));
}

#[test]
fn a_key_that_is_missing_or_wrong_is_told() {
    let folder = folder();
    let file = folder.file("fobs.xml", &under_a_passphrase());
    let import = |more: &[&str], input: &str| {
        let refused = folder.run(&[&["stock", "import", &file], more].concat(), input);
        assert_eq!(refused.status.code(), Some(1));
        text(&refused.stderr)
    };
    assert!(import(&[], "").contains("this file is under a passphrase"));
    assert!(import(&["--passphrase-file", "-"], "").contains("type the passphrase"));
    assert!(import(&["--key-file", "-"], "no key").contains("hexadecimal"));
    assert!(import(&["--key-file", "-"], &"0a".repeat(16)).contains("under a passphrase"));
    assert!(import(&["--passphrase-file", "missing"], "").contains("check its name"));
    assert!(folder.serials().is_empty());
}

#[test]
fn one_bad_row_stops_the_whole_and_can_be_left_out() {
    let folder = folder();
    let file = folder.file(
        "fobs.csv",
        &format!(
            "serial;seed;type;step\n111111;{SEED};totp;\n222222;{SEED};totp;0\n111111;{SEED};totp;30\n"
        ),
    );
    let import = ["stock", "import", &file, "--seeds", "hex"];
    let refused = folder.run(&import, "");
    assert_eq!(refused.status.code(), Some(1));
    assert_eq!(
        text(&refused.stdout),
        "line 3, 222222: its time step is not 1 to 86,400 whole seconds\n\
         line 4, 111111: the same serial number is on line 2 already\n\
         fobs.csv: 3 rows: 1 new token, 1 on a second line of the same file, 1 damaged.\n"
    );
    assert!(text(&refused.stderr).contains("2 of the file's rows cannot be taken"));
    assert!(folder.serials().is_empty());
    let taken = folder.run(&[&import[..], &["--leave-out"]].concat(), "");
    assert_eq!(taken.status.code(), Some(0), "{}", text(&taken.stderr));
    assert_eq!(folder.serials(), ["111111"]);
    let events = folder.json(&["events"], "");
    let events = events.as_array().unwrap();
    let of_kind = |kind: &str| {
        events.iter().filter(|event| event["kind"] == kind).cloned().collect::<Vec<Value>>()
    };
    let whole = of_kind("stock-imported");
    assert_eq!(whole.len(), 1, "what was refused changed nothing");
    let cause = whole[0]["cause"].as_str().unwrap();
    assert!(cause.starts_with("1 tokens from fobs.csv, 2 rows left out"), "{cause}");
    assert_eq!(of_kind("token-provisioned").len(), 1);
}

#[test]
fn with_json_every_row_is_one() {
    let folder = folder();
    let content = format!("serial,seed_hex,type\n111111,{SEED},hotp\n2,{SEED},hotp\n");
    let file = folder.file("fobs.csv", &content);
    let dry = folder.run(&["stock", "import", &file, "--dry-run", "--json"], "");
    let dry: Value = serde_json::from_slice(&dry.stdout).unwrap();
    let row = |line: u64, serial: &str, what: &str, cause: Value| serde_json::json!({ "line": line, "serial": serial, "what": what, "cause": cause });
    let cause = "its serial number is not 4 to 32 letters and digits".into();
    assert_eq!(
        dry["rows"],
        serde_json::json!([row(2, "111111", "new", Value::Null), row(3, "2", "damaged", cause)])
    );
    assert_eq!((&dry["import"]["counts"]["new"], &dry["dry_run"]), (&1.into(), &true.into()));

    let refused = folder.run(&["stock", "import", &file, "--json"], "");
    assert_eq!(refused.status.code(), Some(1));
    let refused: Value = serde_json::from_slice(&refused.stdout).unwrap();
    assert_eq!(refused["import"]["counts"]["damaged"], 1);

    let broken = folder.file("broken.xml", "<KeyContainer><KeyPackage/>");
    let broken = folder.run(&["stock", "import", &broken, "--json"], "");
    let out: Value = serde_json::from_slice(&broken.stdout).unwrap();
    assert_eq!((&out["import"], out["rows"].as_array().unwrap().len()), (&Value::Null, 1));
    let error: Value = serde_json::from_slice(&broken.stderr).unwrap();
    assert!(error["error"].as_str().unwrap().contains("cut short"));
}

/// A server at which Hedy works at the help desk.

#[test]
fn an_import_that_is_killed_leaves_nothing_and_can_be_done_again() {
    let folder = folder();
    let lines: String = (0..20_000).map(|n| format!("ABCD{n:06},{SEED},totp\n")).collect();
    let file = folder.file("many.csv", &format!("serial,seed_hex,type\n{lines}"));
    let import = ["stock", "import", &file];
    let database = rusqlite::Connection::open(folder.path().join("countersign.db")).unwrap();
    let count = |table: &str| -> i64 {
        let sql = format!("SELECT count(*) FROM {table}");
        database.query_row(&sql, [], |row| row.get(0)).unwrap()
    };
    let mut running = folder.command(&import).stdout(Stdio::null()).spawn().unwrap();
    while count("stock_tokens") == 0 {
        assert!(running.try_wait().unwrap().is_none(), "it was too quick to be killed");
    }
    running.kill().unwrap();
    running.wait().unwrap();
    assert_eq!(count("tokens"), 0);
    assert!(folder.run(&import, "").status.success());
    assert_eq!(count("tokens"), 20_000);
}
