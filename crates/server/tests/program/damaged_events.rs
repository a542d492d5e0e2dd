//! An event that is damaged stands in its place on every page and list, and keeps nobody from the others.

use rusqlite::Connection;

use crate::{
    add_token::add,
    administrators::Carrier,
    browser::Browser,
    process::{NPI, Server, text},
    stand_in_network::until,
    verify_api::Vendor,
};

#[test]
fn a_damaged_event_is_a_line_of_its_own_and_the_rest_of_the_list_is_there() {
    let (server, app, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&browser, &app, "Phone").status, 303);
    let folder = &server.folder;
    let database = Connection::open(folder.path().join("countersign.db")).unwrap();
    let number = "SELECT id FROM events WHERE kind = 'token-associated' AND outcome = 'success'";
    let id: i64 = database.query_row(number, [], |row| row.get(0)).unwrap();
    until("its checkpoint", || {
        let sql = "SELECT count(*) FROM audit_links WHERE event >= ?1";
        database.query_row(sql, [id], |row| row.get::<_, i64>(0)).ok().filter(|links| *links > 0)
    });
    database.execute("DROP TRIGGER events_do_not_change", []).unwrap();
    database.execute("UPDATE events SET outcome = 'perhaps' WHERE id = ?1", [id]).unwrap();
    let says = format!("This event can’t be read (number {id})");

    let page = browser.get("/activity");
    assert_eq!(page.status, 200, "{}", page.html);
    assert!(
        page.html.contains(&says) && page.html.contains("data-kind=\"unreadable\""),
        "{}",
        page.html
    );
    assert!(page.html.contains("Signed in by confirmation code"), "{}", page.html);

    let hedy = Carrier::add(folder, "Hedy", &["token-administrator", "auditor"]).signed_in(&server);
    let page = hedy.get("/admin/audit");
    assert_eq!(page.status, 200, "{}", page.html);
    assert!(page.html.contains(&says) && page.html.contains("Account opened"), "{}", page.html);
    let page = hedy.get(&format!("/admin/tokens/{}", app.id.as_str()));
    assert_eq!(page.status, 200, "{}", page.html);
    assert!(page.html.contains(&says), "{}", page.html);

    let found = Vendor::of(&server, &["audit"]).get("/v1/audit?limit=200");
    assert_eq!(found.status, 200, "{}", found.body);
    let items = found.body["items"].as_array().unwrap();
    let bad = items.iter().find(|event| event["id"] == id).unwrap();
    assert_eq!((&bad["kind"], &bad["account"]), (&"unreadable".into(), &NPI.into()), "{bad}");
    assert_eq!(items.iter().filter(|event| event["kind"] == "unreadable").count(), 1);

    let listed = folder.run(&["events", "--npi", NPI], "");
    assert!(listed.status.success(), "{}", text(&listed.stderr));
    let lines = text(&listed.stdout);
    assert!(lines.contains(&format!("Z  this event can't be read (number {id})\n")), "{lines}");
    assert!(lines.contains("token-provisioned success"), "{lines}");
    let events = folder.json(&["events"], "");
    let bad = events.as_array().unwrap().iter().find(|event| event["id"] == id).unwrap();
    assert_eq!(bad["kind"], "unreadable");

    let folder = server.stop();
    let verified = folder.run(&["audit", "verify"], "");
    assert!(!verified.status.success());
    let found = text(&verified.stdout) + &text(&verified.stderr);
    assert!(found.contains(&format!("event {id}")), "{found}");
}
