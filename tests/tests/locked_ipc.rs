//! Every command that the page has, called over the real IPC against a locked vault.

use std::collections::BTreeSet;
use std::time::Duration;

use e2e::clock::Stopwatch;
use e2e::error::ensure;
use e2e::scene::{PIN, Scene};
use e2e::wait::{self, Look, PATIENCE};
use e2e::{AppWindow, Result, test};
use serde_json::{Value, json};

/// All commands that the program names; a new one has to be put into one of the lists below.
const BUILD: &str = include_str!("../../src-tauri/build.rs");

/// What a locked vault refuses, with arguments that an unlocked one takes.
fn needs_the_vault(id: &str, link: &str) -> Vec<(&'static str, Value)> {
    let form = json!({
        "issuer": "Acme", "account": "bob", "secret": "GEZDGNBVGY3TQOJQ", "kind": "totp",
        "algorithm": "SHA1", "digits": 6, "period": 30, "counter": null,
    });
    let setup_link = "otpauth://totp/Acme:alice?secret=GEZDGNBVGY3TQOJQ";
    vec![
        ("codes", json!({})),
        ("code_shown", json!({ "id": id })),
        ("copy_code", json!({ "id": id })),
        ("copy_credential_id", json!({ "id": id })),
        ("next_counter_code", json!({ "id": id })),
        ("bound_code", json!({ "id": id, "number": "12345678" })),
        ("details", json!({ "id": id })),
        ("rename", json!({ "id": id, "name": "Taken over" })),
        ("reorder", json!({ "ids": [id] })),
        ("log_text", json!({ "id": id })),
        ("copy_log", json!({ "id": id })),
        ("make_export", json!({ "id": id, "card": null })),
        ("save_export", json!({})),
        ("export_pskc", json!({ "id": id, "passphrase": "four words of no sense" })),
        ("save_pskc", json!({})),
        ("send_enrolment", json!({ "id": id })),
        ("refresh_state", json!({ "id": id })),
        ("lost_candidates", json!({ "id": id })),
        ("report_lost", json!({ "id": id, "serial": "VSST12345678" })),
        ("associate_by_link", json!({ "id": id, "text": link })),
        ("add_without_link", json!({ "name": "Second" })),
        ("add_other_link", json!({ "text": setup_link })),
        ("add_other_by_hand", json!({ "form": form })),
        ("name_token", json!({ "name": "Second" })),
        ("enrol", json!({})),
        ("change_pin", json!({})),
        ("delete", json!({ "id": id, "typed": id })),
    ]
}

/// What a locked app still does: nothing of it tells a code, or what the vault holds. The names and
/// credential IDs of `known_tokens` are what its owner quotes when the keyring is gone.
const NEEDS_NO_VAULT: &[&str] = &[
    "status",
    "watch",
    "touch",
    "known_tokens",
    "set_up_anew",
    "pin_digit",
    "forget_pin",
    "unlock",
    "lock_now",
    "use_link",
    "set_aside_link",
    "choose_pin",
    "repeat_pin",
    "set_aside_other",
    "read_qr_bytes",
    "read_qr_clipboard",
    "settings",
    "set_settings",
    "tray_words",
    "about",
];

/// What Tauri and its plugins would do for a page that may.
const NOT_FOR_PAGES: &[&str] = &[
    "plugin:window|close",
    "plugin:event|listen",
    "plugin:path|resolve_directory",
    "plugin:autostart|enable",
    "plugin:window-state|save_window_state",
    "plugin:deep-link|get_current",
    "plugin:tray|new",
    "plugin:menu|new",
    "plugin:app|version",
    "plugin:webview|create_webview_window",
];

/// `{ "ok": answer }` or `{ "refused": problem }`.
async fn call(app: &AppWindow, command: &str, arguments: Value) -> Result<Value> {
    let script = "return window.__TAURI__.core.invoke(arguments[0], arguments[1])\
        .then((ok) => ({ ok: ok ?? null }), (refused) => ({ refused }))";
    app.script(script, vec![json!(command), arguments]).await
}

