//! Names, order, deletion, the PIN, settings, logs: what a person does with tokens they have.

use std::time::Duration;

use zeroize::Zeroizing;

use super::{NOW, PIN, TestDevice, TestServer, after, enrol_first};
use crate::{clock::Moment, problem::Problem, sending::Unreached, session::Session};

const NEW_PIN: &str = "593728";

fn enter(session: &mut Session, pins: [&str; 3]) {
    for (entry, pin) in pins.into_iter().enumerate() {
        for digit in pin.bytes() {
            session.pins.add(entry, digit - b'0').unwrap();
        }
    }
}

fn choose(session: &mut Session, json: &str) {
    session.settings.change(&serde_json::from_str(json).unwrap()).unwrap();
}

fn second(session: &mut Session, name: &str) -> oath::CredentialId {
    session.add_without_link(name, None).unwrap();
    session.enrol(after(0)).unwrap()
}

fn names(session: &mut Session) -> Vec<String> {
    let status = serde_json::to_value(session.status(after(0).unix()).unwrap()).unwrap();
    let name = |token: &serde_json::Value| token["name"].as_str().unwrap().to_owned();
    status["tokens"].as_array().unwrap().iter().map(name).collect()
}

#[test]
fn names_and_order_outlive_the_program() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let first = enrol_first(&mut session, &server.link());
    let backup = second(&mut session, "Backup");
    session.rename(first, "Telefon", after(1)).unwrap();
    assert_eq!(session.rename(first, "two\nlines", after(1)), Err(Problem::Name));
    session.reorder(&[backup, first]).unwrap();
    assert_eq!(session.reorder(&[backup]), Err(Problem::Order));
    assert_eq!(session.reorder(&[backup, backup]), Err(Problem::Order));
    let mut session = device.start();
    session.unlock(PIN, after(2)).unwrap();
    assert_eq!(names(&mut session), ["Backup", "Telefon"]);
}

#[test]
fn deleting_an_associated_token_wants_its_credential_id() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let id = enrol_first(&mut session, &server.link());
    session.settle(id, server.url.clone(), after(0)).unwrap();
    let other = second(&mut session, "Never enrolled");
    for typed in [None, Some(""), Some("yes"), Some(other.as_str())] {
        assert_eq!(session.delete(id, typed), Err(Problem::TypedDiffers));
    }
    let typed = id.to_string().to_lowercase().replace(' ', "-");
    session.delete(id, Some(&typed)).unwrap();
    assert_eq!(names(&mut session), ["Never enrolled"]);
    session.delete(other, None).unwrap();
    assert_eq!(session.delete(other, None), Err(Problem::UnknownToken));

    let mut session = device.start();
    session.unlock(PIN, after(1)).unwrap();
    assert!(names(&mut session).is_empty());
}

#[test]
fn a_new_pin_takes_the_old_ones_place() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let id = enrol_first(&mut session, &server.link());
    let code = session.code_digits(id, after(30)).unwrap();
    for (pins, problem) in [
        ([PIN, NEW_PIN, "593729"], Problem::PinMismatch),
        ([PIN, "123456", "123456"], Problem::TrivialPin),
        (["4827", NEW_PIN, NEW_PIN], Problem::WrongPin { tries_left: 9 }),
        ([PIN, "", ""], Problem::PinDigits),
    ] {
        enter(&mut session, pins);
        assert_eq!(session.change_pin(after(0)), Err(problem));
    }
    enter(&mut session, [PIN, NEW_PIN, NEW_PIN]);
    session.change_pin(after(0)).unwrap();
    assert_eq!(session.code_digits(id, after(30)).unwrap(), code);

    let mut session = device.start();
    assert_eq!(session.unlock(PIN, after(1)), Err(Problem::PinLength { expected: 6 }));
    session.unlock(NEW_PIN, after(1)).unwrap();
    assert_eq!(session.code_digits(id, after(30)).unwrap(), code);
    enter(&mut session, [NEW_PIN, PIN, PIN]);
    let shorter = session.change_pin(after(1));
    assert_eq!(shorter, Err(Problem::PinLength { expected: 6 }), "an issuer may have asked for 6");
}

