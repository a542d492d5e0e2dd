//! Before the machine sleeps, the app locks; sleep waits for it.

use e2e::error::ensure;
use e2e::scene::{PIN, own_token};
use e2e::{Desktop, KeyringState, Result, test};

#[tokio::test(flavor = "multi_thread")]
async fn the_app_is_locked_before_the_machine_sleeps_each_time() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let logind = desktop.logind().await?;
        let app = own_token(&desktop, "Ward phone").await?;
        for _ in 0..2 {
            logind.is_inhibited().await?;
            app.code().await?;
            logind.sleep().await?;
            // At once: sleep would not wait for anything that comes later.
            let status = "return window.__TAURI__.core.invoke('status')";
            let status = app.script(status, vec![]).await?;
            ensure(status["vault"] == "locked", || format!("asleep while {status}"))?;
            app.reaches("unlock").await?;
            logind.wake().await?;
            app.unlock(PIN).await?;
        }
        app.close().await
    })
    .await
}
