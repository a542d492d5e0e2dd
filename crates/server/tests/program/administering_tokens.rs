//! The help desk's pages of tokens: found by any part, explained, changed; each change meant.

use oath::Totp;

use crate::{
    administrators::Carrier,
    app::App,
    browser::{Browser, Page},
    clock,
    process::{NPI, Server},
};

/// A server at which Ada has a token in use, and Hedy works at the help desk.
fn with_token() -> (Server, App, Browser) {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let prescriber = Browser::signed_in(&server, &confirmation);
    assert_eq!(crate::add_token::add(&prescriber, &app, "iPhone token").status, 303);
    let hedy = Carrier::add(&server.folder, "Hedy", &["token-administrator"]).signed_in(&server);
    (server, app, hedy)
}

fn path(app: &App) -> String {
    format!("/admin/tokens/{}", app.id.as_str())
}

/// Sends the form of an act from the token's page.
fn act(browser: &Browser, app: &App, act: &str, fields: &[(&str, &str)]) -> Page {
    let page = browser.get(&path(app));
    browser.post(&format!("{}/{act}", path(app)), &page.with_hidden(fields))
}

fn done(browser: &Browser, app: &App, name: &str, fields: &[(&str, &str)]) {
    for _ in 0..2 {
        let page = act(browser, app, name, fields);
        assert_eq!(page.location, format!("{}?done={name}", path(app)), "{}", page.html);
    }
}

fn state(browser: &Browser, app: &App) -> String {
    browser.get(&path(app)).attribute("state", "data-state").unwrap()
}

#[test]
fn a_token_is_found_by_any_part_of_serial_name_owner_or_npi() {
    let (_server, app, hedy) = with_token();
    let serial = app.id.as_str();
    let shown = app.id.to_string().to_lowercase();
    for sought in [&serial[5..9], &shown[2..11], "PHONE", "da qui", &NPI[2..7], ""] {
        let query: String = sought.replace(' ', "+");
        let page = hedy.get(&format!("/admin/tokens?q={query}"));
        let found = page.attribute("token-row", "data-serial");
        assert_eq!(found.as_deref(), Some(serial), "{sought:?}");
    }
    for nobody in ["nothing", "%25", "_", "%3Cscript%3E"] {
        let page = hedy.get(&format!("/admin/tokens?q={nobody}"));
        assert!(page.element("token-row").is_none() && !page.html.contains("<script>"), "{nobody}");
    }
    assert_eq!(hedy.get("/admin/tokens/CSST00000000").status, 404);
}

#[test]
fn a_refusal_is_explained_with_what_to_do_next_and_the_lock_is_taken_away() {
    let (_server, app, hedy) = with_token();
    let prescriber = Browser::of(&_server);
    prescriber.first_factor(NPI, crate::process::PASSPHRASE);
    for _ in 0..10 {
        prescriber.submit("/sign-in/code", &[("code", &app.wrong_code())]);
    }
    let page = hedy.get(&path(&app));
    assert_eq!(page.attribute("state", "data-state").unwrap(), "locked");
    assert!(page.element("why").unwrap().contains("too many wrong codes"), "{}", page.html);
    assert!(page.html.contains("Code refused at sign-in"));
    assert!(page.element("next").unwrap().contains("resynchronise"), "{}", page.html);
    let unsure = act(&hedy, &app, "unlock", &[]);
    assert_eq!(unsure.status, 422);
    assert!(unsure.element("error-sure-unlock").unwrap().contains("Make sure who asks"));
    done(&hedy, &app, "unlock", &[("sure-unlock", "yes")]);
    assert_eq!(state(&hedy, &app), "active");
    assert_eq!(hedy.get(&path(&app)).element("failures").unwrap(), "0");
}

#[test]
fn a_lost_token_is_suspended_found_and_deactivated_each_for_a_reason() {
    let (server, app, hedy) = with_token();
    let without = act(&hedy, &app, "suspend", &[("reason-suspend", " ")]);
    assert!(without.element("error-reason-suspend").unwrap().contains("in a few words"));
    done(&hedy, &app, "suspend", &[("reason-suspend", "lost on the train")]);
    assert_eq!(state(&hedy, &app), "suspended");
    done(&hedy, &app, "found", &[("reason-found", "in the coat"), ("sure-found", "yes")]);
    assert_eq!(state(&hedy, &app), "active");
    let page = hedy.get(&path(&app));
    assert!(page.element("act-deactivate").unwrap().contains("This is your last token"));
    for fields in [
        vec![("reason-deactivate", "lost")],
        vec![("sure-deactivate", "yes")],
        vec![("reason-deactivate", "boredom"), ("sure-deactivate", "yes")],
    ] {
        assert_eq!(act(&hedy, &app, "deactivate", &fields).status, 422);
    }
    done(&hedy, &app, "deactivate", &[("reason-deactivate", "lost"), ("sure-deactivate", "yes")]);
    assert_eq!(state(&hedy, &app), "deactivated");
    let events = server.folder.json(&["events"], "");
    let causes: Vec<_> =
        events.as_array().unwrap().iter().take(9).map(|event| &event["cause"]).collect();
    for reason in ["lost on the train", "in the coat", "lost"] {
        assert_eq!(causes.iter().filter(|cause| **cause == reason).count(), 1, "{causes:?}");
    }
    let too_late = act(&hedy, &app, "suspend", &[("reason-suspend", "again")]);
    assert!(too_late.element("error").unwrap().contains("deactivated"));
}

#[test]
fn a_token_is_resynchronised_by_two_codes_that_are_read_out() {
    let (_server, app, hedy) = with_token();
    let ahead = Totp::default().period.step_at(clock::now()) + 20;
    let codes = [app.code_of(ahead), app.code_of(ahead + 1)];
    let wrong = act(&hedy, &app, "resynchronise", &[("code-1", &codes[0]), ("code-2", "12")]);
    assert!(wrong.element("error-code-2").is_some());
    let apart = app.code_of(ahead + 2);
    let wrong = act(&hedy, &app, "resynchronise", &[("code-1", &codes[0]), ("code-2", &apart)]);
    assert!(wrong.element("error-code-1").unwrap().contains("follow each other"), "{}", wrong.html);
    done(&hedy, &app, "resynchronise", &[("code-1", &codes[0]), ("code-2", &codes[1])]);
    for pair in [[&codes[0], &apart], [&codes[1], &codes[0]]] {
        let other = act(&hedy, &app, "resynchronise", &[("code-1", pair[0]), ("code-2", pair[1])]);
        assert_eq!(other.status, 422, "another pair is no second submit of the one that was taken");
    }
    let page = hedy.get(&path(&app));
    assert!(page.html.contains("Code accepted at resynchronising"));
    assert!(page.html.contains("s fast"), "the drift is told");
}

#[test]
fn an_access_administrator_looks_and_does_not_touch() {
    let (server, app, _) = with_token();
    let ines = Carrier::add(&server.folder, "Ines", &["access-administrator"]).signed_in(&server);
    let page = ines.get(&path(&app));
    assert_eq!(page.status, 200);
    assert!(page.element("act-unlock").is_none() && page.element("act-suspend").is_none());
    let forced = act(&ines, &app, "suspend", &[("reason-suspend", "for fun")]);
    assert_eq!(forced.status, 403);
    assert_eq!(state(&ines, &app), "active");
}