fn named() -> BTreeSet<&'static str> {
    let list =
        BUILD.split_once("COMMANDS: &[&str] = &[").and_then(|(_, rest)| rest.split_once(']'));
    let (list, _) = list.unwrap_or_default();
    list.split(',')
        .map(|line| line.trim().trim_matches('"'))
        .filter(|line| !line.is_empty())
        .collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_locked_vault_refuses_every_command_that_needs_it() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, _) = scene.enrol("Phone").await?;
        let id = app.credential_id().await?;
        let link = scene.server.begin_activation(&scene.prescriber)?.link;
        let calls = needs_the_vault(id.as_str(), &link);

        let listed: BTreeSet<_> =
            calls.iter().map(|call| call.0).chain(NEEDS_NO_VAULT.iter().copied()).collect();
        ensure(listed == named(), || {
            format!("not listed, or gone: {:?}", listed.symmetric_difference(&named()))
        })?;

        // Unlocked, these arguments are good ones: what is refused below is refused for the lock.
        for command in ["codes", "copy_credential_id", "details", "log_text", "refresh_state"] {
            let arguments = calls.iter().find(|call| call.0 == command).map(|call| call.1.clone());
            let answer = call(&app, command, arguments.unwrap_or_default()).await?;
            ensure(answer.get("ok").is_some(), || format!("{command}: {answer}"))?;
        }

        call(&app, "lock_now", json!({})).await?;
        // With a link that waits, so that making its token is refused for the lock too.
        call(&app, "use_link", json!({ "text": link })).await?;
        for (command, arguments) in calls {
            let answer = call(&app, command, arguments).await?;
            ensure(answer["refused"]["kind"] == "locked", || format!("{command}: {answer}"))?;
        }
        for command in NOT_FOR_PAGES {
            let answer = call(&app, command, json!({})).await?;
            let refused = answer["refused"].as_str().unwrap_or_default();
            ensure(refused.contains("not allowed") || refused.contains("not found"), || {
                format!("{command}: {answer}")
            })?;
        }

        let status = call(&app, "status", json!({})).await?;
        ensure(status["ok"]["vault"] == "locked", || status.to_string())?;
        let text = status.to_string();
        ensure(!text.contains("Phone") && !text.contains(id.as_str()), || text)?;
        call(&app, "set_aside_link", json!({})).await?;
        app.script("location.reload()", vec![]).await?;
        app.unlock(PIN).await?;
        let name = app.text("token-name").await?;
        ensure(name.contains("Phone"), || name)?;
        app.close().await
    })
    .await
}

/// Leaves, as a page does, for a page of the app's own; how long it takes until the former is gone.
async fn own_page_takes(app: &AppWindow) -> Result<Duration> {
    app.script("window.former = true; location.href = '/index.html?again'", vec![]).await?;
    let left = Stopwatch::start();
    let took = wait::until("the former page to be gone", PATIENCE, async || {
        let there = app.script("return window.former ?? null", vec![]).await?;
        let took = left.elapsed();
        Ok(if there.is_null() { Look::There(took) } else { Look::NotYet("it is here".to_owned()) })
    })
    .await?;
    app.reaches("welcome").await?;
    Ok(took)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_window_stays_on_the_apps_own_pages() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let app = AppWindow::start(&scene.desktop).await?;
        app.reaches("welcome").await?;
        let allowed = own_page_takes(&app).await?;
        for address in
            [format!("{}/sign-in", scene.server.address()), "https://localhost/".to_owned()]
        {
            app.script("location.href = arguments[0]", vec![json!(address)]).await?;
            // What is refused shows nothing, so this waits for many times as long as it took just now to
            // leave for a page that is allowed.
            tokio::time::sleep(Duration::max(Duration::from_secs(1), allowed * 10)).await;
            let here = app.script("return location.origin", vec![]).await?;
            ensure(here == "tauri://localhost", || format!("{address} led to {here}"))?;
            app.reaches("welcome").await?;
        }
        app.close().await
    })
    .await
}
