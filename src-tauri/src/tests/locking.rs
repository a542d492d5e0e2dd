//! What a locked app refuses, and when it locks.

use vault::KeyringError;
use zeroize::Zeroizing;

use super::{PIN, TestDevice, TestServer, after, enrol_first};
use crate::{
    problem::Problem,
    session::{Session, views::VaultView},
};

fn is_locked(session: &mut Session) -> bool {
    matches!(session.status(after(0).unix()).unwrap().vault, VaultView::Locked { .. })
}

#[test]
fn locked_nothing_that_needs_a_seed_is_done() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let id = enrol_first(&mut device.start(), &server.link());

    let mut session = device.start();
    assert_eq!(session.codes(after(0)).err(), Some(Problem::Locked));
    assert_eq!(session.code_digits(id, after(0)).err(), Some(Problem::Locked));
    assert_eq!(session.shown_credential_id(id).err(), Some(Problem::Locked));
    assert_eq!(session.parcel(id).err(), Some(Problem::Locked));
    assert_eq!(
        session.make_export(id, Some(&server.card()), after(0)).err(),
        Some(Problem::Locked)
    );
    assert_eq!(session.make_export(id, None, after(0)).err(), Some(Problem::Locked));
    assert_eq!(session.last_export().err(), Some(Problem::Locked));

    session.use_link(&server.link().to_text(), after(0)).unwrap();
    assert_eq!(session.name_token("Second").err(), Some(Problem::Locked));
    assert!(session.enrol(after(0)).is_err());
}

#[test]
fn unlocked_it_makes_the_same_codes_in_another_start() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut first = device.start();
    let id = enrol_first(&mut first, &server.link());
    let code = first.code_digits(id, after(30)).unwrap();

    let mut second = device.start();
    second.unlock(PIN, after(40)).unwrap();
    assert_eq!(second.code_digits(id, after(30)).unwrap(), code);
    let codes = second.codes(after(30)).unwrap();
    assert_eq!((codes.len(), codes[0].id, &codes[0].digits), (1, id, &code));
}

#[test]
fn locks_after_five_idle_minutes_and_not_before() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    enrol_first(&mut session, &server.link());
    assert!(!session.lock_if_idle(after(299)));
    session.touch(after(299));
    assert!(!session.lock_if_idle(after(300)));
    assert!(!session.lock_if_idle(after(598)));
    assert!(session.lock_if_idle(after(599)));
    assert!(is_locked(&mut session));
    assert!(!session.lock_if_idle(after(2000)), "it locks once");
}

#[test]
fn locking_forgets_the_export_and_a_chosen_pin() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let id = enrol_first(&mut session, &server.link());
    session.make_export(id, Some(&server.card()), after(0)).unwrap();
    session.lock();
    session.unlock(PIN, after(0)).unwrap();
    assert_eq!(session.last_export().err(), Some(Problem::NoExport));

    let mut session = TestDevice::new().start();
    session.use_link(&server.link().to_text(), after(0)).unwrap();
    session.choose_pin(Zeroizing::new(PIN.to_owned())).unwrap();
    session.lock();
    let repeated = session.repeat_pin(&Zeroizing::new(PIN.to_owned()));
    assert_eq!(repeated, Err(Problem::PinMismatch));
}

#[test]
fn ten_wrong_pins_erase_and_the_next_start_says_so() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let id = enrol_first(&mut device.start(), &server.link());

    let mut session = device.start();
    for tries_left in (1..10).rev() {
        assert_eq!(session.unlock("1111", after(0)), Err(Problem::WrongPin { tries_left }));
    }
    assert_eq!(session.unlock("1111", after(0)), Err(Problem::Erased));
    for mut session in [session, device.start()] {
        let VaultView::Erased { known } = session.status(after(0).unix()).unwrap().vault else {
            panic!("not told");
        };
        let known = serde_json::to_value(&known).unwrap();
        assert_eq!(known[0]["shown"], id.to_string());
    }
}

/// Also where the data folder cannot be written, and nothing was ever noted.
#[test]
fn what_was_erased_can_be_quoted_without_a_note() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let id = enrol_first(&mut device.start(), &server.link());
    device.lose_data_folder();
    let mut session = device.start();
    for _ in 0..10 {
        assert!(session.unlock("1111", after(0)).is_err());
    }
    let VaultView::Erased { known } = session.status(after(0).unix()).unwrap().vault else {
        panic!("not told");
    };
    assert_eq!(serde_json::to_value(&known).unwrap()[0]["shown"], id.to_string());
}

#[test]
fn a_pin_of_another_length_does_not_count() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    enrol_first(&mut device.start(), &server.link());
    let mut session = device.start();
    assert_eq!(session.unlock("11111", after(0)), Err(Problem::PinLength { expected: 4 }));
    for text in ["", "12a4", &"1".repeat(100_000)] {
        assert_eq!(session.unlock(text, after(0)), Err(Problem::PinDigits), "{}", text.len());
    }
    assert_eq!(session.unlock("1111", after(0)), Err(Problem::WrongPin { tries_left: 9 }));
}

#[test]
fn each_bad_day_of_the_keyring_is_told_apart_and_passes() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    enrol_first(&mut device.start(), &server.link());
    let mut session = device.start();
    let silent = Problem::KeyringAbsent { reason: "it did not answer".to_owned() };
    let reason = "out of order".to_owned();
    let failed = KeyringError::Failed { reason: reason.clone() };
    for (error, problem) in [
        (KeyringError::Locked, Problem::KeyringLocked),
        (KeyringError::PromptDismissed, Problem::PromptDismissed),
        (KeyringError::Unavailable, silent),
        (failed, Problem::KeyringFailed { reason }),
    ] {
        device.keyring.refuse(error);
        assert_eq!(session.status(after(0).unix()).err(), Some(problem));
        device.keyring.refuse(None);
        assert!(is_locked(&mut session));
    }
}

#[test]
fn an_emptied_keyring_is_no_fresh_start_unless_on_purpose() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let id = enrol_first(&mut device.start(), &server.link());
    device.keyring.empty();

    let mut session = device.start();
    let VaultView::Emptied { known } = session.status(after(0).unix()).unwrap().vault else {
        panic!("greeted as a stranger");
    };
    assert_eq!(serde_json::to_value(&known).unwrap()[0]["shown"], id.to_string());
    session.use_link(&server.link().to_text(), after(0)).unwrap();
    assert_eq!(session.name_token("Phone").err(), Some(Problem::KeyringEmptied));

    session.set_up_anew();
    assert!(matches!(session.status(after(0).unix()).unwrap().vault, VaultView::None));
    let new = enrol_first(&mut session, &server.link());
    assert_ne!(new, id);
}

#[test]
fn a_lost_note_is_written_again_at_the_next_unlock() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    enrol_first(&mut device.start(), &server.link());
    std::fs::remove_file(device.folder().join("known-tokens.json")).unwrap();
    device.start().unlock(PIN, after(0)).unwrap();
    device.keyring.empty();
    let status = device.start().status(after(0).unix()).unwrap();
    assert!(matches!(status.vault, VaultView::Emptied { known } if known.len() == 1));
}
