//! Tokens without an enrolment link: our own, and other issuers'.

use provisioning::MAX_TEXT_LENGTH;
use zeroize::Zeroizing;

use super::{PIN, TestDevice, TestServer, after, enrol_first};
use crate::{
    problem::{Problem, Text},
    session::{Next, OtherForm, QrFinding, Session},
};

/// RFC 6238, appendix B: the seed of SHA-1.
const SETUP_LINK: &str =
    "otpauth://totp/Acme:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&digits=8";
const COUNTED: &str = "otpauth://hotp/alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&counter=0";

fn pin() -> Zeroizing<String> {
    Zeroizing::new(PIN.to_owned())
}

fn choose_pin_and_enrol(session: &mut Session) -> oath::CredentialId {
    session.choose_pin(pin()).unwrap();
    session.repeat_pin(&pin()).unwrap();
    session.enrol(after(0)).unwrap()
}

fn status(session: &mut Session) -> serde_json::Value {
    serde_json::to_value(session.status(after(0).unix()).unwrap()).unwrap()
}

fn form(json: &str) -> OtherForm {
    serde_json::from_str(json).unwrap()
}

#[test]
fn a_token_made_first_is_associated_later() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    assert_eq!(session.add_without_link("Phone", None), Ok(Next::ChoosePin));
    assert_eq!(status(&mut session)["making"]["what"], "own");
    let id = choose_pin_and_enrol(&mut session);
    let shown = status(&mut session);
    assert_eq!(shown["making"], serde_json::Value::Null);
    assert_eq!(shown["tokens"][0]["enrolment"]["status"], "none");
    assert_eq!(session.parcel(id).err(), Some(Problem::NothingToSend));

    let link = server.link();
    session.associate_by_link(id, Some(&link.to_text()), after(1)).unwrap();
    let parcel = session.parcel(id).unwrap();
    let opened = parcel.sealed.open_for_activation(&server.key, &link.secret).unwrap();
    assert_eq!(opened.credential_id, id);
    session.settle(id, parcel.server, after(2)).unwrap();

    let again = server.link().to_text();
    assert_eq!(
        session.associate_by_link(id, Some(&again), after(3)),
        Err(Problem::AlreadyEnrolled)
    );
    let used = Problem::LinkUsed { credential_id: id.to_string() };
    assert_eq!(session.use_link(&link.to_text(), after(3)).err(), Some(used));
}

#[test]
fn a_link_that_waits_can_be_for_a_token_that_is_there() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    session.add_without_link("Phone", None).unwrap();
    let id = choose_pin_and_enrol(&mut session);
    assert_eq!(session.associate_by_link(id, None, after(0)), Err(Problem::NoLink));
    let link = server.link();
    session.lock();
    session.receive_link(&link.to_text(), after(1));
    assert_eq!(session.associate_by_link(id, None, after(1)), Err(Problem::Locked));
    session.unlock(PIN, after(1)).unwrap();
    let late = after(2 * 3600);
    let expired = session.associate_by_link(id, None, late);
    assert!(matches!(expired, Err(Problem::LinkExpired)), "{expired:?}");
    session.associate_by_link(id, None, after(2)).unwrap();
    assert_eq!(status(&mut session)["invitation"], serde_json::Value::Null);
    let parcel = session.parcel(id).unwrap();
    let opened = parcel.sealed.open_for_activation(&server.key, &link.secret).unwrap();
    assert_eq!(opened.credential_id, id);
}

#[test]
fn a_longer_pin_may_be_wanted_and_no_other_length_is_taken() {
    let mut session = TestDevice::new().start();
    assert_eq!(session.add_without_link("Phone", Some(3)), Err(Problem::PinDigits));
    session.add_without_link("Phone", Some(6)).unwrap();
    assert_eq!(session.choose_pin(pin()), Err(Problem::PinLength { expected: 6 }));
    session.choose_pin(Zeroizing::new("482617".to_owned())).unwrap();
}

