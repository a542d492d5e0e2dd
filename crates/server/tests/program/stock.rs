//! `stock import` and the page Stock: what they read, what they say, and that they change all or nothing.

use std::{
    fs,
    path::PathBuf,
    process::{Command, Stdio},
    time::Duration,
};

use serde_json::Value;

use crate::{
    administrators::Carrier,
    browser::{Browser, Page},
    process::{Folder, NPI, Server, text},
    stand_in_network::until,
};

const SEED: &str = "3132333435363738393031323334353637383930";
const PASSPHRASE: &str = "four words of sense";

fn folder() -> Folder {
    let folder = Folder::new();
    folder.add_account(NPI, "Ada Quill");
    folder
}

impl Folder {
    /// A file beside the data folder's own.
    fn file(&self, name: &str, content: &str) -> String {
        let path: PathBuf = self.path().join(name);
        fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    }

    fn serials(&self) -> Vec<String> {
        let listed = self.json(&["token", "list"], "");
        let tokens = listed.as_array().unwrap().iter();
        tokens.map(|token| token["serial"].as_str().unwrap().to_owned()).collect()
    }
}

/// A file by python-pskc, of tokens that `add` adds to `p`.
fn python(setup: &str, add: &str) -> String {
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

fn under_a_passphrase() -> String {
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
fn help_desk() -> (Server, Browser) {
    let server = Server::start();
    let hedy = Carrier::add(&server.folder, "Hedy", &["token-administrator"]).signed_in(&server);
    (server, hedy)
}

fn send(browser: &Browser, fields: &[(&str, &str)], file: (&str, &str)) -> Page {
    let page = browser.get("/admin/stock");
    let sent = browser.upload("/admin/stock/check", &page.with_hidden(fields), file);
    at_its_end(browser, sent)
}

/// Where the page of a job's progress leads in the end.
fn at_its_end(browser: &Browser, answer: Page) -> Page {
    if !answer.location.starts_with("/admin/stock/jobs/") {
        return answer;
    }
    // Several minutes, on a machine that is busy with other things.
    let ended = (0..3_000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(100));
        Some(browser.get(&answer.location)).filter(|page| page.element("progress").is_none())
    });
    ended.unwrap()
}

#[test]
fn a_file_is_checked_on_the_page_and_then_taken_once() {
    let (server, hedy) = help_desk();
    let secret = [("under", "passphrase"), ("secret", PASSPHRASE)];
    let checked = send(&hedy, &secret, ("fobs.xml", &under_a_passphrase()));
    assert_eq!(checked.status, 303, "{}", checked.html);
    let address = checked.location;
    let page = hedy.get(&address);
    assert_eq!(page.element("count").unwrap(), "3");
    assert_eq!(page.attribute("state", "data-state").unwrap(), "checked");
    assert!(server.folder.serials().is_empty(), "nothing has changed yet");

    let take = format!("{address}/take");
    for _ in 0..2 {
        let taken = hedy.post(&take, &page.with_hidden(&[]));
        assert_eq!((taken.status, taken.location.as_str()), (303, address.as_str()));
    }
    let page = hedy.get(&address);
    assert!(page.element("confirmation").unwrap().contains("3 tokens are in stock"));
    assert!(page.element("take").is_none());
    assert_eq!(server.folder.serials().len(), 3);
    assert!(hedy.get("/admin/stock").html.contains("fobs.xml"));
    assert!(hedy.get("/admin/tokens?q=10001335").element("token-row").is_some());
    // Nothing of the file, and nothing that opens it, is in the log.
    let log = server.log();
    assert!(!log.contains("12345678901234567890") && !log.contains(PASSPHRASE));
}

#[test]
fn a_file_may_be_as_large_as_the_page_says() {
    let (_server, hedy) = help_desk();
    let file = format!("serial,seed_hex,type\n{}111111,{SEED},totp\n", "\n".repeat(11_000_000));
    let checked = send(&hedy, &[], ("large.csv", &file));
    assert_eq!(checked.status, 303, "{}", checked.html);
    assert_eq!(hedy.get(&checked.location).element("count").unwrap(), "1");
    let larger = send(&hedy, &[], ("larger.csv", &"\n".repeat(13_000_000)));
    assert_eq!(larger.status, 413);
}

