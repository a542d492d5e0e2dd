//! The plug is pulled again and again under load, of prescribers who test codes and of those whose codes a
//! vendor lets be judged: no code is accepted twice, no acceptance that was answered is lost, whoever sends
//! again under the same key gets the one answer, and the audit verifies.

use std::{
    sync::{
        RwLock,
        atomic::{AtomicBool, Ordering},
    },
    thread,
    time::Duration,
};

use super::{
    fob::{FIRST_PRESS, Fob, Told},
    going_on_for,
    retries::{check_signed, sign_on},
};
use crate::{
    clock,
    process::{Folder, Server, agent, text},
    verify_api::Vendor,
};

/// Who tests codes on the dashboard.
const TESTING: u32 = 4;
/// Whose codes a vendor lets be judged.
const SIGNING: u32 = 3;
const BETWEEN_KILLS: Duration = Duration::from_secs(1);

/// What somebody saw who tested one code after another, each by two forms at once.
struct Seen {
    /// The press whose code is to be accepted next.
    next: u64,
    /// How many were accepted before it, told or not.
    spent: u64,
    /// Those of which an acceptance was answered.
    answered: Vec<u64>,
}

/// The first press from this one on whose code no later one near it has too: of one that has, either may
/// be meant, and both are good.
pub(super) fn telling(fob: &Fob, from: u64) -> u64 {
    let is_telling = |press: &u64| {
        let code = fob.token.press(*press);
        (press + 1..press + 100).all(|later| fob.token.press(later) != code)
    };
    (from..).find(is_telling).unwrap()
}

/// Tests codes until told to stop, over whatever server is there.
fn press_on(fob: &Fob, server: &RwLock<Option<Server>>, stop: &AtomicBool) -> Seen {
    let agents = [agent(), agent()];
    let mut seen = Seen { next: telling(fob, FIRST_PRESS), spent: 0, answered: Vec::new() };
    // Whether the code may have been accepted without an answer.
    let mut in_doubt = false;
    while !stop.load(Ordering::Relaxed) {
        let browser = match &*server.read().unwrap() {
            Some(server) => fob.at(server),
            None => continue,
        };
        let code = fob.token.press(seen.next);
        let answers = thread::scope(|scope| {
            let sent = agents.each_ref().map(|agent| {
                let twin = browser.twin();
                let code = &code;
                scope.spawn(move || fob.try_code(&twin, agent, code))
            });
            sent.map(|answer| answer.join().unwrap().ok())
        });
        let accepted = answers.iter().flatten().filter(|told| **told == Told::Accepted).count();
        let known = |told: &Told| !matches!(told, Told::Refused(_)) || told.is_spent();
        assert!(answers.iter().flatten().all(known), "press {}: {answers:?}", seen.next);
        assert!(accepted <= 1, "press {} was accepted twice", seen.next);
        if accepted == 1 {
            seen.answered.push(seen.next);
        }
        let silent =
            answers.iter().any(|told| !matches!(told, Some(told) if *told != Told::Unavailable));
        if accepted == 1 || answers.iter().flatten().any(Told::is_spent) {
            assert!(accepted == 1 || in_doubt || silent, "press {} was never accepted", seen.next);
            seen.next = telling(fob, seen.next + 1);
            seen.spent += 1;
            in_doubt = false;
        } else {
            in_doubt |= silent;
        }
    }
    seen
}

/// What is left after all that: every press up to the last was accepted once, and is used.
fn check(fob: &Fob, seen: &Seen, server: &Server) {
    let (browser, agent) = (fob.at(server), agent());
    let told = |press| fob.try_code(&browser, &agent, &fob.token.press(press)).unwrap();
    for press in seen.answered.iter().rev().take(3) {
        assert!(told(*press).is_spent(), "press {press}");
    }
    let last = told(seen.next);
    let mut expected = seen.spent;
    match last {
        Told::Accepted => expected += 1,
        // Accepted by a server that was killed before it could say so.
        told if told.is_spent() => expected += 1,
        other => panic!("{other:?}"),
    }
    let events = server.folder.json(&["events", "--npi", &fob.npi, "--limit", "100000"], "");
    let good = events
        .as_array()
        .unwrap()
        .iter()
        .filter(|event| event["purpose"] == "test" && event["outcome"] == "success")
        .count();
    assert_eq!(good as u64, expected, "each press was accepted once");
    assert!(seen.answered.len() as u64 <= expected);
}

