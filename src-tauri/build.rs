//! Names the commands that the pages may call; each is granted in `capabilities/main.json`.

/// Everything that a page can ask of the program. What is not here cannot be called at all.
const COMMANDS: &[&str] = &[
    "status",
    "watch",
    "touch",
    "set_up_anew",
    "known_tokens",
    "unlock",
    "lock_now",
    "codes",
    "use_link",
    "set_aside_link",
    "name_token",
    "choose_pin",
    "repeat_pin",
    "enrol",
    "send_enrolment",
    "copy_credential_id",
    "copy_code",
    "make_export",
    "save_export",
];

fn main() -> Result<(), Box<dyn std::error::Error>> {
    let manifest = tauri_build::AppManifest::new().commands(COMMANDS);
    tauri_build::try_build(tauri_build::Attributes::new().app_manifest(manifest))?;
    Ok(())
}
