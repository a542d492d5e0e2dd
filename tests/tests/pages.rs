//! The app's pages: by keyboard alone; order, names, search, settings and an end that must be meant.

use e2e::error::{Error, ensure};
use e2e::scene::PIN;
use e2e::wait::{self, Look, PATIENCE};
use e2e::{AppWindow, Result, Scene, test};
use serde_json::Value;
use thirtyfour::Key;

const BY_TIME: &str = "otpauth://totp/Hospital:h.jones?secret=JBSWY3DPEHPK3PXP&issuer=Hospital";

/// More stops than the longest screen has.
const STOPS: usize = 80;

/// Gives the window the keyboard, as a window manager does; there is none on the tests' desktops.
fn give_focus(scene: &Scene) -> Result<()> {
    let mut xdotool = scene.desktop.command("xdotool");
    xdotool.args(["search", "--sync", "--onlyvisible", "--name", "Countersign", "windowfocus"]);
    let status = xdotool.status()?;
    ensure(status.success(), || format!("xdotool: {status}"))
}

/// Presses Tab until the focus is on this element, and sees that it shows.
async fn tab_to(app: &AppWindow, id: &str) -> Result<()> {
    let mut seen = Vec::new();
    for _ in 0..STOPS {
        app.press(Key::Tab).await?;
        let focused = app
            .script(
                "const element = document.activeElement;
                 const { outlineStyle, outlineWidth } = getComputedStyle(element);
                 const shows = outlineStyle !== 'none' && parseFloat(outlineWidth) >= 2;
                 return [element.dataset.testid ?? element.tagName, shows]",
                vec![],
            )
            .await?;
        let name = focused.get(0).and_then(Value::as_str).unwrap_or_default().to_owned();
        let shows = focused.get(1) == Some(&Value::Bool(true));
        ensure(shows || name == "BODY", || format!("nobody sees that {name} has the focus"))?;
        if name == id {
            return Ok(());
        }
        seen.push(name);
    }
    Err(Error::different(format!("Tab never came to {id}, only to {seen:?}")))
}

/// Goes to a control by Tab and presses it.
async fn press_on(app: &AppWindow, id: &str) -> Result<()> {
    tab_to(app, id).await?;
    app.press(Key::Enter).await
}

#[tokio::test(flavor = "multi_thread")]
async fn everything_by_keyboard_alone() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let link = scene.server.begin_activation(&scene.prescriber)?.link;
        let app = AppWindow::start(&scene.desktop).await?;
        app.reaches("welcome").await?;
        give_focus(&scene)?;
        tab_to(&app, "paste-link").await?;
        app.press(link).await?;
        press_on(&app, "use-link").await?;
        app.reaches("name-token").await?;
        app.press(Key::Tab).await?;
        app.press_with(Key::Control, "a").await?;
        app.press("Ward phone").await?;
        app.press(Key::Enter).await?;
        for screen in ["choose-pin", "repeat-pin"] {
            app.reaches(screen).await?;
            app.press(PIN).await?;
        }
        app.reaches("tokens").await?;
        app.enrolment_becomes("sent").await?;

        press_on(&app, "copy-code").await?;
        let said = app.some_text("toast").await?;
        ensure(said.contains("Cleared in 30"), || said)?;
        press_on(&app, "open-details").await?;
        app.reaches("details").await?;
        press_on(&app, "rename").await?;
        app.press_with(Key::Control, "a").await?;
        app.press("Pocket").await?;
        app.press(Key::Enter).await?;
        text_becomes(&app, "details-name", "Pocket").await?;
        app.press(Key::Escape).await?;
        app.reaches("tokens").await?;
        text_becomes(&app, "token-name", "Pocket").await?;

        press_on(&app, "settings-open").await?;
        app.reaches("settings").await?;
        tab_to(&app, "hide_codes").await?;
        app.press(" ").await?;
        app.press(Key::Escape).await?;
        app.reaches("tokens").await?;
        ensure(
            app.text("code").await.is_ok_and(|code| code.is_empty()) || !app.shows("code").await?,
            || "a hidden code is shown".to_owned(),
        )?;
        press_on(&app, "reveal").await?;
        app.code().await?;
        app.press_with(Key::Control, "l").await?;
        app.reaches("unlock").await?;
        app.press(PIN).await?;
        app.reaches("tokens").await?;
        app.close().await
    })
    .await
}

