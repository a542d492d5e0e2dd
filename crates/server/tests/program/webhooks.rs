//! Relying parties are told of what happens, signed, in its order, whatever goes wrong on the way.

use std::{collections::BTreeSet, process::Command};

use serde_json::{Value, json};
use test_postgres::TestPostgres;

use crate::{
    add_token::add,
    app::App,
    browser::Browser,
    logs::{METRICS_KEY, metrics, with_metrics_key},
    postgres::servers,
    process::{Folder, NPI, OTHER_NPI, Server, text},
    receiver::{Mood, Receiver, Sent},
    stand_in_network::until,
};

/// What the operator is shown once.
struct Hook {
    id: String,
    secret: String,
}

impl Hook {
    fn add(folder: &Folder, receiver: &Receiver, more: &[&str]) -> Self {
        let url = receiver.url();
        let order = ["webhook", "add", "--party", "Example EHR", "--url", &url];
        let made = folder.json(&[&order[..], more].concat(), "");
        let field = |name: &str| made[name].as_str().unwrap().to_owned();
        Self { id: field("id"), secret: field("secret") }
    }

    fn listed(&self, folder: &Folder) -> Value {
        let all = folder.json(&["webhook", "list"], "");
        all.as_array().unwrap().iter().find(|one| one["id"] == self.id.as_str()).unwrap().clone()
    }

    /// Waits until nothing waits for it.
    fn is_caught_up(&self, folder: &Folder) -> Value {
        until("all is delivered", || {
            Some(self.listed(folder)).filter(|one| one["waiting"] == 0 && one["state"] == "good")
        })
    }
}

fn kinds(sent: &[Sent]) -> Vec<String> {
    sent.iter().map(Sent::kind).collect()
}

fn numbers(sent: &[Sent]) -> Vec<u64> {
    sent.iter().map(|one| one.json()["data"]["event"].as_u64().unwrap()).collect()
}

fn change(folder: &Folder, what: &str, app: &App) {
    folder.json(&["token", what, app.id.as_str(), "--reason", "she called"], "");
}

#[test]
fn the_life_of_a_token_is_told_signed_and_in_its_order() {
    let (folder, key) = with_metrics_key();
    let server = Server::start_in(folder, &["--metrics-key-file", key.to_str().unwrap()]);
    let receiver = Receiver::start(&[
        Mood::Status(500),
        Mood::LosesTheAnswer,
        Mood::Status(204),
        Mood::Redirects,
    ]);
    let hook = Hook::add(&server.folder, &receiver, &[]);
    server.folder.add_account(NPI, "Ada Quill");
    let first = receiver.wait_for(3);
    assert!(first.iter().all(|one| one.id() == first[0].id() && one.body == first[0].body));
    assert!(first.iter().all(|one| one.is_signed_with(&hook.secret)), "{first:?}");
    assert_eq!(first[0].path, "/hooks/?tenant=7");
    assert_eq!(first[0].headers["content-type"], "application/json");
    let told = first[0].json();
    let event = told["data"]["event"].as_u64().unwrap();
    assert!(first[0].id().starts_with(&format!("{event}-")));
    let expected = json!({ "event": event, "account": NPI, "by": "administrator" });
    assert_eq!((&told["type"], &told["data"]), (&json!("account.opened"), &expected));

    let (link, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let app = App::new();
    assert_eq!(server.provision(&app.seal_for(&link)).0, 201);
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&browser, &app, "iPhone token").status, 303);
    change(&server.folder, "suspend", &app);
    change(&server.folder, "restore", &app);
    let order = ["token", "deactivate", app.id.as_str(), "--reason", "lost"];
    let ended = server.folder.run(&[&order[..], &["--last"]].concat(), "");
    let ended = if ended.status.success() { ended } else { server.folder.run(&order, "") };
    assert!(ended.status.success(), "{}", text(&ended.stderr));
    // One was redirected, and sent again to the same place.
    let sent = receiver.wait_for(3 + 1 + 4);
    let after = &sent[4..];
    let expected = ["token.associated", "token.suspended", "token.found", "token.deactivated"];
    assert_eq!(kinds(after), expected);
    assert_eq!(sent[3].id(), sent[4].id());
    assert!(sent.iter().all(|one| one.path == "/hooks/?tenant=7"));
    assert!(after.iter().all(|one| one.json()["data"]["credential_id"] == app.id.as_str()));
    assert!(after.iter().all(|one| one.is_signed_with(&hook.secret)));
    let listed = hook.is_caught_up(&server.folder);
    assert_eq!(listed["cursor"], json!(numbers(after)[3]));
    assert_eq!((&listed["tries"], &listed["trouble"]), (&json!(0), &Value::Null));

    let counted = until("the metrics", || {
        let (_, text) = metrics(&server, METRICS_KEY);
        text.contains("webhook_events_waiting").then_some(text)
    });
    let deliveries = |outcome: &str, count: u32| {
        let id = &hook.id;
        let line =
            format!("webhook_deliveries_total{{webhook=\"{id}\",outcome=\"{outcome}\"}} {count}\n");
        assert!(counted.contains(&line), "{line} {counted}");
    };
    deliveries("delivered", 5);
    deliveries("refused", 2);
    deliveries("unanswered", 1);
    let (log, seed) = (server.log(), hook.secret.trim_start_matches("whsec_"));
    assert!(log.contains("answer 500") && log.contains("answer 307"), "it is told why");
    assert!(
        !log.contains(seed) && !text(&std::fs::read(database(&server)).unwrap()).contains(seed)
    );
}

