//! Changing an open vault: its PIN, names, order, removal, log, over a keyring in memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use std::sync::Arc;

use oath::{CredentialId, UnixTime};
use provisioning::{AppAsk, IssuerCard, PinPolicy};
use support::{
    frame::unframed,
    memory::{Change, Memory},
    sample::{NOW, device, link, new_credential, pin, rng},
};
use vault::{
    Costs, Enrolment, Error, LastState, LogEvent, LogLine, MAX_TRIES, Reason, State, TokenState,
    UnlockedVault, Vault,
};

const PIN: &str = "4826";
const NEW: &str = "7391";
const WRONG: &str = "4827";
const AT: UnixTime = UnixTime(NOW);

fn vault_in(memory: &Arc<Memory>) -> Vault {
    Vault::with_costs(memory.clone(), Costs::MINIMUM)
}

/// A vault with three credentials.
fn vault_of_three() -> (Arc<Memory>, Vault, UnlockedVault, [CredentialId; 3]) {
    let memory = Arc::new(Memory::default());
    let vault = vault_in(&memory);
    let mut open = vault.create(&pin(PIN), PinPolicy::default(), &mut rng()).unwrap();
    let ids = ["one", "two", "three"].map(|n| open.add(new_credential(n), &mut rng()).unwrap());
    memory.changes();
    (memory, vault, open, ids)
}

fn refusal<T>(result: Result<T, Error>) -> Error {
    result.err().expect("this is refused")
}

fn names(open: &UnlockedVault) -> Vec<&str> {
    open.credentials().iter().map(|held| held.name.as_str()).collect()
}

fn entry(id: CredentialId) -> String {
    format!("credential:{}", id.as_str())
}

fn wrote(entry: impl Into<String>) -> Change {
    Change::Wrote(entry.into())
}

fn no_power() -> Error {
    Error::KeyringFailed { reason: "no power".to_owned() }
}

fn tries_left(vault: &Vault) -> u8 {
    match vault.state().unwrap() {
        State::Locked { tries_left, .. } => tries_left,
        State::NoVault => panic!("there is a vault"),
    }
}

fn change(open: &mut UnlockedVault, old: &str, new: &str) -> Result<(), Error> {
    open.change_pin(&pin(old), &pin(new), PinPolicy::default(), &mut rng())
}

#[test]
fn a_new_pin_opens_and_the_old_one_does_not() {
    let (memory, vault, mut open, ids) = vault_of_three();
    let before = memory.entries();
    change(&mut open, PIN, NEW).unwrap();
    assert_eq!(memory.changes(), [wrote("attempts"), wrote("attempts"), wrote("vault")]);
    let after = memory.entries();
    assert!(ids.iter().all(|id| before[&entry(*id)] == after[&entry(*id)]), "nothing is resealed");
    assert_eq!(refusal(vault.unlock(&pin(PIN))), Error::WrongPin { tries_left: 9 });
    let again = vault.unlock(&pin(NEW)).unwrap();
    assert_eq!(names(&again), ["one", "two", "three"]);
    // What was open goes on, and may change it again.
    open.rename(ids[0], "first".parse().unwrap(), AT, &mut rng()).unwrap();
    change(&mut open, NEW, PIN).unwrap();
    assert_eq!(names(&vault.unlock(&pin(PIN)).unwrap()), ["first", "two", "three"]);
}

#[test]
fn a_new_pin_may_have_another_length_and_gets_new_costs_and_a_new_salt() {
    let (memory, _, mut open, _) = vault_of_three();
    let lock = || {
        let json = unframed(memory.entries()["vault"].as_bytes());
        let entry: serde_json::Value = serde_json::from_str(&json).unwrap();
        entry["lock"].clone()
    };
    let before = lock();
    open.change_pin(&pin(PIN), &pin("739164"), PinPolicy::new(6).unwrap(), &mut rng()).unwrap();
    let after = lock();
    assert_eq!(after["pin_length"], 6);
    assert_ne!(before["salt"], after["salt"]);
    assert_ne!(before["wrapped_key"], after["wrapped_key"]);
    assert_eq!(after["argon2id"]["memory_kib"], 19 * 1024);
    let later = Vault::new(memory.clone());
    let mut open = later.unlock(&pin("739164")).unwrap();
    open.change_pin(&pin("739164"), &pin(NEW), PinPolicy::default(), &mut rng()).unwrap();
    assert_eq!(lock()["argon2id"]["memory_kib"], 64 * 1024);
    assert!(later.unlock(&pin(NEW)).is_ok());
}

