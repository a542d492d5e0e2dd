//! The page Stock: a file is checked, then taken, once, by whoever may.

use std::time::Duration;

use test_postgres::TestPostgres;

use crate::{
    administrators::Carrier,
    browser::{Browser, Page},
    postgres::servers,
    process::Server,
    stand_in_network::until,
    stock::{PASSPHRASE, SEED, under_a_passphrase},
};

fn help_desk() -> (Server, Browser) {
    let server = Server::start();
    let hedy = Carrier::add(&server.folder, "Hedy", &["token-administrator"]).signed_in(&server);
    (server, hedy)
}

fn send(browser: &Browser, fields: &[(&str, &str)], file: (&str, &str)) -> Page {
    let page = browser.get("/admin/stock");
    let sent = browser.upload("/admin/stock/check", &page.with_hidden(fields), file);
    at_its_end(browser, sent)
}

/// Where the page of a job's progress leads in the end.
fn at_its_end(browser: &Browser, answer: Page) -> Page {
    if !answer.location.starts_with("/admin/stock/jobs/") {
        return answer;
    }
    // Several minutes, on a machine that is busy with other things.
    let ended = (0..3_000).find_map(|_| {
        std::thread::sleep(Duration::from_millis(100));
        Some(browser.get(&answer.location)).filter(|page| page.element("progress").is_none())
    });
    ended.unwrap()
}

#[test]
fn a_file_is_checked_on_the_page_and_then_taken_once() {
    let (server, hedy) = help_desk();
    let secret = [("under", "passphrase"), ("secret", PASSPHRASE)];
    let checked = send(&hedy, &secret, ("fobs.xml", &under_a_passphrase()));
    assert_eq!(checked.status, 303, "{}", checked.html);
    let address = checked.location;
    let page = hedy.get(&address);
    assert_eq!(page.element("count").unwrap(), "3");
    assert_eq!(page.attribute("state", "data-state").unwrap(), "checked");
    assert!(server.folder.serials().is_empty(), "nothing has changed yet");

    let take = format!("{address}/take");
    for _ in 0..2 {
        let taken = hedy.post(&take, &page.with_hidden(&[]));
        assert_eq!((taken.status, taken.location.as_str()), (303, address.as_str()));
    }
    let page = hedy.get(&address);
    assert!(page.element("confirmation").unwrap().contains("3 tokens are in stock"));
    assert!(page.element("take").is_none());
    assert_eq!(server.folder.serials().len(), 3);
    assert!(hedy.get("/admin/stock").html.contains("fobs.xml"));
    assert!(hedy.get("/admin/tokens?q=10001335").element("token-row").is_some());
    // Nothing of the file, and nothing that opens it, is in the log.
    let log = server.log();
    assert!(!log.contains("12345678901234567890") && !log.contains(PASSPHRASE));
}

#[test]
fn a_file_may_be_as_large_as_the_page_says() {
    let (_server, hedy) = help_desk();
    let file = format!("serial,seed_hex,type\n{}111111,{SEED},totp\n", "\n".repeat(11_000_000));
    let checked = send(&hedy, &[], ("large.csv", &file));
    assert_eq!(checked.status, 303, "{}", checked.html);
    assert_eq!(hedy.get(&checked.location).element("count").unwrap(), "1");
    let larger = send(&hedy, &[], ("larger.csv", &"\n".repeat(13_000_000)));
    assert_eq!(larger.status, 413);
}

#[test]
fn rows_in_the_way_are_shown_and_left_out_only_on_purpose() {
    let (server, hedy) = help_desk();
    let file =
        format!("serial,seed_hex,type\n111111,{SEED},totp\n<b>,{SEED},totp\n111111,{SEED},totp\n");
    let address = send(&hedy, &[], ("fobs.csv", &file)).location;
    let page = hedy.get(&address);
    assert!(page.html.contains("The same serial number is on line 2 already"), "{}", page.html);
    assert!(!page.html.contains("<b>"), "what a file says is text");
    let take = format!("{address}/take");
    let refused = hedy.post(&take, &page.with_hidden(&[]));
    assert_eq!(refused.status, 422);
    assert!(refused.element("error").unwrap().contains("2 of the file"));
    assert!(server.folder.serials().is_empty());
    assert_eq!(hedy.post(&take, &page.with_hidden(&[("leave-out", "yes")])).status, 303);
    assert_eq!(server.folder.serials(), ["111111"]);
}

