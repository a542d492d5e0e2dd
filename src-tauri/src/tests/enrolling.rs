//! From an enrolment link to a token that the server knows.

use oath::UnixTime;
use provisioning::{MAX_TEXT_LENGTH, SealedToken};
use vault::KeyringError;
use zeroize::Zeroizing;

use super::{NOW, PIN, TestDevice, TestServer, after, enrol_first, loopback::Loopback};
use crate::{
    problem::{Problem, Text},
    sending,
    session::{Next, Session, views::VaultView},
};

fn pin(digits: &str) -> Zeroizing<String> {
    Zeroizing::new(digits.to_owned())
}

/// What a token's card says of its enrolment.
fn enrolment(session: &mut Session) -> String {
    let status = serde_json::to_value(session.status(after(0).unix()).unwrap()).unwrap();
    status["tokens"][0]["enrolment"]["status"].as_str().unwrap().to_owned()
}

#[test]
fn the_server_can_open_what_is_sent_also_when_it_is_sent_again() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let link = server.link();
    let id = enrol_first(&mut session, &link);
    let (first, second) = (session.parcel(id).unwrap(), session.parcel(id).unwrap());
    assert_eq!(first.server, server.url);
    assert_eq!(first.sealed.activation(), Some(link.activation));
    let open =
        |sealed: &SealedToken| sealed.open_for_activation(&server.key, &link.secret).unwrap();
    let (first, second) = (open(&first.sealed), open(&second.sealed));
    assert_eq!((first.credential_id, second.credential_id), (id, id));
    assert_eq!(first.seed.expose_bytes(), second.seed.expose_bytes());
    assert_eq!(
        first.totp.code_at(&first.seed, after(7).unix()).expose_digits(),
        *session.code_digits(id, after(7)).unwrap()
    );
}

#[test]
fn a_failed_sending_keeps_the_token_and_a_later_one_settles_it() {
    let (device, mut server) = (TestDevice::new(), TestServer::new());
    let id = {
        let mut session = device.start();
        let id = enrol_first(&mut session, &server.link());
        let parcel = session.parcel(id).unwrap();
        let problem = sending::send(&parcel.server, &parcel.sealed).unwrap_err();
        assert!(matches!(problem, Problem::ServerUnreachable { .. }), "{problem:?}");
        assert_eq!(enrolment(&mut session), "pending");
        id
    };
    let mut session = device.start();
    session.unlock(PIN, after(60)).unwrap();
    let parcel = session.parcel(id).unwrap();
    let loopback = Loopback::answering("HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n");
    server.url = loopback.url();
    sending::send(&server.url, &parcel.sealed).unwrap();
    session.settle(id, parcel.server, after(61)).unwrap();
    assert_eq!(enrolment(&mut session), "sent");
    assert_eq!(session.parcel(id).err(), Some(Problem::NothingToSend));

    let mut session = device.start();
    session.unlock(PIN, after(120)).unwrap();
    assert_eq!(enrolment(&mut session), "sent");
}

#[test]
fn a_refused_token_waits_for_the_person_and_a_repeated_failure_is_one_line() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let id = enrol_first(&mut session, &server.link());
    let refusal = |status| Problem::ServerRefused {
        host: "clinic".to_owned(),
        status,
        slug: None,
        detail: format!("status {status}"),
    };
    let busy = Problem::ServerUnreachable {
        host: "clinic".to_owned(),
        reason: sending::Unreached::HungUp,
    };
    for (number, (problem, refused, lines)) in [
        (&busy, false, 2),
        (&busy, false, 2),
        (&refusal(409), true, 3),
        (&refusal(409), true, 3),
        (&refusal(503), false, 4),
        (&refusal(429), false, 5),
        (&refusal(410), true, 6),
    ]
    .into_iter()
    .enumerate()
    {
        let at = after(60 * (number as u64 + 1));
        session.note_not_sent(id, problem, at);
        let details = serde_json::to_value(session.details(id, at).unwrap()).unwrap();
        assert_eq!(details["enrolment"]["refused"], refused, "{problem:?}");
        let log = details["log"].as_array().unwrap();
        assert_eq!(log.len(), lines, "{log:?}");
        assert_eq!(log.last().unwrap()["at"], at.unix().0);
    }
}