#[test]
fn rows_in_the_way_are_shown_and_left_out_only_on_purpose() {
    let (server, hedy) = help_desk();
    let file =
        format!("serial,seed_hex,type\n111111,{SEED},totp\n<b>,{SEED},totp\n111111,{SEED},totp\n");
    let address = send(&hedy, &[], ("fobs.csv", &file)).location;
    let page = hedy.get(&address);
    assert!(page.html.contains("The same serial number is on line 2 already"), "{}", page.html);
    assert!(!page.html.contains("<b>"), "what a file says is text");
    let take = format!("{address}/take");
    let refused = hedy.post(&take, &page.with_hidden(&[]));
    assert_eq!(refused.status, 422);
    assert!(refused.element("error").unwrap().contains("2 of the file"));
    assert!(server.folder.serials().is_empty());
    assert_eq!(hedy.post(&take, &page.with_hidden(&[("leave-out", "yes")])).status, 303);
    assert_eq!(server.folder.serials(), ["111111"]);
}

#[test]
fn what_is_wrong_with_a_file_stands_at_its_field() {
    let (server, hedy) = help_desk();
    let xml = under_a_passphrase();
    let csv = format!("serial,seed,type\n111111,{SEED},totp\n");
    let passphrase = ("under", "passphrase");
    for (fields, file, field, says) in [
        (vec![], xml.as_str(), "under", "under a passphrase"),
        (vec![("under", "key"), ("secret", "xyz")], &xml, "secret", "hexadecimal"),
        (vec![passphrase, ("secret", "")], &xml, "secret", "passphrase"),
        (vec![("secret", "something")], &xml, "under", "say what this is"),
        (vec![passphrase, ("secret", "x")], &csv, "under", "not encrypted"),
        (vec![], &csv, "file", "how the seeds are written"),
        (vec![], "<html></html>", "file", "neither a PSKC file nor CSV"),
        (vec![], "", "file", "choose the file"),
        (vec![], &xml[..xml.len() / 2], "under", "under a passphrase"),
        (vec![passphrase, ("secret", PASSPHRASE)], &xml[..xml.len() - 30], "file", "cut short"),
    ] {
        let page = send(&hedy, &fields, ("fobs", file));
        assert_eq!(page.status, 422, "{says}");
        let error = match field {
            "under" => page.element("error").unwrap(),
            field => page.element(&format!("error-{field}")).unwrap(),
        };
        assert!(error.to_lowercase().contains(&says.to_lowercase()), "{says}: {error}");
    }
    assert_eq!(send(&hedy, &[("seeds", "hex")], ("fobs.csv", &csv)).status, 303);
    let large = "x".repeat(12_100_000);
    assert_eq!(send(&hedy, &[], ("fobs.csv", &large)).status, 413);
    assert!(server.folder.serials().is_empty());
}

#[test]
fn only_who_may_manages_the_stock() {
    let (server, hedy) = help_desk();
    let csv = format!("serial,seed_hex,type\n111111,{SEED},totp\n");
    let address = send(&hedy, &[], ("fobs.csv", &csv)).location;
    let auditor = Carrier::add(&server.folder, "Audrey", &["auditor"]).signed_in(&server);
    assert_eq!(auditor.get("/admin/stock").status, 403);
    assert_eq!(auditor.get(&address).status, 403);
    let own = auditor.get("/admin");
    let refused = auditor.upload("/admin/stock/check", &own.with_hidden(&[]), ("x.csv", &csv));
    assert_eq!(refused.status, 403);
    for act in ["take", "drop"] {
        let refused = auditor.post(&format!("{address}/{act}"), &own.with_hidden(&[]));
        assert_eq!(refused.status, 403);
    }
    // A form without the session's token is another page's.
    let forged = hedy.upload("/admin/stock/check", &[("csrf", "other")], ("x.csv", &csv));
    assert_eq!(forged.status, 403);
    for unknown in ["/admin/stock/00000000000000000000000000000000", "/admin/stock/x"] {
        assert_eq!(hedy.get(unknown).status, 404);
    }
    let page = hedy.get(&address);
    assert_eq!(hedy.post(&format!("{address}/drop"), &page.with_hidden(&[])).status, 303);
    let late = hedy.post(&format!("{address}/take"), &page.with_hidden(&[]));
    assert!(late.element("error").unwrap().contains("no longer waiting"));
    assert!(server.folder.serials().is_empty());
}

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

