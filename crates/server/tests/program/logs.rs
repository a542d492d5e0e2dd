//! Logs at their most talkative, and what is counted, hold no secret.

use std::{path::PathBuf, time::Duration};

use test_postgres::TestPostgres;

use crate::{
    browser::Browser,
    process::{Folder, NPI, PASSPHRASE, Server, agent},
    stand_in_network::{Network, until},
    step_up,
    verify_api::Vendor,
};

#[test]
fn no_code_passphrase_seed_link_or_session_is_logged() {
    let (folder, _key) = with_metrics_key();
    let log = walked(folder, &[]);
    assert!(log.lines().any(|line| line.contains(" TRACE ")), "it logs as much as it can");
}

#[test]
fn nor_in_a_log_for_programs() {
    let (folder, _key) = with_metrics_key();
    let log = walked(folder, &["--log-format", "json"]);
    let lines: Vec<serde_json::Value> =
        log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert!(lines.iter().any(|line| line["level"] == "TRACE"), "it logs as much as it can");
    let answered = |line: &&serde_json::Value| line["message"] == "answered";
    let line = lines.iter().find(answered).unwrap();
    assert!(line["route"].is_string() && line["status"].is_u64() && line["method"].is_string());
    assert!(line["ms"].is_u64() && line["key"].is_null(), "{line}");
    let verified = |line: &&serde_json::Value| answered(line) && line["route"] == "/v1/verify";
    let line = lines.iter().find(verified).unwrap();
    assert!(line["key"].as_str().is_some_and(|id| id.len() > 3), "{line}");
}

/// All that is logged, without the columns in which a library would write bytes: text that it breaks into rows is
/// found again.
fn joined(log: &str) -> String {
    log.lines().filter_map(|line| line.split_whitespace().last()).collect()
}

