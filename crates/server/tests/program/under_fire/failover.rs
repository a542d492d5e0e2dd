//! Two PostgreSQL servers, of which the standby confirms each commit, as docs/operations.md says of
//! Patroni. The one that writes is killed, the other takes over.

use std::{
    sync::{
        RwLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use serde_json::json;
use test_postgres::TestPostgres;

use super::{fob::Fob, going_on_for, kills::survive};
use crate::{
    process::{Folder, Server, text},
    stand_in_network::until,
    verify_api::Vendor,
};

/// A server that writes and one that follows it, and the address of a new database of theirs.
fn pair() -> (TestPostgres, TestPostgres, String) {
    let primary = TestPostgres::start();
    let database = primary.new_database().split(['/', '?']).nth(3).unwrap().to_owned();
    // Of the standby too, once it writes: rather nothing is accepted than on one server alone.
    primary.sql("postgres", "ALTER SYSTEM SET synchronous_standby_names = '*'");
    primary.sql("postgres", "SELECT pg_reload_conf()");
    let standby = TestPostgres::standby_of(&primary);
    until_confirmed(&primary);
    let url = primary.address_with(&standby, &database);
    (primary, standby, url)
}

/// Waits until a standby confirms what a server commits.
fn until_confirmed(primary: &TestPostgres) {
    let standby = "SELECT count(*) FROM pg_stat_replication WHERE sync_state = 'sync'";
    until("a standby confirms", || Some(()).filter(|()| primary.sql("postgres", standby) == "1"));
}

#[test]
fn the_postgres_that_writes_is_killed_and_nothing_that_was_answered_is_lost() {
    let (mut primary, mut standby, url) = pair();
    let server = Server::start_in(Folder::over(&url), &[]);
    let id = server.process_id();
    let most = going_on_for(Duration::from_secs(7));
    let (failovers, codes) = survive(server, most, |server: &RwLock<Option<Server>>| {
        primary.kill();
        standby.promote();
        primary.follow(&standby);
        std::mem::swap(&mut primary, &mut standby);
        until_confirmed(&primary);
        assert_eq!(server.read().unwrap().as_ref().unwrap().process_id(), id);
    });
    assert!(codes > failovers * 5, "it was under load: {codes} codes");
}

#[test]
fn what_no_standby_has_confirmed_is_not_answered() {
    let (mut primary, mut standby, url) = pair();
    let server = Server::start_in(Folder::over(&url), &[]);
    let (fob, vendor) = (Fob::new(&server, 1), Vendor::of(&server, &["verify"]));
    standby.stop();
    let code = fob.token.press(super::fob::FIRST_PRESS);
    let asked = json!({ "account": fob.npi, "code": code, "purpose": "signing" });
    let verify = || vendor.at(&server).verify(&asked);
    let stop = AtomicBool::new(false);
    thread::scope(|scope| {
        let asking = scope.spawn(|| {
            while !stop.load(Ordering::Relaxed) {
                let told = verify();
                assert_eq!(told.status, 503, "{}", told.body);
            }
        });
        thread::sleep(Duration::from_secs(3));
        primary.kill();
        stop.store(true, Ordering::Relaxed);
        asking.join().unwrap();
    });
    standby.start_again();
    standby.promote();
    primary.follow(&standby);
    let told = until("it goes on", || Some(verify()).filter(|told| told.status == 200));
    assert_eq!(told.body["accepted"], true, "it was accepted by nobody yet: {}", told.body);
    assert_eq!(verify().body["accepted"], false);
    let verified = server.folder.run(&["audit", "verify"], "");
    assert!(verified.status.success(), "{}", text(&verified.stdout));
}
