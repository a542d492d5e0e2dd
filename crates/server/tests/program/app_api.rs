//! `POST /v1/app`: the status, a lost token, and every way in which a request can be wrong.

use oath::{CredentialId, UnixTime};
use provisioning::{AppAnswer, AppAsk, AppTokenState, OtherToken};
use serde_json::Value;

use crate::{
    app::App,
    browser::Browser,
    clock,
    process::{NPI, OTHER_NPI, PASSPHRASE, Server, run, text},
};

fn answer((status, media_type, body): (u16, String, String)) -> AppAnswer {
    assert_eq!((status, media_type.as_str()), (200, "application/json"), "{body}");
    AppAnswer::parse(body.as_bytes()).unwrap()
}

fn assert_problem((status, media_type, body): (u16, String, String), expected: u16, slug: &str) {
    assert_eq!((status, media_type.as_str()), (expected, "application/problem+json"), "{body}");
    let problem: Value = serde_json::from_str(&body).unwrap();
    assert_eq!(problem["type"], format!("/problems/{slug}"));
    assert_eq!(problem["status"], expected);
    for text in ["title", "detail"] {
        assert!(problem[text].as_str().unwrap().len() > 5, "{problem}");
    }
}

fn status_of(app: &App) -> String {
    app.ask(AppAsk::Status, clock::now())
}

/// A server at which Ada has two active tokens.
fn with_two_tokens() -> (Server, App, App) {
    let (server, phone, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(crate::add_token::add(&browser, &phone, "Phone").status, 303);

    let (link, _) = server.folder.begin_activation(NPI, &server.address);
    let tablet = App::new();
    assert_eq!(server.provision(&tablet.seal_for(&link)).0, 201);
    let browser = Browser::of(&server);
    browser.first_factor(NPI, PASSPHRASE);
    let page = browser.submit("/sign-in/code", &[("code", &phone.next_code())]);
    assert_eq!(page.location, "/tokens", "{}", page.html);
    assert_eq!(crate::add_token::add(&browser, &tablet, "Tablet").status, 303);
    (server, phone, tablet)
}

#[test]
fn from_provisioned_to_active_the_app_is_told() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let before = clock::now();
    let told = answer(server.ask(&status_of(&app)));
    assert!((before..=clock::now()).contains(&told.now), "{told:?}");
    assert_eq!(told.token.state, AppTokenState::Provisioned);
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(crate::add_token::add(&browser, &app, "Phone").status, 303);
    let told = answer(server.ask(&status_of(&app)));
    assert_eq!((told.token.state, told.others), (AppTokenState::Active, vec![]));
}

#[test]
fn a_lost_token_is_suspended_at_once_and_its_code_refused() {
    let (server, phone, tablet) = with_two_tokens();
    let report = phone.report(tablet.id);
    let told = answer(server.ask(&report));
    let suspended = OtherToken {
        serial: tablet.id.into(),
        name: "Tablet".parse().unwrap(),
        state: AppTokenState::Suspended,
    };
    assert_eq!(told.token.state, AppTokenState::Active);
    assert_eq!(told.others, [suspended]);
    assert_eq!(answer(server.ask(&report)).others, told.others, "sent again, answered alike");

    let own = answer(server.ask(&status_of(&tablet)));
    assert_eq!((own.token.state, own.others), (AppTokenState::Suspended, vec![]));
    assert_problem(server.ask(&tablet.report(phone.id)), 409, "not-in-use");

    let events = server.folder.json(&["events", "--npi", NPI], "");
    let events = events.as_array().unwrap();
    let of_reports: Vec<_> =
        events.iter().filter(|event| event["kind"] == "token-suspended").collect();
    let outcomes: Vec<_> = of_reports.iter().map(|event| &event["outcome"]).collect();
    assert_eq!(outcomes, ["refused", "success"], "the latest first; a repeated one is none");
    assert_eq!(of_reports[1]["actor"]["role"], "token");
    assert_eq!(of_reports[1]["actor"]["serial"], phone.id.as_str());
    assert_eq!(of_reports[1]["serial"], tablet.id.as_str());

    let browser = Browser::of(&server);
    browser.first_factor(NPI, PASSPHRASE);
    let fields = [("code", tablet.code_of(clock::now().0 / 30)), ("token", tablet.id.to_string())];
    let fields = fields.each_ref().map(|(name, value)| (*name, value.as_str()));
    let page = browser.submit("/sign-in/code", &fields);
    let refusal = page.element("error").unwrap();
    assert!(refusal.contains("reported lost"), "{refusal}");
}

