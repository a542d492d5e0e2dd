//! A token saved as PSKC under a passphrase, opened by somebody else's reader of it.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::PathBuf;

use e2e::error::ensure;
use e2e::outside::{oathtool, read_pskc};
use e2e::scene::own_token;
use e2e::{AppWindow, Desktop, KeyringState, Result, clock, test};

const PASSPHRASE: &str = "four words of no sense";

#[tokio::test(flavor = "multi_thread")]
async fn another_program_opens_the_file_and_makes_the_same_codes() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let app = own_token(&desktop, "Ward phone").await?;
        let id = app.credential_id().await?;
        app.click("open-export").await?;
        app.reaches("export").await?;
        for (passphrase, sentence) in
            [("", "Choose a passphrase"), ("short", "has 12 to"), ("aaaaaaaaaaaaaaaa", "the same")]
        {
            app.paste_into("pskc-passphrase", passphrase).await?;
            app.click("export-pskc").await?;
            let said = app.some_text("pskc-error").await?;
            ensure(said.contains(sentence), || format!("{passphrase:?}: {said}"))?;
        }
        ensure(fs::read_dir(desktop.downloads())?.next().is_none(), || "a file".to_owned())?;

        let file = save(&app).await?;
        let expected = desktop.downloads().join(format!("countersign-{}.pskc.xml", id.as_str()));
        ensure(file == expected, || format!("saved as {}", file.display()))?;
        let mode = fs::metadata(&file)?.permissions().mode() & 0o777;
        ensure(mode == 0o600, || format!("the file's mode is {mode:o}"))?;
        let kept = app.value("pskc-passphrase").await?;
        ensure(kept.is_empty(), || "the passphrase stays on the screen".to_owned())?;

        let token = read_pskc(&file, PASSPHRASE)?;
        ensure(token.serial == id.as_str(), || format!("{token:?}"))?;
        let how = (token.algorithm.as_str(), token.digits.as_str(), token.period.as_str());
        ensure(how == ("urn:ietf:params:xml:ns:keyprov:pskc:totp", "6", "30"), || {
            format!("{token:?}")
        })?;
        ensure(read_pskc(&file, "four words of some sense").is_err(), || {
            "it opens under any passphrase".to_owned()
        })?;

        // Another one is another file.
        let first = fs::read(&file)?;
        let again = save(&app).await?;
        ensure(again != file && fs::read(&file)? == first, || again.display().to_string())?;
        ensure(read_pskc(&again, PASSPHRASE)? == token, || "another token".to_owned())?;

        app.leave_export().await?;
        let code = app.early_code().await?;
        let theirs = oathtool(&token.key, &["--totp", &format!("--now=@{}", clock::now().0)])?;
        ensure(code == theirs, || format!("{code} here, {theirs} from the file"))?;
        app.click("open-details").await?;
        app.reaches("details").await?;
        let words = app.words().await;
        ensure(words.contains("saved under a passphrase"), || words)?;
        app.close().await
    })
    .await
}

async fn save(app: &AppWindow) -> Result<PathBuf> {
    app.type_into("pskc-passphrase", PASSPHRASE).await?;
    app.click("export-pskc").await?;
    Ok(PathBuf::from(app.some_text("pskc-file").await?))
}
