//! A signal ends the server, and what was accepted is finished first.

use std::{
    io::{Read, Write},
    net::TcpStream,
    thread,
    time::Duration,
};

use crate::{
    app::App,
    process::{Server, program, run, text},
};

#[test]
fn what_was_accepted_is_finished() {
    for signal in ["INT", "TERM"] {
        let (mut server, link, _) = Server::with_prescriber();
        let sealed = App::new().seal_for(&link);
        let mut connection =
            TcpStream::connect(server.address.strip_prefix("http://").unwrap()).unwrap();
        write!(
            connection,
            "POST /v1/provisioning HTTP/1.1\r\nHost: x\r\nContent-Length: {}\r\n\r\n{}",
            sealed.len(),
            &sealed[..20]
        )
        .unwrap();
        // The head has arrived before the signal does.
        thread::sleep(Duration::from_millis(300));
        server.signal(signal);
        thread::sleep(Duration::from_millis(300));
        connection.write_all(&sealed.as_bytes()[20..]).unwrap();
        let mut answer = String::new();
        connection.read_to_string(&mut answer).unwrap();
        assert!(answer.starts_with("HTTP/1.1 201"), "{answer}");
        assert_eq!(server.wait(), Some(0), "{signal}");
        let tokens = server.folder.json(&["token", "list"], "");
        assert_eq!(tokens.as_array().unwrap().len(), 1);
    }
}

#[test]
fn plain_http_stays_on_this_machine() {
    let folder = tempfile::tempdir().unwrap();
    for address in ["0.0.0.0:0", "192.0.2.1:8080", "[::]:0"] {
        let mut command = program();
        command.args(["serve", "--listen", address, "--data-dir"]).arg(folder.path().join("data"));
        let refused = run(command, "");
        assert_eq!(refused.status.code(), Some(1));
        let said = text(&refused.stderr);
        assert!(said.contains("plain HTTP is for this machine only"), "{said}");
        assert!(said.contains("--tls-certificate"), "{said}");
    }
}

#[test]
fn an_address_in_use_is_said_as_such() {
    let server = Server::start();
    let address = server.address.strip_prefix("http://").unwrap();
    let refused = crate::process::Folder::new().run(&["serve", "--listen", address], "");
    assert_eq!(refused.status.code(), Some(1));
    assert!(text(&refused.stderr).contains("cannot be listened on"));
}