#[test]
fn a_found_token_is_in_use_again_and_the_old_report_is_spent() {
    let (server, phone, tablet) = with_two_tokens();
    let report = phone.report(tablet.id);
    answer(server.ask(&report));
    let mut command =
        server.folder.command(&["token", "restore", tablet.id.as_str(), "--reason", "found"]);
    command.env_remove("SUDO_USER").env("USER", "grace");
    let found = text(&run(command, "").stdout);
    assert_eq!(found, format!("{} is active. Its codes count.\n", tablet.id));
    let replayed = answer(server.ask(&report));
    assert_eq!(replayed.others[0].state, AppTokenState::Active);
    assert_eq!(answer(server.ask(&status_of(&tablet))).token.state, AppTokenState::Active);
}

#[test]
fn a_report_names_another_token_of_the_same_account() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_problem(server.ask(&app.report(app.id)), 409, "not-in-use");
    assert_eq!(crate::add_token::add(&browser, &app, "Phone").status, 303);
    assert_problem(server.ask(&app.report(app.id)), 409, "own-token");

    server.folder.add_account(OTHER_NPI, "Ben Rowan");
    let (link, confirmation) = server.folder.begin_activation(OTHER_NPI, &server.address);
    let bens = App::new();
    assert_eq!(server.provision(&bens.seal_for(&link)).0, 201);
    let browser = Browser::of(&server);
    browser.first_factor(OTHER_NPI, PASSPHRASE);
    browser.submit("/sign-in/code", &[("code", &confirmation)]);
    assert_eq!(crate::add_token::add(&browser, &bens, "Ben's phone").status, 303);

    let nobodys: CredentialId = "CSST00000000".parse().unwrap();
    let anothers = server.ask(&app.report(bens.id));
    assert_eq!(anothers, server.ask(&app.report(nobodys)), "nothing is learnt of another's token");
    assert_problem(anothers, 404, "unknown-token");
    assert_eq!(answer(server.ask(&status_of(&bens))).token.state, AppTokenState::Active);
}

#[test]
fn a_stranger_gets_one_answer_byte_for_byte() {
    let (server, app, _) = Server::with_provisioned_token();
    let strangers = [
        status_of(&app.impostor()),
        app.impostor().report(app.id),
        status_of(&App::new()),
        App::new().report(app.id),
    ];
    let answers = strangers.each_ref().map(|request| server.ask(request));
    assert!(answers.iter().all(|answer| *answer == answers[0]), "{answers:?}");
    assert_problem(answers[0].clone(), 403, "cannot-open");
}

#[test]
fn what_is_no_request_is_damaged_or_too_large() {
    let (server, app, _) = Server::with_provisioned_token();
    let request = status_of(&app);
    let last = if request.ends_with('A') { "B" } else { "A" };
    let changed = format!("{}{last}", &request[..request.len() - 1]);
    let half = &request[..request.len() / 2];
    for body in ["", "hello", half, &request[1..], &changed, "\u{0}"] {
        assert_problem(server.ask(body), 400, "damaged");
    }
    assert_problem(server.ask(&request.replacen("#1.", "#2.", 1)), 400, "unknown-version");
    assert_problem(server.ask(&"a".repeat(4 * 1024)), 400, "damaged");
    assert_problem(server.ask(&"a".repeat(4 * 1024 + 1)), 413, "too-large");
    assert_problem(server.ask(&"a".repeat(100 * 1024)), 413, "too-large");
    let padded = format!("{request}{}", " ".repeat(100 * 1024));
    assert_problem(server.ask(&padded), 413, "too-large");
    assert_eq!(answer(server.ask(&request)).token.state, AppTokenState::Provisioned);
}

#[test]
fn a_clock_that_is_far_off_is_answered_with_the_servers() {
    let (server, app, _) = Server::with_provisioned_token();
    let now = clock::now();
    for at in [UnixTime(0), UnixTime(now.0 - 86_400), now.plus(86_400), UnixTime(u64::MAX)] {
        let told = answer(server.ask(&app.ask(AppAsk::Status, at)));
        assert!((now..=now.plus(60)).contains(&told.now), "{told:?}");
    }
}
