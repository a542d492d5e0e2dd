//! A real gnome-keyring on its bad days: four different answers, and never a vault over a vault.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use support::{
    child::{self, Work, refused, run, told, unlocked_without},
    frame::{framed, unframed},
    session::{Screen, Session, Start},
};
use vault::{Error, State};

const PIN: &str = "4826";

#[test]
#[ignore = "the tests start this in processes of its own"]
fn work_of_a_child_process() {
    child::do_work();
}

/// A session whose keyring holds a vault with one credential.
fn with_vault(mut session: Session) -> (Session, State) {
    assert_eq!(run(&session, Work::Create { pin: PIN }).as_deref(), Some("created"));
    let id = run(&session, Work::Add { pin: PIN, name: "my phone" }).unwrap();
    session.restart_keyring(Start::Unlocked);
    let credential_ids = vec![id.parse().unwrap()];
    (session, State::Locked { tries_left: 10, pin_length: 4, credential_ids })
}

/// Whatever is asked, the answer is this error.
fn all_refused(session: &Session, error: &Error) {
    for work in [Work::State, Work::Create { pin: PIN }, Work::Unlock { pin: PIN }] {
        assert_eq!(run(session, work), refused(error), "{work:?}");
    }
}

#[test]
fn locked_and_nobody_to_ask() {
    let (mut session, state) = with_vault(Session::start(Start::Unlocked));
    session.restart_keyring(Start::Locked);
    all_refused(&session, &Error::KeyringLocked);
    session.restart_keyring(Start::Unlocked);
    assert_eq!(run(&session, Work::State), told(&state));
}

/// What is in a locked keyring, or is not, nobody can say.
#[test]
fn locked_and_empty_is_not_taken_for_empty() {
    let mut session = Session::start(Start::Unlocked);
    assert_eq!(run(&session, Work::State), told(&State::NoVault));
    session.restart_keyring(Start::Locked);
    all_refused(&session, &Error::KeyringLocked);
}

#[test]
fn no_keyring_on_the_bus() {
    let (mut session, state) = with_vault(Session::start(Start::Unlocked));
    session.stop_keyring();
    all_refused(&session, &Error::KeyringUnavailable);
    session.start_keyring(Start::Unlocked);
    assert_eq!(run(&session, Work::State), told(&state));
}

#[test]
fn no_bus() {
    let mut session = Session::start(Start::Absent);
    session.stop_bus();
    all_refused(&session, &Error::KeyringUnavailable);
    std::fs::remove_file(session.path("bus")).unwrap();
    all_refused(&session, &Error::KeyringUnavailable);
}

#[test]
fn the_question_is_dismissed() {
    let (mut session, state) = with_vault(Session::with_screen(Start::Unlocked));
    session.restart_keyring(Start::Locked);
    for work in [Work::State, Work::Create { pin: PIN }, Work::Unlock { pin: PIN }] {
        let answer = session.reply(work, Screen::dismiss_prompt);
        assert_eq!(answer, refused(&Error::PromptDismissed), "{work:?}");
    }
    session.restart_keyring(Start::Unlocked);
    assert_eq!(run(&session, Work::State), told(&state));
}

#[test]
fn the_question_is_answered() {
    let (mut session, state) = with_vault(Session::with_screen(Start::Unlocked));
    session.restart_keyring(Start::Locked);
    let answer = session.reply(Work::State, |screen| screen.answer_prompt("password"));
    assert_eq!(answer, told(&state));
}

#[test]
fn a_new_desktop_has_no_default_collection_yet() {
    let session = Session::with_screen(Start::Locked);
    assert_eq!(run(&session, Work::State), told(&State::NoVault));
    let create = Work::Create { pin: PIN };
    let answer = session.reply(create, Screen::dismiss_prompt);
    assert_eq!(answer, refused(&Error::PromptDismissed));
    let answer = session.reply(create, |screen| screen.choose_password_in_prompt("password"));
    assert_eq!(answer.as_deref(), Some("created"));
    assert_eq!(run(&session, Work::Unlock { pin: PIN }).as_deref(), Some("unlocked"));
}

#[test]
fn entries_that_are_not_what_was_written() {
    let (session, state) = with_vault(Session::start(Start::Unlocked));
    let State::Locked { credential_ids, .. } = &state else { panic!() };
    let credential = format!("credential:{}", credential_ids[0].as_str());
    let good = |entry: &str| session.items().into_iter().find(|(name, _)| name == entry).unwrap().1;
    let later = framed(r#"{"version":2,"anything":"else"}"#).into_bytes();
    let weak = framed(&unframed(&good("vault")).replace("65536", "1024")).into_bytes();

    for entry in ["vault", "attempts"] {
        let good = good(entry);
        let cut = good[..good.len() / 2].to_vec();
        let damaged = [b"".to_vec(), b"no base64!".to_vec(), vec![0xff, 0xfe], cut, weak.clone()];
        let error = Error::Damaged { entry: entry.to_owned() };
        let cases = damaged.into_iter().map(|value| (value, error.clone()));
        let error = Error::UnknownVersion { entry: entry.to_owned(), found: 2 };
        for (value, error) in cases.chain([(later.clone(), error)]) {
            session.put(entry, &value);
            all_refused(&session, &error);
            assert!(session.items().contains(&(entry.to_owned(), value)), "it is left as it is");
        }
        session.put(entry, &good);
        assert_eq!(run(&session, Work::State), told(&state));
    }

    let good = good(&credential);
    let mut changed = data_encoding::BASE64.decode(&good).unwrap();
    *changed.last_mut().unwrap() ^= 1;
    let changed = data_encoding::BASE64.encode(&changed).into_bytes();
    for value in [b"".to_vec(), vec![0xff], good[..good.len() / 2].to_vec(), changed] {
        session.put(&credential, &value);
        let error = Error::Damaged { entry: credential.clone() };
        assert_eq!(run(&session, Work::Unlock { pin: PIN }), unlocked_without(&[error]));
        assert!(session.items().contains(&(credential.clone(), value)), "it is left as it is");
    }
    session.put(&credential, b"AgAA");
    let error = Error::UnknownVersion { entry: credential.clone(), found: 2 };
    assert_eq!(run(&session, Work::Unlock { pin: PIN }), unlocked_without(&[error]));
    session.put(&credential, &good);
    assert_eq!(run(&session, Work::Unlock { pin: PIN }).as_deref(), Some("unlocked"));
}

#[test]
fn entries_that_are_gone_or_there_twice() {
    let (session, state) = with_vault(Session::start(Start::Unlocked));
    let items = session.items();
    for (entry, value) in &items {
        session.put_twin(entry, value);
    }
    all_refused(&session, &Error::Ambiguous { entry: "vault".to_owned() });
    assert_eq!(session.items().len(), 2 * items.len());
    for (entry, value) in &items {
        session.remove(entry);
        session.put(entry, value);
    }
    assert_eq!(run(&session, Work::State), told(&state));
    // Without the count there are no fresh tries.
    session.remove("attempts");
    all_refused(&session, &Error::Damaged { entry: "attempts".to_owned() });
}