fn database(server: &Server) -> std::path::PathBuf {
    server.folder.path().join("countersign.db")
}

#[test]
fn a_receiver_that_dies_and_comes_back_has_missed_nothing() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&browser, &app, "iPhone token").status, 303);
    let receiver = Receiver::start(&[]);
    let only = ["--event", "token.suspended", "--event", "token.found"];
    let hook = Hook::add(&server.folder, &receiver, &only);
    change(&server.folder, "suspend", &app);
    receiver.wait_for(1);
    let gone = receiver.die();
    change(&server.folder, "restore", &app);
    change(&server.folder, "suspend", &app);
    // Not one of those that it is told of.
    server.folder.add_account(OTHER_NPI, "Ben Marsh");
    let listed = until("it is tried in vain", || {
        Some(hook.listed(&server.folder)).filter(|one| one["state"] == "retrying")
    });
    assert_eq!(listed["trouble"], "not reached");
    until("both wait", || (hook.listed(&server.folder)["waiting"] == 2).then_some(()));
    let shown = text(&server.folder.run(&["webhook", "list"], "").stdout);
    assert!(shown.contains("retrying") && shown.contains("2 waiting"), "{shown}");

    let receiver = gone.come_back();
    server.folder.json(&["webhook", "retry", &hook.id], "");
    let sent = receiver.wait_for(3);
    assert_eq!(kinds(&sent), ["token.suspended", "token.found", "token.suspended"]);
    hook.is_caught_up(&server.folder);

    let rotated = server.folder.json(&["webhook", "rotate-secret", &hook.id], "");
    change(&server.folder, "restore", &app);
    let sent = receiver.wait_for(4);
    for secret in [hook.secret.as_str(), rotated["secret"].as_str().unwrap()] {
        assert!(sent[3].is_signed_with(secret), "both sign for a day");
    }
    server.folder.json(&["webhook", "remove", &hook.id], "");
    assert_eq!(server.folder.json(&["webhook", "list"], ""), json!([]));
    let events = server.folder.json(&["events", "--limit", "100"], "").to_string();
    for kind in ["webhook-added", "webhook-secret-made", "webhook-removed"] {
        assert!(events.contains(kind), "{kind}: {events}");
    }
}