#[test]
fn nor_what_is_written_to_postgresql_and_posted_to_webhooks() {
    let database = TestPostgres::start();
    let folder = Folder::over(&database.new_database());
    let (network, carrier) = (Network::start(&[]), Network::start(&[]));
    let with_key = |name: &str, key: &str| {
        let path = folder.path().with_file_name(name);
        std::fs::write(&path, key).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let network_key = with_key("network.key", "net-4f7k92mq-own-key");
    let carrier_key = with_key("carrier.key", "carrier-8c1f-own-key");
    let server = Server::start_in(
        folder,
        &[
            "--network-webhook",
            &network.url,
            "--network-key-file",
            &network_key,
            "--phone-webhook",
            &carrier.url,
            "--phone-key-file",
            &carrier_key,
        ],
    );
    let (browser, app) = step_up::confirmed_by_phone(&server, &carrier);
    assert_eq!(crate::add_token::add(&browser, &app, "iPhone token").status, 303);
    assert_eq!(network.wait_until_told(1)[0].authorization, "Bearer net-4f7k92mq-own-key");
    assert_eq!(carrier.told()[0].authorization, "Bearer carrier-8c1f-own-key");
    let vendor = Vendor::of(&server, &["accounts"]);
    let entered = vendor.post("/v1/accounts", &ben().to_string(), None);
    assert_eq!(entered.status, 202, "{}", entered.body);
    let log = server.log();
    assert!(log.contains("/v1/accounts") && log.contains(" TRACE "), "it logs as much as it can");
    for text in [&log, &joined(&log)] {
        for secret in [
            "net-4f7k92mq",
            "carrier-8c1f",
            "Bearer",
            "$argon2",
            "5550134",
            "5550177",
            "Ada Quill",
            "Ben Sorrel",
            "prescriber@example.org",
            "ben@example.org",
            &vendor.key,
        ] {
            assert!(!text.contains(secret), "the log holds {secret}");
        }
    }
}

fn ben() -> serde_json::Value {
    serde_json::json!({
        "npi": crate::process::OTHER_NPI, "name": "Ben Sorrel", "mail": "ben@example.org",
        "passphrase": PASSPHRASE, "phone": "+1 410 555 0177",
        "identity": {
            "checked_by": "Pat Doe", "checked_on": "2026-01-02", "evidence": "passport, in person",
        },
    })
}

pub(crate) const METRICS_KEY: &str = "the-scrapers-own-key-8c1f";

pub(crate) fn with_metrics_key() -> (Folder, PathBuf) {
    let folder = Folder::new();
    let path = folder.path().with_file_name("metrics.key");
    std::fs::write(&path, METRICS_KEY).unwrap();
    (folder, path)
}

/// What `/metrics` answers to whoever shows this key.
pub(crate) fn metrics(server: &Server, key: &str) -> (u16, String) {
    let url = format!("{}/metrics", server.address);
    let asked = agent().get(url).header("authorization", format!("Bearer {key}"));
    let mut answer = asked.call().unwrap();
    (answer.status().as_u16(), answer.body_mut().read_to_string().unwrap())
}

#[test]
fn who_has_the_key_sees_what_is_counted() {
    let (folder, path) = with_metrics_key();
    let server = Server::start_in(folder, &["--metrics-key-file", path.to_str().unwrap()]);
    server.folder.add_account(NPI, "Ada Quill");
    assert_eq!(metrics(&server, "another").0, 404);
    let opened = "countersign_events_total{kind=\"account-opened\",outcome=\"success\"} 1\n";
    let mut counted = String::new();
    for _ in 0..100 {
        let (status, text) = metrics(&server, METRICS_KEY);
        assert_eq!(status, 200);
        counted = text;
        if counted.contains(opened) {
            break;
        }
        std::thread::sleep(Duration::from_millis(100));
    }
    for line in [
        opened,
        "countersign_http_requests_total{method=\"GET\",route=\"/metrics\",status=\"404\"} 1\n",
        "countersign_http_request_seconds_count{route=\"/metrics\"} ",
        "countersign_audit_sealed_timestamp_seconds 1",
        "countersign_build_info{version=",
        "# EOF\n",
    ] {
        assert!(counted.contains(line), "{line} is not in {counted}");
    }
}

#[test]
fn without_a_key_there_are_no_metrics() {
    assert_eq!(metrics(&Server::start(), "").0, 404);
}

#[test]
fn ready_is_who_can_write_to_the_database() {
    let server = Server::start();
    let ready = || {
        let answer = agent().get(format!("{}/readyz", server.address)).call();
        answer.unwrap().status().as_u16()
    };
    let becomes = |status| until("it is known", || (ready() == status).then_some(()));
    becomes(200);
    let database = rusqlite::Connection::open(server.folder.path().join("countersign.db")).unwrap();
    database.busy_timeout(Duration::from_secs(10)).unwrap();
    database.execute_batch("BEGIN IMMEDIATE").unwrap();
    becomes(503);
    database.execute_batch("ROLLBACK").unwrap();
    becomes(200);
}

/// The lines without their microseconds, and without sums of seconds: six digits that look like a code.
fn without_times(lines: &str) -> String {
    let counts = lines.lines().filter(|line| !line.contains("_seconds_sum"));
    let cut = |line: &str| match line.find("Z") {
        Some(end) if line[..end].len() >= 7 && line[..end].contains('.') => {
            format!("{}{}\n", &line[..end - 7], &line[end..])
        }
        _ => format!("{line}\n"),
    };
    counts.map(cut).collect()
}

/// The log of all that a token's life brings, which is seen to hold no secret of it.
fn walked(folder: Folder, more: &[&str]) -> String {
    let key_file = folder.path().with_file_name("metrics.key");
    let more = [more, &["--metrics-key-file", key_file.to_str().unwrap()]].concat();
    let server = Server::start_in(folder, &more);
    server.folder.add_account(NPI, "Ada Quill");
    let (link, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let app = crate::app::App::new();
    let sealed = app.seal_for(&link);
    server.provision(&sealed);
    server.provision(&link);
    let browser = Browser::signed_in(&server, &confirmation);
    let added = crate::add_token::add(&browser, &app, "iPhone token");
    assert_eq!(added.status, 303);
    let asked = app.ask(provisioning::AppAsk::Status, crate::clock::now());
    assert_eq!(server.ask(&asked).0, 200);
    let code = app.next_code();
    let wrong = app.wrong_code();
    let vendor = Vendor::of(&server, &["verify"]);
    for _ in 0..2 {
        vendor.verify(&serde_json::json!({ "account": NPI, "code": code }));
    }
    let code_of_vendor = code;
    let code = app.next_code();
    let path = format!("/tokens/{}/test", app.id.as_str());
    for tried in [&code, &code, &wrong] {
        browser.submit(&path, &[("code", tried)]);
    }
    Browser::of(&server).post("/sign-in", &[("npi", NPI), ("passphrase", "a mistyped passphrase")]);
    Browser::of(&server).get(&format!("/sign-in?passphrase={code}&link={}", &link[22..]));

    let (status, counted) = metrics(&server, METRICS_KEY);
    assert_eq!(status, 200);
    let log = server.log();
    assert!(log.contains("/v1/provisioning") && log.contains("/sign-in"), "it logs at all");
    let all = without_times(&format!("{log}{counted}"));
    let activation = provisioning::EnrolmentLink::parse(&link).unwrap().secret;
    let activation = activation.expose_bytes();
    let activation_hex: String = activation.iter().map(|byte| format!("{byte:02x}")).collect();
    // Wherever in the link the secret is, and whatever part of it a log could cut out.
    for text in [&link[22..], &sealed[22..]] {
        for part in text.as_bytes().windows(24) {
            let part = str::from_utf8(part).unwrap();
            assert!(!all.contains(part), "the log holds {part}");
        }
    }
    let seed: String = app.seed.expose_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    let session = browser.cookie("session").unwrap();
    let bare_confirmation = confirmation.replace(' ', "");
    let key = std::fs::read(server.folder.path().join("master.key")).unwrap();
    for secret in [
        &link[22..60],
        &sealed[22..60],
        &asked[asked.len() - 40..],
        &confirmation,
        &bare_confirmation,
        &confirmation.replace(' ', "+"),
        PASSPHRASE,
        &PASSPHRASE.replace(' ', "+"),
        "mistyped",
        &code,
        &code_of_vendor,
        &vendor.key,
        &wrong,
        &session,
        &seed,
        &format!("{:?}", app.seed.expose_bytes()),
        &format!("{key:?}"),
        METRICS_KEY,
        &activation_hex,
        &format!("{activation:?}"),
    ] {
        assert!(!all.contains(secret), "the log holds {secret}");
    }
    log
}
