//! Whoever means harm and has no key: connections that say nothing or say it slowly, bodies without end,
//! files that grow while they are read.

use std::{
    fs,
    io::{Read, Write},
    net::TcpStream,
    process::Command,
    thread,
    time::Duration,
};

use crate::{
    administrators::Carrier,
    clock,
    process::{Folder, Server, agent, run, text},
    verify_api::Vendor,
};

const IDLE: usize = 10_000;
const SLOW: usize = 300;
/// The longest that somebody honest waits meanwhile.
const SOON: Duration = Duration::from_secs(2);

fn connect(server: &Server) -> TcpStream {
    TcpStream::connect(server.address.strip_prefix("http://").unwrap()).unwrap()
}

/// A number of `/proc/PID/status`, in KiB: memory now, or the most that it ever was.
fn memory_kib(server: &Server, name: &str) -> u64 {
    let status = fs::read_to_string(format!("/proc/{}/status", server.process_id())).unwrap();
    let line = status.lines().find(|line| line.starts_with(name)).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

fn answers_soon(server: &Server) {
    let asked = clock::instant();
    let page = agent().get(format!("{}/sign-in", server.address)).call().unwrap();
    assert_eq!(page.status().as_u16(), 200);
    let took = clock::since(asked);
    assert!(took < SOON, "{took:?}");
}

/// As many open files as this process may have: each connection is one.
fn open_many_files() {
    use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
    let maximum = getrlimit(Resource::Nofile).maximum;
    setrlimit(Resource::Nofile, Rlimit { current: maximum, maximum }).unwrap();
    assert!(
        maximum.is_none_or(|most| most > 12_000),
        "this needs a hard limit of 12,000 open files"
    );
}

#[test]
fn ten_thousand_idle_and_slow_connections_keep_nobody_out() {
    open_many_files();
    let server = Server::start();
    let before = memory_kib(&server, "VmRSS");
    let idle: Vec<_> = (0..IDLE).map(|_| connect(&server)).collect();
    let mut slow: Vec<_> = (0..SLOW).map(|_| connect(&server)).collect();
    for round in 0..20 {
        for connection in &mut slow {
            // One byte of a head that never ends.
            let _ = connection
                .write_all(&b"GET /sign-in HTTP/1.1\r\nX-A: aaaaaaaaaaaaaa"[round..=round]);
        }
        answers_soon(&server);
    }
    let grown = memory_kib(&server, "VmRSS").saturating_sub(before);
    assert!(grown < 200 * 1024, "{grown} KiB for {IDLE} connections");
    drop((idle, slow));
    answers_soon(&server);
}

const HUNDRED_MEGABYTES: usize = 100_000_000;

/// Sends a hundred megabytes after such a head, their length told before or not, until nobody listens any
/// more: refused, whatever is read of it.
fn pour(server: &Server, path: &str, head: &str, is_told: bool) {
    let chunk = vec![b'a'; 64 * 1024];
    let mut connection = connect(server);
    let framing = match is_told {
        true => format!("Content-Length: {HUNDRED_MEGABYTES}"),
        false => "Transfer-Encoding: chunked".to_owned(),
    };
    let address = &server.address;
    write!(
        connection,
        "POST {path} HTTP/1.1\r\nHost: x\r\nOrigin: {address}\r\n{head}{framing}\r\n\r\n"
    )
    .unwrap();
    let mut sent = 0;
    while sent < HUNDRED_MEGABYTES {
        let written = match is_told {
            true => connection.write_all(&chunk),
            false => write!(connection, "{:x}\r\n", chunk.len())
                .and_then(|()| connection.write_all(&chunk))
                .and_then(|()| connection.write_all(b"\r\n")),
        };
        if written.is_err() {
            break;
        }
        sent += chunk.len();
    }
    assert!(sent < 60_000_000, "{path} was read to the end");
    let mut answer = Vec::new();
    // What it answered is lost where it hung up while more was coming.
    let _ = connection.read_to_end(&mut answer);
    let answer = text(&answer);
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 413"), "{path}: {answer}");
    answers_soon(server);
}

#[test]
fn a_hundred_megabytes_are_refused_and_not_kept() {
    let server = Server::start();
    let before = memory_kib(&server, "VmHWM");
    for (path, is_told) in [
        ("/v1/provisioning", true),
        ("/v1/app", true),
        ("/v1/app", false),
        ("/sign-in", true),
        ("/sign-in", false),
    ] {
        pour(&server, path, "", is_told);
    }
    let grown = memory_kib(&server, "VmHWM").saturating_sub(before);
    assert!(grown < 20 * 1024, "{grown} KiB");
}

#[test]
fn a_hundred_megabytes_are_refused_of_those_too_who_may_ask() {
    let server = Server::start();
    let vendor = Vendor::of(&server, &["verify", "tokens"]);
    let of_vendor = format!("Authorization: Bearer {}\r\n", vendor.key);
    let browser = Carrier::add(&server.folder, "Hedy", &["token-administrator"]).signed_in(&server);
    let secret = browser.cookie("admin-session").unwrap();
    let of_hedy = format!(
        "Cookie: admin-session={secret}\r\nContent-Type: multipart/form-data; boundary=b\r\n"
    );
    let token = "/v1/tokens/AVT812345678";
    // The most so far was what the passphrase took.
    fs::write(format!("/proc/{}/clear_refs", server.process_id()), "5").unwrap();
    let before = memory_kib(&server, "VmHWM");
    for is_told in [true, false] {
        for path in ["/v1/verify", "/validate/check", &format!("{token}/suspend")] {
            pour(&server, path, &of_vendor, is_told);
        }
        pour(&server, "/admin/stock/check", &of_hedy, is_told);
        let grown = memory_kib(&server, "VmHWM").saturating_sub(before);
        // The file that is longest is in memory while it comes, and once more while it is moved to more room.
        let most = if is_told { 4 } else { 40 };
        assert!(grown < most * 1024, "{grown} KiB, {is_told}");
    }
}

/// Sends one byte of a head after another, until nobody listens any more.
fn drip(mut connection: TcpStream) {
    connection.set_read_timeout(Some(Duration::from_millis(100))).unwrap();
    for _ in 0..600 {
        let _ = connection.write_all(b"a");
        match connection.read(&mut [0]) {
            Ok(0) => return,
            Ok(_) => panic!("it was answered"),
            Err(error) if error.kind() == std::io::ErrorKind::WouldBlock => {}
            Err(_) => return,
        }
    }
    panic!("a minute later it is read on and on");
}

#[test]
fn a_body_or_a_head_that_drips_and_a_connection_that_idles_are_given_up() {
    let server = Server::start();
    let mut first = connect(&server);
    write!(first, "GET /sign-in HTTP/1.1\r\nX-A: ").unwrap();
    let mut second = connect(&server);
    // One that was a good client until now.
    write!(second, "GET /healthz HTTP/1.1\r\nHost: x\r\n\r\n").unwrap();
    let mut answer = Vec::new();
    while !text(&answer).ends_with("\"ok\"}") {
        let mut byte = [0];
        second.read_exact(&mut byte).unwrap();
        answer.extend(byte);
    }
    write!(second, "GET /healthz HTTP/1.1\r\nX-A: ").unwrap();
    let heads = [first, second].map(|head| thread::spawn(move || drip(head)));
    let mut idle = connect(&server);
    let mut connection = connect(&server);
    write!(connection, "POST /v1/app HTTP/1.1\r\nHost: x\r\nContent-Length: 3000\r\n\r\n").unwrap();
    let mut other = connection.try_clone().unwrap();
    let reading = thread::spawn(move || {
        let mut first = [0; 12];
        other.read_exact(&mut first).map(|()| text(&first))
    });
    for _ in 0..300 {
        if reading.is_finished() {
            break;
        }
        let _ = connection.write_all(b"a");
        thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(reading.join().unwrap().unwrap(), "HTTP/1.1 503");
    idle.set_read_timeout(Some(Duration::from_secs(60))).unwrap();
    assert_eq!(idle.read(&mut [0]).unwrap(), 0, "it was closed");
    for head in heads {
        head.join().unwrap();
    }
}

/// Entities that grow, an entity from a file, tags in tags, a tag without end.
fn bombs() -> [(&'static str, String); 4] {
    let container = "<KeyContainer xmlns=\"urn:ietf:params:xml:ns:keyprov:pskc\">";
    let laughs: String = (1..30)
        .map(|n| format!("<!ENTITY l{n} \"{}\">", format!("&l{};", n - 1).repeat(10)))
        .collect();
    let serial = |text: &str| {
        format!(
            "{container}<KeyPackage><DeviceInfo><SerialNo>{text}</SerialNo></DeviceInfo></KeyPackage></KeyContainer>"
        )
    };
    [
        ("laughs", format!("<!DOCTYPE x [<!ENTITY l0 \"ha\">{laughs}]>{}", serial("&l29;"))),
        (
            "file",
            format!("<!DOCTYPE x [<!ENTITY f SYSTEM \"file:///etc/passwd\">]>{}", serial("&f;")),
        ),
        ("depth", format!("{container}{}", "<a>".repeat(3_000_000))),
        ("tag", format!("{container}<KeyPackage Id=\"{}\"/>", "a".repeat(50_000_000))),
    ]
}

#[test]
fn an_xml_bomb_is_refused_in_little_memory() {
    let folder = Folder::new();
    folder.add_account(crate::process::NPI, "Ada Quill");
    for (name, bomb) in bombs() {
        let file = folder.path().join(name);
        fs::write(&file, bomb).unwrap();
        let import = folder.command(&["stock", "import", file.to_str().unwrap()]);
        // In KiB of address space, of which threads take most.
        let mut bounded = Command::new("sh");
        bounded.args(["-c", "ulimit -v 600000 && exec \"$0\" \"$@\""]);
        bounded.arg(import.get_program()).args(import.get_args());
        let refused = run(bounded, "");
        let said = text(&refused.stderr) + &text(&refused.stdout);
        assert_eq!(refused.status.code(), Some(1), "{name}: {said}");
        assert!(!said.contains("root:") && !said.contains("haha"), "{name}: {said}");
        println!("{name}: {said}");
    }
}