/// Puts a server under load while one trouble after another comes to it, for so long, and checks what is
/// left; returns how many troubles there were and how many acceptances were answered.
pub(super) fn survive(
    first: Server,
    most: Duration,
    mut trouble: impl FnMut(&RwLock<Option<Server>>),
) -> (usize, usize) {
    let fobs: Vec<_> = (0..TESTING).map(|n| Fob::new(&first, n)).collect();
    let signers: Vec<_> = (TESTING..TESTING + SIGNING).map(|n| Fob::new(&first, n)).collect();
    let vendor = Vendor::of(&first, &["verify"]);
    let (server, stop) = (RwLock::new(Some(first)), AtomicBool::new(false));
    let mut troubles = 0;
    let (seen, signed): (Vec<_>, Vec<_>) = thread::scope(|scope| {
        let (server, stop, vendor) = (&server, &stop, &vendor);
        let pressing: Vec<_> =
            fobs.iter().map(|fob| scope.spawn(move || press_on(fob, server, stop))).collect();
        let signing: Vec<_> = signers
            .iter()
            .map(|fob| scope.spawn(move || sign_on(fob, vendor, server, stop)))
            .collect();
        let began = clock::instant();
        while clock::since(began) < most {
            thread::sleep(BETWEEN_KILLS);
            trouble(server);
            troubles += 1;
        }
        // What came back last is used once more.
        thread::sleep(BETWEEN_KILLS);
        stop.store(true, Ordering::Relaxed);
        (
            pressing.into_iter().map(|pressed| pressed.join().unwrap()).collect(),
            signing.into_iter().map(|signed| signed.join().unwrap()).collect(),
        )
    });
    let server = server.into_inner().unwrap().unwrap();
    for (fob, seen) in fobs.iter().zip(&seen) {
        check(fob, seen, &server);
    }
    for (fob, signed) in signers.iter().zip(&signed) {
        check_signed(fob, signed, &vendor, &server);
    }
    let verified = server.folder.run(&["audit", "verify"], "");
    assert!(verified.status.success(), "{} {}", text(&verified.stdout), text(&verified.stderr));
    let tested: usize = seen.iter().map(|seen: &Seen| seen.answered.len()).sum();
    let again = signed.iter().flatten().filter(|judged| judged.again).count();
    let signed: usize = signed.iter().map(|signed| signed.len() / 2).sum();
    println!("{troubles} troubles; acceptances answered: {tested} of tests, {signed} of signings");
    println!("{again} answers came only when the same was sent again");
    assert!(signed > troubles, "vendors asked too: {signed} codes");
    (troubles, tested + signed)
}

/// Kills the server, which is being asked, and starts it anew.
pub(super) fn kill(server: &RwLock<Option<Server>>) {
    // Killed while they go on asking it; they wait only for the new one's address.
    let id = server.read().unwrap().as_ref().unwrap().process_id();
    let killed = std::process::Command::new("kill").args(["-KILL", &id.to_string()]).status();
    assert!(killed.unwrap().success());
    let folder = server.write().unwrap().take().unwrap().killed();
    *server.write().unwrap() = Some(Server::start_in(folder, &[]));
}

#[test]
fn killed_every_second_it_accepts_nothing_twice_and_loses_nothing() {
    let most = going_on_for(Duration::from_secs(5));
    let (kills, codes) = survive(Server::start_in(Folder::new(), &[]), most, kill);
    assert!(codes > kills * 5, "it was under load: {codes} codes");
}
