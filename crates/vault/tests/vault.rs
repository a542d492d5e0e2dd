//! The vault over a keyring in memory: what a real one cannot be made to do on purpose.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use std::sync::Arc;

use oath::UnixTime;
use proptest::prelude::*;
use provisioning::{IssuerCard, PinPolicy, SealedToken};
use support::{
    memory::{Change, Memory},
    sample::{NOW, device, link, new_credential, pin, rng},
};
use vault::{Costs, Enrolment, Error, KeyringError, MAX_TRIES, State, UnlockedVault, Vault};

const PIN: &str = "4826";
const WRONG: &str = "4827";

/// The cheapest costs that are read at all.
fn vault_in(memory: &Arc<Memory>) -> Vault {
    Vault::with_costs(memory.clone(), Costs::MINIMUM)
}

fn new_vault() -> (Arc<Memory>, Vault, UnlockedVault) {
    let memory = Arc::new(Memory::default());
    let vault = vault_in(&memory);
    let open = vault.create(&pin(PIN), PinPolicy::default(), &mut rng()).unwrap();
    (memory, vault, open)
}

fn refusal<T>(result: Result<T, Error>) -> Error {
    result.err().expect("this is refused")
}

fn tries_left(vault: &Vault) -> u8 {
    match vault.state().unwrap() {
        State::Locked { tries_left, .. } => tries_left,
        State::NoVault => panic!("there is a vault"),
    }
}

#[test]
fn a_credential_gives_the_codes_of_its_seed() {
    let (memory, vault, mut open) = new_vault();
    let first = open.add(new_credential("my phone"), &mut rng()).unwrap();
    let second = open.add(new_credential("my tablet"), &mut rng()).unwrap();
    let at = UnixTime(NOW);
    let code = |open: &UnlockedVault, id| open.code_at(id, at).unwrap().expose_digits();
    let codes = [code(&open, first), code(&open, second)];
    drop(open);

    let open = vault.unlock(&pin(PIN)).unwrap();
    assert_eq!([code(&open, first), code(&open, second)], codes);
    let names: Vec<_> = open.credentials().iter().map(|held| held.name.as_str()).collect();
    assert_eq!(names, ["my phone", "my tablet"]);
    let State::Locked { credential_ids, .. } = vault.state().unwrap() else { panic!() };
    assert_eq!(credential_ids, [first, second]);
    assert_eq!(memory.entries().len(), 4);
    assert_eq!(
        refusal(open.code_at("CSST00000000".parse().unwrap(), at)),
        Error::UnknownCredential
    );
}

#[test]
fn provisioning_data_carry_the_same_seed() {
    let (_memory, vault, mut open) = new_vault();
    let (link, server) = link("https://rx.example", "Example Clinic");
    let secret = *link.secret.expose_bytes();
    let mut new = new_credential("my phone");
    new.enrolment = Enrolment::Pending(link);
    let id = open.add(new, &mut rng()).unwrap();
    // Sending may be tried again by a later process.
    drop(open);
    let mut open = vault.unlock(&pin(PIN)).unwrap();
    let at = UnixTime(NOW);
    let code = open.code_at(id, at).unwrap().expose_digits();
    let same_codes = |data: &provisioning::ProvisioningData| {
        assert_eq!(data.credential_id, id);
        assert_eq!(data.totp.code_at(&data.seed, at).expose_digits(), code);
        assert_eq!((data.name.as_str(), data.platform.as_str()), ("my phone", "linux"));
    };

    let sealed = open.seal_for_activation(id, &device(), &mut rng()).unwrap();
    let secret = provisioning::ActivationSecret::from_bytes(secret);
    let sealed = SealedToken::parse(&sealed.to_text()).unwrap();
    same_codes(&sealed.open_for_activation(&server, &secret).unwrap());

    let card = IssuerCard { issuer: "Another".parse().unwrap(), key: server.public() };
    let sealed = open.seal_to_card(id, &card, &device(), &mut rng()).unwrap();
    same_codes(&sealed.open_with_card_key(&server).unwrap());

    let sent = Enrolment::Sent { server: "https://rx.example".parse().unwrap(), at };
    open.set_enrolment(id, sent, &mut rng()).unwrap();
    let open = vault.unlock(&pin(PIN)).unwrap();
    assert!(matches!(open.credentials()[0].enrolment, Enrolment::Sent { at: UnixTime(NOW), .. }));
    assert_eq!(open.code_at(id, at).unwrap().expose_digits(), code);
    let again = open.seal_for_activation(id, &device(), &mut rng());
    assert_eq!(refusal(again), Error::NoPendingEnrolment);
}