#[test]
fn a_link_that_waits_is_still_there_after_another_token_was_made() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    session.receive_link(&server.link().to_text(), after(0));
    session.add_without_link("Phone", None).unwrap();
    choose_pin_and_enrol(&mut session);
    assert_eq!(status(&mut session)["invitation"]["issuer"], "Example Clinic");
    assert_eq!(session.name_token("Second"), Ok(Next::Enrol));
    session.enrol(after(1)).unwrap();
    assert_eq!(session.codes(after(1)).unwrap().len(), 2);
}

#[test]
fn other_issuers_tokens_make_their_codes() {
    let device = TestDevice::new();
    let mut session = device.start();
    assert_eq!(session.add_other_link(Some(SETUP_LINK)), Ok(Next::ChoosePin));
    let id = choose_pin_and_enrol(&mut session);
    // RFC 6238, appendix B: the code of 1234567890.
    let at = |seconds| {
        let time = std::time::Duration::from_secs(seconds);
        crate::clock::Moment::at(time, time)
    };
    assert_eq!(*session.code_digits(id, at(1_234_567_890)).unwrap(), "89005924");
    let shown = status(&mut session);
    assert_eq!(shown["tokens"][0]["kind"], "totp");
    assert_eq!(session.shown_credential_id(id), Err(Problem::OnlyOwn));
    let link = TestServer::new().link().to_text();
    assert_eq!(session.associate_by_link(id, Some(&link), after(0)), Err(Problem::OnlyOwn));

    let typed = r#"{"issuer":"Acme","account":"bob","secret":"gezd gnbv gy3t qojq gezd gnbv gy3t qojq",
        "kind":"totp","algorithm":"SHA1","digits":8,"period":30,"counter":null}"#;
    assert_eq!(session.add_other_by_hand(&form(typed)), Ok(Next::Enrol));
    let typed = session.enrol(after(0)).unwrap();
    assert_eq!(*session.code_digits(typed, at(1_234_567_890)).unwrap(), "89005924");
}

#[test]
fn a_code_for_one_prescription_answers_its_number_and_the_time() {
    let device = TestDevice::new();
    let mut session = device.start();
    let id = enrol_first(&mut session, &TestServer::new().link());
    let mut code = |number, at| session.bound_code(id, number, at).map(|code| code.digits);
    let first = code("1234 5678", after(0)).unwrap();
    assert_eq!(code("12345678", after(0)).unwrap(), first);
    assert_ne!(code("12345679", after(0)).unwrap(), first);
    assert_ne!(code("12345678", after(30)).unwrap(), first);
    assert_eq!(code("1234567", after(0)).err(), Some(Problem::NoChallenge));
    session.add_other_link(Some(SETUP_LINK)).unwrap();
    let other = session.enrol(after(0)).unwrap();
    assert_eq!(session.bound_code(other, "12345678", after(0)).err(), Some(Problem::OnlyOwn));
}

#[test]
fn a_counted_code_is_given_once() {
    let device = TestDevice::new();
    let mut session = device.start();
    session.add_other_link(Some(COUNTED)).unwrap();
    let id = choose_pin_and_enrol(&mut session);
    assert!(session.codes(after(0)).unwrap().is_empty());
    assert_eq!(session.code_digits(id, after(0)).err(), Some(Problem::NoCounterCode));
    // RFC 4226, appendix D.
    for (counter, digits) in ["755224", "287082", "359152"].into_iter().enumerate() {
        let code = session.next_counter_code(id).unwrap();
        assert_eq!((code.digits.as_str(), code.counter), (digits, counter as u64));
        assert_eq!(*session.code_digits(id, after(0)).unwrap(), digits);
    }
    let mut session = device.start();
    session.unlock(PIN, after(0)).unwrap();
    assert_eq!(session.code_digits(id, after(0)).err(), Some(Problem::NoCounterCode));
    assert_eq!(*session.next_counter_code(id).unwrap().digits, "969429");
}

