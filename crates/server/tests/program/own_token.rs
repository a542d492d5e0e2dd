//! What a prescriber does with their tokens on the dashboard: lost, found, deactivated, resynchronised.

use oath::Totp;

use crate::{
    add_token::add,
    app::App,
    browser::{Browser, Page},
    clock,
    process::{NPI, PASSPHRASE, Server},
};

/// Ada with two active tokens, signed in just now by a code of the first.
pub(crate) fn two_tokens() -> (Server, Browser, App, App) {
    let (server, phone, confirmation) = Server::with_provisioned_token();
    let first = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&first, &phone, "Phone").status, 303);
    let (link, _) = server.folder.begin_activation(NPI, &server.address);
    let tablet = App::new();
    assert_eq!(server.provision(&tablet.seal_for(&link)).0, 201);
    let browser = Browser::of(&server);
    browser.first_factor(NPI, PASSPHRASE);
    let signed_in = browser.submit("/sign-in/code", &[("code", &phone.next_code())]);
    assert_eq!(signed_in.location, "/tokens", "{}", signed_in.html);
    assert_eq!(add(&browser, &tablet, "Tablet").status, 303);
    (server, browser, phone, tablet)
}

/// The state of an app's token as the list shows it.
pub(crate) fn state(browser: &Browser, app: &App) -> String {
    let html = browser.get("/tokens").html;
    let mut rows = html.split("data-testid=\"token-row\"").skip(1);
    let row = rows.find(|row| row.contains(app.id.as_str()));
    let (_, state) = row.unwrap().split_once("data-state=\"").unwrap();
    state.split('"').next().unwrap().to_owned()
}

pub(crate) fn path(app: &App, what: &str) -> String {
    format!("/tokens/{}/{what}", app.id.as_str())
}

pub(crate) fn sent_twice(
    browser: &Browser,
    path: &str,
    form: &Page,
    fields: &[(&str, &str)],
) -> Page {
    let mut answers = browser.post_at_once(path, &form.with_hidden(fields));
    let last = browser.post(path, &form.with_hidden(fields));
    for answer in &answers {
        assert_eq!((answer.status, &answer.location), (303, &last.location), "{}", answer.html);
    }
    answers.pop().unwrap()
}

#[test]
fn a_loss_is_reported_before_the_code_and_taken_back_after_it() {
    let (server, browser, _, tablet) = two_tokens();
    let hasty = Browser::of(&server);
    hasty.first_factor(NPI, PASSPHRASE);
    let ask = hasty.get("/sign-in/code");
    assert_eq!(ask.attribute("report-lost", "href").unwrap(), "/lost");
    let form = hasty.get("/lost");
    assert!(form.html.contains(tablet.id.as_str()) && !form.html.contains("<nav"));
    let none = hasty.post("/lost", &form.with_hidden(&[("token", "")]));
    assert!(none.element("error-token").unwrap().contains("Choose the token"), "{}", none.html);
    let other = hasty.post("/lost", &form.with_hidden(&[("token", "CSST4F7K92MQ")]));
    assert_eq!(other.status, 404);

    let answer = sent_twice(&hasty, "/lost", &form, &[("token", tablet.id.as_str())]);
    let page = hasty.get(&answer.location);
    assert!(page.element("confirmation").unwrap().contains("Tablet is suspended"));
    let next = page.element("next").unwrap();
    assert!(next.contains("one business day") && next.contains("help desk"), "{next}");
    assert_eq!(state(&browser, &tablet), "suspended");

    assert_eq!(hasty.get(&path(&tablet, "found")).location, "/sign-in/code", "not by one factor");
    let list = browser.get("/tokens");
    assert_eq!(list.attribute("found", "href").unwrap(), path(&tablet, "found"));
    let form = browser.get(&path(&tablet, "found"));
    let unsure = browser.post(&path(&tablet, "found"), &form.with_hidden(&[]));
    assert_eq!(unsure.status, 422);
    assert!(unsure.element("error-sure").unwrap().contains("replace"));
    let answer = sent_twice(&browser, &path(&tablet, "found"), &form, &[("sure", "yes")]);
    let page = browser.get(&answer.location);
    assert!(page.element("done").unwrap().contains("Tablet is back in use"));
    assert_eq!(state(&browser, &tablet), "active");
    assert!(hasty.get("/lost?done=CSST4F7K92MQ").element("confirmation").is_none());
}

