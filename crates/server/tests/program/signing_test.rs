//! Sign a test prescription: the prescriptions stay, both factors are judged, nothing is signed.

use oath::{Challenge, Ocra, Totp};
use serde_json::Value;

use crate::{
    add_token::add,
    app::App,
    browser::{Browser, Page},
    process::{NPI, PASSPHRASE, Server},
};

const PAGE: &str = "/signing-test";

fn one_token() -> (Server, Browser, App) {
    let (server, phone, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&browser, &phone, "Phone").status, 303);
    (server, browser, phone)
}

fn outcome(page: &Page) -> (String, String) {
    let outcome = page.attribute("result", "data-outcome").unwrap_or_default();
    (outcome, page.attribute("result", "data-cause").unwrap_or_default())
}

/// What must be on the screen while the factors are entered.
fn stays(page: &Page) {
    assert_eq!(page.html.matches("data-testid=\"prescription\"").count(), 3);
    for text in ["Sample Patient One", "Oxycodone", "Schedule", "Quantity", "NPI 1234567893"] {
        assert!(page.html.contains(text), "{text}");
    }
    assert!(page.element("statement").unwrap().contains("you are legally signing"));
    assert!(page.element("nothing-is-signed").unwrap().contains("nothing is signed"));
    assert!(!page.html.contains(PASSPHRASE), "the passphrase is not shown again");
}

#[test]
fn the_prescriptions_stay_while_both_factors_are_judged_and_nothing_is_signed() {
    let (server, browser, phone) = one_token();
    let token = phone.id.as_str();
    let form = browser.get(PAGE);
    stays(&form);
    assert!(form.html.contains(&format!("name=\"token\" value=\"{token}\"")), "not asked for");
    let code = phone.next_code();
    let fields =
        [("ready-1", "yes"), ("token", token), ("passphrase", PASSPHRASE), ("code", &code)];
    let mut answers = browser.post_at_once(PAGE, &form.with_hidden(&fields));
    answers.push(browser.post(PAGE, &form.with_hidden(&fields)));
    for page in &answers {
        assert_eq!(page.status, 200, "{}", page.html);
        assert_eq!(outcome(page), ("accepted".to_owned(), String::new()));
        assert!(page.element("result").unwrap().contains("Nothing was signed"));
        stays(page);
        assert!(page.html.contains("data-testid=\"ready-1\" checked"));
        assert!(!page.html.contains("data-testid=\"ready-2\" checked"));
    }
    // A new form with the same code is a second use.
    let again = browser.post(PAGE, &answers[0].with_hidden(&fields));
    assert_eq!(outcome(&again), ("refused".to_owned(), "already-used".to_owned()));
    stays(&again);
    let events = server.folder.json(&["events"], "");
    let of = |purpose| {
        events.as_array().unwrap().iter().filter(|event| event["purpose"] == purpose).count()
    };
    assert_eq!((of("signing-test"), of("signing")), (2, 0));
    let activity = browser.get("/activity");
    assert!(activity.html.contains("Code accepted at a test prescription"), "{}", activity.html);
}

/// The token's code for the number that a page shows.
fn bound_code(page: &Page, phone: &App) -> String {
    let number: Challenge = page.element("challenge").unwrap().parse().unwrap();
    let ocra = Ocra::of(&Totp::default()).unwrap();
    ocra.code_of_step(&phone.seed, number, phone.next_step()).expose_digits()
}

/// The number of the first prescription by the vector of docs/formats.md, for this page's form.
fn number_by_the_document(page: &Page) -> String {
    const DOCUMENT: &str = include_str!("../../../../docs/formats.md");
    let (_, rest) = DOCUMENT.split_once("```json numbers\n").unwrap();
    let vectors: Value = serde_json::from_str(rest.split_once("```").unwrap().0).unwrap();
    let form = page.with_hidden(&[]);
    let (_, key) = form.iter().find(|(name, _)| *name == "idempotency_key").unwrap();
    let mut hashed = format!("{NPI}\n{key}\n");
    for line in vectors[0]["lines"].as_array().unwrap().iter().skip(2) {
        hashed += line.as_str().unwrap();
        hashed.push('\n');
    }
    Challenge::of(hashed.as_bytes()).to_string()
}

fn with<'a>(fields: &[(&'a str, &'a str)], number: &'a str) -> Vec<(&'a str, &'a str)> {
    [fields, &[("challenge", number)]].concat()
}

