//! The API as its own OpenAPI document has it, by Schemathesis, which `cargo xtask` installs: no 5xx, and
//! no answer that the document does not have.

use std::process::Command;

use crate::process::{Server, text};
use crate::verify_api::Vendor;

#[test]
fn the_api_answers_as_its_document_says_whatever_it_is_asked() {
    let server = Server::start();
    server.folder.add_account(crate::process::NPI, "Ada Quill");
    let vendor = Vendor::of(&server, &["verify", "read", "audit", "tokens", "accounts"]);
    // The one that the document has as its example.
    let file = server.folder.path().join("fobs.csv");
    let seed = "3132333435363738393031323334353637383930";
    std::fs::write(&file, format!("serial,seed_hex,type\nAVT812345678,{seed},hotp\n")).unwrap();
    server.folder.json(&["stock", "import", file.to_str().unwrap()], "");
    // And one whose number the document cannot know.
    let order = ["request", "add", "--npi", crate::process::NPI, "--type", "soft"];
    let id = server.folder.json(&order, "")[0]["id"].take();
    let known = format!(
        "[[operations]]\ninclude-path = \"/v1/requests/{{id}}\"\nparameters = {{ id = {id} }}\n"
    );
    std::fs::write(server.folder.path().join("schemathesis.toml"), known).unwrap();
    let tools = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/schemathesis/bin");
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,\
                  response_schema_conformance";
    let told = Command::new(format!("{tools}/schemathesis"))
        .args(["run", &format!("{}/openapi.json", server.address), "--no-color"])
        .args(["--header", &format!("Authorization: Bearer {}", vendor.key)])
        // Not what follows from answers: the links that it guesses lead to parameters that are not there.
        .args(["--phases", "examples,coverage,fuzzing"])
        .args(["--checks", checks, "--max-examples", "30", "--seed", "1"])
        // What it makes up is no passphrase and no code: of what takes those it warns that it is refused.
        .args(["--warnings", "off"])
        .current_dir(server.folder.path())
        .output()
        .expect("`cargo xtask test` installs it");
    assert!(told.status.success(), "{}{}", text(&told.stdout), text(&told.stderr));
    assert!(text(&told.stdout).contains("No issues found"), "{}", text(&told.stdout));
}
