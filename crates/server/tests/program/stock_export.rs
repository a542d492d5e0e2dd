//! Hard tokens into a file, by the command line and the page: read by others, and by ourselves.

use std::{fs, process::Command};

use crate::{
    administrators::Carrier,
    process::{Folder, NPI, Server, text},
    stock::{PASSPHRASE, SEED, folder},
};

/// Each token of a PSKC file as python-pskc reads it, its MACs checked.
fn read_by_python(file: &str, open: &str) -> String {
    let program = format!(
        "import sys, pskc
p = pskc.PSKC(sys.argv[1])
{open}
for key in p.keys:
    assert key.check() and key.secret == b'12345678901234567890'
    print(key.serial, key.algorithm.split(':')[-1], key.counter, key.time_interval, key.time_drift,
          key.response_length, key.algorithm_suite, key.manufacturer)"
    );
    let output = Command::new("/usr/bin/python3").args(["-c", &program, file]).output().unwrap();
    assert!(output.status.success(), "{}", text(&output.stderr));
    text(&output.stdout)
}

const LINES: &str = "ABCD000001 hotp 4711 None None 8 SHA256 None
ABCD000002 totp None 60 -3 6 None A & B
ABCD000003 totp None None None 6 None None
";

/// A folder with these tokens in stock.
fn stocked() -> Folder {
    let folder = folder();
    let file = folder.file(
        "in.csv",
        &format!(
            "serial,seed_hex,type,algorithm,digits,step,counter,drift,manufacturer\n\
             ABCD000001,{SEED},hotp,SHA256,8,,4711,,\n\
             ABCD000002,{SEED},totp,,,60,,-3,A & B\n\
             ABCD000003,{SEED},totp,,,,,,\n"
        ),
    );
    assert!(folder.run(&["stock", "import", &file], "").status.success());
    folder
}

#[test]
fn an_export_is_read_by_others_and_by_ourselves() {
    let folder = stocked();
    let path = |name: &str| folder.path().join(name).to_str().unwrap().to_owned();
    let (under_passphrase, under_key, plain) = (path("a.xml"), path("b.xml"), path("c.csv"));
    let key = "000102030405060708090a0b0c0d0e0f101112131415161718191a1b1c1d1e1f";
    let export = |file: &str, how: &[&str], input: &str| {
        let out = folder.run(&[&["stock", "export", file], how].concat(), input);
        assert_eq!(out.status.code(), Some(0), "{}", text(&out.stderr));
        assert!(text(&out.stdout).starts_with("Exported 3 tokens into"), "{}", text(&out.stdout));
        out
    };
    export(&under_passphrase, &["--passphrase-file", "-"], PASSPHRASE);
    export(&under_key, &["--key-file", "-"], key);
    let told = export(&plain, &["--plain-csv"], "");
    assert!(text(&told.stderr).contains("every seed in this file is in plain"));
    assert_eq!(crate::process::mode(plain.as_ref()), 0o600);

    let open = format!("p.encryption.derive_key('{PASSPHRASE}')");
    assert_eq!(read_by_python(&under_passphrase, &open), LINES);
    assert_eq!(read_by_python(&under_key, "p.encryption.key = bytes(range(32))"), LINES);

    let secret = [(&under_passphrase, vec!["--passphrase-file", "-"], PASSPHRASE)];
    let others = [(&under_key, vec!["--key-file", "-"], key), (&plain, vec![], "")];
    for (file, how, input) in secret.into_iter().chain(others) {
        let other = Folder::new();
        other.add_account(NPI, "Ada Quill");
        let import = [&["stock", "import", file], &how[..]].concat();
        assert_eq!(other.run(&import, input).status.code(), Some(0));
        let again = other.path().join("again.xml");
        let again = again.to_str().unwrap();
        let export = ["stock", "export", again, "--key-file", "-"];
        assert!(other.run(&export, key).status.success());
        assert_eq!(read_by_python(again, "p.encryption.key = bytes(range(32))"), LINES);
    }
}

#[test]
fn an_export_is_not_made_in_plain_or_over_a_file_by_mistake() {
    let folder = stocked();
    let path = folder.path().join("out.xml");
    let file = path.to_str().unwrap();
    let refused = |how: &[&str], input: &str, says: &str| {
        let out = folder.run(&[&["stock", "export", file], how].concat(), input);
        assert!(!out.status.success() && text(&out.stderr).contains(says), "{}", text(&out.stderr));
    };
    refused(&[], "", "say what the file is to be under");
    refused(&["--passphrase-file", "-"], "short", "12 to 128 characters");
    refused(&["--key-file", "-"], "0102", "hexadecimal");
    refused(&["--plain-csv", "--key-file", "-"], "", "cannot be used with");
    assert!(!path.exists());
    fs::write(&path, "something").unwrap();
    refused(&["--passphrase-file", "-"], PASSPHRASE, "not there yet");
    assert_eq!(fs::read_to_string(&path).unwrap(), "something");
    let events = folder.json(&["events"], "");
    assert!(events.as_array().unwrap().iter().all(|event| event["kind"] != "token-exported"));
}

#[test]
fn the_stock_is_exported_on_the_page_under_a_passphrase() {
    let server = Server::start_in(stocked(), &[]);
    let hedy = Carrier::add(&server.folder, "Hedy", &["token-administrator"]).signed_in(&server);
    let export = |first: &str, again: &str| {
        let page = hedy.get("/admin/stock");
        let fields = [("export-passphrase", first), ("export-again", again)];
        hedy.post("/admin/stock/export", &page.with_hidden(&fields))
    };
    let short = export("short", "short");
    assert_eq!(short.status, 422);
    assert!(short.element("error-export-passphrase").unwrap().contains("12 to 128"));
    let differ = export(PASSPHRASE, "four words of nonsense");
    assert!(differ.element("error-export-again").unwrap().contains("differ"));
    let events = || server.folder.json(&["events"], "");
    let count = |kind: &str| {
        events().as_array().unwrap().iter().filter(|event| event["kind"] == kind).count()
    };
    assert_eq!(count("token-exported"), 0);

    let exported = export(PASSPHRASE, PASSPHRASE);
    assert_eq!(exported.status, 200);
    let file = server.folder.file("exported.xml", &exported.html);
    let open = format!("p.encryption.derive_key('{PASSPHRASE}')");
    assert_eq!(read_by_python(&file, &open), LINES);
    assert_eq!((count("token-exported"), count("stock-exported")), (3, 2));
    let auditor = Carrier::add(&server.folder, "Audrey", &["auditor"]).signed_in(&server);
    let own = auditor.get("/admin");
    let fields = [("export-passphrase", PASSPHRASE), ("export-again", PASSPHRASE)];
    assert_eq!(auditor.post("/admin/stock/export", &own.with_hidden(&fields)).status, 403);
}