/// Two PINs: any two, the same one twice, or two that differ in one digit.
fn right_and_other() -> impl Strategy<Value = (String, String)> {
    ("[0-9]{4,8}", "[0-9]{4,8}", 0..8_usize, "[0-9]", 0..3_u8).prop_map(
        |(right, any, place, digit, kind)| {
            let place = place % right.len();
            let mut near = right.clone();
            near.replace_range(place..=place, &digit);
            let other = match kind {
                0 => any,
                1 => right.clone(),
                _ => near,
            };
            (right, other)
        },
    )
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(100))]

    #[test]
    fn a_wrong_pin_never_opens_and_the_right_one_always_does(
        (right, other) in right_and_other()
    ) {
        let policy = PinPolicy::new(pin(&right).length()).unwrap();
        prop_assume!(pin(&right).check_new(policy).is_ok());
        let vault = vault_in(&Arc::default());
        vault.create(&pin(&right), policy, &mut rng()).unwrap();
        match vault.unlock(&pin(&other)) {
            Ok(_) => prop_assert_eq!(&right, &other),
            Err(Error::WrongPin { tries_left }) => {
                prop_assert_ne!(&right, &other);
                prop_assert_eq!(tries_left, 9);
            }
            Err(Error::PinLength { expected }) => {
                prop_assert_ne!(right.len(), other.len());
                prop_assert_eq!(usize::from(expected), right.len());
                prop_assert_eq!(tries_left(&vault), 10);
            }
            Err(error) => prop_assert!(false, "{error}"),
        }
        prop_assert!(vault.unlock(&pin(&right)).is_ok());
        prop_assert_eq!(tries_left(&vault), 10);
    }
}

#[test]
fn nine_wrong_pins_are_forgiven_by_a_right_one() {
    let (_memory, vault, _open) = new_vault();
    for left in (1..MAX_TRIES).rev() {
        assert_eq!(refusal(vault.unlock(&pin(WRONG))), Error::WrongPin { tries_left: left });
        assert_eq!(tries_left(&vault), left);
    }
    assert!(vault.unlock(&pin(PIN)).is_ok());
    assert_eq!(tries_left(&vault), 10);
}

#[test]
fn the_tenth_wrong_pin_erases() {
    let (memory, vault, mut open) = new_vault();
    let id = open.add(new_credential("my phone"), &mut rng()).unwrap();
    for _ in 1..MAX_TRIES {
        refusal(vault.unlock(&pin(WRONG)));
    }
    let erased = Error::Erased { credential_ids: vec![id] };
    assert_eq!(refusal(vault.unlock(&pin(WRONG))), erased);
    assert!(memory.entries().is_empty());
    assert_eq!(vault.state().unwrap(), State::NoVault);
    // What was open must not bring it back.
    assert_eq!(refusal(open.add(new_credential("late"), &mut rng())), Error::NoVault);
    assert_eq!(refusal(open.set_enrolment(id, Enrolment::None, &mut rng())), Error::NoVault);
    assert!(memory.entries().is_empty());
    assert!(vault.create(&pin(PIN), PinPolicy::default(), &mut rng()).is_ok());
    assert_eq!(refusal(open.add(new_credential("late"), &mut rng())), Error::NoVault);
}

#[test]
fn an_attempt_is_written_before_it_is_judged() {
    let (memory, vault, _open) = new_vault();
    let counted = || Change::Wrote("attempts".to_owned());
    memory.changes();
    assert!(vault.unlock(&pin(PIN)).is_ok());
    assert_eq!(memory.changes(), [counted(), counted()], "counted, then forgiven");
    refusal(vault.unlock(&pin(WRONG)));
    assert_eq!(memory.changes(), [counted()]);

    // What cannot be counted is not judged, right or wrong.
    memory.pull_plug_after(0);
    let no_power = Error::KeyringFailed { reason: "no power".to_owned() };
    assert_eq!(refusal(vault.unlock(&pin(PIN))), no_power);
    assert_eq!(refusal(vault.unlock(&pin(WRONG))), no_power);
    // Killed when it was counted, it has been counted.
    memory.pull_plug_after(1);
    assert_eq!(refusal(vault.unlock(&pin(PIN))), no_power);
    memory.plug_in();
    assert_eq!(tries_left(&vault), 8);
}

/// The derivation takes the time; the count is there before it begins.
#[test]
#[expect(clippy::disallowed_methods, reason = "what is measured is elapsed time")]
fn an_attempt_is_written_before_the_derivation() {
    struct Stopwatch {
        memory: Memory,
        counted: std::sync::Mutex<Option<std::time::Instant>>,
    }
    impl vault::Keyring for Stopwatch {
        fn read(&self, entry: &str) -> Result<Option<zeroize::Zeroizing<String>>, KeyringError> {
            self.memory.read(entry)
        }
        fn write(&self, entry: &str, value: &str) -> Result<(), KeyringError> {
            *self.counted.lock().unwrap() = Some(std::time::Instant::now());
            self.memory.write(entry, value)
        }
        fn delete(&self, entry: &str) -> Result<(), KeyringError> {
            self.memory.delete(entry)
        }
    }
    let keyring = Arc::new(Stopwatch { memory: Memory::default(), counted: None.into() });
    let costly = Costs::new(256 * 1024, 3, 1).unwrap();
    let vault = Vault::with_costs(keyring.clone(), costly);
    vault.create(&pin(PIN), PinPolicy::default(), &mut rng()).unwrap();
    let started = std::time::Instant::now();
    refusal(vault.unlock(&pin(WRONG)));
    let counted = keyring.counted.lock().unwrap().unwrap();
    assert!(counted - started < counted.elapsed(), "counted late: {:?}", counted - started);
}

