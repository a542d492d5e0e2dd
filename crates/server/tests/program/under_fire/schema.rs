//! The API as its own OpenAPI document has it, by Schemathesis, which `cargo xtask` installs: no 5xx, and
//! no answer that the document does not have, asked alone and along the document's links; and no warning but
//! those that its configuration gives a reason for.

use std::process::Command;

use crate::process::{NPI, text};
use crate::verify_api::with_vendor;

/// What it is told, and a hook of it.
const CONFIGURATION: &str = include_str!("schemathesis.toml");
const HOOK: &str = include_str!("schemathesis_hook.py");

#[test]
fn the_api_answers_as_its_document_says_whatever_it_is_asked() {
    let (server, app, vendor) = with_vendor(&["verify", "read", "audit", "tokens", "accounts"]);
    let write = |name: &str, text: &str| {
        let path = server.folder.path().join(name);
        std::fs::write(&path, text).unwrap();
        path
    };
    // The one that the document has as its example.
    let seed = "3132333435363738393031323334353637383930";
    let file = write("fobs.csv", &format!("serial,seed_hex,type\nAVT812345678,{seed},hotp\n"));
    server.folder.json(&["stock", "import", file.to_str().unwrap()], "");
    // And those whose numbers the document cannot know.
    let order = ["request", "add", "--npi", NPI, "--type", "soft"];
    let request = server.folder.json(&order, "")[0]["id"].take();
    let known = CONFIGURATION
        .replace("TOKEN", app.id.as_str())
        .replace("REQUEST", request.as_str().unwrap());
    write("schemathesis.toml", &known);
    write("schemathesis_hook.py", HOOK);
    let tools = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/schemathesis/bin");
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,\
                  response_schema_conformance";
    let told = Command::new("timeout")
        .args(["600", &format!("{tools}/schemathesis"), "run"])
        .args([&format!("{}/openapi.json", server.address), "--no-color"])
        .args(["--header", &format!("Authorization: Bearer {}", vendor.key)])
        .args(["--phases", "examples,coverage,fuzzing,stateful"])
        .args(["--checks", checks, "--max-examples", "30", "--seed", "1"])
        .env("SCHEMATHESIS_HOOKS", "schemathesis_hook")
        .env("PYTHONPATH", ".")
        .current_dir(server.folder.path())
        .output()
        .expect("`cargo xtask test` installs it");
    assert_ne!(told.status.code(), Some(124), "it did not end in ten minutes");
    let told = (told.status.success(), text(&told.stdout), text(&told.stderr));
    assert!(told.0 && told.1.contains("No issues found"), "{}{}", told.1, told.2);
    assert!(told.1.contains("\u{2705}  Stateful"), "{}", told.1);
    let links = told.1.lines().find_map(|line| line.trim().strip_prefix("API Links:"));
    assert!(links.is_some_and(|links| !links.trim().starts_with("0 ")), "{}", told.1);
}