#[test]
fn a_new_pin_that_is_refused_counts_nothing() {
    let (memory, vault, mut open, _) = vault_of_three();
    assert_eq!(refusal(change(&mut open, PIN, "1234")), Error::TrivialPin);
    assert_eq!(refusal(change(&mut open, PIN, "73916")), Error::PinLength { expected: 4 });
    assert_eq!(refusal(change(&mut open, "48260", NEW)), Error::PinLength { expected: 4 });
    assert_eq!(refusal(change(&mut open, WRONG, "1234")), Error::TrivialPin);
    assert!(memory.changes().is_empty());
    assert_eq!(tries_left(&vault), 10);
}

#[test]
fn a_wrong_old_pin_counts_as_when_unlocking() {
    let (memory, vault, mut open, ids) = vault_of_three();
    for left in (4..MAX_TRIES).rev() {
        let refused = refusal(change(&mut open, WRONG, NEW));
        assert_eq!(refused, Error::WrongPin { tries_left: left });
        assert_eq!(memory.changes(), [wrote("attempts")]);
    }
    // A wrong PIN at the lock goes on from there, and the right one here forgives all.
    assert_eq!(refusal(vault.unlock(&pin(WRONG))), Error::WrongPin { tries_left: 3 });
    change(&mut open, PIN, NEW).unwrap();
    assert_eq!(tries_left(&vault), 10);

    (1..MAX_TRIES).for_each(|_| drop(refusal(change(&mut open, WRONG, PIN))));
    let erased = Error::Erased { credential_ids: ids.to_vec() };
    assert_eq!(refusal(change(&mut open, WRONG, PIN)), erased);
    assert!(memory.entries().is_empty());
    assert!(open.credentials().is_empty(), "nothing is left here either");
    assert_eq!(refusal(open.code_at(ids[0], AT)), Error::UnknownCredential);
    assert_eq!(refusal(open.add(new_credential("late"), &mut rng())), Error::NoVault);
    assert_eq!(refusal(change(&mut open, NEW, PIN)), Error::NoVault);
    assert!(memory.entries().is_empty());
}

#[test]
fn a_crash_while_the_pin_is_changed_leaves_the_old_one_or_the_new_one() {
    for survived in 0..=3 {
        let (memory, _, mut open, _) = vault_of_three();
        memory.pull_plug_after(survived);
        let changed = change(&mut open, PIN, NEW);
        memory.plug_in();
        let (good, bad) = if survived == 3 { (NEW, PIN) } else { (PIN, NEW) };
        assert_eq!(changed, if survived == 3 { Ok(()) } else { Err(no_power()) });
        let vault = vault_in(&memory);
        assert!(matches!(refusal(vault.unlock(&pin(bad))), Error::WrongPin { .. }));
        assert_eq!(names(&vault.unlock(&pin(good)).unwrap()), ["one", "two", "three"]);
        // A refused change leaves the open vault as it was.
        open.reorder(&open.credentials().iter().map(|c| c.id).collect::<Vec<_>>()).unwrap();
    }
}

#[test]
fn a_name_is_changed_by_one_write() {
    let (memory, vault, mut open, ids) = vault_of_three();
    let code = open.code_at(ids[1], AT).unwrap().expose_digits();
    open.rename(ids[1], "second".parse().unwrap(), UnixTime(NOW + 5), &mut rng()).unwrap();
    assert_eq!(memory.changes(), [wrote(entry(ids[1]))]);
    assert_eq!(names(&open), ["one", "second", "three"]);
    let open_again = vault.unlock(&pin(PIN)).unwrap();
    assert_eq!(names(&open_again), ["one", "second", "three"]);
    assert_eq!(open_again.code_at(ids[1], AT).unwrap().expose_digits(), code);
    let last = open_again.credentials()[1].log.last().unwrap();
    assert_eq!(*last, LogLine { at: UnixTime(NOW + 5), what: LogEvent::Renamed });

    memory.pull_plug_after(0);
    let name = || "never".parse().unwrap();
    assert_eq!(refusal(open.rename(ids[1], name(), AT, &mut rng())), no_power());
    memory.plug_in();
    assert_eq!(names(&open), ["one", "second", "three"]);
    let unknown = "CSST00000000".parse().unwrap();
    assert_eq!(refusal(open.rename(unknown, name(), AT, &mut rng())), Error::UnknownCredential);
}

