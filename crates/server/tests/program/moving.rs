//! Move to a new phone on the dashboard: approved, enrolled by the link, finished by the first code,
//! cancelled, ended by a loss; each form sent again is answered the same.

use std::time::Duration;

use provisioning::{AppAnswer, AppAsk, AppTokenState};

use crate::{
    add_token::add,
    administrators::Carrier,
    app::App,
    browser::{Browser, Page},
    clock,
    process::{Folder, NPI, PASSPHRASE, Server},
    stand_in_network::{Mood, Network, until},
};

/// Ada's phone, and a sign-in just now by its code.
pub(crate) fn with_phone(more: &[&str]) -> (Server, Browser, App) {
    let server = Server::start_in(Folder::new(), more);
    server.folder.add_account(NPI, "Ada Quill");
    let (link, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let phone = App::new();
    assert_eq!(server.provision(&phone.seal_for(&link)).0, 201);
    let first = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&first, &phone, "Phone").status, 303);
    let browser = signed_in(&server, &phone);
    (server, browser, phone)
}

fn signed_in(server: &Server, by: &App) -> Browser {
    let browser = Browser::of(server);
    browser.first_factor(NPI, PASSPHRASE);
    let signed_in = browser.submit("/sign-in/code", &[("code", &by.next_code())]);
    assert_eq!(signed_in.location, "/tokens", "{}", signed_in.html);
    browser
}

fn path(app: &App) -> String {
    format!("/tokens/{}/move", app.id.as_str())
}

fn link(page: &Page) -> String {
    page.element("enrolment-link").unwrap_or_else(|| panic!("{}", page.html))
}

/// Begins, and gives the page with the link.
fn begun(browser: &Browser, phone: &App) -> Page {
    let answer = browser.submit(&path(phone), &[("sure", "yes")]);
    assert_eq!((answer.status, &answer.location), (303, &path(phone)), "{}", answer.html);
    browser.get(&path(phone))
}

fn app_state(server: &Server, app: &App) -> AppTokenState {
    let (_, _, body) = server.ask(&app.ask(AppAsk::Status, clock::now()));
    AppAnswer::parse(body.as_bytes()).unwrap().token.state
}

fn row(browser: &Browser, app: &App) -> String {
    let html = browser.get("/tokens").html;
    let row = html.split("data-testid=\"token-row\"").find(|row| row.contains(app.id.as_str()));
    row.unwrap().to_owned()
}