#[test]
fn a_token_is_deactivated_with_a_reason_and_the_box_and_the_last_says_what_follows() {
    let (_server, browser, phone, tablet) = two_tokens();
    let at = path(&tablet, "deactivate");
    let form = browser.get(&at);
    assert!(form.element("what-follows").unwrap().contains("one other token"));
    assert!(form.element("return-note").is_none(), "an app is not sent back");
    for (fields, field, says) in [
        (vec![("deactivate", "yes")], "reason", "choose why"),
        (vec![("reason", "boredom"), ("deactivate", "yes")], "reason", "choose why"),
        (vec![("reason", "lost")], "deactivate", "tick the box"),
    ] {
        let page = browser.post(&at, &form.with_hidden(&fields));
        assert_eq!(page.status, 422);
        let error = page.element(&format!("error-{field}")).unwrap().to_lowercase();
        assert!(error.contains(says), "{error}");
    }
    assert_eq!(state(&browser, &tablet), "active");
    let fields = [("reason", "uninstalled"), ("deactivate", "yes")];
    let answer = sent_twice(&browser, &at, &form, &fields);
    assert!(browser.get(&answer.location).element("done").unwrap().contains("is deactivated"));
    assert_eq!(state(&browser, &tablet), "deactivated");
    assert_eq!(browser.get(&at).status, 303, "there is nothing left to ask");

    let at = path(&phone, "deactivate");
    let form = browser.get(&at);
    assert!(form.element("what-follows").unwrap().contains("prove your identity again"));
    let fields = [("reason", "not-needed"), ("deactivate", "yes")];
    let refused = browser.post(&at, &form.with_hidden(&fields));
    assert!(refused.element("error-last").unwrap().contains("last token"), "{}", refused.html);
    assert_eq!(state(&browser, &phone), "active");
    let meant = [fields[0], fields[1], ("last", "yes")];
    assert_eq!(browser.post(&at, &form.with_hidden(&meant)).status, 303);
    assert_eq!(state(&browser, &phone), "deactivated");
}

/// Whoever has it may be who is signed in.
#[test]
fn who_gives_up_as_lost_what_signed_them_in_is_signed_out_and_told_so() {
    for (what, more) in
        [("deactivate", vec![]), ("replace", vec![("mail", "a@example.org"), ("step", "confirm")])]
    {
        let (_server, browser, phone, _) = two_tokens();
        let at = path(&phone, what);
        let fields = [&[("reason", "lost"), ("deactivate", "yes")], &more[..]].concat();
        let answer = browser.submit(&at, &fields);
        assert_eq!(
            (answer.status, answer.location.as_str()),
            (303, "/sign-in?given-up"),
            "{}",
            answer.html
        );
        let page = browser.get(&answer.location);
        assert!(page.element("confirmation").unwrap().contains("you are signed out"));
        assert_eq!(browser.get("/tokens").location, "/sign-in");
    }
}

#[test]
fn a_hard_token_goes_back_by_post() {
    let (server, browser, _, tablet) = two_tokens();
    let database = rusqlite::Connection::open(server.folder.path().join("countersign.db")).unwrap();
    let hard = "UPDATE tokens SET token_type = 'OTP HARD TOKEN' WHERE serial = ?1";
    assert_eq!(database.execute(hard, [tablet.id.as_str()]), Ok(1));
    let form = browser.get(&path(&tablet, "deactivate"));
    let note = form.element("return-note").unwrap();
    assert!(note.contains("must go back") && note.contains("help desk where to send it"), "{note}");
    assert!(!form.html.contains("reason-uninstalled"), "a device is not uninstalled");
    assert!(form.html.contains("Serial number"));
}

/// Two codes in a row of a clock that is so many steps ahead.
fn pair(app: &App, ahead: u64) -> (String, String) {
    let step = Totp::default().period.step_at(clock::now()) + ahead;
    (app.code_of(step), app.code_of(step + 1))
}