#[test]
fn the_order_is_changed_by_one_write() {
    let (memory, vault, mut open, [one, two, three]) = vault_of_three();
    let codes = |open: &UnlockedVault| {
        [one, two, three].map(|id| open.code_at(id, AT).unwrap().expose_digits())
    };
    let before = codes(&open);
    open.reorder(&[three, one, two]).unwrap();
    assert_eq!(memory.changes(), [wrote("vault")]);
    assert_eq!(names(&open), ["three", "one", "two"]);
    assert_eq!(codes(&open), before, "each keeps its seed");
    assert_eq!(names(&vault.unlock(&pin(PIN)).unwrap()), ["three", "one", "two"]);
    memory.changes();

    let unknown: CredentialId = "CSST00000000".parse().unwrap();
    let others: [&[CredentialId]; 6] = [
        &[],
        &[one, two],
        &[one, two, two],
        &[one, two, three, three],
        &[one, two, three, unknown],
        &[one, two, unknown],
    ];
    for other in others {
        assert_eq!(refusal(open.reorder(other)), Error::OtherTokens, "{other:?}");
    }
    memory.pull_plug_after(0);
    assert_eq!(refusal(open.reorder(&[one, two, three])), no_power());
    memory.plug_in();
    assert!(memory.changes().is_empty());
    assert_eq!(names(&open), ["three", "one", "two"]);
}

#[test]
fn an_unreadable_one_stays_in_the_list_and_can_be_removed() {
    let (memory, vault, _open, [one, two, three]) = vault_of_three();
    memory.put(&entry(one), "AQAA");
    let mut open = vault.unlock(&pin(PIN)).unwrap();
    open.reorder(&[three, two]).unwrap();
    let listed = |vault: &Vault| match vault.state().unwrap() {
        State::Locked { credential_ids, .. } => credential_ids,
        State::NoVault => panic!("there is a vault"),
    };
    assert_eq!(listed(&vault), [three, two, one]);
    open.remove(one).unwrap();
    assert!(open.unreadable().is_empty());
    assert_eq!(listed(&vault), [three, two]);
    assert!(!memory.entries().contains_key(&entry(one)));
}

#[test]
fn what_is_removed_is_gone() {
    let (memory, vault, mut open, [one, two, three]) = vault_of_three();
    open.remove(two).unwrap();
    let changes = [wrote("vault"), Change::Deleted(entry(two))];
    assert_eq!(memory.changes(), changes, "the list first");
    assert_eq!(names(&open), ["one", "three"]);
    assert_eq!(refusal(open.code_at(two, AT)), Error::UnknownCredential);
    assert_eq!(refusal(open.remove(two)), Error::UnknownCredential);
    assert!(!memory.entries().contains_key(&entry(two)));
    assert_eq!(names(&vault.unlock(&pin(PIN)).unwrap()), ["one", "three"]);
    open.remove(one).unwrap();
    open.remove(three).unwrap();
    assert!(vault.unlock(&pin(PIN)).unwrap().credentials().is_empty());
    open.add(new_credential("new"), &mut rng()).unwrap();
    assert_eq!(names(&vault.unlock(&pin(PIN)).unwrap()), ["new"]);
}