#[test]
fn a_number_binds_the_code_to_the_marked_prescriptions() {
    let (_server, browser, phone) = one_token();
    let token = phone.id.as_str();
    let form = browser.get(PAGE);
    assert!(form.element("challenge").is_none());
    let unmarked = browser.post(PAGE, &form.with_hidden(&[("token", token), ("ask", "yes")]));
    assert!(unmarked.element("error-ready-1").is_some() && unmarked.element("challenge").is_none());
    let ask = [("ready-1", "yes"), ("token", token), ("ask", "yes")];
    let asked = browser.post(PAGE, &form.with_hidden(&ask));
    assert_eq!(asked.status, 200);
    stays(&asked);
    let (number, code) = (asked.element("challenge").unwrap(), bound_code(&asked, &phone));
    assert_eq!(number, number_by_the_document(&asked));

    // More prescriptions are marked than the number is of: the code would be good for others.
    let more = [
        ("ready-1", "yes"),
        ("ready-2", "yes"),
        ("token", token),
        ("passphrase", PASSPHRASE),
        ("code", &code),
    ];
    let changed = browser.post(PAGE, &asked.with_hidden(&with(&more, &number)));
    assert_eq!(changed.status, 422);
    assert!(changed.element("error-ready-1").unwrap().contains("new number"));
    let new = changed.element("challenge").unwrap();
    assert_ne!(new, number);
    let refused = browser.post(PAGE, &changed.with_hidden(&with(&more, &new)));
    assert_eq!(outcome(&refused), ("refused".to_owned(), "wrong".to_owned()));
    assert_eq!(refused.element("challenge"), Some(new), "it may be tried again");

    let fields =
        [("ready-1", "yes"), ("token", token), ("passphrase", PASSPHRASE), ("code", &code)];
    let signed = browser.post(PAGE, &asked.with_hidden(&with(&fields, &number)));
    assert_eq!(outcome(&signed), ("accepted".to_owned(), String::new()), "{}", signed.html);
    assert!(signed.element("challenge").is_none(), "the next signing has a number of its own");
}

#[test]
fn each_wrong_field_says_so_and_a_wrong_passphrase_leaves_the_code_good() {
    let (_server, browser, phone) = one_token();
    let token = phone.id.as_str();
    let form = browser.get(PAGE);
    let nothing = browser.post(PAGE, &form.with_hidden(&[]));
    assert_eq!(nothing.status, 422);
    for field in ["ready-1", "passphrase", "code"] {
        assert!(nothing.element(&format!("error-{field}")).is_some(), "{field}");
    }
    stays(&nothing);
    let code = phone.next_code();
    let wrong = [
        ("ready-2", "yes"),
        ("token", token),
        ("passphrase", "not the passphrase"),
        ("code", code.as_str()),
    ];
    let page = browser.post(PAGE, &form.with_hidden(&wrong));
    assert_eq!(page.status, 422);
    assert!(page.element("error-passphrase").unwrap().contains("not your passphrase"));
    stays(&page);
    // Back, and the right one: the code was not judged.
    let right = [wrong[0], wrong[1], ("passphrase", PASSPHRASE), wrong[3]];
    let page = browser.post(PAGE, &form.with_hidden(&right));
    assert_eq!(outcome(&page).0, "accepted", "{}", page.html);
    let miss = phone.wrong_code();
    let miss = [wrong[0], wrong[1], ("passphrase", PASSPHRASE), ("code", miss.as_str())];
    let page = browser.post(PAGE, &page.with_hidden(&miss));
    assert_eq!(outcome(&page), ("refused".to_owned(), "wrong".to_owned()));
    assert!(page.element("result").unwrap().contains("type the code that it shows now"));
}

#[test]
fn it_takes_both_factors_of_the_sign_in_and_a_form_of_the_own_session() {
    let (server, browser, phone) = one_token();
    assert_eq!(Browser::of(&server).get(PAGE).location, "/sign-in");
    let half = Browser::of(&server);
    half.first_factor(crate::process::NPI, PASSPHRASE);
    assert_eq!(half.get(PAGE).location, "/sign-in/code");
    let code = phone.next_code();
    let fields = [
        ("ready-1", "yes"),
        ("token", phone.id.as_str()),
        ("passphrase", PASSPHRASE),
        ("code", code.as_str()),
    ];
    assert_eq!(browser.post(PAGE, &fields).status, 403, "no form of this session");
    let other = [fields[0], ("token", "CSST4F7K92MQ"), fields[2], fields[3]];
    let form = browser.get(PAGE);
    assert_eq!(browser.post(PAGE, &form.with_hidden(&other)).status, 404);
}