#[test]
fn what_is_wrong_with_a_file_stands_at_its_field() {
    let (server, hedy) = help_desk();
    let xml = under_a_passphrase();
    let csv = format!("serial,seed,type\n111111,{SEED},totp\n");
    let passphrase = ("under", "passphrase");
    for (fields, file, field, says) in [
        (vec![], xml.as_str(), "under", "under a passphrase"),
        (vec![("under", "key"), ("secret", "xyz")], &xml, "secret", "hexadecimal"),
        (vec![passphrase, ("secret", "")], &xml, "secret", "passphrase"),
        (vec![("secret", "something")], &xml, "under", "say what this is"),
        (vec![passphrase, ("secret", "x")], &csv, "under", "not encrypted"),
        (vec![], &csv, "file", "how the seeds are written"),
        (vec![], "<html></html>", "file", "neither a PSKC file nor CSV"),
        (vec![], "", "file", "choose the file"),
        (vec![], &xml[..xml.len() / 2], "under", "under a passphrase"),
        (vec![passphrase, ("secret", PASSPHRASE)], &xml[..xml.len() - 30], "file", "cut short"),
    ] {
        let page = send(&hedy, &fields, ("fobs", file));
        assert_eq!(page.status, 422, "{says}");
        let error = match field {
            "under" => page.element("error").unwrap(),
            field => page.element(&format!("error-{field}")).unwrap(),
        };
        assert!(error.to_lowercase().contains(&says.to_lowercase()), "{says}: {error}");
    }
    assert_eq!(send(&hedy, &[("seeds", "hex")], ("fobs.csv", &csv)).status, 303);
    let large = "x".repeat(12_200_000);
    assert_eq!(send(&hedy, &[], ("fobs.csv", &large)).status, 413);
    assert!(server.folder.serials().is_empty());
}

#[test]
fn only_who_may_manages_the_stock() {
    let (server, hedy) = help_desk();
    let csv = format!("serial,seed_hex,type\n111111,{SEED},totp\n");
    let address = send(&hedy, &[], ("fobs.csv", &csv)).location;
    let auditor = Carrier::add(&server.folder, "Audrey", &["auditor"]).signed_in(&server);
    assert_eq!(auditor.get("/admin/stock").status, 403);
    assert_eq!(auditor.get(&address).status, 403);
    let own = auditor.get("/admin");
    let refused = auditor.upload("/admin/stock/check", &own.with_hidden(&[]), ("x.csv", &csv));
    assert_eq!(refused.status, 403);
    for act in ["take", "drop"] {
        let refused = auditor.post(&format!("{address}/{act}"), &own.with_hidden(&[]));
        assert_eq!(refused.status, 403);
    }
    // A form without the session's token is another page's.
    let forged = hedy.upload("/admin/stock/check", &[("csrf", "other")], ("x.csv", &csv));
    assert_eq!(forged.status, 403);
    for unknown in ["/admin/stock/00000000000000000000000000000000", "/admin/stock/x"] {
        assert_eq!(hedy.get(unknown).status, 404);
    }
    let page = hedy.get(&address);
    assert_eq!(hedy.post(&format!("{address}/drop"), &page.with_hidden(&[])).status, 303);
    let late = hedy.post(&format!("{address}/take"), &page.with_hidden(&[]));
    assert!(late.element("error").unwrap().contains("no longer waiting"));
    assert!(server.folder.serials().is_empty());
}

/// Whoever chose the file closes the page, or is answered too late: what was begun is not left half.
#[test]
fn a_check_goes_on_to_its_end_although_whoever_sent_the_file_is_gone() {
    let (_server, hedy) = help_desk();
    let rows = (0..20_000).map(|n| format!("{},{SEED},hotp\n", 1_000_000 + n));
    let file = format!("serial,seed_hex,type\n{}", rows.collect::<String>());
    let page = hedy.get("/admin/stock");
    let gone = hedy.begin_upload("/admin/stock/check", &page.with_hidden(&[]), ("x.csv", &file));
    let state = || hedy.get("/admin/stock").attribute("import-row", "data-state");
    until("the check to begin", state);
    drop(gone);
    until("the check to end", || state().filter(|state| state == "checked"));
}

