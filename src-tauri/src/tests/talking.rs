//! Asking a token's server, reporting another token lost, and what is remembered of the answers.

use oath::{CredentialId, Seed, SerialNumber};
use provisioning::{
    AppAnswer, AppAsk, AppRequest, AppTokenState, EnrolmentLink, OtherToken, ReportId, TokenStatus,
};
use vault::KeyringError;

use super::{PIN, TestDevice, TestServer, after, enrol_first, loopback::Loopback};
use crate::{
    problem::Problem,
    session::{Question, Session},
    talking::{self, Heard},
};

const LOST: &str = "AVT812345678";

/// A session with a token that its server has, and the seed as the server knows it.
fn sent(device: &TestDevice, server: &TestServer) -> (Session, CredentialId, Seed) {
    let mut session = device.start();
    let link = server.link();
    let id = enrol_first(&mut session, &link);
    let seed = seed_at(server, &session, id, &link);
    session.settle(id, server.url.clone(), after(1)).unwrap();
    (session, id, seed)
}

fn seed_at(server: &TestServer, session: &Session, id: CredentialId, link: &EnrolmentLink) -> Seed {
    let sealed = session.parcel(id).unwrap().sealed;
    sealed.open_for_activation(&server.key, &link.secret).unwrap().seed
}

fn lost() -> SerialNumber {
    LOST.parse().unwrap()
}

fn heard(state: AppTokenState, behind: Option<i64>) -> Heard {
    let token = TokenStatus { state, sync_minute: None, locked_until: None };
    let others = vec![OtherToken {
        serial: lost(),
        name: "Fob".parse().unwrap(),
        state: AppTokenState::Suspended,
    }];
    let at = after(5);
    Heard { answer: AppAnswer { now: at.unix(), token, others }, at, behind }
}

fn report_id(question: &Question, seed: &Seed) -> ReportId {
    match question.request.check(seed).unwrap().ask {
        AppAsk::ReportLost { serial, report_id } if *serial == lost() => *report_id,
        other => panic!("{other:?}"),
    }
}

fn details(session: &Session, id: CredentialId) -> serde_json::Value {
    serde_json::to_value(session.details(id, after(9)).unwrap()).unwrap()
}

fn skew(session: &mut Session) -> serde_json::Value {
    serde_json::to_value(session.status(after(9).unix()).unwrap()).unwrap()["clock_skew"].clone()
}

#[test]
fn a_question_is_shown_to_come_from_the_token() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let (mut session, id, seed) = sent(&device, &server);
    let question = session.ask_status(id, after(2)).unwrap();
    assert_eq!(question.server, server.url);
    let asked = question.request.check(&seed).unwrap();
    assert_eq!((asked.ask, asked.at), (&AppAsk::Status, after(2).unix()));
    assert_eq!(question.request.credential_id(), id);
    let question = session.ask_to_suspend(id, lost(), after(2)).unwrap();
    report_id(&question, &seed);
}

#[test]
fn what_was_told_outlives_the_program() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let (mut session, id, _) = sent(&device, &server);
    assert!(details(&session, id)["state"].is_null());
    let question = session.ask_status(id, after(2)).unwrap();
    let told = session.hear(&question, heard(AppTokenState::Active, Some(94))).unwrap();
    assert_eq!((told.state.state, told.state.at), (AppTokenState::Active, after(5).unix()));
    assert_eq!(told.others[0].serial, lost());
    assert_eq!(skew(&mut session), 94);
    drop(session);

    let mut session = device.start();
    session.unlock(PIN, after(6)).unwrap();
    let state = &details(&session, id)["state"];
    assert_eq!(
        (state["state"].as_str(), state["at"].as_u64()),
        (Some("active"), Some(after(5).unix().0))
    );
}

#[test]
fn a_skew_is_kept_until_the_next_measurement_and_corrects_nothing() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let (mut session, id, _) = sent(&device, &server);
    let code = session.code_digits(id, after(9)).unwrap();
    assert!(skew(&mut session).is_null());
    let question = session.ask_status(id, after(2)).unwrap();
    for (behind, expected) in [(Some(-300), -300), (None, -300), (Some(0), 0)] {
        session.hear(&question, heard(AppTokenState::Active, behind)).unwrap();
        assert_eq!(skew(&mut session), expected);
        assert_eq!(session.code_digits(id, after(9)).unwrap(), code);
    }
}

#[test]
fn a_report_without_an_answer_is_sent_again_as_the_same() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let (mut session, id, seed) = sent(&device, &server);
    let first = session.ask_to_suspend(id, lost(), after(2)).unwrap();
    let again = session.ask_to_suspend(id, lost(), after(3)).unwrap();
    assert_eq!(report_id(&first, &seed), report_id(&again, &seed));
    // Its answer comes while the app is locked: nothing can be written down, and it stays open.
    session.lock();
    let answer = session.hear(&again, heard(AppTokenState::Active, None));
    assert_eq!(answer.err(), Some(Problem::Locked));
    session.unlock(PIN, after(4)).unwrap();
    let once_more = session.ask_to_suspend(id, lost(), after(4)).unwrap();
    assert_eq!(report_id(&first, &seed), report_id(&once_more, &seed));

    session.hear(&once_more, heard(AppTokenState::Active, None)).unwrap();
    let log = details(&session, id)["log"].to_string();
    assert!(log.contains("reported-lost") && log.contains(LOST), "{log}");
    let later = session.ask_to_suspend(id, lost(), after(6)).unwrap();
    assert_ne!(report_id(&first, &seed), report_id(&later, &seed), "it is lost a second time");
}

#[test]
fn a_keyring_that_fails_does_not_hide_the_answer() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let (mut session, id, _) = sent(&device, &server);
    device.keyring.refuse(KeyringError::Locked);
    let question = session.ask_to_suspend(id, lost(), after(2)).unwrap();
    let told = session.hear(&question, heard(AppTokenState::Active, None)).unwrap();
    assert_eq!(told.others[0].state, AppTokenState::Suspended);
}

#[test]
fn who_has_no_server_or_no_pin_asks_nothing() {
    let (device, server) = (TestDevice::new(), TestServer::new());
    let (mut session, id, _) = sent(&device, &server);
    session.add_without_link("Backup", None).unwrap();
    let unsent = session.enrol(after(2)).unwrap();
    assert_eq!(session.ask_status(unsent, after(2)).err(), Some(Problem::NotEnrolled));
    let refused = session.ask_to_suspend(unsent, lost(), after(2));
    assert_eq!(refused.err(), Some(Problem::NotEnrolled));
    session.lock();
    assert_eq!(session.ask_status(id, after(2)).err(), Some(Problem::Locked));
    assert_eq!(session.ask_to_suspend(id, lost(), after(2)).err(), Some(Problem::Locked));
}

/// Over a real connection, with the request as a server reads it.
#[test]
fn asked_and_heard_over_http() {
    let body = heard(AppTokenState::Active, None).answer.to_json();
    let loopback = Loopback::answering(&format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    ));
    let device = TestDevice::new();
    let server = TestServer { url: loopback.url(), ..TestServer::new() };
    let (mut session, id, seed) = sent(&device, &server);
    let question = session.ask_status(id, after(2)).unwrap();
    let heard = talking::ask(&question.server, &question.request).unwrap();
    let request = loopback.request();
    let (_, text) = request.split_once("\r\n\r\n").unwrap();
    assert!(AppRequest::parse(text).unwrap().check(&seed).is_ok());
    let told = session.hear(&question, heard).unwrap();
    assert_eq!(told.state.state, AppTokenState::Active);
}