#[test]
fn a_crash_while_one_is_removed_leaves_it_or_not() {
    for survived in 0..=2 {
        let (memory, vault, mut open, [_, two, _]) = vault_of_three();
        memory.pull_plug_after(survived);
        let removed = open.remove(two);
        memory.plug_in();
        assert_eq!(removed.is_ok(), survived > 0, "the list decides");
        let mut again = vault.unlock(&pin(PIN)).unwrap();
        assert!(again.unreadable().is_empty(), "nothing that is listed is missing");
        let left = if survived > 0 { vec!["one", "three"] } else { vec!["one", "two", "three"] };
        assert_eq!(names(&again), left);
        assert_eq!(names(&open), left);
        again.add(new_credential("next"), &mut rng()).unwrap();
    }
}

/// Every change of a vault that is gone, or that another one took the place of, is refused.
#[test]
fn nothing_brings_an_erased_vault_back() {
    let (memory, vault, mut open, [one, two, three]) = vault_of_three();
    (0..MAX_TRIES).for_each(|_| drop(refusal(vault.unlock(&pin(WRONG)))));
    let refuse_all = |open: &mut UnlockedVault| {
        let state = LastState { state: TokenState::Active, at: AT, sync_minute: None };
        let (link, _) = link("https://rx.example", "Example Clinic");
        let renamed = open.rename(one, "late".parse().unwrap(), AT, &mut rng());
        for refused in [
            renamed,
            open.reorder(&[three, two, one]),
            open.remove(one),
            change(open, PIN, NEW),
            open.set_last_state(one, state, &mut rng()),
            open.enrol_by_link(one, link, AT, &mut rng()),
            open.write_log(one, LogLine { at: AT, what: LogEvent::Renamed }, &mut rng()),
        ] {
            assert_eq!(refusal(refused), Error::NoVault);
        }
    };
    refuse_all(&mut open);
    assert!(memory.entries().is_empty());
    vault.create(&pin(PIN), PinPolicy::default(), &mut rng()).unwrap();
    let before = memory.entries();
    refuse_all(&mut open);
    assert_eq!(memory.entries(), before);
}

#[test]
fn the_log_tells_what_happened_and_what_the_server_said() {
    let (memory, vault, mut open, [id, ..]) = vault_of_three();
    let (link, _) = link("https://rx.example", "Example Clinic");
    open.enrol_by_link(id, link, UnixTime(NOW + 1), &mut rng()).unwrap();
    assert_eq!(memory.changes(), [wrote(entry(id))]);
    assert!(matches!(open.credentials()[0].enrolment, Enrolment::Pending(_)));
    let reason = Reason::new("the activation\nhas expired ");
    assert_eq!(reason.as_str(), "the activation has expired");
    let refused = LogLine { at: UnixTime(NOW + 2), what: LogEvent::Refused { reason } };
    open.write_log(id, refused.clone(), &mut rng()).unwrap();
    let (server, at) = ("https://rx.example/a".parse().unwrap(), UnixTime(NOW + 3));
    open.set_enrolment(id, Enrolment::Sent { server, at }, &mut rng()).unwrap();
    let syncing = |minute| LastState {
        state: TokenState::PendingSync,
        at: UnixTime(NOW + 4 + u64::from(minute)),
        sync_minute: Some(minute),
    };
    open.set_last_state(id, syncing(0), &mut rng()).unwrap();
    open.set_last_state(id, syncing(12), &mut rng()).unwrap();

    let host = || "rx.example".to_owned();
    let line = |seconds, what| LogLine { at: UnixTime(NOW + seconds), what };
    let pending = LogEvent::NowInState { state: TokenState::PendingSync };
    let expected = [
        line(0, LogEvent::Made),
        line(1, LogEvent::LinkUsed { host: host() }),
        refused,
        line(3, LogEvent::Sent { host: host() }),
        line(4, pending),
    ];
    for open in [open, vault.unlock(&pin(PIN)).unwrap()] {
        assert_eq!(open.credentials()[0].log, expected);
        assert_eq!(open.credentials()[0].last_state, Some(syncing(12)));
    }
}

