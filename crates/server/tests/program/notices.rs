//! Prescribers are told by mail what was done to their tokens: once, however the server ends.

use std::{net::TcpListener, thread::sleep, time::Duration};

use rusqlite::Connection;

use crate::{
    add_token::add,
    administrators::Carrier,
    app::App,
    browser::Browser,
    mails::{all_mails, mail, mails_of},
    process::{Folder, NPI, OTHER_NPI, PASSPHRASE, Server, text},
    stand_in_network::until,
};

const ADDED: &str = "Example Clinic: a token was added to your account";
const LOST: &str = "Example Clinic: your token was reported lost";
const BACK: &str = "Example Clinic: your token is back in use";

/// A server with a token in use.
fn with_token(more: &[&str]) -> (Server, App, String) {
    let (server, app, confirmation) = Server::start_in(Folder::new(), more).and_provisioned_token();
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&browser, &app, "iPhone token").status, 303);
    (server, app, confirmation)
}

fn act(folder: &Folder, act: &str, app: &App) {
    folder.json(&["token", act, app.id.as_str(), "--reason", "she called"], "");
}

/// The numbers of the mails that the audit says were sent.
fn noted(folder: &Folder) -> u32 {
    let events = folder.json(&["events", "--limit", "10000"], "");
    let events = events.as_array().unwrap().iter();
    let mailed: Vec<_> = events.filter(|event| event["kind"] == "notice-mailed").collect();
    assert!(mailed.iter().all(|event| event["outcome"] == "success"), "{mailed:?}");
    u32::try_from(mailed.len()).unwrap()
}

fn database(folder: &Folder) -> Connection {
    Connection::open(folder.path().join("countersign.db")).unwrap()
}

#[test]
fn a_prescriber_is_told_in_plain_words_what_was_done_and_what_to_do() {
    let (server, app, confirmation) = with_token(&["--help-desk", "410 555 0100"]);
    let mails = server.folder.path().join("mail");
    let added = mail(&mails, ADDED);
    for says in [
        "To: prescriber@example.org\n",
        "Dear Ada Quill,\n\na token was added to your account. Its codes count as yours.\n\n",
        &format!(
            "\nToken: iPhone token\n       credential ID ending in {}\nWhen:  20",
            &app.id.as_str()[8..]
        ),
        " UTC\nBy:    you yourself, or somebody signed in as you\nFor:   NPI 1234567893 at Example Clinic\n\n",
        "report\nthis token lost. Its codes are refused at once. Then call\nthe help desk (410 555 0100).\n",
    ] {
        assert!(added.contains(says), "{says}: {added}");
    }
    assert!(added.lines().all(|line| line.len() <= 78), "{added}");
    for secret in [PASSPHRASE, app.id.as_str(), &app.id.to_string(), &confirmation, "http"] {
        assert!(!added.contains(secret), "{secret}: {added}");
    }
    act(&server.folder, "suspend", &app);
    let lost = mail(&mails, LOST);
    assert!(lost.contains("\nBy:    an administrator\n"), "{lost}");
    assert!(
        lost.contains("within one\nbusiness day.") && !lost.contains("nothing to do"),
        "{lost}"
    );
    assert!(lost.contains("Call at once\nthe help desk (410 555 0100)."), "{lost}");
    until("both to be noted", || Some(noted(&server.folder)).filter(|noted| *noted == 2));
}

#[test]
fn the_telephone_number_of_a_new_account_is_not_told_as_a_change() {
    let server = Server::start();
    let order =
        ["account", "add", "--npi", NPI, "--name", "Ada Quill", "--mail", "ada@example.org"];
    let more = ["--phone", "+1 410 555 0134", "--passphrase-stdin", "--proofing", "Hedy saw it"];
    let added = server.folder.run(&[&order[..], &more].concat(), &format!("{PASSPHRASE}\n"));
    assert!(added.status.success(), "{}", text(&added.stderr));
    let mails = server.folder.path().join("mail");
    let told = mail(&mails, "Example Clinic: a telephone number was added to your account");
    assert!(told.contains("new token\nare sent there.\n"), "{told}");
    assert!(!told.contains("was changed") && told.lines().all(|line| line.len() <= 78), "{told}");
    assert_eq!(all_mails(&mails).len(), 1);
}

#[test]
fn nobody_is_told_of_what_happened_before_an_upgrade() {
    let (server, app, _) = with_token(&[]);
    let folder = server.stop();
    // As the version before left it.
    database(&folder).execute_batch("DELETE FROM cursors; DELETE FROM notices").unwrap();
    let mails = folder.path().join("mail");
    let before = all_mails(&mails).len();
    act(&folder, "suspend", &app);
    let server = Server::start_in(folder, &[]);
    act(&server.folder, "restore", &app);
    mail(&mails, BACK);
    assert_eq!((mails_of(&mails, LOST).len(), all_mails(&mails).len()), (0, before + 1));
}