#[test]
fn a_phone_is_replaced_by_a_new_one_that_keeps_the_name() {
    let (server, browser, phone) = with_phone(&[]);
    let offered = browser.get("/tokens").attribute("move", "href").unwrap();
    assert_eq!(offered, path(&phone));
    let unsure = browser.submit(&path(&phone), &[]);
    assert_eq!(unsure.status, 422);
    assert!(unsure.element("error-sure").is_some() && unsure.attribute("qr", "src").is_none());

    let form = browser.get(&path(&phone));
    for answer in browser.post_at_once(&path(&phone), &form.with_hidden(&[("sure", "yes")])) {
        assert_eq!((answer.status, &answer.location), (303, &path(&phone)), "{}", answer.html);
    }
    let page = browser.get(&path(&phone));
    let link = link(&page);
    assert_eq!(page.attribute("open-in-app", "href").unwrap(), link);
    assert!(page.attribute("qr", "src").unwrap().starts_with("data:image/svg+xml;base64,"));
    assert_eq!(self::link(&browser.get(&path(&phone))), link, "a reload shows the same");

    let code = format!("{}/code", path(&phone));
    let new = App::new();
    let early = browser.submit(&code, &[("code", &new.wrong_code())]);
    assert!(early.element("error-code").unwrap().contains("not arrived yet"), "{}", early.html);
    assert_eq!(server.provision(&new.seal_for(&link)).0, 201);
    let page = browser.get(&path(&phone));
    assert_eq!(page.element("new-serial").unwrap(), new.id.to_string());
    assert!(page.attribute("qr", "src").is_none(), "the link is used up");
    let wrong = browser.submit(&code, &[("code", &new.wrong_code())]);
    assert!(wrong.element("error-code").is_some(), "{}", wrong.html);
    assert_eq!(app_state(&server, &phone), AppTokenState::Active);
    let waiting = row(&browser, &phone);
    assert!(waiting.contains("its first code is missing"), "{waiting}");

    let form = browser.get(&path(&phone));
    let good = new.next_code();
    let sent = form.with_hidden(&[("code", &good)]);
    let moved = format!("/tokens?done=moved&token={}", phone.id.as_str());
    for answer in browser.post_at_once(&code, &sent) {
        assert_eq!((answer.status, &answer.location), (303, &moved), "{}", answer.html);
    }
    assert_eq!(browser.post(&code, &sent).location, moved, "by back and reload");
    assert_eq!(browser.get(&path(&phone)).location, moved);
    let told = browser.get(&moved).element("done").unwrap();
    assert!(told.contains("Phone is on the new phone now"), "{told}");
    assert!(row(&browser, &phone).contains("data-state=\"deactivated\""));
    let new_row = row(&browser, &new);
    assert!(
        new_row.contains("data-state=\"active\"") && new_row.contains("<h2>Phone "),
        "{new_row}"
    );
    assert_eq!(app_state(&server, &phone), AppTokenState::Deactivated);
    assert_eq!(app_state(&server, &new), AppTokenState::Active);
    let activity = browser.get("/activity").html;
    assert!(activity.contains("Moved to a new phone"), "{activity}");
}

#[test]
fn the_help_desk_sees_it() {
    let (server, browser, phone) = with_phone(&[]);
    let link = link(&begun(&browser, &phone));
    let new = App::new();
    assert_eq!(server.provision(&new.seal_for(&link)).0, 201);
    let hedy = Carrier::add(&server.folder, "Hedy", &["token-administrator"]).signed_in(&server);
    let page = hedy.get(&format!("/admin/tokens/{}", phone.id.as_str()));
    let shown = page.element("moving").unwrap();
    assert!(shown.contains(&new.id.to_string()) && shown.contains("first code"), "{shown}");
    assert!(page.html.contains("Handover begun"), "{}", page.html);
    let listed = server.folder.json(&["token", "list", "--npi", NPI], "");
    assert_eq!(listed[0]["serial"], phone.id.as_str());
    assert_eq!(listed[0]["handover"]["to"], new.id.as_str());
    assert_eq!(listed[0]["handover"]["stage"]["is"], "first-code");
    let output = server.folder.run(&["token", "list"], "");
    let text = crate::process::text(&output.stdout);
    assert!(text.contains("being moved to a new phone"), "{text}");
}

#[test]
fn it_is_cancelled_or_ended_by_a_loss_and_its_link_leads_nowhere() {
    let (server, browser, phone) = with_phone(&[]);
    let first = link(&begun(&browser, &phone));
    let cancel = format!("{}/cancel", path(&phone));
    let form = browser.get(&path(&phone));
    let kept = format!("/tokens?done=kept&token={}", phone.id.as_str());
    for _ in 0..2 {
        assert_eq!(browser.post(&cancel, &form.with_hidden(&[])).location, kept);
    }
    assert!(browser.get(&kept).element("done").unwrap().contains("Phone stays where it is"));
    let (status, problem) = server.provision(&App::new().seal_for(&first));
    assert_eq!((status, &problem["type"]), (410, &"/problems/activation-expired".into()));
    let code = format!("{}/code", path(&phone));
    let over = browser.post(&code, &form.with_hidden(&[("code", "123456")]));
    assert_eq!(over.status, 422, "{}", over.html);
    assert!(over.element("error").unwrap().contains("This move to a new phone has ended"));

    let second = link(&begun(&browser, &phone));
    let (new, somebody) = (App::new(), Browser::of(&server));
    assert_eq!(server.provision(&new.seal_for(&second)).0, 201);
    let form = browser.get(&path(&phone));
    somebody.first_factor(NPI, PASSPHRASE);
    let lost = somebody.submit("/lost", &[("token", phone.id.as_str())]);
    assert_eq!(lost.status, 303, "{}", lost.html);
    let refused = browser.post(&code, &form.with_hidden(&[("code", &new.next_code())]));
    assert_eq!((refused.status, refused.location.as_str()), (303, "/sign-in"), "{}", refused.html);
    assert_eq!(app_state(&server, &phone), AppTokenState::Suspended);
    assert_eq!(app_state(&server, &new), AppTokenState::Provisioned);
}

