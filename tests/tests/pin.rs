//! Wrong PINs: counted whatever happens, told, and the end after ten.

use e2e::error::ensure;
use e2e::scene::{PIN, WRONG_PIN};
use e2e::wait::{self, Look, PATIENCE};
use e2e::{AppWindow, Result, Scene, test};
use serde_json::json;

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_pin_is_counted_across_a_kill_and_a_right_one_starts_anew() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, _) = scene.enrol("Ward phone").await?;
        app.close().await?;

        let app = AppWindow::start(&scene.desktop).await?;
        let words = app.wrong_pin(WRONG_PIN).await?;
        ensure(words.contains("Wrong PIN"), || words.clone())?;
        ensure(app.tries_left().await? == Some(9), || words)?;
        app.kill().await?;

        // Killed as soon as the try is written; that this is before it is judged, the vault's own
        // tests show.
        let app = AppWindow::start(&scene.desktop).await?;
        ensure(app.tries_left().await? == Some(9), || "the first try is forgotten".to_owned())?;
        let before = attempts(&scene)?;
        app.enter_pin(WRONG_PIN).await?;
        wait::until("the try to be written", PATIENCE, async || {
            let now = attempts(&scene)?;
            Ok(if now == before { Look::NotYet(now) } else { Look::There(()) })
        })
        .await?;
        app.kill().await?;

        let app = AppWindow::start(&scene.desktop).await?;
        let left = app.tries_left().await?;
        ensure(left == Some(8), || format!("{left:?} tries left after a kill in the second try"))?;
        app.unlock(PIN).await?;
        app.close().await?;
        let app = AppWindow::start(&scene.desktop).await?;
        app.reaches("unlock").await?;
        let left = app.tries_left().await?;
        ensure(left.is_none(), || format!("a right PIN starts anew, not with {left:?}"))?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn ten_wrong_pins_erase_the_tokens_and_name_the_credential_ids() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, _) = scene.enrol("Ward phone").await?;
        let id = app.credential_id().await?;
        app.click("lock-now").await?;
        for left in (1..=9).rev() {
            app.wrong_pin(WRONG_PIN).await?;
            let shown = app.tries_left().await?;
            ensure(shown == Some(left), || format!("{shown:?} tries left instead of {left}"))?;
        }
        app.wrong_pin(WRONG_PIN).await?;
        app.reaches("erased").await?;
        let shown = app.credential_id().await?;
        ensure(shown == id, || format!("it names {shown} instead of {id}"))?;
        app.close().await?;

        let seed_entry = format!("credential:{}", id.as_str());
        for entry in ["vault", &seed_entry] {
            let left = scene.desktop.keyring_entry(&["read", entry], None);
            ensure(left.is_err(), || format!("{entry} is still in the keyring"))?;
        }
        // Not forgotten by starting again; and there is a way on.
        let app = AppWindow::start(&scene.desktop).await?;
        app.reaches("erased").await?;
        ensure(app.credential_id().await? == id, || "another credential ID".to_owned())?;
        app.click("set-up-new").await?;
        app.reaches("welcome").await?;
        app.close().await
    })
    .await
}

/// A thing that lies on the keyboard must not use up the tries.
#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_held_down_is_one_digit() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, _) = scene.enrol("Ward phone").await?;
        app.click("lock-now").await?;
        app.reaches("unlock").await?;
        let held = "const key = (repeat) => document.dispatchEvent(new KeyboardEvent('keydown', \
            { key: '7', repeat, bubbles: true, cancelable: true })); \
            key(false); for (let i = 0; i < 60; i++) key(true); \
            return document.querySelectorAll('.dot.filled').length;";
        let filled = app.script(held, vec![]).await?;
        ensure(filled == 1, || format!("{filled} digits of one key"))?;
        ensure(app.tries_left().await?.is_none(), || "tries were used up".to_owned())?;
        app.close().await
    })
    .await
}

/// The pointer, or what a screen takes for one, rests where the last digit was pressed.
#[tokio::test(flavor = "multi_thread")]
async fn no_key_tells_that_it_was_pressed_last() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let (app, _) = scene.enrol("Ward phone").await?;
        app.click("lock-now").await?;
        app.reaches("unlock").await?;
        app.click("pin-key-6").await?;
        let look = "const keys = [...document.querySelectorAll('.pin-key:not(.quiet-key)')]; \
            const look = (key) => { const { backgroundColor, borderColor } = getComputedStyle(key); \
            return `${backgroundColor} ${borderColor}` }; \
            return [keys.filter((key) => key.matches(':hover')).length, new Set(keys.map(look)).size]";
        let looks = app.script(look, vec![]).await?;
        ensure(looks == json!([1, 1]), || format!("keys under the pointer, and looks: {looks}"))?;
        app.close().await
    })
    .await
}

fn attempts(scene: &Scene) -> Result<String> {
    scene.desktop.keyring_entry(&["read", "attempts"], None)
}
