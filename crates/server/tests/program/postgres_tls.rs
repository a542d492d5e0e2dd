//! PostgreSQL on another machine: over TLS, its certificate checked.

use std::{fs, net::TcpListener, path::PathBuf};

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use tempfile::TempDir;
use test_postgres::TestPostgres;

use crate::{
    postgres::{asked, servers, with_token},
    process::{Folder, Server, text},
};

/// By its address it is this machine; by its name it is not.
const NAME: &str = "db.example.org";

/// Whoever makes certificates, and the file that says so.
struct Authority {
    issuer: Issuer<'static, KeyPair>,
    folder: TempDir,
}

impl Authority {
    fn new(name: &str) -> Self {
        let mut parameters = CertificateParams::default();
        parameters.distinguished_name.push(DnType::CommonName, name);
        parameters.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let certificate = parameters.self_signed(&key).unwrap().pem();
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("ca.pem"), certificate).unwrap();
        Self { issuer: Issuer::new(parameters, key), folder }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("ca.pem")
    }

    /// A server whose certificate has this name, and the port that it is on.
    fn certified(&self, name: &str) -> (TestPostgres, u16) {
        let key = KeyPair::generate().unwrap();
        let parameters = CertificateParams::new([name.to_owned()]).unwrap();
        let certificate = parameters.signed_by(&key, &self.issuer).unwrap().pem();
        let port = free_port();
        (TestPostgres::start_with_tls(port, &certificate, &key.serialize_pem()), port)
    }
}

fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn name_of_new(database: &TestPostgres) -> String {
    database.new_database().split(['/', '?']).nth(3).unwrap().to_owned()
}

/// As another machine's address is written, which a resolver would say is this one.
fn url(name: &str, port: u16, database: &str, options: &str) -> String {
    format!("postgres://countersign@{name}:{port}/{database}?hostaddr=127.0.0.1{options}")
}

fn refused(url: &str) -> String {
    let refused = Folder::over(url).run(&["issuer-card", "--issuer", "Clinic"], "");
    assert_eq!(refused.status.code(), Some(1));
    text(&refused.stderr)
}

#[test]
fn another_machines_certificate_is_checked_and_codes_are_judged_over_tls() {
    let authority = Authority::new("The clinic");
    let (database, port) = authority.certified(NAME);
    let name = name_of_new(&database);
    let options = format!("&sslmode=verify-full&sslrootcert={}", authority.file().display());
    let servers: [Server; 2] = servers(&url(NAME, port, &name, &options));
    let (app, vendors) = with_token(&servers);
    assert_eq!(vendors[0].verify(&asked(&app.next_code())).body["accepted"], true);
    let plain = "SELECT count(*) FILTER (WHERE ssl) > 2, count(*) FILTER (WHERE NOT ssl)
        FROM pg_stat_ssl JOIN pg_stat_activity USING (pid)
        WHERE application_name = 'countersign-server'";
    assert_eq!(database.sql("postgres", plain), "t|0");
}

#[test]
fn a_server_that_cannot_show_who_it_is_is_not_used() {
    let (ours, others) = (Authority::new("The clinic"), Authority::new("Others"));
    let (database, port) = ours.certified(NAME);
    let name = name_of_new(&database);
    let by = |host: &str, options: &str| refused(&url(host, port, &name, options));
    let trusted = |authority: &Authority| format!("&sslrootcert={}", authority.file().display());
    let no_authority = "its certificate is by no authority that is known here";
    for (said, words) in [
        (by(NAME, &trusted(&others)), no_authority),
        (by(NAME, ""), no_authority),
        (by("db.example.com", &trusted(&ours)), "not valid for name \"db.example.com\""),
        (by(NAME, "&sslrootcert=/nowhere/ca.pem"), "/nowhere/ca.pem"),
    ] {
        assert!(said.contains(words) && said.contains("check the host in its address"), "{said}");
    }
    // The server's own rule; ours is that of the address.
    let plain = by(NAME, &format!("{}&sslmode=disable", trusted(&ours)));
    assert!(plain.contains("no encryption"), "{plain}");
}

#[test]
fn another_machine_without_tls_is_told_nothing_unless_it_is_said_so() {
    let port = free_port();
    let database = TestPostgres::start_on(port);
    let name = name_of_new(&database);
    let said = refused(&url(NAME, port, &name, ""));
    assert!(said.contains("does not support TLS"), "{said}");
    let told = Folder::over(&url(NAME, port, &name, "&sslmode=disable"));
    assert!(told.run(&["issuer-card", "--issuer", "Clinic"], "").status.success());
}
