//! The API as its own OpenAPI document has it, by Schemathesis, which `cargo xtask` installs: no 5xx, and
//! no answer that the document does not have.

use std::process::Command;

use crate::process::{Server, text};
use crate::verify_api::Vendor;

#[test]
fn the_api_answers_as_its_document_says_whatever_it_is_asked() {
    let server = Server::start();
    server.folder.add_account(crate::process::NPI, "Ada Quill");
    let vendor = Vendor::of(&server, &["verify"]);
    let tools = concat!(env!("CARGO_MANIFEST_DIR"), "/../../target/schemathesis/bin");
    let checks = "not_a_server_error,status_code_conformance,content_type_conformance,\
                  response_schema_conformance";
    let told = Command::new(format!("{tools}/schemathesis"))
        .args(["run", &format!("{}/openapi.json", server.address), "--no-color"])
        .args(["--header", &format!("Authorization: Bearer {}", vendor.key)])
        .args(["--checks", checks, "--max-examples", "30", "--seed", "1"])
        .current_dir(server.folder.path())
        .output()
        .expect("`cargo xtask test` installs it");
    assert!(told.status.success(), "{}{}", text(&told.stdout), text(&told.stderr));
    assert!(text(&told.stdout).contains("No issues found"), "{}", text(&told.stdout));
}
