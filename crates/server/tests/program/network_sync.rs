//! The e-prescribing network is told of a token, with all that can go wrong on the way.

use std::time::Duration;

use provisioning::{AppAnswer, AppAsk, AppTokenState};

use crate::{
    add_token::add,
    app::App,
    browser::{Browser, Page},
    clock,
    process::{Folder, NPI, Server},
    stand_in_network::{Mood, Network, until},
};

/// A server that tells a network, a browser that is signed in, and an app whose token waits.
fn start(network: &str, more: &[&str]) -> (Server, Browser, App) {
    let mut arguments = vec!["--network-webhook", network];
    arguments.extend(more);
    let server = Server::start_in(Folder::new(), &arguments);
    server.folder.add_account(NPI, "Ada Quill");
    let (link, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let app = App::new();
    assert_eq!(server.provision(&app.seal_for(&link)).0, 201);
    let browser = Browser::signed_in(&server, &confirmation);
    (server, browser, app)
}

fn state(page: &Page) -> String {
    page.attribute("token-row", "data-state").unwrap()
}

fn wait_for(browser: &Browser, wanted: &str) -> Page {
    until(wanted, || Some(browser.get("/tokens")).filter(|page| state(page) == wanted))
}

fn app_state(server: &Server, app: &App) -> (AppTokenState, Option<u8>) {
    let (status, _, body) = server.ask(&app.ask(AppAsk::Status, clock::now()));
    assert_eq!(status, 200, "{body}");
    let answer = AppAnswer::parse(body.as_bytes()).unwrap();
    (answer.token.state, answer.token.sync_minute)
}

#[test]
fn a_token_is_usable_when_the_network_has_acknowledged_it() {
    let network = Network::start(&[Mood::Slow(Duration::from_secs(2))]);
    let (server, browser, app) = start(&network.url, &[]);
    let added = add(&browser, &app, "Phone");
    let page = browser.get(&added.location);
    assert!(page.element("confirmation").unwrap().contains("up to 60 minutes"));
    assert_eq!(state(&page), "pending-sync");
    let row = page.element("token-row").unwrap();
    assert!(row.contains("Network sync, minute 0 of 60"), "{row}");
    assert!(page.element("sync-again").is_none());
    assert_eq!(app_state(&server, &app), (AppTokenState::PendingSync, Some(0)));

    let page = wait_for(&browser, "active");
    assert!(!page.element("token-row").unwrap().contains("minute"));
    assert_eq!(app_state(&server, &app), (AppTokenState::Active, None));
    let told = network.told();
    assert_eq!(told.len(), 1);
    let record = &told[0].record;
    assert_eq!((&record["npi"], &record["name"]), (&NPI.into(), &"Ada Quill".into()));
    assert_eq!(record["serial"], app.id.as_str());
    assert_eq!(
        (&record["manufacturer"], &record["token_type"]),
        (&"Countersign".into(), &"OTP SOFT TOKEN".into())
    );
    assert_eq!(record["key"], told[0].key.as_str());
    assert!(record["associated"].as_u64().unwrap().abs_diff(clock::now().0) < 60);
    assert_eq!(told[0].authorization, "");
    let seed = hexadecimal(&app);
    assert!(!record.to_string().contains(&seed), "no secret goes to the network");
}

fn hexadecimal(app: &App) -> String {
    app.seed.expose_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[test]
fn a_network_that_fails_is_told_again_under_the_same_key() {
    let network = Network::start(&[Mood::Status(503), Mood::LosesTheAnswer, Mood::AnswersTwice]);
    let folder = tempfile::tempdir().unwrap();
    let key = folder.path().join("key");
    std::fs::write(&key, "net-4f7k92mq\n").unwrap();
    let key_file = ["--network-key-file", key.to_str().unwrap()];
    let (server, browser, app) = start(&network.url, &key_file);
    add(&browser, &app, "Phone");
    wait_for(&browser, "active");
    let told = network.wait_until_told(3);
    assert!(told.iter().all(|one| one.key == told[0].key && one.record == told[0].record));
    assert!(told.iter().all(|one| one.authorization == "Bearer net-4f7k92mq"));
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(network.told().len(), 3, "and not once more");
    let events = server.folder.json(&["events", "--limit", "100"], "");
    let text = events.to_string();
    assert!(text.contains("answer 503") && text.contains("acknowledged"), "{text}");
    assert!(!server.log().contains("net-4f7k92mq"), "the network's key stays out of the log");
}

#[test]
fn what_was_begun_goes_on_after_a_restart() {
    let network = Network::start(&[Mood::Status(202), Mood::Status(500)]);
    let (server, browser, app) = start(&network.url, &[]);
    add(&browser, &app, "Phone");
    network.wait_until_told(1);
    assert_eq!(state(&browser.get("/tokens")), "pending-sync", "202 is not done yet");
    let folder = server.stop();
    let server = Server::start_in(folder, &["--network-webhook", &network.url]);
    let active = || app_state(&server, &app).0 == AppTokenState::Active;
    until("active", || active().then_some(()));
    let told = network.told();
    assert_eq!(told.len(), 3);
    assert!(told.iter().all(|one| one.key == told[0].key));
}

#[test]
fn what_was_given_up_says_so_and_is_begun_again_by_a_button() {
    let network = Network::start(&[Mood::Status(503)]);
    let (server, browser, app) = start(&network.url, &[]);
    add(&browser, &app, "Phone");
    network.wait_until_told(1);
    // An hour later: the clock of this test cannot be moved, what was stored can.
    let database = rusqlite::Connection::open(server.folder.path().join("countersign.db")).unwrap();
    let aged = "UPDATE tokens SET sync_begun = sync_begun - 3600, sync_at = sync_begun - 1,
                    version = version + 1 WHERE sync = 'pending'";
    assert_eq!(database.execute(aged, []), Ok(1));
    let offers = |page: &Page| page.element("sync-again").is_some();
    let page = until("the offer", || Some(browser.get("/tokens")).filter(offers));
    let row = page.element("token-row").unwrap();
    assert!(row.contains("did not acknowledge") && row.contains("help desk"), "{row}");
    assert_eq!(app_state(&server, &app), (AppTokenState::PendingSync, Some(60)));

    let begun = server.folder.json(&["token", "sync-again", app.id.as_str()], "");
    assert_eq!(begun["state"], "pending-sync");
    assert_eq!(database.execute(aged, []), Ok(1), "and the help desk's hour is over too");
    let offered = || offers(&browser.get("/tokens")).then_some(());
    until("the offer again", offered);

    let before = network.told().len();
    let path = format!("/tokens/{}/sync", app.id.as_str());
    for answer in browser.post_at_once(&path, &page.with_hidden(&[])) {
        assert_eq!((answer.status, answer.location.as_str()), (303, "/tokens"), "{}", answer.html);
    }
    wait_for(&browser, "active");
    let told = network.told();
    assert_eq!(told.len(), before + 1, "begun once");
    assert_ne!(told[0].key, told[before].key);
    let serial = app.id.as_str();
    let known = server.folder.run(&["token", "sync-again", serial], "");
    assert!(String::from_utf8_lossy(&known.stdout).contains("nothing to tell"));
    // Again, when there is nothing left to begin.
    assert_eq!(browser.post(&path, &page.with_hidden(&[])).location, "/tokens");
    let foreign = browser.post("/tokens/CSST4F7K92MQ/sync", &page.with_hidden(&[]));
    assert_eq!(foreign.status, 404);
}

#[test]
fn where_there_is_no_network_any_more_no_token_waits_and_the_log_says_so() {
    let network = Network::start(&[Mood::Status(503), Mood::Status(503), Mood::Status(503)]);
    let (server, browser, app) = start(&network.url, &[]);
    add(&browser, &app, "Phone");
    network.wait_until_told(1);
    // Started once without its network: nothing becomes good that the network does not know.
    let server = Server::start_in(server.stop(), &[]);
    assert!(server.log().contains("they go on waiting"), "{}", server.log());
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(app_state(&server, &app).0, AppTokenState::PendingSync);

    let server = Server::start_in(server.stop(), &["--no-network"]);
    assert!(server.log().contains("there is none any more"), "{}", server.log());
    let active = |server: &Server| app_state(server, &app).0 == AppTokenState::Active;
    until("active", || active(&server).then_some(()));
    let events = server.folder.json(&["events", "--limit", "100"], "").to_string();
    assert!(events.contains("no network to tell") && !events.contains("acknowledged"), "{events}");
    assert_eq!(network.told().len(), 1);
}

#[test]
fn what_was_given_up_is_done_at_once_where_there_is_no_network_any_more() {
    let network = Network::start(&[Mood::Status(503)]);
    let (server, browser, app) = start(&network.url, &[]);
    add(&browser, &app, "Phone");
    network.wait_until_told(1);
    let database = rusqlite::Connection::open(server.folder.path().join("countersign.db")).unwrap();
    let aged = "UPDATE tokens SET sync_begun = sync_begun - 3600, sync_at = sync_begun - 1,
                    version = version + 1 WHERE sync = 'pending'";
    assert_eq!(database.execute(aged, []), Ok(1));
    let given_up = |page: &Page| page.element("sync-again").is_some();
    until("given up", || Some(browser.get("/tokens")).filter(given_up));
    drop(database);
    let server = Server::start_in(server.stop(), &[]);
    std::thread::sleep(Duration::from_secs(2));
    assert_eq!(app_state(&server, &app).0, AppTokenState::PendingSync);
    let server = Server::start_in(server.stop(), &["--no-network"]);
    until("active", || (app_state(&server, &app).0 == AppTokenState::Active).then_some(()));
}

#[test]
fn a_network_is_told_by_https_or_on_this_machine_and_its_key_is_read() {
    let folder = Folder::new();
    let refused = |arguments: &[&str]| {
        let mut all = vec!["serve", "--listen", "127.0.0.1:0"];
        all.extend(arguments);
        let output = folder.run(&all, "");
        assert!(!output.status.success());
        String::from_utf8_lossy(&output.stderr).into_owned()
    };
    assert!(refused(&["--network-webhook", "http://network.example/x"]).contains("https"));
    let missing = ["--network-webhook", "https://network.example", "--network-key-file", "/none"];
    assert!(refused(&missing).contains("/none cannot be read"));
    assert!(refused(&["--network-key-file", "/none"]).contains("--network-webhook"));
    let both = ["--network-webhook", "https://network.example", "--no-network"];
    assert!(refused(&both).contains("cannot be used with"));
}