#[test]
fn ten_wrong_old_pins_erase_as_ten_at_the_lock_do() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    enrol_first(&mut session, &server.link());
    for tries_left in (1..10).rev() {
        enter(&mut session, ["4827", NEW_PIN, NEW_PIN]);
        assert_eq!(session.change_pin(after(0)), Err(Problem::WrongPin { tries_left }));
    }
    enter(&mut session, ["4827", NEW_PIN, NEW_PIN]);
    assert_eq!(session.change_pin(after(0)), Err(Problem::Erased));
    assert_eq!(session.codes(after(0)).err(), Some(Problem::Locked));
    let status = serde_json::to_value(session.status(after(0).unix()).unwrap()).unwrap();
    assert_eq!(status["vault"], "erased");
}

#[test]
fn it_locks_when_the_settings_say() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    enrol_first(&mut session, &server.link());
    for (choice, seconds) in [("30", 30), ("60", 60), ("900", 900), ("\"background\"", 300)] {
        choose(&mut session, &format!("{{\"auto_lock\":{choice}}}"));
        session.unlock(PIN, after(0)).unwrap();
        assert!(!session.lock_if_idle(after(seconds - 1)), "{choice}");
        assert!(session.lock_if_idle(after(seconds)), "{choice}");
        assert_eq!(session.codes(after(seconds)).err(), Some(Problem::Locked));
    }
}

#[test]
fn out_of_sight_it_locks_only_where_that_was_chosen() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    enrol_first(&mut session, &server.link());
    assert!(!session.lock_in_background());
    choose(&mut session, r#"{"auto_lock":"background"}"#);
    assert!(session.lock_in_background());
    assert_eq!(session.codes(after(0)).err(), Some(Problem::Locked));
    assert!(!session.lock_in_background(), "it locks once");
}

#[test]
fn it_locks_when_the_machine_slept_however_shortly() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    enrol_first(&mut session, &server.link());
    let at =
        |uptime, wall| Moment::at(Duration::from_secs(uptime), Duration::from_secs(NOW + wall));
    assert!(!session.lock_if_idle(at(1, 1)));
    assert!(!session.lock_if_idle(at(2, 2)));
    assert!(session.lock_if_idle(at(3, 20)));
}

#[test]
fn the_next_code_is_told_in_the_last_five_seconds() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let id = enrol_first(&mut session, &server.link());
    // NOW is ten seconds into a time step.
    let step = (NOW / 30 + 1) * 30 - NOW;
    let early = session.codes(after(step - 6)).unwrap();
    assert!(early[0].next.is_none());
    let late = session.codes(after(step - 5)).unwrap();
    assert_eq!(late[0].next, Some(session.code_digits(id, after(step)).unwrap()));
    assert_eq!(late[0].digits, early[0].digits);
}

#[test]
fn a_log_tells_the_help_desk_what_happened_and_no_secret() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let link = server.link();
    let id = enrol_first(&mut session, &link);
    let unreachable = Problem::ServerUnreachable {
        host: "127.0.0.1".to_owned(),
        reason: Unreached::NothingThere,
    };
    session.note_not_sent(id, &unreachable, after(1));
    session.settle(id, server.url.clone(), after(2)).unwrap();
    session.rename(id, "Telefon", after(3)).unwrap();
    session.make_export(id, Some(&server.card()), after(4)).unwrap();
    let text = session.log_text(id).unwrap();
    for said in [
        &*format!("Credential ID: {id}"),
        "Token name: Telefon",
        "2030-03-17 17:46:40 UTC  made by an enrolment link of 127.0.0.1",
        "2030-03-17 17:46:41 UTC  could not be sent: nothing answers at its address",
        "127.0.0.1 has its provisioning data",
        "renamed",
        "sealed to the issuer card of Second Clinic",
    ] {
        assert!(text.contains(said), "{said} is not in {text}");
    }
    let secret = link.to_text();
    let (_, secret) = secret.split_once('#').unwrap();
    assert!(!text.contains(&secret[2..20]));
}

