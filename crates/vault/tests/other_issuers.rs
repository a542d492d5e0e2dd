//! Accounts of other issuers, over a keyring in memory.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use std::sync::Arc;

use oath::{CredentialId, Totp, UnixTime};
use provisioning::{AppAsk, IssuerCard, OtpKind, OtpauthUri, PinPolicy, PskcPassphrase};
use support::{
    memory::{Change, Memory},
    sample::{NOW, device, link, new_credential, pin, rng},
};
use vault::{
    Costs, CredentialKind, Enrolment, Error, LastState, LogEvent, MAX_TRIES, TokenState,
    UnlockedVault, Vault,
};

const PIN: &str = "4826";
const AT: UnixTime = UnixTime(NOW);
/// RFC 4226's seed in base 32, at counter 0.
const COUNTED: &str = "otpauth://hotp/Bank:me?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=0";
/// Eighty bits, as many issue.
const TIMED: &str =
    "otpauth://totp/Shop:me?secret=JBSWY3DPEHPK3PXP&algorithm=SHA256&digits=8&period=45";

fn new_vault() -> (Arc<Memory>, Vault, UnlockedVault) {
    let memory = Arc::new(Memory::default());
    let vault = Vault::with_costs(memory.clone(), Costs::MINIMUM);
    let open = vault.create(&pin(PIN), PinPolicy::default(), &mut rng()).unwrap();
    (memory, vault, open)
}

fn add(open: &mut UnlockedVault, link: &str) -> CredentialId {
    open.add_other(OtpauthUri::parse(link).unwrap(), AT, &mut rng()).unwrap()
}

fn refusal<T>(result: Result<T, Error>) -> Error {
    result.err().expect("this is refused")
}

#[test]
fn it_gives_the_codes_of_its_secret() {
    let (_memory, vault, mut open) = new_vault();
    let own = open.add(new_credential("my phone"), &mut rng()).unwrap();
    let id = add(&mut open, TIMED);
    let uri = OtpauthUri::parse(TIMED).unwrap();
    let OtpKind::Totp(totp) = uri.kind else { panic!("it is time-based") };
    for open in [open, vault.unlock(&pin(PIN)).unwrap()] {
        let held = &open.credentials()[1];
        assert_eq!((held.id, held.name.as_str()), (id, "me"));
        assert_eq!(held.issuer.as_ref().unwrap().as_str(), "Shop");
        assert_eq!(held.kind, CredentialKind::Other(uri.kind));
        assert_eq!((held.is_own(), held.totp()), (false, Some(totp)));
        assert_eq!(held.log[0].what, LogEvent::Imported);
        assert!(id.is_of_other_issuer() && !own.is_of_other_issuer());
        assert!(open.credentials()[0].is_own());
        assert_eq!(open.credentials()[0].kind, CredentialKind::Own(Totp::default()));
        for at in [AT, UnixTime(59)] {
            let code = open.code_at(id, at).unwrap().expose_digits();
            assert_eq!(code, totp.code_at(&uri.seed, at).expose_digits());
            let next = open.next_code_at(id, at).unwrap().expose_digits();
            assert_eq!(next, totp.code_at(&uri.seed, at.plus(45)).expose_digits());
        }
    }
}

/// RFC 4226, appendix D.
#[test]
fn each_counted_code_is_given_once() {
    let (memory, vault, mut open) = new_vault();
    let id = add(&mut open, COUNTED);
    assert_eq!(refusal(open.code_at(id, AT)), Error::CounterBased);
    assert_eq!(refusal(open.next_code_at(id, AT)), Error::CounterBased);
    memory.changes();
    for code in ["755224", "287082", "359152"] {
        assert_eq!(open.next_counter_code(id, &mut rng()).unwrap().expose_digits(), code);
        assert_eq!(memory.changes(), [Change::Wrote(format!("credential:{}", id.as_str()))]);
    }
    let mut open = vault.unlock(&pin(PIN)).unwrap();
    assert_eq!(open.next_counter_code(id, &mut rng()).unwrap().expose_digits(), "969429");

    // What cannot be written is not shown.
    memory.pull_plug_after(0);
    let no_power = Error::KeyringFailed { reason: "no power".to_owned() };
    assert_eq!(refusal(open.next_counter_code(id, &mut rng())), no_power);
    memory.plug_in();
    assert_eq!(open.next_counter_code(id, &mut rng()).unwrap().expose_digits(), "338314");
    let own = open.add(new_credential("my phone"), &mut rng()).unwrap();
    assert_eq!(refusal(open.next_counter_code(own, &mut rng())), Error::TimeBased);
}