#[test]
fn two_codes_in_a_row_resynchronise_a_token() {
    let (_server, browser, _, tablet) = two_tokens();
    let at = path(&tablet, "resynchronise");
    let (first, second) = pair(&tablet, 60);
    let send = |first: &str, second: &str| {
        browser.submit(&at, &[("code", first), ("second_code", second)])
    };
    let page = send(&first, "");
    assert!(page.element("error-second_code").unwrap().contains("6 to 8 digits"));
    let page = send(&second, &first);
    assert_eq!(page.attribute("codes", "data-cause").unwrap(), "not-consecutive");
    assert!(page.element("error-code").unwrap().contains("follow each other"));
    assert_eq!(page.attribute("code", "value").unwrap(), "");

    let form = browser.get(&at);
    let fields = [("code", first.as_str()), ("second_code", second.as_str())];
    let answer = sent_twice(&browser, &at, &form, &fields);
    let page = browser.get(&answer.location);
    assert!(page.element("done").unwrap().contains("Tablet is resynchronised"), "{}", page.html);
    assert!(page.html.contains("s fast"), "the list shows the drift");
    let good = pair(&tablet, 62).0;
    let tested = browser.submit(&path(&tablet, "test"), &[("code", &good)]);
    assert_eq!(tested.attribute("result", "data-outcome").unwrap(), "accepted");
}

#[test]
fn the_help_desk_resynchronises_at_the_command_line() {
    let (server, browser, _, tablet) = two_tokens();
    let serial = tablet.id.as_str();
    let (first, second) = pair(&tablet, 60);
    let refused = server.folder.run(&["token", "resynchronise", serial, &second, &first], "");
    assert!(String::from_utf8_lossy(&refused.stderr).contains("follow each other"));
    let done = server.folder.json(&["token", "resynchronise", serial, &first, &second], "");
    assert_eq!((&done["serial"], &done["state"]), (&serial.into(), &"active".into()));
    assert!((60..=61).contains(&done["drift_steps"].as_i64().unwrap()), "{done}");
    assert!(browser.get("/tokens").html.contains("s fast"));
}

#[test]
fn a_refused_code_of_another_time_leads_to_resynchronising() {
    let (_server, browser, _, tablet) = two_tokens();
    let step = Totp::default().period.step_at(clock::now());
    let old = tablet.code_of(step - 50);
    let tested = browser.submit(&path(&tablet, "test"), &[("code", &old)]);
    assert_eq!(tested.attribute("result", "data-cause").unwrap(), "old");
    let (first, second) = pair(&tablet, 40);
    let fields = [("code", first.as_str()), ("second_code", second.as_str())];
    assert_eq!(browser.submit(&path(&tablet, "resynchronise"), &fields).status, 303);
    // The clock was set right: what it shows now is older than what was accepted.
    let now = tablet.code_of(step + 1);
    let tested = browser.submit(&path(&tablet, "test"), &[("code", &now)]);
    assert_eq!(tested.attribute("result", "data-outcome").unwrap(), "refused");
}

/// The only token is out of step: two codes in a row are the way in all the same.
#[test]
fn two_codes_in_a_row_sign_in_with_a_token_that_is_out_of_step() {
    let (server, phone, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&browser, &phone, "Phone").status, 303);
    let browser = Browser::of(&server);
    browser.first_factor(NPI, PASSPHRASE);
    let form = browser.get("/sign-in/code");
    assert_eq!(form.attribute("two-codes", "href").unwrap(), "/sign-in/code?codes=2");
    let form = browser.get("/sign-in/code?codes=2");
    let (first, second) = pair(&phone, 100);
    let wrong = [("code", second.as_str()), ("second_code", first.as_str())];
    let refused = browser.post("/sign-in/code", &form.with_hidden(&wrong));
    assert_eq!(refused.attribute("error", "data-cause").unwrap(), "not-consecutive");
    assert!(refused.attribute("second_code", "name").is_some(), "asked for again");
    let right = [("code", first.as_str()), ("second_code", second.as_str())];
    for answer in browser.post_at_once("/sign-in/code", &refused.with_hidden(&right)) {
        assert_eq!((answer.status, answer.location.as_str()), (303, "/tokens"), "{}", answer.html);
    }
}

#[test]
fn another_accounts_token_is_not_there() {
    let (server, _, _, tablet) = two_tokens();
    server.folder.add_account(crate::process::OTHER_NPI, "Ben Page");
    let other = Browser::of(&server);
    other.first_factor(crate::process::OTHER_NPI, PASSPHRASE);
    let (_, confirmation) =
        server.folder.begin_activation(crate::process::OTHER_NPI, &server.address);
    let full = other.submit("/sign-in/code", &[("code", &confirmation)]);
    assert_eq!(full.location, "/tokens");
    assert!(other.get("/lost").element("nothing-to-report").is_some());
    for what in ["found", "deactivate", "resynchronise", "unlock"] {
        assert_eq!(other.get(&path(&tablet, what)).status, 404, "{what}");
        assert_eq!(Browser::of(&server).get(&path(&tablet, what)).location, "/sign-in", "{what}");
    }
}