#[test]
fn details_hold_how_codes_are_made_and_whether_deleting_wants_typing() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let id = enrol_first(&mut session, &server.link());
    let details = serde_json::to_value(session.details(id, after(0)).unwrap()).unwrap();
    for (field, value) in [
        ("kind", serde_json::json!("own")),
        ("algorithm", "SHA1".into()),
        ("digits", 6.into()),
        ("period", 30.into()),
        ("created", NOW.into()),
        ("typed_confirmation", true.into()),
        ("name", "Phone".into()),
    ] {
        assert_eq!(details[field], value, "{field}");
    }
    assert_eq!(details["log"][0]["what"], "made-by-link");
}

#[test]
fn the_token_used_last_is_told_until_somebody_arranges_the_tokens() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let first = enrol_first(&mut session, &server.link());
    let told = |session: &mut Session| {
        let status = serde_json::to_value(session.status(after(0).unix()).unwrap()).unwrap();
        status["used_last"].clone()
    };
    assert_eq!(told(&mut session), serde_json::Value::Null);
    session.used(first).unwrap();
    let mut session = device.start();
    assert_eq!(session.used(first), Err(Problem::Locked));
    session.unlock(PIN, after(60)).unwrap();
    assert_eq!(told(&mut session), first.as_str());
    session.rename(first, "Telefon", after(61)).unwrap();
    assert_eq!(told(&mut session), first.as_str());
    session.reorder(&[first]).unwrap();
    assert_eq!(told(&mut session), serde_json::Value::Null);
}

#[test]
fn a_file_under_a_passphrase_needs_a_good_one() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let id = enrol_first(&mut session, &server.link());
    let short = session.export_pskc(id, "short", after(0)).err();
    assert_eq!(short, Some(Problem::Passphrase { minimum: 12, maximum: 128 }));
    assert_eq!(session.last_pskc().err(), Some(Problem::NoExport));
    let text = session.export_pskc(id, "four words of no sense", after(0)).unwrap();
    assert!(text.contains("<pskc:KeyContainer") && text.contains(id.as_str()));
    assert_eq!(session.last_pskc().unwrap(), (id, text));
    session.lock();
    session.unlock(PIN, after(0)).unwrap();
    assert_eq!(session.last_pskc().err(), Some(Problem::NoExport));
}

#[test]
fn locked_nothing_of_this_is_done() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let id = enrol_first(&mut device.start(), &server.link());
    let mut session = device.start();
    let locked = Some(Problem::Locked);
    assert_eq!(session.details(id, after(0)).err(), locked);
    assert_eq!(session.rename(id, "x", after(0)).err(), locked);
    assert_eq!(session.reorder(&[id]).err(), locked);
    assert_eq!(session.delete(id, Some(id.as_str())).err(), locked);
    assert_eq!(session.log_text(id).err(), locked);
    assert_eq!(session.export_pskc(id, "four words of no sense", after(0)).err(), locked);
    assert_eq!(session.last_pskc().err(), locked);
    assert_eq!(session.next_counter_code(id).err(), locked);
    assert_eq!(session.add_without_link("x", None).err(), locked);
    assert_eq!(
        session.associate_by_link(id, Some(&server.link().to_text()), after(0)).err(),
        locked
    );
    assert_eq!(session.ask_status(id, after(0)).err(), locked);
    enter(&mut session, [PIN, NEW_PIN, NEW_PIN]);
    assert_eq!(session.change_pin(after(0)).err(), locked);
    session.pins.forget();
    let _: Zeroizing<String> = session.pins.take();
}
