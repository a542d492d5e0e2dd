//! Activation mails, and where their links lead.

use std::{
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    sync::mpsc,
    time::Duration,
};

use crate::{
    add_token::{add, fields},
    app::App,
    browser::Browser,
    process::{Folder, ISSUER, NPI, Server, agent, mode, text},
};

const ADDRESS: [&str; 8] =
    ["--street", "1449 Whitehall Road", "--city", "Annapolis", "--state", "MD", "--zip", "21409"];

/// Waits for what must come.
fn wait<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..1_000 {
        if let Some(found) = look() {
            return found;
        }
        std::thread::sleep(Duration::from_millis(20));
    }
    panic!("no {what}")
}

/// The only mail of this subject in the folder, as its reader sees it.
pub(crate) fn mail(folder: &Path, subject: &str) -> String {
    wait(subject, || {
        let mut of_subject = mails_of(folder, subject);
        assert!(of_subject.len() <= 1, "one mail is one file");
        of_subject.pop()
    })
}

/// Every mail of this subject in the folder, as its reader sees it.
pub(crate) fn mails_of(folder: &Path, subject: &str) -> Vec<String> {
    let line = format!("Subject: {subject}\n");
    all_mails(folder).into_iter().filter(|mail| mail.contains(&line)).collect()
}

/// Every mail in the folder, as its reader sees it.
pub(crate) fn all_mails(folder: &Path) -> Vec<String> {
    let Ok(files) = std::fs::read_dir(folder) else { return Vec::new() };
    let files = files.map(|file| file.unwrap());
    let finished = files.filter(|file| !file.file_name().to_string_lossy().starts_with('.'));
    finished
        .map(|file| {
            assert_eq!(mode(&file.path()) & 0o077, 0, "nobody else may read the link");
            decoded(&std::fs::read_to_string(file.path()).unwrap())
        })
        .collect()
}

/// Out of quoted-printable, where it is.
fn decoded(mail: &str) -> String {
    mail.replace("=\r\n", "").replace("=3D", "=").replace("\r\n", "\n")
}

/// The address that a mail leads to, from this server's own.
fn path_in(mail: &str, server: &Server) -> String {
    let line = mail.lines().find(|line| line.starts_with(&server.address)).unwrap();
    line.strip_prefix(&server.address).unwrap().to_owned()
}

fn add_request(folder: &Folder, more: &[&str]) -> String {
    let made = folder.json(&[&["request", "add", "--npi", NPI], more].concat(), "");
    made[0]["id"].as_str().unwrap().to_owned()
}

/// Processes a request: the confirmation code, where there is one.
fn process(server: &Server, id: &str) -> Option<String> {
    let order = ["--server-url", &server.address, "--issuer", ISSUER];
    let done = server.folder.json(&[&["request", "process", id], &order[..]].concat(), "");
    done[0].get("confirmation_code").map(|code| code.as_str().unwrap().to_owned())
}

fn state(folder: &Folder, id: &str) -> String {
    let mut all = Vec::new();
    for state in ["requested", "processed", "shipped", "activated", "cancelled"] {
        let found = folder.json(&["request", "list", "--state", state], "");
        all.extend(found.as_array().unwrap().clone());
    }
    let found = all.iter().find(|request| request["id"] == id).unwrap();
    found["state"].as_str().unwrap().to_owned()
}

