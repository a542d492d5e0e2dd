//! QR codes, read by `zbarimg`, another implementation, from a picture that `rsvg-convert` makes.

#![expect(
    clippy::unwrap_used,
    clippy::expect_used,
    reason = "a test fails by panicking, in its helpers too"
)]

mod common;

use std::{
    io::Write,
    path::Path,
    process::{Command, Output, Stdio},
};

use common::{Known, card, data, link, server_key};
use provisioning::{EnrolmentLink, Error, ProvisioningData, SealedToken, qr};

#[test]
fn each_text_is_read_back_from_its_picture() {
    let key = server_key().public();
    let link = link(key);
    let sealed = SealedToken::seal_for_activation(&data(), &link, &mut Known(1)).unwrap();
    for text in [link.to_text().to_string(), card(key).to_text(), sealed.to_text()] {
        assert_eq!(read_back(&qr::svg(&text).unwrap()), text);
    }
}

#[test]
fn the_longest_texts_still_fit() {
    let key = server_key().public();
    let longest_name = "\u{1f511}".repeat(64);
    let link = EnrolmentLink {
        server: format!("https://rx.example.org/{}", "a".repeat(488)).parse().unwrap(),
        issuer: longest_name.parse().unwrap(),
        ..link(key)
    };
    assert_eq!(link.server.to_string().len(), 511);
    let data = ProvisioningData {
        seed: oath::Seed::from_bytes(vec![0xff; 64].into()).unwrap(),
        name: longest_name.parse().unwrap(),
        device: longest_name.parse().unwrap(),
        platform: longest_name.parse().unwrap(),
        ..data()
    };
    let sealed = SealedToken::seal_for_activation(&data, &link, &mut Known(1)).unwrap();
    for text in [link.to_text().to_string(), sealed.to_text()] {
        assert_eq!(read_back(&qr::svg(&text).unwrap()), text);
    }
}

#[test]
fn a_text_that_is_too_long_is_refused() {
    assert!(qr::svg(&"a".repeat(2_953)).is_ok());
    for length in [2_954, 100_000] {
        assert_eq!(qr::svg(&"a".repeat(length)), Err(Error::TooLongForQr));
    }
    assert!(Error::TooLongForQr.to_string().contains("file"));
}

#[test]
fn the_picture_is_dark_on_light() {
    let svg = qr::svg("countersign://issuer#1.").unwrap();
    let light = svg.find("#ffffff").expect("a light ground");
    let dark = svg.find("#000000").expect("dark modules");
    assert!(light < dark, "the ground is drawn first");
    assert!(!svg.contains("currentColor"), "a theme does not reach it");
}

#[test]
fn the_picture_has_a_quiet_zone_of_four_modules() {
    // 23 bytes at level L: version 2, which has 25 modules.
    let svg = qr::svg("countersign://issuer#1.").unwrap();
    let number_after = |mark: &str| -> u32 {
        let rest = svg.split_once(mark).expect(mark).1;
        rest.split(|c: char| !c.is_ascii_digit()).next().unwrap().parse().unwrap()
    };
    let module = number_after("viewBox=\"0 0 ") / (25 + 2 * 4);
    assert_eq!(number_after("d=\"M"), 4 * module, "the first dark module of the first row");
}

fn read_back(svg: &str) -> String {
    let folder = tempfile::tempdir().unwrap();
    let picture = folder.path().join("qr.png");
    rasterise(svg, &picture);
    let output = Command::new("zbarimg")
        .args(["--quiet", "--raw", "--nodbus"])
        .arg(&picture)
        .output()
        .expect("this test needs the program `zbarimg` (Debian: apt install zbar-tools)");
    let text = succeeded("zbarimg", &output);
    text.trim_end().to_owned()
}

fn rasterise(svg: &str, to: &Path) {
    let mut converter = Command::new("rsvg-convert")
        .arg("--zoom=2")
        .arg("--output")
        .arg(to)
        .stdin(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("this test needs the program `rsvg-convert` (Debian: apt install librsvg2-bin)");
    converter.stdin.take().unwrap().write_all(svg.as_bytes()).unwrap();
    succeeded("rsvg-convert", &converter.wait_with_output().unwrap());
}

fn succeeded(program: &str, output: &Output) -> String {
    assert!(output.status.success(), "{program}: {output:?}");
    String::from_utf8(output.stdout.clone()).unwrap()
}