async fn text_becomes(app: &AppWindow, id: &str, wanted: &str) -> Result<()> {
    wait::until(&format!("{id} to read {wanted}"), PATIENCE, async || {
        let text = app.text(id).await?;
        Ok(if text == wanted { Look::There(()) } else { Look::NotYet(text) })
    })
    .await
}

/// The names of the cards in sight, from top to bottom.
async fn names(app: &AppWindow) -> Result<Vec<String>> {
    let names = app
        .script(
            "return [...document.querySelectorAll('[data-testid=token-card]:not([hidden]) h2')]\
             .map(title => title.textContent)",
            vec![],
        )
        .await?;
    Ok(serde_json::from_value(names)?)
}

async fn names_become(app: &AppWindow, wanted: &[&str]) -> Result<()> {
    wait::until(&format!("the cards {wanted:?}"), PATIENCE, async || {
        let shown = names(app).await?;
        Ok(if shown == wanted { Look::There(()) } else { Look::NotYet(format!("{shown:?}")) })
    })
    .await
}

/// Makes a token first, without a server.
async fn make_first(app: &AppWindow, name: &str) -> Result<()> {
    app.click("add-token").await?;
    app.reaches("welcome").await?;
    app.click("make-first").await?;
    app.name_token(name).await?;
    app.reaches("tokens").await
}