#[test]
fn the_mail_of_a_soft_token_leads_from_the_link_to_the_activated_token() {
    let server = Server::start();
    server.folder.add_account(NPI, "Ada Quill");
    let id = add_request(&server.folder, &["--type", "soft", "--mail", "ada@example.org"]);
    let confirmation = process(&server, &id).unwrap();
    let folder = server.folder.path().join("mail");
    let mail = mail(&folder, "Activate your soft token for Example Clinic");
    for says in [
        "To: ada@example.org",
        "Dear Ada Quill,",
        "This mail is not for\na hard token.",
        "First: have the phone or tablet at hand",
        "code by another way. It is never in a mail.",
        &format!("Request {id}"),
    ] {
        assert!(mail.contains(says), "{says}: {mail}");
    }
    let spoken: String = confirmation.split_whitespace().collect();
    assert!(!mail.contains(&confirmation) && !mail.contains(&spoken));
    assert!(mail.lines().all(|line| line.len() <= 78 || line.starts_with("http")), "{mail}");
    wait("sent mail", || {
        let listed = server.folder.json(&["request", "list"], "");
        listed[0]["mailing"]["sent"].is_u64().then_some(())
    });

    let path = path_in(&mail, &server);
    let stranger = Browser::of(&server);
    let page = stranger.get(&path);
    assert_eq!(page.status, 200, "{}", page.html);
    assert!(page.element("activate-hard").is_none());
    let order = |page: &str| page.find("id=\"scan\"").unwrap() < page.find("id=\"here\"").unwrap();
    assert!(order(&page.html), "on a computer the QR code comes first");
    let url = format!("{}{path}", server.address);
    let phone = agent().get(&url).header("user-agent", "Mozilla/5.0 (iPhone; CPU iPhone OS 18)");
    let phone = phone.call().unwrap().body_mut().read_to_string().unwrap();
    assert!(!order(&phone), "on a phone the app comes first");
    let enrolment = page.attribute("open-in-app", "href").unwrap();
    assert!(enrolment.starts_with("countersign://enrol#"), "{enrolment}");
    let picture = stranger.get(&page.attribute("qr", "src").unwrap());
    assert_eq!(picture.headers["content-type"], "image/svg+xml");
    assert!(picture.html.starts_with("<?xml"));

    let app = App::new();
    assert_eq!(server.provision(&app.seal_for(&enrolment)).0, 201);
    let browser = Browser::signed_in(&server, &confirmation);
    assert_eq!(add(&browser, &app, "iPhone token").status, 303);
    assert_eq!(state(&server.folder, &id), "activated");
    let page = stranger.get(&path);
    assert_eq!(page.element("message-title").unwrap(), "This token is activated");
    assert!(!server.log().contains(path.strip_prefix("/activate/").unwrap()), "no link in a log");
}

#[test]
fn the_mail_of_a_hard_token_knows_its_serial_number() {
    let server = Server::start();
    server.folder.add_account(NPI, "Ada Quill");
    let id = add_request(&server.folder, &[&["--type", "hard"], &ADDRESS[..]].concat());
    assert_eq!(process(&server, &id), None);
    server.folder.put_in_stock(&["GALH12345678"]);
    let parcel = ["--serial", "GALH 1234 5678", "--carrier", "UPS", "--tracking", "1Z 999"];
    server.folder.json(&[&["request", "ship", &id], &parcel[..]].concat(), "");
    let folder = server.folder.path().join("mail");
    let mail = mail(&folder, "Your hard token for Example Clinic is on its way");
    for says in [
        "There is nothing to install,\nand this mail is not for a soft token.",
        "Carrier: UPS\nTracking number: 1Z 999",
        "First: keep this mail until the token is in your hand.",
    ] {
        assert!(mail.contains(says), "{says}: {mail}");
    }
    let page = Browser::of(&server).get(&path_in(&mail, &server));
    assert!(page.element("activate-soft").is_none());
    assert_eq!(page.element("serial").unwrap(), "GALH12345678");
    let next = page.attribute("sign-in", "href").unwrap();

    let (_, confirmation) = server.folder.begin_activation(NPI, &server.address);
    let browser = Browser::signed_in(&server, &confirmation);
    let form = browser.get(&next);
    assert_eq!(form.attribute("serial", "value").unwrap(), "GALH12345678");
    let filled = fields("Fob", "GALH12345678", "123456");
    assert_eq!(
        browser.post("/tokens/new", &form.with_hidden(&filled)).status,
        422,
        "it is checked"
    );
    let requests = browser.get("/requests");
    assert_eq!(requests.attribute("activate", "href").unwrap(), next);
    server.folder.json(&["request", "cancel", &id], "");
    let page = Browser::of(&server).get(&path_in(&mail, &server));
    assert_eq!(
        (page.status, page.element("message-title").unwrap().as_str()),
        (410, "This link is no longer good")
    );
    let kept = browser.get("/requests").element("request-row").unwrap();
    assert!(kept.contains("If the token reaches you: Ask the help desk"), "{kept}");
}

#[test]
fn what_is_no_link_of_ours_is_told_so() {
    let server = Server::start();
    let stranger = Browser::of(&server);
    for path in ["x", "00000000.AAAAAAAAAAAAAAAAAAAAAA", "%FF", "00000000.A/qr.svg"] {
        let page = stranger.get(&format!("/activate/{path}"));
        assert_eq!(page.status, 404, "{path}");
        assert_eq!(page.element("message-title").unwrap(), "This link is not complete", "{path}");
    }
}

/// A mail server that takes one mail: the address that it was for, and the mail.
fn one_mail(listener: &TcpListener) -> (String, String) {
    let (stream, _) = listener.accept().unwrap();
    let (mut lines, mut out) = (BufReader::new(stream.try_clone().unwrap()).lines(), stream);
    let mut say = |text: &str| out.write_all(format!("{text}\r\n").as_bytes()).unwrap();
    let (mut to, mut mail) = (String::new(), String::new());
    say("220 mail.example.org");
    while let Some(Ok(line)) = lines.next() {
        match line.split([' ', ':']).next().unwrap() {
            "RCPT" => {
                to = line;
                say("250 ok");
            }
            "DATA" => {
                say("354 go on");
                for line in lines.by_ref().map(Result::unwrap).take_while(|line| line != ".") {
                    mail.push_str(&line);
                    mail.push_str("\r\n");
                }
                say("250 taken");
            }
            "QUIT" => {
                say("221 bye");
                break;
            }
            _ => say("250 ok"),
        }
    }
    (to, decoded(&mail))
}

