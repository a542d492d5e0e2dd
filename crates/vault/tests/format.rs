//! Format 1 as `docs/vault.md` pins it, so that no upgrade strands anyone, and its limits.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use std::{collections::BTreeMap, sync::Arc};

use data_encoding::BASE64;
use oath::{CredentialId, UnixTime};
use provisioning::{Label, OtpKind, PinPolicy};
use serde_json::Value;
use support::{
    frame::{framed, unframed},
    memory::Memory,
    sample::{link, new_credential, pin, rng},
};
use vault::{Costs, CredentialKind, Enrolment, Error, State, Vault};

const PIN: &str = "4826";
const DOCUMENT: &str = include_str!("../../../docs/vault.md");

fn block(name: &str) -> Value {
    let start = format!("```json {name}\n");
    let (_, after) = DOCUMENT.split_once(&start).unwrap();
    serde_json::from_str(after.split_once("```").unwrap().0).unwrap()
}

fn documented() -> Arc<Memory> {
    let memory = Memory::default();
    let entries: BTreeMap<String, String> = serde_json::from_value(block("entries")).unwrap();
    entries.iter().for_each(|(name, value)| memory.put(name, value));
    Arc::new(memory)
}

#[test]
fn the_documented_vault_opens() {
    let (memory, opened) = (documented(), block("opened"));
    let before = memory.entries();
    let open = Vault::new(memory.clone()).unlock(&pin(opened["pin"].as_str().unwrap())).unwrap();
    let at = UnixTime(opened["at"].as_u64().unwrap());
    let codes: BTreeMap<String, String> = serde_json::from_value(opened["codes"].clone()).unwrap();
    assert_eq!(open.credentials().len(), codes.len());
    for credential in open.credentials() {
        let id = credential.id.as_str();
        if credential.totp().is_some() {
            assert_eq!(open.code_at(credential.id, at).unwrap().expose_digits(), codes[id]);
        }
        let written = &opened["credentials"][id];
        assert_eq!(credential.name.as_str(), written["name"]);
        assert_eq!(credential.issuer.as_ref().map(Label::as_str), written["issuer"].as_str());
        assert_eq!(serde_json::to_value(credential.totp()).unwrap(), written["totp"]);
        if let CredentialKind::Other(OtpKind::Hotp { hotp, counter }) = credential.kind {
            let mut counted = serde_json::to_value(hotp).unwrap();
            counted["counter"] = counter.into();
            assert_eq!(counted, written["hotp"]);
        }
        assert_eq!(credential.is_own(), id.starts_with("CSST"));
        assert_eq!(serde_json::to_value(credential.last_state).unwrap(), written["last_state"]);
        assert_eq!(serde_json::to_value(&credential.log).unwrap(), written["log"]);
        assert_eq!(credential.created.0, written["created"]);
        match &credential.enrolment {
            Enrolment::None => assert!(written["pending"].is_null() && written["sent"].is_null()),
            Enrolment::Pending(link) => {
                let pending = &written["pending"];
                assert_eq!(link.server.to_string(), pending["server"]);
                assert_eq!(link.issuer.as_str(), pending["issuer"]);
                assert_eq!(serde_json::to_value(link.key).unwrap(), pending["key"]);
                assert_eq!(link.activation.to_string(), pending["activation"]);
                assert_eq!(BASE64.encode(link.secret.expose_bytes()), pending["secret"]);
                assert_eq!(link.expires.0, pending["expires"]);
                assert_eq!(link.pin.length(), pending["pin_length"]);
            }
            Enrolment::Sent { server, at } => {
                assert_eq!(server.to_string(), written["sent"]["server"]);
                assert_eq!(at.0, written["sent"]["at"]);
            }
        }
    }
    assert_eq!(memory.entries(), before);

    let counted = open.credentials().iter().find(|held| held.totp().is_none()).unwrap().id;
    let mut open = open;
    let code = open.next_counter_code(counted, &mut rng()).unwrap();
    assert_eq!(code.expose_digits(), codes[counted.as_str()]);
}

#[test]
fn the_list_gives_the_order() {
    let State::Locked { credential_ids, pin_length, .. } =
        Vault::new(documented()).state().unwrap()
    else {
        panic!()
    };
    let listed = ["CSST0784E3TX", "CSSTJTTK51GT", "OTHR5V8ZC1F2", "OTHRDQCK0VCD"]
        .map(|id| id.parse::<CredentialId>().unwrap());
    assert_eq!(credential_ids, listed);
    assert_eq!(pin_length, 4);
}

/// Replaces a part of the JSON of the entry `vault`.
fn with_changed_vault(part: &str, by: &str) -> Arc<Memory> {
    let memory = documented();
    let json = unframed(memory.take("vault").unwrap().as_bytes());
    assert!(json.contains(part), "{json}");
    memory.put("vault", &framed(&json.replace(part, by)));
    memory
}