#[test]
fn however_often_the_server_is_killed_no_mail_is_lost_and_none_lies_there_twice() {
    let (mut server, app, _) = with_token(&[]);
    let mails = server.folder.path().join("mail");
    for round in 0..8 {
        act(&server.folder, "suspend", &app);
        // At whatever it is just doing: sealing, queueing, writing, noting.
        sleep(Duration::from_millis(round * 300));
        server.signal("KILL");
        let folder = server.killed();
        act(&folder, "restore", &app);
        server = Server::start_in(folder, &[]);
    }
    let waiting = |folder: &Folder| -> u32 {
        database(folder).query_row("SELECT count(*) FROM notices", [], |row| row.get(0)).unwrap()
    };
    until("all to be queued or sent", || {
        (noted(&server.folder) + waiting(&server.folder) == 17).then_some(())
    });
    let folder = server.stop();
    // What was claimed by a server that was killed is due again two minutes later.
    database(&folder).execute_batch("UPDATE notices SET due = 0").unwrap();
    let server = Server::start_in(folder, &[]);
    until("all to be sent", || (waiting(&server.folder) == 0).then_some(()));
    for (subject, number) in [(ADDED, 1), (LOST, 8), (BACK, 8)] {
        assert_eq!(mails_of(&mails, subject).len(), number, "{subject}");
    }
    assert_eq!((all_mails(&mails).len(), noted(&server.folder)), (17, 17));
}

#[test]
fn an_account_to_which_much_was_done_delays_nobody_elses_mail() {
    let (server, app, _) = with_token(&[]);
    server.folder.add_account(OTHER_NPI, "Ben Okri");
    until("the first to be noted", || (noted(&server.folder) == 1).then_some(()));
    let folder = server.stop();
    // Three hundred events of one account, and after them one of another's.
    let much = format!(
        "WITH RECURSIVE n(n) AS (SELECT 1 UNION ALL SELECT n + 1 FROM n WHERE n < 300)
         INSERT INTO events (at, actor, kind, outcome, account, serial)
         SELECT unixepoch(), 'app', 'token-found', 'success', {NPI}, '{}' FROM n",
        app.id.as_str()
    );
    database(&folder).execute_batch(&much).unwrap();
    let order = ["account", "phone", "--npi", OTHER_NPI, "--number", "+1 410 555 0134"];
    assert!(folder.run(&order, "").status.success());
    let server = Server::start_in(folder, &[]);
    until("all to be noted", || (noted(&server.folder) == 302).then_some(()));
    let events = server.folder.json(&["events", "--limit", "10000"], "");
    let mailed = events.as_array().unwrap().iter().rev();
    let mut mailed = mailed.filter(|event| event["kind"] == "notice-mailed").skip(1);
    let place = mailed.position(|event| event["account"] == OTHER_NPI).unwrap();
    assert!(place < 8, "{place} of one account’s came before it");
}

#[test]
fn a_mail_that_cannot_be_sent_is_shown_to_the_help_desk() {
    let folder = Folder::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = folder.path().with_file_name("smtp-url");
    std::fs::write(&url, format!("smtp://{closed}")).unwrap();
    let arguments = ["--smtp-url-file", url.to_str().unwrap(), "--mail-from", "t@example.org"];
    let server = Server::start_in(folder, &arguments);
    server.folder.add_account(NPI, "Ada Quill");
    let hedy = Carrier::add(&server.folder, "Hedy", &["token-administrator"]).signed_in(&server);
    assert!(hedy.get("/admin").element("unsent-mail").is_none());
    let order = ["account", "phone", "--npi", NPI, "--number", "+1 410 555 0134"];
    let noted = server.folder.run(&order, "");
    assert!(noted.status.success(), "{}", text(&noted.stderr));
    let shown = until("the mail", || hedy.get("/admin").element("unsent-mail"));
    assert!(shown.contains(NPI) && shown.contains("phone added"), "{shown}");
    assert!(shown.contains("Tried once, again at "), "{shown}");
    assert!(shown.contains("refused") && !shown.contains("os error"), "{shown}");
    assert!(server.log().contains("a notice could not be sent"));
    let grace = Carrier::add(&server.folder, "Grace", &["auditor"]).signed_in(&server);
    assert!(grace.get("/admin").element("unsent-mail").is_none(), "not an auditor's");
}