#[test]
fn a_server_that_does_not_know_a_job_says_that_another_one_may() {
    let database = TestPostgres::start();
    let [first, second] = servers(&database.new_database());
    let hedy = Carrier::add(&first.folder, "Hedy", &["token-administrator"]).signed_in(&first);
    let form = hedy.get("/admin/stock");
    let long = ("long.csv", long_file());
    let begun = hedy.upload("/admin/stock/check", &form.with_hidden(&[]), (long.0, &long.1));
    assert!(begun.location.starts_with("/admin/stock/jobs/"), "{} {}", begun.status, begun.html);
    let page = hedy.at(&second).get(&begun.location);
    assert_eq!(page.status, 404, "{}", page.location);
    assert!(page.html.contains("it may be running on another one"), "{}", page.html);
    assert!(page.html.contains("href=\"/admin/stock\""), "{}", page.html);
    assert_ne!(hedy.get(&begun.location).status, 404, "its own server knows it");
}

/// A file whose check takes far longer than anybody is let wait for it.
fn long_file() -> String {
    let rows = (0..200_000).map(|n| format!("{},{SEED},hotp\n", 1_000_000 + n));
    format!("serial,seed_hex,type\n{}", rows.collect::<String>())
}

#[test]
fn a_long_check_shows_how_far_it_is_and_a_third_one_waits() {
    let (server, hedy) = help_desk();
    let file = long_file();
    let form = hedy.get("/admin/stock");
    let fields = form.with_hidden(&[]);
    let first = hedy.upload("/admin/stock/check", &fields, ("first.csv", &file));
    assert!(first.location.starts_with("/admin/stock/jobs/"), "{} {}", first.status, first.html);
    let page = hedy.get(&first.location);
    assert!(page.html.contains(r#"<meta http-equiv="refresh" content="2">"#), "{}", page.html);
    let percent: u64 = page.attribute("bar", "aria-valuenow").unwrap().parse().unwrap();
    assert!(percent < 100, "{percent}");
    let far = page.element("so-far").unwrap();
    let kilobytes = format!("of {} KB read", file.len().div_ceil(1000));
    assert!(far.contains("rows so far") && far.contains(&kilobytes), "{far}");
    // The same submit again, by a reload or from the page before, begins nothing.
    let again = hedy.upload("/admin/stock/check", &fields, ("first.csv", &file));
    assert_eq!(again.location, first.location);

    let other = hedy.get("/admin/stock");
    let second = hedy.upload("/admin/stock/check", &other.with_hidden(&[]), ("second.csv", &file));
    assert!(second.location.starts_with("/admin/stock/jobs/") && second.location != first.location);
    let row = format!("serial,seed_hex,type\n111111,{SEED},totp\n");
    let third = hedy.upload(
        "/admin/stock/check",
        &hedy.get("/admin/stock").with_hidden(&[]),
        ("third.csv", &row),
    );
    assert_eq!(third.status, 422);
    assert!(third.element("error").unwrap().contains("wait until one is done"), "{}", third.html);
    assert!(server.folder.serials().is_empty());

    let ended = at_its_end(&hedy, first);
    let import = hedy.get(&ended.location);
    assert_eq!(import.element("count").unwrap(), "200000");
    let after = hedy.upload("/admin/stock/check", &fields, ("first.csv", &file));
    assert_eq!(after.location, ended.location, "the same answer once it is done");
    at_its_end(&hedy, second);
    let third = send(&hedy, &[], ("third.csv", &row));
    assert_eq!(hedy.get(&third.location).element("count").unwrap(), "1");

    let take = hedy.post(&format!("{}/take", ended.location), &import.with_hidden(&[]));
    let taken = at_its_end(&hedy, take);
    assert_eq!(taken.location, ended.location);
    assert_eq!(hedy.get(&taken.location).attribute("state", "data-state").unwrap(), "taken");
}
