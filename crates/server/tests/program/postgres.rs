//! Several servers over one PostgreSQL, and PostgreSQL that goes and comes back.

use std::{
    fs,
    os::unix::fs::DirBuilderExt,
    sync::{Arc, Barrier},
    thread,
};

use serde_json::{Value, json};
use test_postgres::{TestPostgres, sql_at};

use crate::{
    add_token::add,
    app::App,
    browser::Browser,
    process::{Folder, NPI, Server, text},
    stand_in_network::until,
    verify_api::{Vendor, assert_problem},
};

const AT_ONCE: usize = 500;

/// Servers over one database, each with a data folder of its own and the same master key.
pub(crate) fn servers<const COUNT: usize>(url: &str) -> [Server; COUNT] {
    let first = Folder::over(url);
    // Makes the master key.
    assert!(first.run(&["issuer-card", "--issuer", "Example Clinic"], "").status.success());
    let key = first.path().join("master.key");
    let mut first = Some(first);
    std::array::from_fn(|_| {
        let folder = first.take().unwrap_or_else(|| {
            let folder = Folder::over(url);
            fs::DirBuilder::new().mode(0o700).create(folder.path()).unwrap();
            fs::copy(&key, folder.path().join("master.key")).unwrap();
            folder
        });
        Server::start_in(folder, &[])
    })
}

/// Ada's active token, added at the second server in the session that began at the first, and a
/// relying party at each.
pub(crate) fn with_token<const COUNT: usize>(servers: &[Server; COUNT]) -> (App, Vec<Vendor>) {
    let (first, second) = (&servers[0], &servers[1]);
    first.folder.add_account(NPI, "Ada Quill");
    let (link, confirmation) = first.folder.begin_activation(NPI, &first.address);
    let app = App::new();
    assert_eq!(second.provision(&app.seal_for(&link)).0, 201);
    let session = Browser::signed_in(first, &confirmation).cookie("session").unwrap();
    let browser = Browser::of(second);
    browser.set_cookie("session", &session);
    assert_eq!(add(&browser, &app, "iPhone token").status, 303);
    let vendor = Vendor::of(first, &["verify"]);
    (app, servers.iter().map(|server| vendor.at(server)).collect())
}

pub(crate) fn asked(code: &str) -> Value {
    json!({ "account": NPI, "code": code, "purpose": "signing" })
}

fn assert_audit_holds(server: &Server) {
    let verified = server.folder.run(&["audit", "verify"], "");
    assert!(verified.status.success(), "{}", text(&verified.stdout));
}

#[test]
fn of_five_hundred_submissions_to_three_servers_one_is_accepted() {
    let database = TestPostgres::start();
    let servers: [Server; 3] = servers(&database.new_database());
    let (app, vendors) = with_token(&servers);
    let (vendors, code) = (Arc::new(vendors), app.next_code());
    let together = Arc::new(Barrier::new(AT_ONCE));
    let sent: Vec<_> = (0..AT_ONCE)
        .map(|n| {
            let (vendors, asked, together) = (vendors.clone(), asked(&code), together.clone());
            thread::spawn(move || {
                together.wait();
                let told = vendors[n % vendors.len()].verify(&asked);
                (told.status, told.body["accepted"] == true, told.body["cause"].to_string())
            })
        })
        .collect();
    let told: Vec<_> = sent.into_iter().map(|sent| sent.join().unwrap()).collect();
    assert_eq!(told.iter().filter(|(_, accepted, _)| *accepted).count(), 1, "{told:?}");
    let used = (200, false, "\"already-used\"".to_owned());
    assert_eq!(told.iter().filter(|told| **told == used).count(), AT_ONCE - 1, "{told:?}");

    let events = servers[2].folder.json(&["events", "--npi", NPI, "--limit", "10000"], "");
    let judged = events
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["kind"] == "code-judged" && event["purpose"] == "signing");
    assert_eq!(judged.count(), AT_ONCE);
    assert_audit_holds(&servers[0]);
}

#[test]
fn while_postgres_is_gone_nothing_is_accepted_and_then_it_goes_on_by_itself() {
    let mut database = TestPostgres::start();
    let servers: [Server; 2] = servers(&database.new_database());
    let (app, vendors) = with_token(&servers);
    for crash in [false, true] {
        let spent = app.next_code();
        assert_eq!(vendors[0].verify(&asked(&spent)).body["accepted"], true);
        if crash {
            database.kill()
        } else {
            database.stop()
        }
        let code = app.next_code();
        for vendor in &vendors {
            let told = vendor.verify(&asked(&code));
            assert_eq!((told.status, &told.body["accepted"]), (503, &Value::Null), "{}", told.body);
        }
        database.start_again();
        let accepted = until("a code is accepted again", || {
            Some(vendors[1].verify(&asked(&code))).filter(|told| told.status == 200)
        });
        assert_eq!(accepted.body["accepted"], true, "{}", accepted.body);
        for spent in [&spent, &code] {
            assert_eq!(vendors[0].verify(&asked(spent)).body["accepted"], false);
        }
    }
    assert_audit_holds(&servers[1]);
}

#[test]
fn an_address_that_leads_nowhere_is_told_without_its_password() {
    let database = TestPostgres::start();
    let nothing_yet = Folder::over(&database.new_database()).run(&["token", "list"], "");
    assert!(text(&nothing_yet.stderr).contains("holds nothing yet"));
    for url in ["postgres://a:geheim@localhost:1/registry", "postgres://a:geheim@localhost:x/r"] {
        let refused = Folder::over(url).run(&["issuer-card", "--issuer", "Clinic"], "");
        assert_eq!(refused.status.code(), Some(1));
        let told = text(&refused.stderr);
        assert!(told.contains("database") && !told.contains("geheim"), "{told}");
    }
}

/// Ends the connection that commits an event, at its commit.
const LOST_AT_COMMIT: &str = "CREATE FUNCTION lost() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NULL; END $$;
    CREATE CONSTRAINT TRIGGER lost AFTER INSERT ON events DEFERRABLE INITIALLY DEFERRED
        FOR EACH ROW WHEN (NEW.kind IN ('code-judged', 'passphrase-given')) EXECUTE FUNCTION lost()";

#[test]
fn where_the_database_is_lost_while_it_commits_nobody_is_told_that_nothing_was_changed() {
    let postgres = TestPostgres::start();
    let url = postgres.new_database();
    let servers: [Server; 2] = servers(&url);
    let (app, vendors) = with_token(&servers);
    let code = asked(&app.next_code());
    drop(sql_at(&url, LOST_AT_COMMIT));
    let lost = vendors[0].post("/v1/verify", &code.to_string(), Some("rx-1"));
    assert_problem(&lost, 503, "unknown-outcome");
    let says = lost.body["detail"].as_str().unwrap();
    assert!(says.contains("same Idempotency-Key") && says.contains("may be used up"), "{says}");
    let page =
        Browser::of(&servers[0]).submit("/sign-in", &[("npi", NPI), ("passphrase", "not hers")]);
    assert!(page.status == 503 && page.html.contains("It may have been done"), "{}", page.html);

    drop(sql_at(&url, "DROP TRIGGER lost ON events"));
    let told = vendors[0].post("/v1/verify", &code.to_string(), Some("rx-1"));
    assert_eq!((told.status, &told.body["accepted"]), (200, &json!(true)));
}
