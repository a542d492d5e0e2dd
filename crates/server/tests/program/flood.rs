//! Many at the sign-in at once, and some who never finish: the honest one gets in or is told to come
//! back, and nobody is charged for an attempt that was not judged.

use std::{
    io::Write,
    net::TcpStream,
    sync::atomic::{AtomicUsize, Ordering},
    thread,
    time::Duration,
};

use crate::{
    browser::{Browser, Page},
    process::{NPI, OTHER_NPI, PASSPHRASE, Server},
};

/// Somebody who announces a sign-in form and does not send it.
fn hung(server: &Server) -> TcpStream {
    let mut connection =
        TcpStream::connect(server.address.strip_prefix("http://").unwrap()).unwrap();
    write!(
        connection,
        "POST /sign-in HTTP/1.1\r\nHost: x\r\nOrigin: {}\r\nContent-Length: 100\r\n\r\nnpi=",
        server.address
    )
    .unwrap();
    connection
}

fn sign_in(server: &Server, npi: &str, passphrase: &str) -> Page {
    Browser::of(server).post("/sign-in", &[("npi", npi), ("passphrase", passphrase)])
}

fn attempts(server: &Server, npi: &str) -> usize {
    let events = server.folder.json(&["events", "--npi", npi, "--limit", "10000"], "");
    let given = |event: &&serde_json::Value| event["kind"] == "passphrase-given";
    events.as_array().unwrap().iter().filter(given).count()
}

#[test]
fn those_who_hang_do_not_keep_others_out() {
    let (server, _, _) = Server::with_prescriber();
    let few: Vec<_> = (0..100).map(|_| hung(&server)).collect();
    thread::sleep(Duration::from_millis(300));
    assert_eq!(sign_in(&server, NPI, PASSPHRASE).status, 303);
    let before = attempts(&server, NPI);

    let many: Vec<_> = (0..300).map(|_| hung(&server)).collect();
    thread::sleep(Duration::from_millis(300));
    for npi in [NPI, OTHER_NPI] {
        let told = sign_in(&server, npi, PASSPHRASE);
        assert_eq!(told.status, 503);
        assert!(told.html.contains("counts for nothing"), "{}", told.html);
    }
    assert_eq!(attempts(&server, NPI), before);

    drop((few, many));
    thread::sleep(Duration::from_millis(300));
    assert_eq!(sign_in(&server, NPI, PASSPHRASE).status, 303);
}

#[test]
fn a_flood_of_strangers_is_bounded_and_leaves_one_event_each() {
    let (server, _, _) = Server::with_prescriber();
    let (refused, busy) = (AtomicUsize::new(0), AtomicUsize::new(0));
    thread::scope(|scope| {
        for _ in 0..150 {
            scope.spawn(|| {
                let count = match sign_in(&server, OTHER_NPI, "a wrong passphrase").status {
                    403 => &refused,
                    503 => &busy,
                    other => panic!("{other}"),
                };
                count.fetch_add(1, Ordering::Relaxed);
            });
        }
    });
    assert_eq!(refused.load(Ordering::Relaxed) + busy.load(Ordering::Relaxed), 150);
    assert_eq!(attempts(&server, OTHER_NPI), refused.load(Ordering::Relaxed));
    assert_eq!(sign_in(&server, NPI, PASSPHRASE).status, 303);
}

#[test]
fn who_hangs_up_while_being_judged_is_judged() {
    let (server, _, _) = Server::with_prescriber();
    let body = format!("npi={NPI}&passphrase={}", PASSPHRASE.replace(' ', "+"));
    for _ in 0..12 {
        let mut connection =
            TcpStream::connect(server.address.strip_prefix("http://").unwrap()).unwrap();
        write!(
            connection,
            "POST /sign-in HTTP/1.1\r\nHost: x\r\nOrigin: {}\r\nContent-Length: {}\r\n\r\n{body}",
            server.address,
            body.len()
        )
        .unwrap();
        // Counted by now, and not yet judged.
        thread::sleep(Duration::from_millis(10));
    }
    thread::sleep(Duration::from_secs(2));
    assert_eq!(sign_in(&server, NPI, PASSPHRASE).status, 303, "no pause fell");
}

#[test]
fn a_sign_in_form_has_a_mebibyte_at_most() {
    let server = Server::start();
    let huge = "1".repeat(1024 * 1024 + 1);
    assert_eq!(sign_in(&server, NPI, &huge).status, 413);
}