#[test]
fn a_sending_that_fails_the_same_way_again_renews_its_line() {
    let (_, vault, mut open, [id, ..]) = vault_of_three();
    let failed = |seconds, reason| LogLine {
        at: UnixTime(NOW + seconds),
        what: LogEvent::NotSent { reason: Reason::new(reason) },
    };
    for (seconds, reason) in [(1, "no network"), (2, "no network"), (3, "hung up"), (4, "hung up")]
    {
        open.write_log(id, failed(seconds, reason), &mut rng()).unwrap();
    }
    let exported = LogLine { at: UnixTime(NOW + 5), what: LogEvent::ExportedUnderPassphrase };
    open.write_log(id, exported.clone(), &mut rng()).unwrap();
    open.write_log(id, exported.clone(), &mut rng()).unwrap();
    let open = vault.unlock(&pin(PIN)).unwrap();
    let expected = [failed(2, "no network"), failed(4, "hung up"), exported.clone(), exported];
    assert_eq!(open.credentials()[0].log[1..], expected);
}

#[test]
fn a_log_that_is_too_long_loses_its_oldest_lines() {
    let (memory, vault, mut open, [id, ..]) = vault_of_three();
    let longest = Reason::new(&"\u{1F511}".repeat(1_000));
    assert_eq!(longest.as_str().chars().count(), Reason::MAX_CHARACTERS);
    let line = |number| {
        let short = || Reason::new(&format!("short {number}"));
        let reason = if number % 7 == 0 { longest.clone() } else { short() };
        LogLine { at: UnixTime(NOW + number), what: LogEvent::NotSent { reason } }
    };
    for number in 1..100 {
        open.write_log(id, line(number), &mut rng()).unwrap();
        assert!(memory.entries()[&entry(id)].len() < 2_560);
    }
    let log = &open.credentials()[0].log;
    assert!(log.len() >= 8, "{}", log.len());
    let newest: Vec<_> = (1..100).map(line).collect();
    assert_eq!(log, &newest[newest.len() - log.len()..]);
    // Nothing but the log gives way: a long name finds its room.
    let long = "\u{1F511}".repeat(64);
    open.rename(id, long.parse().unwrap(), AT, &mut rng()).unwrap();
    let open = vault.unlock(&pin(PIN)).unwrap();
    assert_eq!(open.credentials()[0].name.as_str(), long);
    assert_eq!(open.credentials()[0].log.last().unwrap().what, LogEvent::Renamed);
}

#[test]
fn a_link_is_used_until_a_server_has_the_token() {
    let (_memory, _vault, mut open, [id, ..]) = vault_of_three();
    let (first, _) = link("https://rx.example", "First Clinic");
    let (second, server) = link("https://rx.example", "Second Clinic");
    let secret = provisioning::ActivationSecret::from_bytes(*second.secret.expose_bytes());
    open.enrol_by_link(id, first, AT, &mut rng()).unwrap();
    open.enrol_by_link(id, second, AT, &mut rng()).unwrap();
    assert_eq!(open.credentials()[0].issuer.as_ref().unwrap().as_str(), "Second Clinic");
    let sealed = open.seal_for_activation(id, &device(), &mut rng()).unwrap();
    let data = sealed.open_for_activation(&server, &secret).unwrap();
    assert_eq!(data.credential_id, id);

    // The same seed speaks for the token afterwards.
    let request = open.app_request(id, AppAsk::Status, AT).unwrap();
    assert_eq!(*request.check(&data.seed).unwrap().ask, AppAsk::Status);
    assert!(request.check(&oath::Seed::generate(&mut rng())).is_err());
    let card = IssuerCard { issuer: "Another".parse().unwrap(), key: server.public() };
    assert!(open.seal_to_card(id, &card, &device(), &mut rng()).is_ok());

    let sent = Enrolment::Sent { server: "https://rx.example".parse().unwrap(), at: AT };
    open.set_enrolment(id, sent, &mut rng()).unwrap();
    let (third, _) = link("https://rx.example", "Third Clinic");
    assert_eq!(refusal(open.enrol_by_link(id, third, AT, &mut rng())), Error::AlreadyEnrolled);
}

#[test]
fn the_next_code_is_the_one_after_the_step() {
    let (_memory, _vault, open, [id, ..]) = vault_of_three();
    let at = UnixTime(NOW + 29);
    let next = open.next_code_at(id, at).unwrap().expose_digits();
    assert_eq!(next, open.code_at(id, at.plus(1)).unwrap().expose_digits());
    assert_ne!(next, open.code_at(id, at).unwrap().expose_digits());
}
