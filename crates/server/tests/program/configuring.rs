//! `serve` by a file, the environment and flags; and TLS, with a certificate that changes meanwhile.

use std::{
    fs,
    io::{BufRead, BufReader},
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::Duration,
};

use ureq::tls::{Certificate, RootCerts, TlsConfig};

use crate::{
    clock,
    process::{Folder, NPI, program, run, text},
};

/// A started server, which ends with this value, and what it announced.
struct Started(Child, String);

impl Started {
    fn of(mut command: Command) -> Self {
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let address = line.trim().strip_prefix("listening on ").map(str::to_owned);
        Self(child, address.unwrap_or_else(|| panic!("not ready: {line:?}")))
    }

    fn hang_up(&self) {
        let sent = Command::new("kill").args(["-HUP", &self.0.id().to_string()]).status();
        assert!(sent.unwrap().success());
    }
}

impl Drop for Started {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

fn with_file(folder: &Folder, more: &str) -> PathBuf {
    let path = folder.path().with_file_name("server.toml");
    let data = folder.path();
    fs::write(&path, format!("data-dir = {:?}\n{more}", data.to_str().unwrap())).unwrap();
    path
}

fn by(file: &Path, arguments: &[&str]) -> Command {
    let mut command = program();
    command.args(arguments).arg("--config").arg(file);
    command
}

fn refused(command: Command) -> String {
    let output = run(command, "");
    assert_eq!(output.status.code(), Some(2));
    text(&output.stderr)
}

#[test]
fn a_flag_counts_before_the_environment_and_that_before_the_file() {
    let folder = Folder::new();
    let file = with_file(&folder, "listen = '127.0.0.2:0'\nissuer = 'Clinic of the file'\n");
    let server = Started::of(by(&file, &["serve"]));
    assert!(server.1.starts_with("http://127.0.0.2:"), "{}", server.1);
    drop(server);
    let mut command = by(&file, &["serve"]);
    command.env("COUNTERSIGN_LISTEN", "127.0.0.3:0");
    let server = Started::of(command);
    assert!(server.1.starts_with("http://127.0.0.3:"), "{}", server.1);
    drop(server);
    let mut command = by(&file, &["serve", "--listen", "127.0.0.4:0"]);
    command.env("COUNTERSIGN_LISTEN", "127.0.0.3:0");
    let server = Started::of(command);
    assert!(server.1.starts_with("http://127.0.0.4:"), "{}", server.1);
}

#[test]
fn the_other_commands_take_what_they_know_from_the_same_file() {
    let folder = Folder::new();
    folder.add_account(NPI, "Ada Quill");
    let file = with_file(&folder, "listen = '127.0.0.2:0'\ntrust-forwarded-for = false\n");
    let listed = run(by(&file, &["token", "list"]), "");
    assert_eq!(text(&listed.stdout), "No tokens.\n", "{}", text(&listed.stderr));
    let mut command = program();
    command.args(["token", "list"]).env("COUNTERSIGN_CONFIG", &file);
    assert_eq!(text(&run(command, "").stdout), "No tokens.\n");
}

#[test]
fn what_is_wrong_in_the_file_is_said() {
    let folder = Folder::new();
    for (line, words) in [
        ("lisen = '127.0.0.1:0'", "there is no key `lisen`; the keys are"),
        ("listen = 'here'", "invalid value 'here' for '--listen"),
        ("trust-forwarded-for = 'yes'", "`trust-forwarded-for` is true or false"),
        ("listen = ['127.0.0.1:0']", "`listen` is a text in quotation marks, or a number"),
        ("trust-forwarded-for = true", "--public-url"),
        ("json = true", "there is no key `json`"),
        ("listen", "is not TOML"),
    ] {
        let said = refused(by(&with_file(&folder, line), &["serve"]));
        assert!(said.contains(words), "{line}: {said}");
    }
    let file = with_file(&folder, "");
    fs::set_permissions(&file, fs::Permissions::from_mode(0o664)).unwrap();
    assert!(refused(by(&file, &["serve"])).contains("chmod go-w"));
    let missing = folder.path().with_file_name("missing.toml");
    assert!(refused(by(&missing, &["serve"])).contains("cannot be read"));
    assert!(!folder.path().exists(), "nothing was made");
}

#[test]
fn what_is_no_setting_in_the_environment_is_refused_and_not_passed_over() {
    let folder = Folder::new();
    let with = |name: &str| {
        let mut command = folder.command(&["serve"]);
        command.env(name, "a-secret");
        refused(command)
    };
    for (name, meant) in [
        ("COUNTERSIGN_LISTN", "did you mean COUNTERSIGN_LISTEN?"),
        ("COUNTERSIGN_DATABSE_URL", "did you mean COUNTERSIGN_DATABASE_URL?"),
        ("COUNTERSIGN_COLOUR_OF_THE_SKY", "serve --help` lists them"),
    ] {
        let said = with(name);
        assert!(said.contains(&format!("the environment's {name} is no setting")), "{said}");
        assert!(said.contains(meant) && !said.contains("a-secret"), "{said}");
    }
    let mut command = by(&with_file(&folder, ""), &["serve"]);
    command.env("COUNTERSIGN_LISTN", "1");
    assert!(refused(command).contains("COUNTERSIGN_LISTN is no setting"), "with a file too");
    assert!(!folder.path().exists(), "nothing was made");
    folder.add_account(NPI, "Ada Quill");
    let mut command = folder.command(&["token", "list"]);
    command.env("COUNTERSIGN_LISTEN", "127.0.0.1:0");
    assert!(run(command, "").status.success(), "a setting of another command");
}

/// Puts a new certificate for this machine, and its key, into the folder; gives the certificate.
fn certify(folder: &Path) -> Vec<u8> {
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    let certificate = made.cert.pem();
    fs::write(folder.join("tls.key"), made.signing_key.serialize_pem()).unwrap();
    fs::set_permissions(folder.join("tls.key"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(folder.join("tls.pem"), &certificate).unwrap();
    certificate.into_bytes()
}

/// What a client that trusts only this certificate is answered on a new connection.
fn healthy(address: &str, trusted: &[u8]) -> bool {
    let root = Certificate::from_pem(trusted).unwrap();
    let tls = TlsConfig::builder().root_certs(RootCerts::new_with_certs(&[root])).build();
    let agent = ureq::Agent::config_builder().tls_config(tls).build().new_agent();
    agent.get(format!("{address}/healthz")).call().is_ok()
}

fn until(what: &str, mut holds: impl FnMut() -> bool) {
    let begun = clock::instant();
    while !holds() {
        assert!(clock::since(begun) < Duration::from_secs(60), "not in time: {what}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

#[test]
fn a_certificate_is_served_and_its_follower_without_a_restart() {
    let folder = Folder::new();
    let at = folder.path().parent().unwrap().to_owned();
    let first = certify(&at);
    let file = with_file(
        &folder,
        &format!(
            "listen = '127.0.0.1:0'\ntls-certificate = '{0}/tls.pem'\ntls-key = '{0}/tls.key'\n",
            at.display()
        ),
    );
    let server = Started::of(by(&file, &["serve"]));
    assert!(server.1.starts_with("https://127.0.0.1:"), "{}", server.1);
    assert!(healthy(&server.1, &first));

    let second = certify(&at);
    server.hang_up();
    until("the second certificate", || healthy(&server.1, &second));
    assert!(!healthy(&server.1, &first), "the first is gone");

    fs::write(at.join("tls.pem"), "no certificate").unwrap();
    server.hang_up();
    std::thread::sleep(Duration::from_millis(300));
    assert!(healthy(&server.1, &second), "what cannot be used changes nothing");

    let third = certify(&at);
    until("the third certificate, without a signal", || healthy(&server.1, &third));
}

#[test]
fn a_certificate_that_cannot_be_used_is_said_at_the_start() {
    let folder = Folder::new();
    let at = folder.path().parent().unwrap().to_owned();
    certify(&at);
    let serve = |listen: &str| {
        let (certificate, key) = (at.join("tls.pem"), at.join("tls.key"));
        let output = folder.run(
            &[
                "serve",
                "--listen",
                listen,
                "--tls-certificate",
                certificate.to_str().unwrap(),
                "--tls-key",
                key.to_str().unwrap(),
            ],
            "",
        );
        assert_eq!(output.status.code(), Some(1));
        text(&output.stderr)
    };
    assert!(serve("0.0.0.0:0").contains("give --public-url"));
    fs::set_permissions(at.join("tls.key"), fs::Permissions::from_mode(0o644)).unwrap();
    assert!(serve("127.0.0.1:0").contains("everybody can read it"));
    let other = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).unwrap();
    fs::set_permissions(at.join("tls.key"), fs::Permissions::from_mode(0o600)).unwrap();
    fs::write(at.join("tls.key"), other.signing_key.serialize_pem()).unwrap();
    let said = serve("127.0.0.1:0");
    assert!(said.contains("cannot be used as a certificate or its key"), "{said}");
}