#[test]
fn what_a_webhook_cannot_be_told_is_seen_and_what_it_will_not_take_is_given_up() {
    let (folder, key) = with_metrics_key();
    let server = Server::start_in(folder, &["--metrics-key-file", key.to_str().unwrap()]);
    let receiver = Receiver::start(&[Mood::Status(400); 99]);
    let hook = Hook::add(&server.folder, &receiver, &[]);
    let store = rusqlite::Connection::open(database(&server)).unwrap();
    let lost = "UPDATE webhooks SET sealed_secret = zeroblob(60), version = version + 1";
    assert_eq!(store.execute(lost, []), Ok(1));
    drop(store);
    server.folder.add_account(NPI, "Ada Quill");
    let listed = until("its secret does not open", || {
        Some(hook.listed(&server.folder)).filter(|one| one["state"] == "retrying")
    });
    let why = listed["trouble"].as_str().unwrap();
    assert!(why.contains("does not open") && why.contains("rotate-secret"), "{why}");
    assert!(receiver.sent().is_empty() && server.log().contains(why));
    until("the metrics", || {
        let line = format!("deliveries_total{{webhook=\"{}\",outcome=\"unposted\"}}", hook.id);
        metrics(&server, METRICS_KEY).1.contains(&line).then_some(())
    });

    server.folder.json(&["webhook", "rotate-secret", &hook.id], "");
    let again = server.folder.run(&["webhook", "rotate-secret", &hook.id], "");
    let refused = text(&again.stderr);
    assert!(!again.status.success() && refused.contains("--now"), "{refused}");
    let order = ["webhook", "rotate-secret", &hook.id, "--now"];
    let secret = server.folder.json(&order, "")["secret"].as_str().unwrap().to_owned();
    server.folder.json(&["webhook", "retry", &hook.id], "");
    assert!(receiver.wait_for(1)[0].is_signed_with(&secret));
    server.folder.add_account(OTHER_NPI, "Ben Marsh");

    // Which one is next is said before anything is given up.
    let asked = server.folder.run(&["webhook", "skip", &hook.id], "");
    let event = receiver.sent()[0].json()["data"]["event"].to_string();
    let says = text(&asked.stderr);
    assert!(!asked.status.success() && says.contains(&format!("`--event {event}`")), "{says}");
    let skip = ["webhook", "skip", &hook.id, "--event", &event];
    until("no try is under way", || server.folder.run(&skip, "").status.success().then_some(()));
    until("the next is told", || {
        receiver.sent().iter().any(|one| one.json()["data"]["account"] == OTHER_NPI).then_some(())
    });
    let events = server.folder.json(&["events", "--limit", "9"], "").to_string();
    assert!(events.contains("webhook-event-skipped"), "{events}");
}

#[test]
fn a_server_that_is_killed_while_it_posts_posts_again() {
    let server = Server::start();
    let receiver = Receiver::start(&[Mood::Hangs]);
    let hook = Hook::add(&server.folder, &receiver, &[]);
    for (npi, name) in [(NPI, "Ada Quill"), (OTHER_NPI, "Ben Marsh")] {
        server.folder.add_account(npi, name);
    }
    receiver.wait_for(1);
    server.signal("KILL");
    let folder = server.killed();
    let claimed = hook.listed(&folder);
    assert_eq!((&claimed["tries"], &claimed["waiting"]), (&json!(1), &json!(2)));
    // The claim's minute is over: the clock of this test cannot be moved, what was stored can.
    let database = rusqlite::Connection::open(folder.path().join("countersign.db")).unwrap();
    let aged = "UPDATE webhooks SET due = due - 60, claimed_until = claimed_until - 60,
        version = version + 1";
    assert_eq!(database.execute(aged, []), Ok(1));
    drop(database);
    let server = Server::start_in(folder, &[]);
    let sent = receiver.wait_for(3);
    assert_eq!(sent[0].id(), sent[1].id(), "it was not known whether it was taken");
    assert_eq!((&sent[0].body, kinds(&sent[2..])), (&sent[1].body, vec![kinds(&sent)[0].clone()]));
    let listed = hook.is_caught_up(&server.folder);
    assert_eq!(listed["cursor"], json!(numbers(&sent)[2]));
    assert_eq!(receiver.sent().len(), 3);
}

