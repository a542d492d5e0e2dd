//! The auditor's pages: search, one day, and whether the record was changed.

use crate::{
    administrators::Carrier,
    browser::{Browser, Page},
    process::{NPI, OTHER_NPI, PASSPHRASE, Server},
};

/// A server on which something happened, and an auditor.
fn with_events() -> (Server, Browser) {
    let (server, app, confirmation) = Server::with_provisioned_token();
    server.folder.add_account(OTHER_NPI, "Ben Rowan");
    let prescriber = Browser::signed_in(&server, &confirmation);
    assert_eq!(crate::add_token::add(&prescriber, &app, "iPhone token").status, 303);
    let later = Browser::of(&server);
    later.first_factor(NPI, PASSPHRASE);
    for _ in 0..6 {
        later.submit("/sign-in/code", &[("code", &app.wrong_code())]);
    }
    let grace = Carrier::add(&server.folder, "Grace", &["auditor"]).signed_in(&server);
    (server, grace)
}

/// The events of a page: kind and ID.
fn events(page: &Page) -> Vec<(String, u64)> {
    let events = page.html.split("data-testid=\"event\"").skip(1);
    let attribute = |text: &str, name: &str| {
        text.split_once(&format!("{name}=\"")).unwrap().1.split('"').next().unwrap().to_owned()
    };
    events
        .map(|text| (attribute(text, "data-kind"), attribute(text, "data-id").parse().unwrap()))
        .collect()
}

fn today() -> String {
    let now = crate::clock::now();
    let date = std::process::Command::new("date")
        .args(["-u", "+%F", "-d", &format!("@{}", now.0)])
        .output();
    String::from_utf8(date.unwrap().stdout).unwrap().trim().to_owned()
}

#[test]
fn events_are_found_by_account_token_kind_and_day() {
    let (_server, grace) = with_events();
    let all = grace.get("/admin/audit");
    let found = events(&all);
    assert!(found.len() > 10 && found.is_sorted_by(|a, b| a.1 > b.1), "{found:?}");
    let judged = events(&grace.get("/admin/audit?kind=code-judged"));
    assert!(judged.len() >= 7 && judged.iter().all(|(kind, _)| kind == "code-judged"));
    let of_ben = events(&grace.get(&format!("/admin/audit?account={OTHER_NPI}")));
    assert_eq!(of_ben.len(), 1);
    let today = today();
    let of_today =
        grace.get(&format!("/admin/audit?day={today}&account={NPI}&kind=token-associated"));
    assert_eq!(events(&of_today).len(), 1);
    assert!(grace.get("/admin/audit?day=2001-01-01").element("none").is_some());
    let before = found[3].1;
    let earlier = events(&grace.get(&format!("/admin/audit?before={before}")));
    assert_eq!(earlier, found[4..]);
    for (field, text) in [("account", "12"), ("serial", "%3C"), ("day", "yesterday")] {
        let page = grace.get(&format!("/admin/audit?{field}={text}"));
        assert!(page.element(&format!("error-{field}")).is_some(), "{field}");
        assert_eq!((page.status, events(&page)), (422, vec![]));
    }
}

#[test]
fn a_day_is_reported_with_what_is_to_be_looked_at() {
    let (_server, grace) = with_events();
    let page = grace.get(&format!("/admin/audit/report?day={}", today()));
    assert!(page.element("to-look-at").is_some());
    assert!(page.html.contains("6 codes refused"), "{}", page.html);
    assert!(page.html.contains("Account opened"));
    assert!(grace.get("/admin/audit/report").element("quiet").is_some(), "yesterday was nothing");
    assert!(grace.get("/admin/audit/report?day=x").element("error-day").is_some());
}

#[test]
fn a_change_of_the_record_is_found_and_named() {
    let (server, grace) = with_events();
    let form = grace.get("/admin/audit/verify");
    assert!(form.element("unchanged").is_none() && form.element("changed").is_none());
    let fields = form.with_hidden(&[]);
    let verify = || {
        let begun = grace.post("/admin/audit/verify", &fields);
        assert_eq!(begun.location, "/admin/audit/verify");
        grace.get("/admin/audit/verify")
    };
    let page = verify();
    assert!(page.element("unchanged").unwrap().contains("events"), "{}", page.html);

    // Sealed by now or in a second: what is changed before it is sealed cannot be found.
    let database = rusqlite::Connection::open(server.folder.path().join("countersign.db")).unwrap();
    let sealed = || -> i64 {
        let sql = "SELECT coalesce(max(event), 0) FROM audit_links";
        database.query_row(sql, [], |row| row.get(0)).unwrap()
    };
    for _ in 0..600 {
        if sealed() >= 3 {
            break;
        }
        std::thread::sleep(std::time::Duration::from_millis(50));
    }
    database
        .execute_batch(
            "DROP TRIGGER events_do_not_change; UPDATE events SET cause = 'nothing' WHERE id = 3;",
        )
        .unwrap();
    let page = verify();
    assert!(page.element("changed").is_some(), "{}", page.html);
    assert!(page.element("finding").unwrap().contains("event 3"), "{}", page.html);
}

#[test]
fn whoever_audits_changes_nothing_and_whoever_changes_does_not_audit() {
    let (server, grace) = with_events();
    for path in ["/admin/tokens", "/admin/accounts", "/admin/access", "/admin/stock"] {
        assert_eq!(grace.get(path).status, 403, "{path}");
    }
    let hedy = Carrier::add(&server.folder, "Hedy", &["token-administrator"]).signed_in(&server);
    for path in ["/admin/audit", "/admin/audit/report", "/admin/audit/verify"] {
        assert_eq!(hedy.get(path).status, 403, "{path}");
    }
}
