//! After a loss was reported: the clock, the codes since, the draft of the notice.

use crate::{
    administrators::Carrier,
    browser::Browser,
    own_token::two_tokens,
    process::{NPI, PASSPHRASE},
};

#[test]
fn the_loss_is_told_of_by_its_owner_and_seen_by_the_help_desk() {
    let (server, browser, phone, tablet) = two_tokens();
    let serial = tablet.id.as_str();
    let at = format!("/lost/{serial}");
    assert_eq!(browser.get(&at).status, 404, "it is not lost");

    // By the passphrase alone: the clock and a draft, and nothing of what was signed when.
    let hasty = Browser::of(&server);
    hasty.first_factor(NPI, PASSPHRASE);
    let form = hasty.get("/lost");
    let reported = hasty.post("/lost", &form.with_hidden(&[("token", serial)]));
    let page = hasty.get(&reported.location);
    assert!(page.element("loss-clock").unwrap().contains("is due by the end of"), "{}", page.html);
    assert_eq!(page.attribute("draft-notice", "href").unwrap(), at);
    let page = hasty.get(&at);
    assert!(page.element("codes-hidden").is_some() && page.element("code").is_none());
    let notice = hasty.get(&format!("{at}/notice.txt")).html;
    assert!(notice.contains("21 CFR 1311.102") && notice.contains(&tablet.id.to_string()));
    assert!(notice.contains("with the passphrase alone") && !notice.contains("when the token"));
    let told = [("date", "2020-01-01"), ("time", "00:00")];
    let refused = hasty.post(&format!("{at}/last-had"), &page.with_hidden(&told));
    assert_eq!(refused.location, "/sign-in/code");

    // By another token: when it was last had, and whose the code since was.
    let list = browser.get("/tokens");
    assert!(list.element("loss").unwrap().contains("reported lost: give the notice"));
    let page = browser.get(&at);
    assert!(page.element("code").unwrap().contains("when the token was added"), "{}", page.html);
    assert!(page.html.contains("All times here are in UTC, where it is 20"), "{}", page.html);
    let event = page.attribute("code", "data-id").unwrap();
    let later = [("date", "2199-01-01"), ("time", "00:00")];
    let wrong = browser.post(&format!("{at}/last-had"), &page.with_hidden(&later));
    assert_eq!(wrong.status, 422);
    assert!(wrong.element("error-date").unwrap().contains("after you reported it"));
    let name = format!("code-{event}");
    let forms = [("last-had", &told[..]), ("codes", &[(name.as_str(), "not-mine")])];
    for (what, fields) in forms {
        for _ in 0..2 {
            let saved = browser.post(&format!("{at}/{what}"), &page.with_hidden(fields));
            assert_eq!(saved.location, format!("{at}?done=saved"), "{}", saved.html);
        }
    }
    let page = browser.get(&format!("{at}?done=saved"));
    assert_eq!(page.attribute("code", "data-mark").unwrap(), "not-mine");
    assert!(page.element("notice").unwrap().contains("NOT MINE"), "{}", page.html);
    let notice = browser.get(&format!("{at}/notice.txt")).html;
    assert!(notice.contains("possession:  2020-01-01 00:00 UTC"), "{notice}");
    assert!(notice.contains(&format!("event {event}: NOT MINE")), "{notice}");

    let hedy = Carrier::add(&server.folder, "Hedy", &["token-administrator"]).signed_in(&server);
    let desk = format!("/admin/tokens/{serial}");
    let seen = hedy.get(&desk);
    assert!(seen.element("not-mine").unwrap().contains("1 not the owner’s"), "{}", seen.html);
    let running = hedy.get("/admin").element("running-loss").unwrap();
    assert!(running.contains(NPI) && running.contains(" left."), "{running}");
    let account = hedy.get(&format!("/admin/accounts/{NPI}"));
    assert!(account.element("loss").unwrap().contains("Tablet was reported lost"));
    assert!(seen.element("loss-clock").is_some() && seen.element("act-notice").is_some());
    assert_eq!(
        hedy.get(&format!("{desk}/notice.txt")).html.lines().count(),
        notice.lines().count()
    );
    assert_eq!(hedy.get(&format!("/admin/tokens/{}/notice.txt", phone.id.as_str())).status, 404);
    let unsure = hedy.post(&format!("{desk}/notice"), &seen.with_hidden(&[]));
    assert!(unsure.element("error-sure-notice").is_some(), "{}", unsure.html);

    let page = browser.get(&at);
    let unsure = browser.post(&format!("{at}/notice-given"), &page.with_hidden(&[]));
    assert!(unsure.element("error-given").is_some());
    let given = &[("given", "yes")];
    for _ in 0..2 {
        let saved = browser.post(&format!("{at}/notice-given"), &page.with_hidden(given));
        assert_eq!(saved.status, 303, "{}", saved.html);
    }
    assert!(browser.get("/tokens").element("loss").is_none(), "the clock has stopped");
    assert!(hedy.get("/admin").element("running-loss").is_none(), "there too");
    assert!(browser.get(&at).element("loss-told").is_some());
    let sure = hedy.post(&format!("{desk}/notice"), &seen.with_hidden(&[("sure-notice", "yes")]));
    assert_eq!(sure.location, format!("{desk}?done=notice"), "the same answer");
}