#[test]
fn of_two_servers_over_one_database_each_event_is_told_and_the_cursor_is_right() {
    let postgres = TestPostgres::start();
    let [one, other]: [Server; 2] = servers(&postgres.new_database());
    let receiver = Receiver::start(&[Mood::Status(503), Mood::LosesTheAnswer]);
    let hook = Hook::add(&one.folder, &receiver, &["--event", "account.opened"]);
    let mut accounts = BTreeSet::new();
    // NPIs with their check digits.
    for npi in ["1234567893", "1245319599", "1679576722", "1003000126", "1003000134", "1003000142"]
    {
        let at = if accounts.len() % 2 == 0 { &one } else { &other };
        at.folder.add_account(npi, "Ada Quill");
        accounts.insert(npi.to_owned());
        if accounts.len() == 4 {
            // One of them dies; the other goes on.
            receiver.wait_for(3);
            other.signal("KILL");
        }
    }
    let listed = hook.is_caught_up(&one.folder);
    let sent = receiver.sent();
    let told = |one: &Sent| one.json()["data"]["account"].as_str().unwrap().to_owned();
    assert_eq!(sent.iter().map(told).collect::<BTreeSet<_>>(), accounts);
    let numbers = numbers(&sent);
    assert!(numbers.is_sorted(), "{numbers:?}");
    assert_eq!(listed["cursor"], json!(numbers.last()));
    assert!(sent.iter().all(|one| one.is_signed_with(&hook.secret)));
}

#[test]
fn a_webhook_is_an_address_that_nobody_listens_in_on() {
    let folder = Folder::new();
    let refused = |arguments: &[&str]| {
        let output = folder.run(&[&["webhook"], arguments].concat(), "");
        assert!(!output.status.success(), "{arguments:?}");
        text(&output.stderr)
    };
    let add = ["add", "--party", "Example EHR", "--url"];
    let plain = refused(&[&add[..], &["http://ehr.example.org/hooks"]].concat());
    assert!(plain.contains("begins with https://"), "{plain}");
    let unknown = ["https://ehr.example.org/", "--event", "code-judged"];
    let unknown = refused(&[&add[..], &unknown].concat());
    assert!(unknown.contains("token.associated") && !unknown.contains("judged]"), "{unknown}");
    assert!(folder.run(&["issuer-card", "--issuer", "Clinic"], "").status.success());
    let shown = text(&folder.run(&["webhook", "list"], "").stdout);
    assert!(shown.contains("No webhooks"), "{shown}");
    for command in ["remove", "retry", "rotate-secret", "skip"] {
        let refused = refused(&[command, "0123456789abcdef"]);
        assert!(refused.contains("webhook list"), "{refused}");
    }
}

/// What the page tells a receiver to check signatures with.
#[test]
fn the_pages_python_takes_what_is_signed_and_nothing_else() {
    let page = include_str!("../../../../docs/integrate.md");
    let code = page.split("```python\n").nth(1).unwrap().split("```").next().unwrap();
    let server = Server::start();
    let receiver = Receiver::start(&[]);
    let hook = Hook::add(&server.folder, &receiver, &[]);
    server.folder.add_account(NPI, "Ada Quill");
    let sent = receiver.wait_for(1).remove(0);
    let header = |name: &str| sent.headers[name].to_str().unwrap().to_owned();
    let names = ["webhook-id", "webhook-timestamp", "webhook-signature"];
    let headers: serde_json::Map<_, Value> =
        names.iter().map(|name| ((*name).to_owned(), header(name).into())).collect();
    let is_ours = |secret: &str, headers: &serde_json::Map<String, Value>, body: &str| {
        let input = json!({ "secret": secret, "headers": headers, "body": body }).to_string();
        let program = format!(
            "{code}\nimport json, sys\nx = json.loads(sys.argv[1])\nprint(is_ours(x['secret'], x['headers'], x['body'].encode()))"
        );
        let run = Command::new("/usr/bin/python3").args(["-c", &program, &input]).output().unwrap();
        assert!(run.status.success(), "{}", text(&run.stderr));
        text(&run.stdout).trim() == "True"
    };
    assert!(is_ours(&hook.secret, &headers, &sent.body));
    assert!(!is_ours(&hook.secret, &headers, &format!("{} ", sent.body)));
    assert!(!is_ours("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA=", &headers, &sent.body));
    let mut old = headers;
    old.insert("webhook-timestamp".to_owned(), "1700000000".into());
    assert!(!is_ours(&hook.secret, &old, &sent.body));
}