#[test]
fn mails_go_over_smtp_where_a_mail_server_is_named() {
    let folder = Folder::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = folder.path().with_file_name("smtp-url");
    std::fs::write(&url, format!("smtp://{}\n", listener.local_addr().unwrap())).unwrap();
    let arguments = [
        "--smtp-url-file",
        url.to_str().unwrap(),
        "--mail-from",
        "Example Clinic <tokens@example.org>",
        "--help-desk",
        "410 555 0100",
    ];
    let server = Server::start_in(folder, &arguments);
    server.folder.add_account(NPI, "Ada Quill");
    let id = add_request(&server.folder, &["--type", "soft"]);
    process(&server, &id);
    let (to, mail) = one_mail(&listener);
    assert!(to.contains("<prescriber@example.org>"), "{to}");
    assert!(mail.contains("From: \"Example Clinic\" <tokens@example.org>"), "{mail}");
    assert!(mail.contains("tell\nthe help desk (410 555 0100)."), "{mail}");
    assert!(mail.contains("/activate/"), "{mail}");
}

/// Each mail has a connection of its own while another is under way.
#[test]
fn a_mail_server_that_hangs_on_one_mail_does_not_delay_the_next() {
    let folder = Folder::new();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = folder.path().with_file_name("smtp-url");
    std::fs::write(&url, format!("smtp://{}\n", listener.local_addr().unwrap())).unwrap();
    let arguments = ["--smtp-url-file", url.to_str().unwrap(), "--mail-from", "tokens@example.org"];
    let server = Server::start_in(folder, &arguments);
    for (npi, mail) in [(NPI, "ada@example.org"), ("1679576722", "ben@example.org")] {
        server.folder.add_account(npi, "Ada Quill");
        let order = ["request", "add", "--npi", npi, "--type", "soft", "--mail", mail];
        let made = server.folder.json(&order, "");
        process(&server, made[0]["id"].as_str().unwrap());
    }
    // Accepted, and then not a word.
    let (silent, _) = listener.accept().unwrap();
    let (taken, takes) = mpsc::channel();
    std::thread::spawn(move || taken.send(one_mail(&listener)));
    let next = takes.recv_timeout(Duration::from_secs(60));
    let (to, mail) = next.expect("the first is given up after 90 s");
    let is_one = ["ada", "ben"].iter().any(|name| to.contains(&format!("<{name}@example.org>")));
    assert!(is_one && mail.contains("/activate/"), "{to} {mail}");
    wait("sent mail", || {
        let listed = server.folder.json(&["request", "list", "--state", "processed"], "");
        let sent = listed.as_array()?.iter().filter(|one| one["mailing"]["sent"].is_u64());
        (sent.count() == 1).then_some(())
    });
    drop(silent);
}

#[test]
fn a_mail_that_cannot_be_sent_is_told_in_the_queue() {
    let folder = Folder::new();
    let closed = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let url = folder.path().with_file_name("smtp-url");
    std::fs::write(&url, format!("smtp://{closed}")).unwrap();
    let server = Server::start_in(
        folder,
        &["--smtp-url-file", url.to_str().unwrap(), "--mail-from", "tokens@example.org"],
    );
    server.folder.add_account(NPI, "Ada Quill");
    let id = add_request(&server.folder, &["--type", "soft"]);
    process(&server, &id);
    let listed = wait("problem", || {
        let listed = text(&server.folder.run(&["request", "list"], "").stdout);
        listed.contains("MAIL NOT SENT").then_some(listed)
    });
    assert!(listed.contains("after 1 tries and is tried again"), "{listed}");
    assert_eq!(state(&server.folder, &id), "processed");

    let open = folder_with_url("smtp://mail.example.org");
    let output = open.run(
        &[
            "serve",
            "--mail-from",
            "tokens@example.org",
            "--smtp-url-file",
            open.path().with_file_name("smtp-url").to_str().unwrap(),
        ],
        "",
    );
    assert!(text(&output.stderr).contains("without encryption"), "{}", text(&output.stderr));
}

fn folder_with_url(url: &str) -> Folder {
    let folder = Folder::new();
    std::fs::write(folder.path().with_file_name("smtp-url"), url).unwrap();
    folder
}