/// Pulls the plug after each change of the erasure in turn.
#[test]
fn erasing_is_finished_after_a_crash() {
    // The tenth attempt's count, then the vault without its key, two credentials, two entries.
    let changes = 6;
    for survived in 0..=changes {
        let (memory, vault, mut open) = new_vault();
        let ids = [(); 2].map(|()| open.add(new_credential("a"), &mut rng()).unwrap());
        for _ in 1..MAX_TRIES {
            refusal(vault.unlock(&pin(WRONG)));
        }
        memory.pull_plug_after(survived);
        let answer = refusal(vault.unlock(&pin(WRONG)));
        memory.plug_in();
        let vault = vault_in(&memory);
        let erased = Error::Erased { credential_ids: ids.to_vec() };
        match survived {
            0 => assert_eq!(tries_left(&vault), 1, "not counted, not judged"),
            _ if survived == changes => assert_eq!(answer, erased),
            // No further try, not even with the right PIN, and the IDs are still known.
            _ if survived % 2 == 0 => assert_eq!(refusal(vault.unlock(&pin(PIN))), erased),
            _ => assert_eq!(refusal(vault.state()), erased),
        }
        if survived > 0 {
            assert!(memory.entries().is_empty(), "{:?}", memory.entries().keys());
            assert_eq!(vault.state().unwrap(), State::NoVault);
            assert!(vault.create(&pin(PIN), PinPolicy::default(), &mut rng()).is_ok());
        }
    }
}

#[test]
fn a_crash_while_it_is_made_leaves_none_or_all_of_it() {
    for survived in 0..=2 {
        let memory = Arc::new(Memory::default());
        memory.pull_plug_after(survived);
        let vault = vault_in(&memory);
        let made = vault.create(&pin(PIN), PinPolicy::default(), &mut rng());
        memory.plug_in();
        assert_eq!(made.is_ok(), survived == 2);
        if made.is_err() {
            assert_eq!(vault.state().unwrap(), State::NoVault);
            vault.create(&pin(PIN), PinPolicy::default(), &mut rng()).unwrap();
        }
        assert!(vault.unlock(&pin(PIN)).is_ok());
    }
}

#[test]
fn a_crash_while_a_credential_is_added_loses_nothing_confirmed() {
    for survived in 0..=2 {
        let (memory, vault, mut open) = new_vault();
        let first = open.add(new_credential("first"), &mut rng()).unwrap();
        memory.pull_plug_after(survived);
        let second = open.add(new_credential("second"), &mut rng());
        memory.plug_in();
        assert_eq!(second.is_ok(), survived == 2);
        let mut open = vault.unlock(&pin(PIN)).unwrap();
        assert_eq!(open.credentials()[0].id, first);
        assert_eq!(open.credentials().len(), if survived == 2 { 2 } else { 1 });
        open.add(new_credential("third"), &mut rng()).unwrap();
        assert!(open.unreadable().is_empty());
    }
}

#[test]
fn a_keyring_that_does_not_answer_is_never_taken_for_an_empty_one() {
    let failed = || "it said so".to_owned();
    let answers = [
        (KeyringError::Locked, Error::KeyringLocked),
        (KeyringError::Unavailable, Error::KeyringUnavailable),
        (KeyringError::PromptDismissed, Error::PromptDismissed),
        (KeyringError::NotText, Error::Damaged { entry: "vault".to_owned() }),
        (KeyringError::Ambiguous, Error::Ambiguous { entry: "vault".to_owned() }),
        (KeyringError::Failed { reason: failed() }, Error::KeyringFailed { reason: failed() }),
    ];
    let (memory, vault, _open) = new_vault();
    let before = memory.entries();
    for (refused, error) in answers {
        memory.refuse(Some(refused));
        assert_eq!(refusal(vault.state()), error);
        assert_eq!(refusal(vault.unlock(&pin(PIN))), error);
        assert_eq!(refusal(vault.create(&pin(PIN), PinPolicy::default(), &mut rng())), error);
    }
    memory.refuse(None);
    assert_eq!(memory.entries(), before);
}

#[test]
fn makes_none_with_a_pin_that_is_refused() {
    let memory = Arc::new(Memory::default());
    let vault = vault_in(&memory);
    let made = vault.create(&pin("1234"), PinPolicy::default(), &mut rng());
    assert_eq!(refusal(made), Error::TrivialPin);
    let made = vault.create(&pin("482604"), PinPolicy::default(), &mut rng());
    assert_eq!(refusal(made), Error::PinLength { expected: 4 });
    assert!(memory.entries().is_empty());
    assert_eq!(refusal(vault.unlock(&pin(PIN))), Error::NoVault);
}