#[test]
fn what_the_format_does_not_allow_is_damage() {
    let changes = [
        // A weaker derivation than is ever written, and one that would freeze the device.
        (r#""memory_kib":65536"#, r#""memory_kib":19455"#),
        (r#""passes":3"#, r#""passes":1"#),
        (r#""lanes":1"#, r#""lanes":0"#),
        (r#""memory_kib":65536"#, r#""memory_kib":1048577"#),
        (r#""passes":3"#, r#""passes":4000000000"#),
        (r#""lanes":1"#, r#""lanes":5"#),
        (r#""pin_length":4"#, r#""pin_length":3"#),
        (r#""salt":"uym/"#, r#""salt":""#),
        ("argon2id", "argon2i"),
        (r#""lock""#, r#""look""#),
        (r#""CSSTJTTK51GT""#, r#""CSST""#),
        (r#""version":1"#, r#""version":"1""#),
    ];
    for (part, by) in changes {
        let memory = with_changed_vault(part, by);
        let before = memory.entries();
        let vault = Vault::new(memory.clone());
        let damaged = Error::Damaged { entry: "vault".to_owned() };
        assert_eq!(vault.state(), Err(damaged.clone()), "{by}");
        assert_eq!(vault.unlock(&pin(PIN)).err(), Some(damaged.clone()), "{by}");
        let made = vault.create(&pin(PIN), PinPolicy::default(), &mut rng());
        assert_eq!(made.err(), Some(damaged), "{by}");
        assert_eq!(memory.entries(), before, "{by}");
    }
}

/// A PIN that cannot fit any more must not use up the tries: the tenth would erase everything.
#[test]
fn an_entry_that_rotted_is_damage_and_no_wrong_pin() {
    let whole = documented().entries();
    for entry in ["vault", "attempts"] {
        let value = BASE64.decode(whole[entry].as_bytes()).unwrap();
        for bit in 0..value.len() * 8 {
            let memory = documented();
            let mut rotten = value.clone();
            rotten[bit / 8] ^= 1 << (bit % 8);
            memory.put(entry, &BASE64.encode(&rotten));
            let before = memory.entries();
            let error = Vault::new(memory.clone()).unlock(&pin(PIN)).err();
            assert_eq!(error, Some(Error::Damaged { entry: entry.to_owned() }), "bit {bit}");
            assert_eq!(memory.entries(), before, "bit {bit}");
        }
    }
}

#[test]
fn a_later_version_asks_for_an_update() {
    let vault = Vault::new(with_changed_vault(r#""version":1,"#, r#""version":2,"more":{},"#));
    let error = vault.state().unwrap_err();
    assert_eq!(error, Error::UnknownVersion { entry: "vault".to_owned(), found: 2 });
    assert!(error.to_string().contains("update the app"), "{error}");
}

/// Each seal says whose it is: the entries of two credentials cannot change places.
#[test]
fn an_entry_does_not_pass_for_another_one() {
    let memory = documented();
    let (first, second) = ("credential:CSST0784E3TX", "credential:CSSTJTTK51GT");
    memory.put(second, &memory.entries()[first]);
    let open = Vault::new(memory.clone()).unlock(&pin(PIN)).unwrap();
    assert_eq!(open.credentials().len(), 3, "those that are whole can still be used");
    assert_eq!(open.unreadable().len(), 1);
    assert_eq!(open.unreadable()[0].id, "CSSTJTTK51GT".parse().unwrap());
    assert_eq!(open.unreadable()[0].error, Error::Damaged { entry: second.to_owned() });
    for entry in [first, "credential:OTHR5V8ZC1F2", "credential:OTHRDQCK0VCD"] {
        memory.take(entry);
    }
    // None is left, but a new one can be added: a replacement must not meet a shut door.
    let mut open = Vault::new(memory.clone()).unlock(&pin(PIN)).unwrap();
    assert_eq!((open.credentials().len(), open.unreadable().len()), (0, 4));
    open.add(new_credential("replacement"), &mut rng()).unwrap();
    let open = Vault::new(memory.clone()).unlock(&pin(PIN)).unwrap();
    assert_eq!((open.credentials().len(), open.unreadable().len()), (1, 4));
    // Adding keeps the damaged ones in the list.
    memory.put(first, &documented().entries()[first]);
    let mut open = Vault::new(memory).unlock(&pin(PIN)).unwrap();
    open.add(new_credential("third"), &mut rng()).unwrap();
    assert_eq!(open.unreadable().len(), 3);
}

#[test]
fn the_longest_of_everything_fits() {
    let memory = Arc::new(Memory::default());
    let vault = Vault::with_costs(memory.clone(), Costs::MINIMUM);
    let mut open = vault.create(&pin(PIN), PinPolicy::default(), &mut rng()).unwrap();
    let longest_name = "\u{1F511}".repeat(Label::MAX_CHARACTERS);
    let longest_server = format!("https://rx.example/{}", "p".repeat(512 - 19));
    let (link, _) = link(&longest_server, &longest_name);
    let mut new = new_credential(&longest_name);
    new.issuer = Some(longest_name.parse().unwrap());
    new.enrolment = Enrolment::Pending(link);
    let id = open.add(new, &mut rng()).unwrap();
    let length = memory.entries()[&format!("credential:{}", id.as_str())].len();
    assert!(length < 2_560, "{length}");
    let open = vault.unlock(&pin(PIN)).unwrap();
    let Enrolment::Pending(link) = &open.credentials()[0].enrolment else { panic!() };
    assert_eq!(link.server.to_string(), longest_server);
}

#[test]
fn a_list_that_is_too_long_is_refused_and_nothing_is_lost() {
    let memory = Arc::new(Memory::default());
    let vault = Vault::with_costs(memory.clone(), Costs::MINIMUM);
    let mut open = vault.create(&pin(PIN), PinPolicy::default(), &mut rng()).unwrap();
    let refused = loop {
        if let Err(error) = open.add(new_credential("one of many"), &mut rng()) {
            break error;
        }
    };
    assert_eq!(refused, Error::TooLarge);
    let held = open.credentials().len();
    assert!(held >= 100, "{held}");
    assert_eq!(memory.entries().len(), held + 2, "nothing half written");
    assert_eq!(vault.unlock(&pin(PIN)).unwrap().credentials().len(), held);
}
