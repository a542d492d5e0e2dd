//! Test a code: accepted once, and each refusal with its cause.

use crate::{browser::Browser, process::Server};

#[test]
fn the_same_form_sent_again_gets_the_same_answer() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(crate::add_token::add(&browser, &app, "iPhone token").status, 303);
    let path = format!("/tokens/{}/test", app.id.as_str());
    let form = browser.get(&path);
    let code = app.next_code();
    let sent = form.with_hidden(&[("code", &code)]);
    let first = browser.post(&path, &sent);
    for page in [&first, &browser.post(&path, &sent)] {
        assert_eq!(page.attribute("result", "data-outcome").unwrap(), "accepted");
    }
    let next = browser.post(&path, &first.with_hidden(&[("code", &code)]));
    assert_eq!(next.attribute("result", "data-cause").unwrap(), "already-used", "a new form");
    let wrong = app.wrong_code();
    let other_code = browser.post(&path, &form.with_hidden(&[("code", &wrong)]));
    assert_eq!(other_code.attribute("result", "data-cause").unwrap(), "wrong", "another code");
    let events = server.folder.json(&["events"], "");
    let judged = |event: &&serde_json::Value| event["purpose"] == "test";
    assert_eq!(events.as_array().unwrap().iter().filter(judged).count(), 3);
}

#[test]
fn accepted_then_already_used_then_wrong_each_in_words() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(crate::add_token::add(&browser, &app, "iPhone token").status, 303);
    let path = format!("/tokens/{}/test", app.id.as_str());
    let test = |code: &str| {
        let page = browser.submit(&path, &[("code", code)]);
        let outcome = page.attribute("result", "data-outcome").unwrap();
        let cause = page.attribute("result", "data-cause").unwrap_or_default();
        assert!(
            page.html.contains("autofocus data-testid=\"code\""),
            "there the next one is typed"
        );
        assert_eq!(page.html.matches(" autofocus").count(), 1, "{}", page.html);
        assert!(["status", "alert"].contains(&&*page.attribute("result", "role").unwrap()));
        (outcome, cause, page.element("result").unwrap())
    };
    let code = app.next_code();
    let (outcome, cause, text) = test(&code);
    assert_eq!((outcome.as_str(), cause.as_str()), ("accepted", ""), "{text}");
    let (outcome, cause, text) = test(&code);
    assert_eq!((outcome.as_str(), cause.as_str()), ("refused", "already-used"), "{text}");
    assert!(text.contains("wait for the next one"), "{text}");
    assert!(text.contains("It comes within ") || text.contains("shows it already"), "{text}");
    let (outcome, cause, text) = test(&app.wrong_code());
    assert_eq!((outcome.as_str(), cause.as_str()), ("refused", "wrong"), "{text}");
    assert!(!text.contains("It comes"), "a wrong code uses nothing up: {text}");
    for malformed in ["", "12345", "abcdef", &"1".repeat(100_000)] {
        let (outcome, cause, text) = test(malformed);
        assert_eq!((outcome.as_str(), cause.as_str()), ("refused", "malformed"));
        assert!(text.contains("6 to 8 digits"), "{text}");
    }
    let listed = browser.get("/tokens").element("token-row").unwrap();
    assert!(!listed.contains("never"), "it shows when a code was used last: {listed}");
}
