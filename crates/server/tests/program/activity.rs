//! Activity: what the account's tokens did, and why something was refused.

use crate::{
    add_token::add,
    browser::Browser,
    process::{NPI, OTHER_NPI, PASSPHRASE, Server},
};

#[test]
fn each_refusal_has_its_cause_and_the_next_step_in_the_owners_words() {
    let (server, phone, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&browser, &phone, "Phone").status, 303);
    let test = format!("/tokens/{}/test", phone.id.as_str());
    let code = phone.next_code();
    browser.submit(&test, &[("code", &code)]);
    browser.submit(&test, &[("code", &code)]);
    let page = browser.get("/activity");
    assert_eq!(page.status, 200);
    let latest = page.element("event").unwrap();
    assert!(latest.contains("Code refused at a test") && latest.contains("Phone"), "{latest}");
    assert!(page.element("why").unwrap().contains("had been used before"), "{latest}");
    assert!(page.element("next").unwrap().contains("Wait for the next code"), "{latest}");
    assert!(page.html.contains("Code accepted at a test"), "{}", page.html);
    assert!(page.html.contains("Signed in by confirmation code"), "{}", page.html);
    assert!(!page.html.contains(&code), "no code is shown");

    // Somebody else sees nothing of it.
    server.folder.add_account(OTHER_NPI, "Ben Page");
    let other = Browser::of(&server);
    other.first_factor(OTHER_NPI, PASSPHRASE);
    assert_eq!(other.get("/activity").location, "/sign-in/code", "not by one factor");
    let (_, confirmation) = server.folder.begin_activation(OTHER_NPI, &server.address);
    other.submit("/sign-in/code", &[("code", &confirmation)]);
    let theirs = other.get("/activity").html;
    assert!(!theirs.contains(phone.id.as_str()) && !theirs.contains("at a test"), "{theirs}");
    assert_eq!(Browser::of(&server).get("/activity").location, "/sign-in");
}

#[test]
fn it_is_paged_and_whatever_stands_in_the_address_is_a_page() {
    let (server, phone, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&browser, &phone, "Phone").status, 303);
    let test = format!("/tokens/{}/test", phone.id.as_str());
    let wrong = phone.wrong_code();
    for _ in 0..30 {
        browser.submit(&test, &[("code", &wrong)]);
    }
    let first = browser.get("/activity");
    assert_eq!(first.html.matches("data-testid=\"event\"").count(), 25);
    assert!(first.element("latest").is_none());
    let second = browser.get(&first.attribute("earlier", "href").unwrap());
    let rest = second.html.matches("data-testid=\"event\"").count();
    assert!((5..25).contains(&rest), "{rest} more");
    assert!(second.element("earlier").is_none() && second.element("latest").is_some());
    let last = second.attribute("event", "data-id").unwrap();
    assert!(!first.html.contains(&format!("data-id=\"{last}\"")), "none is told twice");
    for odd in ["before=0", "before=x", "before=-1", "before=1&before=2", "what=%ff"] {
        assert_eq!(browser.get(&format!("/activity?{odd}")).status, 200, "{odd}");
    }
    let events = server.folder.json(&["events"], "");
    assert!(events.to_string().contains(NPI), "the same that the help desk sees");
}