#[test]
fn what_is_sent_while_the_app_locks_is_settled_at_the_next_unlock() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let id = enrol_first(&mut session, &server.link());
    let parcel = session.parcel(id).unwrap();
    session.lock();
    session.settle(id, parcel.server, after(5)).unwrap();
    session.unlock(PIN, after(6)).unwrap();
    assert_eq!(enrolment(&mut session), "sent");
}

#[test]
fn links_that_are_no_good_are_refused_and_leave_no_trace() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let good = server.link().to_text();
    let expired = {
        let mut link = server.link();
        link.expires = UnixTime(NOW - 1);
        link.to_text()
    };
    let expected = Text::EnrolmentLink;
    let prefix = || "countersign://enrol#".to_owned();
    for (text, problem) in [
        ("", Problem::NotOurs { expected, prefix: prefix() }),
        ("https://example.org", Problem::NotOurs { expected, prefix: prefix() }),
        (&server.card(), Problem::NotOurs { expected, prefix: prefix() }),
        (&good[..good.len() - 7], Problem::TextDamaged { expected }),
        (&good.replace("#1.", "#2."), Problem::UnknownVersion { expected }),
        (&expired, Problem::LinkExpired),
        (&"x".repeat(100_000), Problem::TooLong { limit: MAX_TEXT_LENGTH }),
    ] {
        assert_eq!(session.use_link(text, after(0)).err(), Some(problem));
        assert!(session.status(after(0).unix()).unwrap().invitation.is_none());
    }
}

#[test]
fn a_refused_link_from_the_system_is_kept_for_the_page_until_a_good_one_comes() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let good = server.link().to_text();
    let damaged = &good[..good.len() - 7];
    session.receive_link(damaged, after(0));
    let status = session.status(after(0).unix()).unwrap();
    assert_eq!(status.refused_link.unwrap().text, damaged);
    session.receive_link(&good, after(0));
    let status = session.status(after(0).unix()).unwrap();
    assert!(status.refused_link.is_none() && status.invitation.is_some());
}

#[test]
fn a_link_opened_twice_makes_one_token() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let link = server.link();
    session.receive_link(&link.to_text(), after(0));
    session.name_token("Phone").unwrap();
    session.receive_link(&link.to_text(), after(0));
    session.choose_pin(pin(PIN)).unwrap();
    session.repeat_pin(&pin(PIN)).unwrap();
    let id = session.enrol(after(0)).unwrap();

    let again = Problem::LinkUsed { credential_id: id.to_string() };
    assert_eq!(session.use_link(&link.to_text(), after(0)).err(), Some(again.clone()));
    assert_eq!(device.start().use_link(&link.to_text(), after(0)).err(), Some(again));
}

#[test]
fn a_link_that_expires_meanwhile_makes_no_vault() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    session.use_link(&server.link().to_text(), after(0)).unwrap();
    session.name_token("Phone").unwrap();
    session.choose_pin(pin(PIN)).unwrap();
    session.repeat_pin(&pin(PIN)).unwrap();
    assert_eq!(session.enrol(after(3601)), Err(Problem::LinkExpired));
    assert!(device.keyring.snapshot().is_empty());
}

#[test]
fn the_pin_is_chosen_twice_and_no_trivial_one() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    session.use_link(&server.link().to_text(), after(0)).unwrap();
    session.name_token("Phone").unwrap();
    assert_eq!(session.choose_pin(pin("1234")), Err(Problem::TrivialPin));
    assert_eq!(session.choose_pin(pin("482")), Err(Problem::PinDigits));
    assert_eq!(session.choose_pin(pin("48260")), Err(Problem::PinLength { expected: 4 }));
    assert_eq!(session.repeat_pin(&pin("1234")), Err(Problem::PinMismatch));

    session.choose_pin(pin(PIN)).unwrap();
    assert_eq!(session.enrol(after(0)), Err(Problem::Locked), "not repeated yet");
    session.choose_pin(pin(PIN)).unwrap();
    assert_eq!(session.repeat_pin(&pin("4827")), Err(Problem::PinMismatch));
    assert_eq!(session.repeat_pin(&pin(PIN)), Err(Problem::PinMismatch), "the choice starts again");
    assert!(device.keyring.snapshot().is_empty());
}

