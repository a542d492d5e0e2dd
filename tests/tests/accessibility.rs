//! Every screen of the app in both themes: axe-core finds nothing, no control is smaller than a
//! thumb, nothing sticks out; also at 200% text, in Spanish.

use e2e::axe::Axe;
use e2e::{Result, test, tour};

#[tokio::test(flavor = "multi_thread")]
async fn from_the_first_screen_to_many_tokens() -> Result<()> {
    test(async {
        let mut axe = Axe::load()?;
        tour::from_the_first_screen_to_many_tokens(&mut axe).await?;
        axe.verdict(&[
            "welcome",
            "name-token",
            "other",
            "choose-pin",
            "repeat-pin",
            "other-found",
            "tokens",
            "unlock",
        ])
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn one_token_its_loss_its_data_and_its_end() -> Result<()> {
    test(async {
        let mut axe = Axe::load()?;
        tour::one_token_its_loss_its_data_and_its_end(&mut axe).await?;
        axe.verdict(&["details", "lost", "export"])
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn settings_and_all_of_it_large_and_in_spanish() -> Result<()> {
    test(async {
        let mut axe = Axe::load()?;
        tour::settings_and_all_of_it_large_and_in_spanish(&mut axe).await?;
        axe.verdict(&["settings", "about", "change-pin", "tokens", "details", "unlock", "welcome"])
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn the_bad_days() -> Result<()> {
    test(async {
        let mut axe = Axe::load()?;
        tour::the_bad_days(&mut axe).await?;
        let screens = [
            "enrolling",
            "loading",
            "keyring-locked",
            "keyring-absent",
            "prompt-dismissed",
            "entry-damaged",
        ];
        axe.verdict(&[&screens[..], &["unlock", "erased"]].concat())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn tokens_that_the_keyring_has_lost() -> Result<()> {
    test(async {
        let mut axe = Axe::load()?;
        tour::tokens_that_the_keyring_has_lost(&mut axe).await?;
        axe.verdict(&["keyring-emptied"])
    })
    .await
}
