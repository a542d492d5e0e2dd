//! How a token's clock or counter went: the owner's page, the help desk's, and the command line.

use crate::{
    add_token::add,
    administrators::Carrier,
    app::App,
    browser::Browser,
    clock,
    process::{Server, text},
};

const DAY: i64 = 86_400;

/// Ada's token, whose clock lost a step every ten days for the last fifty.
fn drifting() -> (Server, Browser, App) {
    let (server, fob, confirmation) = Server::with_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&browser, &fob, "Fob").status, 303);
    let database = server.folder.path().join("countersign.db");
    let database = rusqlite::Connection::open(database).unwrap();
    for ten in 1..=5 {
        let at = i64::try_from(clock::now().0).unwrap() - (60 - ten * 10) * DAY;
        let row = (fob.id.as_str(), at / DAY, at, -ten);
        database
            .execute("REPLACE INTO drift_samples VALUES (?1, ?2, ?3, ?4, NULL, 1)", row)
            .unwrap();
    }
    (server, browser, fob)
}

#[test]
fn the_day_on_which_a_clock_leaves_its_window_is_told_and_drawn_everywhere() {
    let (server, browser, fob) = drifting();
    let list = browser.get("/tokens");
    let own = list.attribute("drift", "href").unwrap();
    assert_eq!(own, format!("/tokens/{}/drift", fob.id.as_str()));
    let hedy = Carrier::add(&server.folder, "Hedy", &["token-administrator"]).signed_in(&server);
    let desk = format!("/admin/tokens/{}", fob.id.as_str());
    for page in [browser.get(&own), hedy.get(&desk)] {
        let chart = page.element("drift-chart").unwrap();
        assert_eq!(page.html.matches("class=\"dot\"").count(), 6, "{chart}");
        assert!(page.html.contains("loses 3.0 s a day"), "{}", page.html);
        assert!(page.html.contains("falls out of its window about 20"), "{}", page.html);
        assert!(page.html.contains("<td>150 s slow</td>"), "{}", page.html);
    }
    let shown = server.folder.json(&["token", "show", fob.id.as_str()], "");
    assert_eq!(shown["serial"], fob.id.as_str());
    let history = &shown["history"];
    assert_eq!(history["samples"].as_array().unwrap().len(), 6);
    assert_eq!(history["samples"][0]["steps"], -1);
    assert_eq!(history["forecast"]["kind"], "leaves");
    assert!(history["forecast"]["in_use"].as_u64().unwrap() > clock::now().0);
    let said = text(&server.folder.run(&["token", "show", fob.id.as_str()], "").stdout);
    assert!(said.contains("falls out of its window") && said.contains("150 s slow"), "{said}");
    assert_eq!(browser.get("/tokens/CSST00000000/drift").status, 404);
}
