//! The dashboard in a browser that runs no scripts.

use e2e::dashboard::NewToken;
use e2e::error::ensure;
use e2e::scene::ISSUER;
use e2e::soft_token::SoftToken;
use e2e::{Browser, Dashboard, Result, Scene, clock, test};

#[tokio::test(flavor = "multi_thread")]
async fn signing_in_adding_a_token_and_testing_codes_need_no_script() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let token = SoftToken::generate("Ward phone")?;
        let file = scene.desktop.folder().join("export.countersign");
        std::fs::write(&file, token.sealed_to(&scene.server.issuer_card()?)?)?;
        scene.server.import(&file)?;
        let activation = scene.server.begin_activation(&scene.prescriber)?;

        let browser = Browser::without_javascript(&scene.desktop).await?;
        let page = scene.desktop.folder().join("script.html");
        std::fs::write(&page, "<p data-testid=p>still</p><script>document.body.remove()</script>")?;
        browser.go_to(&format!("file://{}", page.display())).await?;
        ensure(browser.text("p").await? == "still", || "this browser runs scripts".to_owned())?;

        let dashboard = Dashboard::new(&browser, scene.server.address());
        dashboard.sign_in_by_confirmation(&scene.prescriber, &activation.confirmation).await?;
        let now = clock::now();
        let (serial, code) = (token.id().to_string(), token.code_at(now)?);
        let new = NewToken { issuer: ISSUER, name: "Ward phone", serial: &serial, code: &code };
        dashboard.add_new_token(&new).await?;
        let rows = dashboard.tokens().await?;
        ensure(rows.len() == 1 && rows[0].state == "active", || format!("{rows:?}"))?;
        let next = token.code_at(now.plus(30))?;
        let first = dashboard.test_code(token.id().as_str(), &next).await?;
        ensure(first.outcome == "accepted", || format!("{first:?}"))?;
        let again = dashboard.test_code(token.id().as_str(), &next).await?;
        ensure(again.cause == "already-used", || format!("{again:?}"))?;
        dashboard.sign_out().await?;
        browser.find("npi").await?;
        browser.close().await;
        Ok(())
    })
    .await
}
