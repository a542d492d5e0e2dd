//! Names the commands that the pages may call; each is granted in `capabilities/main.json`. Finds
//! out the licences of what the program is made of.

use std::{
    collections::{BTreeMap, BTreeSet},
    env,
    error::Error,
    fs,
    path::Path,
    process::Command,
};

use serde_json::{Value, json};

/// Everything that a page can ask of the program. What is not here cannot be called at all.
const COMMANDS: &[&str] = &[
    "status",
    "watch",
    "touch",
    "set_up_anew",
    "known_tokens",
    "pin_digit",
    "forget_pin",
    "unlock",
    "change_pin",
    "lock_now",
    "codes",
    "next_counter_code",
    "bound_code",
    "code_shown",
    "copy_code",
    "copy_credential_id",
    "use_link",
    "set_aside_link",
    "name_token",
    "choose_pin",
    "repeat_pin",
    "enrol",
    "associate_by_link",
    "send_enrolment",
    "add_without_link",
    "add_other_link",
    "add_other_by_hand",
    "set_aside_other",
    "read_qr_bytes",
    "read_qr_clipboard",
    "details",
    "rename",
    "reorder",
    "delete",
    "log_text",
    "copy_log",
    "make_export",
    "save_export",
    "export_pskc",
    "save_pskc",
    "settings",
    "set_settings",
    "tray_words",
    "about",
    "refresh_state",
    "lost_candidates",
    "report_lost",
];

fn main() -> Result<(), Box<dyn Error>> {
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))?;
    println!("cargo::rerun-if-changed=../Cargo.lock");
    let licences = serde_json::to_string(&licences()?)?;
    fs::write(Path::new(&env::var("OUT_DIR")?).join("licences.json"), licences)?;
    Ok(())
}

/// The libraries that go into the program, with version and licence, as Cargo knows them.
fn licences() -> Result<Vec<Value>, Box<dyn Error>> {
    let output = Command::new(env::var("CARGO")?)
        .args(["metadata", "--format-version=1", "--filter-platform", &env::var("TARGET")?])
        .output()?;
    if !output.status.success() {
        return Err(String::from_utf8_lossy(&output.stderr).into());
    }
    let metadata: Value = serde_json::from_slice(&output.stdout)?;
    let list = |value: &Value| value.as_array().cloned().unwrap_or_default();
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();

    let nodes = list(&metadata["resolve"]["nodes"]);
    let nodes: BTreeMap<_, _> = nodes.iter().map(|node| (text(&node["id"]), node)).collect();
    let packages = list(&metadata["packages"]);
    let own = packages.iter().find(|package| package["name"] == env!("CARGO_PKG_NAME"));
    let mut open: Vec<String> = own.map(|package| text(&package["id"])).into_iter().collect();
    let mut seen = BTreeSet::new();
    while let Some(id) = open.pop() {
        let Some(node) = nodes.get(&id) else { continue };
        if seen.insert(id) {
            for dependency in list(&node["deps"]) {
                // Not what is needed only for building or testing.
                let normal = |kind: &Value| kind["kind"].is_null();
                if list(&dependency["dep_kinds"]).iter().any(normal) {
                    open.push(text(&dependency["pkg"]));
                }
            }
        }
    }
    let others = packages.iter().filter(|package| !package["source"].is_null());
    let mut libraries: Vec<_> = others
        .filter(|package| seen.contains(&text(&package["id"])))
        .map(|package| {
            let licence = match text(&package["license"]) {
                written if written.is_empty() => "in its source".to_owned(),
                written => written,
            };
            json!({ "name": package["name"], "version": package["version"], "licence": licence })
        })
        .collect();
    libraries.sort_by_key(|library| (text(&library["name"]), text(&library["version"])));
    Ok(libraries)
}