/// Whoever chose the file closes the page, or is answered too late: what was begun is not left half.
#[test]
fn a_check_goes_on_to_its_end_although_whoever_sent_the_file_is_gone() {
    let (_server, hedy) = help_desk();
    let rows = (0..20_000).map(|n| format!("{},{SEED},hotp\n", 1_000_000 + n));
    let file = format!("serial,seed_hex,type\n{}", rows.collect::<String>());
    let page = hedy.get("/admin/stock");
    let gone = hedy.begin_upload("/admin/stock/check", &page.with_hidden(&[]), ("x.csv", &file));
    let state = || hedy.get("/admin/stock").attribute("import-row", "data-state");
    until("the check to begin", state);
    drop(gone);
    until("the check to end", || state().filter(|state| state == "checked"));
}

/// A file whose check takes far longer than anybody is let wait for it.
fn long_file() -> String {
    let rows = (0..200_000).map(|n| format!("{},{SEED},hotp\n", 1_000_000 + n));
    format!("serial,seed_hex,type\n{}", rows.collect::<String>())
}

#[test]
fn a_long_check_shows_how_far_it_is_and_a_third_one_waits() {
    let (server, hedy) = help_desk();
    let file = long_file();
    let form = hedy.get("/admin/stock");
    let fields = form.with_hidden(&[]);
    let first = hedy.upload("/admin/stock/check", &fields, ("first.csv", &file));
    assert!(first.location.starts_with("/admin/stock/jobs/"), "{} {}", first.status, first.html);
    let page = hedy.get(&first.location);
    assert!(page.html.contains(r#"<meta http-equiv="refresh" content="2">"#), "{}", page.html);
    let percent: u64 = page.attribute("bar", "aria-valuenow").unwrap().parse().unwrap();
    assert!(percent < 100, "{percent}");
    let far = page.element("so-far").unwrap();
    let kilobytes = format!("of {} KB read", file.len().div_ceil(1000));
    assert!(far.contains("rows so far") && far.contains(&kilobytes), "{far}");
    // The same submit again, by a reload or from the page before, begins nothing.
    let again = hedy.upload("/admin/stock/check", &fields, ("first.csv", &file));
    assert_eq!(again.location, first.location);

    let other = hedy.get("/admin/stock");
    let second = hedy.upload("/admin/stock/check", &other.with_hidden(&[]), ("second.csv", &file));
    assert!(second.location.starts_with("/admin/stock/jobs/") && second.location != first.location);
    let row = format!("serial,seed_hex,type\n111111,{SEED},totp\n");
    let third = hedy.upload(
        "/admin/stock/check",
        &hedy.get("/admin/stock").with_hidden(&[]),
        ("third.csv", &row),
    );
    assert_eq!(third.status, 422);
    assert!(third.element("error").unwrap().contains("wait until one is done"), "{}", third.html);
    assert!(server.folder.serials().is_empty());

    let ended = at_its_end(&hedy, first);
    let import = hedy.get(&ended.location);
    assert_eq!(import.element("count").unwrap(), "200000");
    let after = hedy.upload("/admin/stock/check", &fields, ("first.csv", &file));
    assert_eq!(after.location, ended.location, "the same answer once it is done");
    at_its_end(&hedy, second);
    let third = send(&hedy, &[], ("third.csv", &row));
    assert_eq!(hedy.get(&third.location).element("count").unwrap(), "1");
    assert_eq!(hedy.get("/admin/stock/jobs/unknown").location, "/admin/stock");

    let take = hedy.post(&format!("{}/take", ended.location), &import.with_hidden(&[]));
    let taken = at_its_end(&hedy, take);
    assert_eq!(taken.location, ended.location);
    assert_eq!(hedy.get(&taken.location).attribute("state", "data-state").unwrap(), "taken");
}