#[tokio::test(flavor = "multi_thread")]
async fn order_and_search_among_many() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, _) = scene.enrol("A").await?;
        make_first(&app, "B").await?;
        make_first(&app, "C").await?;
        ensure(!app.shows("search").await?, || "a search among three tokens".to_owned())?;
        app.click("reorder").await?;
        app.click("move-down").await?;
        names_become(&app, &["B", "A", "C"]).await?;
        // The focus has stayed on the button, so that the next press goes on.
        app.press(Key::Enter).await?;
        names_become(&app, &["B", "C", "A"]).await?;
        app.press_with(Key::Alt, Key::Up).await?;
        names_become(&app, &["B", "A", "C"]).await?;
        app.close().await?;

        let app = AppWindow::start(&scene.desktop).await?;
        app.unlock(PIN).await?;
        names_become(&app, &["B", "A", "C"]).await?;

        // The one used last is on top, until somebody arranges them anew.
        let card = "[...document.querySelectorAll('[data-testid=token-card]')].at(-1)";
        let copy = format!("{card}.querySelector('[data-testid=copy-code]').click()");
        app.script(&copy, vec![]).await?;
        app.some_text("toast").await?;
        app.click("lock-now").await?;
        app.unlock(PIN).await?;
        names_become(&app, &["C", "B", "A"]).await?;
        app.click("reorder").await?;
        names_become(&app, &["B", "A", "C"]).await?;
        app.click("move-down").await?;
        names_become(&app, &["A", "B", "C"]).await?;
        app.click("reorder").await?;
        names_become(&app, &["A", "B", "C"]).await?;

        // By keys alone too: the order that they change comes on the screen first.
        app.script(&copy, vec![]).await?;
        app.some_text("toast").await?;
        app.click("lock-now").await?;
        app.unlock(PIN).await?;
        names_become(&app, &["C", "A", "B"]).await?;
        app.script("document.querySelector('[data-testid=copy-code]').focus()", vec![]).await?;
        app.press_with(Key::Alt, Key::Up).await?;
        names_become(&app, &["A", "C", "B"]).await?;
        app.press_with(Key::Alt, Key::Down).await?;
        names_become(&app, &["A", "B", "C"]).await?;
        app.click("reorder").await?;
        names_become(&app, &["A", "B", "C"]).await?;
        for name in ["Wound clinic", "Night shift", "Day shift", "Lab"] {
            make_first(&app, name).await?;
        }
        app.type_into("search", "SHIFT").await?;
        names_become(&app, &["Night shift", "Day shift"]).await?;
        app.type_into("search", "nobody").await?;
        names_become(&app, &[]).await?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_token_ends_only_when_that_is_meant() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, _) = scene.enrol("Ward phone").await?;
        let id = app.credential_id().await?;
        app.click("open-details").await?;
        app.reaches("details").await?;
        app.click("delete").await?;
        let words = app.words().await;
        ensure(
            words.contains(&id.to_string()) && words.contains("cannot be brought back"),
            || words,
        )?;
        app.type_into("typed-id", "CSST 0000 0000").await?;
        app.click("confirm-delete").await?;
        let words = app.some_text("delete-error").await?;
        ensure(words.contains(&id.to_string()), || words)?;
        app.click("keep-token").await?;
        app.click("back").await?;
        app.reaches("tokens").await?;
        names_become(&app, &["Ward phone"]).await?;

        app.click("open-details").await?;
        app.click("delete").await?;
        app.type_into("typed-id", &id.to_string().to_lowercase()).await?;
        app.click("confirm-delete").await?;
        app.reaches("tokens").await?;
        names_become(&app, &[]).await?;
        app.close().await?;

        let app = AppWindow::start(&scene.desktop).await?;
        app.unlock(PIN).await?;
        names_become(&app, &[]).await?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_hold_over_a_restart_and_a_new_pin_opens() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, _) = scene.enrol("Ward phone").await?;
        app.click("settings-open").await?;
        app.reaches("settings").await?;
        app.click("change-pin").await?;
        app.reaches("change-pin").await?;
        for pin in [PIN, "5391", "5391"] {
            app.enter_pin(pin).await?;
        }
        app.reaches("settings").await?;
        let said = app.some_text("settings-done").await?;
        ensure(said.contains("changed"), || said)?;
        app.choose_setting("theme", "dark").await?;
        app.choose_setting("text_size", "150").await?;
        app.choose_setting("language", "es").await?;
        wait::until("Spanish", PATIENCE, async || {
            let words = app.words().await;
            Ok(if words.contains("Ajustes") { Look::There(()) } else { Look::NotYet(words) })
        })
        .await?;
        app.close().await?;

        let app = AppWindow::start(&scene.desktop).await?;
        app.unlock("5391").await?;
        let words = app.words().await;
        ensure(words.contains("Copiar código"), || words)?;
        let root = app
            .script(
                "const { lang, dataset } = document.documentElement;
                 return [lang, dataset.theme, dataset.textSize]",
                vec![],
            )
            .await?;
        ensure(root == serde_json::json!(["es", "dark", "150"]), || root.to_string())?;
        let differing = app
            .script(
                "const shape = (texts, at = '') => Object.entries(texts).flatMap(([key, text]) =>
                     text && typeof text === 'object' && !Array.isArray(text)
                         ? shape(text, `${at}${key}.`) : [`${at}${key}: ${typeof text} ${text.length > 0}`]);
                 const texts = async tag => {
                     const { default: all } = await import(`/strings/${tag}.js`);
                     const { problems, unreached } = await import(`/strings/problems-${tag}.js`);
                     return { ...all, problems, unreached };
                 };
                 return Promise.all(['en', 'es'].map(texts)).then(all => {
                     const [one, other] = all.map(texts => shape(texts));
                     return [...one.filter(key => !other.includes(key)), ...other.filter(key => !one.includes(key))];
                 })",
                vec![],
            )
            .await?;
        ensure(differing == serde_json::json!([]), || format!("in one language only: {differing}"))?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn another_issuers_token_by_its_setup_link_and_by_hand() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let app = AppWindow::start(&scene.desktop).await?;
        app.paste_into("paste-link", BY_TIME).await?;
        app.click("use-link").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        names_become(&app, &["h.jones"]).await?;
        let by_link = app.code().await?;
        app.click("add-token").await?;
        app.click("add-other").await?;
        app.reaches("other").await?;
        app.type_into("other-account", "By hand").await?;
        app.type_into("other-key", "jbsw y3dp ehpk 3px8").await?;
        app.click("add-by-hand").await?;
        app.some_text("error").await?;
        app.type_into("other-key", "jbsw y3dp ehpk 3pxp").await?;
        app.click("add-by-hand").await?;
        app.reaches("tokens").await?;
        names_become(&app, &["h.jones", "By hand"]).await?;
        wait::until("two equal codes of one key", PATIENCE, async || {
            let codes = app
                .script(
                    "return [...document.querySelectorAll('[data-testid=code]')].map(code => code.textContent)",
                    vec![],
                )
                .await?;
            let equal = codes[0] == codes[1] && codes[0].as_str().is_some_and(|code| code.len() == 7);
            Ok(if equal { Look::There(()) } else { Look::NotYet(format!("{codes}, {by_link}")) })
        })
        .await?;
        app.close().await
    })
    .await
}