#[test]
fn the_last_counter_is_the_last() {
    let (_memory, vault, mut open) = new_vault();
    let id = add(&mut open, &COUNTED.replace("counter=0", "counter=18446744073709551614"));
    assert!(open.next_counter_code(id, &mut rng()).is_ok());
    assert_eq!(refusal(open.next_counter_code(id, &mut rng())), Error::CounterUsedUp);
    let mut open = vault.unlock(&pin(PIN)).unwrap();
    assert_eq!(refusal(open.next_counter_code(id, &mut rng())), Error::CounterUsedUp);
}

#[test]
fn no_server_is_told_of_it() {
    let (memory, _vault, mut open) = new_vault();
    for account in [TIMED, COUNTED] {
        let id = add(&mut open, account);
        memory.changes();
        let (link, server) = link("https://rx.example", "Example Clinic");
        let card = IssuerCard { issuer: "Another".parse().unwrap(), key: server.public() };
        let state = LastState { state: TokenState::Active, at: AT, sync_minute: None };
        let sent = Enrolment::Sent { server: "https://rx.example".parse().unwrap(), at: AT };
        for refused in [
            open.seal_to_card(id, &card, &device(), &mut rng()).map(drop),
            open.seal_for_activation(id, &device(), &mut rng()).map(drop),
            open.app_request(id, AppAsk::Status, AT).map(drop),
            open.enrol_by_link(id, link, AT, &mut rng()),
            open.set_enrolment(id, sent, &mut rng()),
            open.set_last_state(id, state, &mut rng()),
        ] {
            assert_eq!(refusal(refused), Error::OtherIssuer);
        }
        assert!(memory.changes().is_empty());
    }
}

#[test]
fn its_name_order_and_removal_are_like_any_others() {
    let (_memory, vault, mut open) = new_vault();
    let own = open.add(new_credential("my phone"), &mut rng()).unwrap();
    let (timed, counted) = (add(&mut open, TIMED), add(&mut open, COUNTED));
    open.rename(counted, "my bank".parse().unwrap(), AT, &mut rng()).unwrap();
    open.reorder(&[counted, own, timed]).unwrap();
    open.remove(timed).unwrap();
    let mut open = vault.unlock(&pin(PIN)).unwrap();
    let names: Vec<_> = open.credentials().iter().map(|held| held.name.as_str()).collect();
    assert_eq!(names, ["my bank", "my phone"]);
    assert_eq!(open.next_counter_code(counted, &mut rng()).unwrap().expose_digits(), "755224");
}

#[test]
fn nobody_is_told_to_quote_it() {
    let (memory, vault, mut open) = new_vault();
    add(&mut open, TIMED);
    for own in [None, Some("my phone")] {
        let ids: Vec<_> = own
            .map(|name| open.add(new_credential(name), &mut rng()).unwrap())
            .into_iter()
            .collect();
        (1..MAX_TRIES).for_each(|_| drop(refusal(vault.unlock(&pin("4827")))));
        let erased = refusal(vault.unlock(&pin("4827")));
        assert_eq!(erased, Error::Erased { credential_ids: ids.clone() });
        assert_eq!(erased.to_string().contains("help desk"), !ids.is_empty(), "{erased}");
        assert!(memory.entries().is_empty(), "it is erased as well");
        open = vault.create(&pin(PIN), PinPolicy::default(), &mut rng()).unwrap();
        add(&mut open, COUNTED);
    }
}

#[test]
fn any_token_is_exported_under_a_passphrase() {
    let (memory, _vault, mut open) = new_vault();
    let own = open.add(new_credential("my <phone>"), &mut rng()).unwrap();
    let counted = add(&mut open, COUNTED);
    open.next_counter_code(counted, &mut rng()).unwrap();
    memory.changes();
    let passphrase = PskcPassphrase::parse("correct horse battery staple").unwrap();
    let file = open.pskc(own, &passphrase, &mut rng()).unwrap();
    assert!(file.contains(&format!("Id=\"{}\"", own.as_str())) && file.contains("pskc:totp"));
    assert!(file.contains("my &lt;phone&gt;"));
    let file = open.pskc(counted, &passphrase, &mut rng()).unwrap();
    assert!(file.contains("pskc:hotp") && file.contains("<pskc:PlainValue>1<"), "{file}");
    assert!(!file.contains("GEZDG") && !file.contains("MTIzND"), "the seed is encrypted");
    let unknown = "CSST00000000".parse().unwrap();
    assert_eq!(refusal(open.pskc(unknown, &passphrase, &mut rng())), Error::UnknownCredential);
    assert!(memory.changes().is_empty());
}