#[test]
fn names_are_bounded() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    session.use_link(&server.link().to_text(), after(0)).unwrap();
    for name in ["", "  ", "two\nlines", &"x".repeat(65), &"x".repeat(100_000)] {
        assert_eq!(session.name_token(name), Err(Problem::Name), "{}", name.len());
    }
    assert_eq!(session.name_token("Telefon zu Hause"), Ok(Next::ChoosePin));
}

#[test]
fn a_second_token_asks_for_no_pin() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let first = enrol_first(&mut session, &server.link());
    session.use_link(&server.link().to_text(), after(0)).unwrap();
    assert_eq!(session.name_token("Second"), Ok(Next::Enrol));
    let second = session.enrol(after(0)).unwrap();
    let ids: Vec<_> = session.codes(after(0)).unwrap().iter().map(|code| code.id).collect();
    assert_eq!(ids, [first, second]);
}

#[test]
fn a_keyring_that_fails_in_the_middle_loses_neither_link_nor_name() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    enrol_first(&mut session, &server.link());
    session.use_link(&server.link().to_text(), after(0)).unwrap();
    session.name_token("Second").unwrap();
    device.keyring.refuse(KeyringError::Locked);
    assert_eq!(session.enrol(after(0)), Err(Problem::KeyringLocked));
    device.keyring.refuse(None);
    session.enrol(after(1)).unwrap();
    assert_eq!(session.codes(after(1)).unwrap().len(), 2);
}

#[test]
fn a_keyring_that_is_emptied_meanwhile_gets_no_token_without_its_vault() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    enrol_first(&mut session, &server.link());
    device.keyring.empty();
    session.use_link(&server.link().to_text(), after(0)).unwrap();
    session.name_token("Second").unwrap();
    assert_eq!(session.enrol(after(0)), Err(Problem::KeyringEmptied));
    let status = session.status(after(0).unix()).unwrap();
    assert!(matches!(status.vault, VaultView::Emptied { .. }));
}

#[test]
fn an_export_opens_on_the_cards_server_only() {
    let (device, server, other) = (TestDevice::new(), TestServer::new(), TestServer::new());
    let mut session = device.start();
    let id = enrol_first(&mut session, &server.link());
    let export = session.make_export(id, Some(&other.card()), after(0)).unwrap();
    assert_eq!(session.last_export().unwrap(), (id, export.text.clone()));
    assert!(export.qr.unwrap().starts_with("data:image/svg+xml;base64,"));
    let sealed = SealedToken::parse(&export.text).unwrap();
    assert_eq!(sealed.open_with_card_key(&other.key).unwrap().credential_id, id);
    assert!(sealed.open_with_card_key(&server.key).is_err());
}

#[test]
fn a_token_that_could_not_be_sent_is_exported_to_its_own_server() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let link = server.link();
    let id = enrol_first(&mut session, &link);
    let export = session.make_export(id, None, after(0)).unwrap();
    let sealed = SealedToken::parse(&export.text).unwrap();
    assert_eq!(sealed.open_for_activation(&server.key, &link.secret).unwrap().credential_id, id);
    session.settle(id, server.url, after(1)).unwrap();
    assert_eq!(session.make_export(id, None, after(0)).err(), Some(Problem::NothingToSend));
}

#[test]
fn cards_that_are_no_good_are_refused() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    let id = enrol_first(&mut session, &server.link());
    let expected = Text::IssuerCard;
    let card = server.card();
    for (text, problem) in [
        ("nothing", Problem::NotOurs { expected, prefix: "countersign://issuer#".to_owned() }),
        (&card[..card.len() - 5], Problem::TextDamaged { expected }),
        (&"x".repeat(100_000), Problem::TooLong { limit: MAX_TEXT_LENGTH }),
    ] {
        assert_eq!(session.make_export(id, Some(text), after(0)).err(), Some(problem));
    }
    assert_eq!(session.last_export().err(), Some(Problem::NoExport));
}