#[test]
fn the_old_phone_works_until_the_network_knows_the_new_one() {
    let network = Network::start(&[Mood::Slow(Duration::ZERO), Mood::Slow(Duration::from_secs(4))]);
    let server = Server::start_in(Folder::new(), &["--network-webhook", &network.url]);
    server.folder.add_account(NPI, "Ada Quill");
    let (first, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let phone = App::new();
    assert_eq!(server.provision(&phone.seal_for(&first)).0, 201);
    assert_eq!(add(&Browser::signed_in(&server, &confirmation), &phone, "Phone").status, 303);
    until("active", || Some(()).filter(|()| app_state(&server, &phone) == AppTokenState::Active));
    let browser = signed_in(&server, &phone);
    let link = link(&begun(&browser, &phone));
    let new = App::new();
    assert_eq!(server.provision(&new.seal_for(&link)).0, 201);
    let code = format!("{}/code", path(&phone));
    let moved = browser.submit(&code, &[("code", &new.next_code())]);
    let told = browser.get(&moved.location).element("done").unwrap();
    assert!(told.contains("Phone is moving to the new phone"), "{told}");
    assert!(browser.get(&path(&phone)).element("waits-for-network").is_some());
    assert_eq!(app_state(&server, &phone), AppTokenState::Active);
    assert_eq!(app_state(&server, &new), AppTokenState::PendingSync);
    until("moved", || Some(()).filter(|()| app_state(&server, &new) == AppTokenState::Active));
    assert_eq!(app_state(&server, &phone), AppTokenState::Deactivated);
}

#[test]
fn where_a_code_by_phone_is_asked_for_it_comes_first() {
    let carrier = Network::start(&[]);
    let server = Server::start_in(Folder::new(), &["--phone-webhook", &carrier.url]);
    server.folder.add_account(NPI, "Ada Quill");
    let number = ["account", "phone", "--npi", NPI, "--number", "+1 410 555 0134"];
    server.folder.json(&number, "");
    let (first, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let phone = App::new();
    assert_eq!(server.provision(&phone.seal_for(&first)).0, 201);
    let by_phone = |browser: &Browser, page: &str| {
        let (place, query) = page.split_once('?').unwrap_or((page, ""));
        assert_eq!(browser.submit(page, &[("channel", "sms")]).status, 303);
        let told = carrier.told();
        let code = told.last().unwrap().record["code"].as_str().unwrap().to_owned();
        browser.submit(&format!("{place}/code?{query}"), &[("code", &code)])
    };
    let browser = Browser::signed_in(&server, &confirmation);
    by_phone(&browser, "/tokens/new/phone");
    assert_eq!(add(&browser, &phone, "Phone").status, 303);
    let browser = signed_in(&server, &phone);
    let asked = browser.get(&path(&phone)).location;
    assert_eq!(asked, format!("/tokens/new/phone?move={}", phone.id.as_str()));
    assert_eq!(by_phone(&browser, &asked).location, path(&phone));
    assert!(begun(&browser, &phone).attribute("qr", "src").is_some());
}
