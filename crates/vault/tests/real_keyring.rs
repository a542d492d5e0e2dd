//! The vault in a real gnome-keyring, each step in a process of its own.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use std::time::Instant;

use oath::CredentialId;
use support::{
    child::{self, Work, refused, run, told},
    session::{Session, Start},
};
use vault::{Error, State};

const PIN: &str = "4826";
const WRONG: &str = "4827";

#[test]
#[ignore = "the tests start this in processes of its own"]
fn work_of_a_child_process() {
    child::do_work();
}

fn said(text: &str) -> Option<String> {
    Some(text.to_owned())
}

/// A vault with one credential, and that credential's ID.
fn with_vault(session: &Session) -> CredentialId {
    assert_eq!(run(session, Work::Create { pin: PIN }), said("created"));
    run(session, Work::Add { pin: PIN, name: "my phone" }).unwrap().parse().unwrap()
}

fn locked(id: CredentialId, tries_left: u8) -> Option<String> {
    told(&State::Locked { tries_left, pin_length: 4, credential_ids: vec![id] })
}

#[test]
fn what_one_process_stored_another_reads() {
    let mut session = Session::start(Start::Unlocked);
    assert_eq!(run(&session, Work::State), told(&State::NoVault));
    let id = with_vault(&session);
    let codes = run(&session, Work::Codes { pin: PIN }).unwrap();
    assert!(codes.starts_with(&format!("{} my phone ", id.as_str())), "{codes}");

    // Neither does it live in the keyring's process only.
    session.restart_keyring(Start::Unlocked);
    assert_eq!(run(&session, Work::Codes { pin: PIN }).unwrap(), codes);
    assert_eq!(run(&session, Work::State), locked(id, 10));
    assert_eq!(run(&session, Work::StateUnderTokio), locked(id, 10));
    assert_eq!(run(&session, Work::Create { pin: PIN }), refused(&Error::AlreadyExists));
}

#[test]
fn its_entries_are_text_that_every_system_takes() {
    let session = Session::start(Start::Unlocked);
    let id = with_vault(&session);
    let items = session.items();
    let names: Vec<_> = items.iter().map(|(name, _)| name.as_str()).collect();
    assert_eq!(names, ["attempts", &format!("credential:{}", id.as_str()), "vault"]);
    for (name, value) in items {
        assert!(value.len() < 2_560, "{name}");
        assert!(data_encoding::BASE64.decode(&value).is_ok(), "{name}");
    }
}

#[test]
fn a_wrong_pin_never_opens_and_the_right_one_always_does() {
    let session = Session::start(Start::Unlocked);
    let id = with_vault(&session);
    for wrong in ["4827", "9999", "0000", "6284", "8264"] {
        let answer = run(&session, Work::Unlock { pin: wrong });
        assert_eq!(answer, refused(&Error::WrongPin { tries_left: 9 }), "{wrong}");
        let other_length = run(&session, Work::Unlock { pin: "48260" });
        assert_eq!(other_length, refused(&Error::PinLength { expected: 4 }));
        assert_eq!(run(&session, Work::State), locked(id, 9));
        assert_eq!(run(&session, Work::Unlock { pin: PIN }), said("unlocked"));
        assert_eq!(run(&session, Work::State), locked(id, 10));
    }
}

#[test]
fn an_attempt_is_counted_across_a_kill() {
    let session = Session::start(Start::Unlocked);
    let id = with_vault(&session);
    // Killed between the count and the judgement, with the right PIN as with a wrong one.
    for (tries_left, pin) in [(9, WRONG), (8, PIN), (7, WRONG)] {
        assert_eq!(run(&session, Work::DieCounted { pin }), None);
        assert_eq!(run(&session, Work::State), locked(id, tries_left));
    }
    assert_eq!(run(&session, Work::Unlock { pin: PIN }), said("unlocked"));
    assert_eq!(run(&session, Work::State), locked(id, 10));
}

/// Wherever a kill falls, an attempt whose answer came has been counted.
#[test]
#[expect(clippy::disallowed_methods, reason = "what is measured is how long a child takes")]
fn a_kill_at_any_moment_gives_no_further_try() {
    const ROUNDS: u32 = 20;
    let session = Session::start(Start::Unlocked);
    let id = with_vault(&session);
    let mut killed = 0;
    for round in 0..ROUNDS {
        // Right before each round, for other tests may slow this one down meanwhile.
        let started = Instant::now();
        assert_eq!(run(&session, Work::Unlock { pin: PIN }), said("unlocked"));
        let whole = started.elapsed();
        let mut trying = child::start(&session, Work::Unlock { pin: WRONG });
        std::thread::sleep(whole * (round + 1) / ROUNDS);
        trying.0.kill().unwrap();
        let answer = child::answer(&mut trying);
        let state = run(&session, Work::State);
        let counted = state == locked(id, 9);
        assert!(counted || (answer.is_none() && state == locked(id, 10)), "{answer:?}, {state:?}");
        killed += u32::from(answer.is_none());
    }
    assert!(killed >= ROUNDS / 3, "only {killed} were killed in time");
}

#[test]
fn ten_wrong_pins_erase() {
    let session = Session::start(Start::Unlocked);
    let id = with_vault(&session);
    for tries_left in (1..10).rev() {
        let answer = run(&session, Work::Unlock { pin: WRONG });
        assert_eq!(answer, refused(&Error::WrongPin { tries_left }));
    }
    let erased = Error::Erased { credential_ids: vec![id] };
    assert_eq!(run(&session, Work::Unlock { pin: WRONG }), refused(&erased));
    assert!(session.items().is_empty());
    assert_eq!(run(&session, Work::State), told(&State::NoVault));
    assert_eq!(run(&session, Work::Create { pin: PIN }), said("created"));
}

#[test]
fn a_kill_does_not_stop_the_erasure() {
    // Before the first deletion, and after each but the last.
    for after in 0..3 {
        let session = Session::start(Start::Unlocked);
        let id = with_vault(&session);
        (0..9).for_each(|_| drop(run(&session, Work::Unlock { pin: WRONG })));
        assert_eq!(run(&session, Work::DieErasing { pin: WRONG, after }), None);
        assert!(!session.items().is_empty());
        // Not even the right PIN gets another try.
        let erased = Error::Erased { credential_ids: vec![id] };
        assert_eq!(run(&session, Work::Unlock { pin: PIN }), refused(&erased));
        assert!(session.items().is_empty());
    }
}
