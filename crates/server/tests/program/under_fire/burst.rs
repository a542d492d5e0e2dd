//! Five hundred at once, through the server's own door: one code is accepted once, the tenth wrong one
//! locks, and whoever is honest beside them is not hurt.

use std::{
    sync::{Barrier, Mutex},
    thread,
};

use serde_json::json;
use test_postgres::TestPostgres;

use super::fob::{FIRST_PRESS, Fob, Told};
use crate::{
    process::{Folder, Server, agent},
    verify_api::Vendor,
};

const AT_ONCE: usize = 500;
/// Codes of somebody else, one after another, while the burst goes on.
const HONEST: u64 = 20;

/// Does the same `AT_ONCE` times at the same moment, while something else happens: every answer.
fn burst<T: Send>(one: impl Fn() -> T + Sync, beside: impl FnOnce() + Send) -> Vec<T> {
    let (answers, gate) = (Mutex::new(Vec::new()), Barrier::new(AT_ONCE + 1));
    thread::scope(|scope| {
        for _ in 0..AT_ONCE {
            scope.spawn(|| {
                gate.wait();
                let answer = one();
                answers.lock().unwrap().push(answer);
            });
        }
        scope.spawn(|| {
            gate.wait();
            beside();
        });
    });
    answers.into_inner().unwrap()
}

fn honest_codes(fob: &Fob) {
    let agent = agent();
    for press in FIRST_PRESS..FIRST_PRESS + HONEST {
        assert_eq!(fob.test(&agent, &fob.token.press(press)), Told::Accepted, "press {press}");
    }
}

fn count(answers: &[Told], told: &Told) -> usize {
    answers.iter().filter(|answer| *answer == told).count()
}

/// How many of an account's tested codes the audit has, by their outcome.
fn judged(server: &Server, npi: &str, outcome: &str) -> usize {
    let events = server.folder.json(&["events", "--npi", npi, "--limit", "10000"], "");
    let events = events.as_array().unwrap().iter();
    events.filter(|event| event["purpose"] == "test" && event["outcome"] == outcome).count()
}

#[test]
fn of_five_hundred_forms_with_one_code_one_is_accepted() {
    let server = Server::start();
    let (fob, other) = (Fob::new(&server, 1), Fob::new(&server, 2));
    let code = fob.token.press(FIRST_PRESS);
    let answers = burst(|| fob.test(&agent(), &code), || honest_codes(&other));
    let used = Told::Refused("already-used".to_owned());
    assert_eq!((count(&answers, &Told::Accepted), count(&answers, &used)), (1, AT_ONCE - 1));
    assert_eq!(judged(&server, &fob.npi, "success"), 1);
    assert_eq!(judged(&server, &fob.npi, "refused"), AT_ONCE - 1);
    assert_eq!(judged(&server, &other.npi, "success"), usize::try_from(HONEST).unwrap());
}

#[test]
fn of_five_hundred_wrong_codes_the_tenth_locks_and_none_after_it_is_judged() {
    the_tenth_of_five_hundred_locks(&Server::start());
}

#[test]
fn of_five_hundred_wrong_codes_the_tenth_locks_over_postgres_and_honest_ones_are_not_hurt() {
    let database = TestPostgres::start();
    the_tenth_of_five_hundred_locks(&Server::start_in(Folder::over(&database.new_database()), &[]));
}

fn the_tenth_of_five_hundred_locks(server: &Server) {
    let vendor = Vendor::of(server, &["verify"]);
    let (fob, other) = (Fob::new(server, 1), Fob::new(server, 2));
    let near: Vec<_> = (0..200).map(|press| fob.token.press(press)).collect();
    let wrong = (0..).map(|n| format!("{n:06}")).find(|code| !near.contains(code)).unwrap();
    let verify = |of: &Fob, code: &str| {
        let id = of.token.id.as_str();
        let asked =
            json!({ "account": of.npi, "credential_id": id, "code": code, "purpose": "signing" });
        let told = vendor.verify(&asked);
        assert_eq!(told.status, 200, "{}", told.body);
        told.body["cause"].as_str().unwrap_or("accepted").to_owned()
    };
    let honest = || {
        for press in FIRST_PRESS..FIRST_PRESS + HONEST {
            assert_eq!(verify(&other, &other.token.press(press)), "accepted", "press {press}");
        }
    };
    let answers = burst(|| verify(&fob, &wrong), honest);
    let told = |cause: &str| answers.iter().filter(|answer| *answer == cause).count();
    assert_eq!((told("wrong"), told("locked")), (10, AT_ONCE - 10));
    assert_eq!(verify(&fob, &fob.token.press(FIRST_PRESS)), "locked", "the lock holds");
    let events = server.folder.json(&["events", "--npi", &fob.npi, "--limit", "10000"], "");
    let locks = events.as_array().unwrap().iter().filter(|event| event["kind"] == "token-locked");
    assert_eq!(locks.count(), 1);
}