#[test]
fn a_setup_link_from_the_system_waits_until_somebody_wants_it() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    enrol_first(&mut device.start(), &server.link());
    let mut session = device.start();
    session.receive_link(SETUP_LINK, after(0));
    let shown = status(&mut session);
    assert_eq!(shown["other"]["account"], "alice");
    assert!(!shown.to_string().contains("GEZDGNBV"));
    assert_eq!(session.add_other_link(None), Err(Problem::Locked));
    session.unlock(PIN, after(0)).unwrap();
    assert_eq!(session.add_other_link(None), Ok(Next::Enrol));
    session.enrol(after(0)).unwrap();
    assert_eq!(session.add_other_link(None), Err(Problem::NoLink));

    session.receive_link(SETUP_LINK, after(0));
    session.set_aside_other();
    assert_eq!(session.add_other_link(None), Err(Problem::NoLink));
    session.receive_link(SETUP_LINK, after(0));
    session.lock();
    session.unlock(PIN, after(0)).unwrap();
    assert_eq!(session.add_other_link(None), Err(Problem::NoLink), "a lock forgets it");
}

#[test]
fn a_bad_setup_link_is_explained_and_its_secret_key_not_shown() {
    let mut session = TestDevice::new().start();
    session.receive_link("otpauth://totp/alice?secret=GEZDGNB1", after(0));
    let shown = status(&mut session);
    assert_eq!(shown["refused_link"]["problem"]["kind"], "secret-key");
    assert_eq!(shown["refused_link"]["text"], "");
    let expected = Text::SetupLink;
    for (text, problem) in [
        ("", Problem::NotOurs { expected, prefix: "otpauth://".to_owned() }),
        ("otpauth-migration://offline?data=x", Problem::SeveralAccounts),
        (&"x".repeat(100_000), Problem::TooLong { limit: MAX_TEXT_LENGTH }),
    ] {
        assert_eq!(session.add_other_link(Some(text)), Err(problem));
    }
}

#[test]
fn what_is_typed_is_checked() {
    let mut session = TestDevice::new().start();
    let with = |secret: &str, digits: u8, period: u32| {
        let json = serde_json::json!({
            "issuer": "", "account": "bob", "secret": secret, "kind": "totp",
            "algorithm": "SHA512", "digits": digits, "period": period, "counter": null,
        });
        form(&json.to_string())
    };
    assert_eq!(session.add_other_by_hand(&with("18", 6, 30)), Err(Problem::SecretKey));
    assert!(matches!(
        session.add_other_by_hand(&with("GEZDGNBV", 5, 30)),
        Err(Problem::Form { .. })
    ));
    assert!(matches!(
        session.add_other_by_hand(&with("GEZDGNBV", 6, 0)),
        Err(Problem::Form { .. })
    ));
    assert_eq!(session.add_other_by_hand(&with("GEZDGNBV", 6, 1)), Ok(Next::ChoosePin));
}

#[test]
fn a_qr_code_is_told_by_what_it_holds() {
    let server = TestServer::new();
    let mut session = TestDevice::new().start();
    let mut find = |texts: &[&str]| {
        let texts: Vec<_> = texts.iter().map(|text| Zeroizing::new((*text).to_owned())).collect();
        session.take_qr_texts(&texts)
    };
    let link = server.link().to_text();
    assert!(matches!(
        find(&["WIFI:S:guests;;", &link]).unwrap(),
        QrFinding::EnrolmentLink { text } if text == *link
    ));
    assert!(matches!(find(&[&server.card()]).unwrap(), QrFinding::IssuerCard { .. }));
    let found = serde_json::to_string(&find(&[SETUP_LINK]).unwrap()).unwrap();
    assert!(found.contains("alice") && !found.contains("GEZDGNBV"), "{found}");
    assert_eq!(find(&["WIFI:S:guests;;"]).err(), Some(Problem::OtherQrCode));
    assert_eq!(session.add_other_link(None), Ok(Next::ChoosePin));
}

#[test]
fn a_keyring_that_fails_keeps_what_was_typed() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let mut session = device.start();
    enrol_first(&mut session, &server.link());
    session.add_other_link(Some(SETUP_LINK)).unwrap();
    device.keyring.refuse(vault::KeyringError::Locked);
    assert_eq!(session.enrol(after(0)), Err(Problem::KeyringLocked));
    device.keyring.refuse(None);
    session.enrol(after(0)).unwrap();
}
