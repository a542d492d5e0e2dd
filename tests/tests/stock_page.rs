//! The page Stock under `/admin`, in a real browser: with JavaScript, looked at by axe-core in both
//! colour schemes, wide and narrow, and without.
//!
//! `E2E_PICTURES=FOLDER` keeps a picture of each page.

use std::path::{Path, PathBuf};
use std::process::Command;

use e2e::error::{Error, ensure};
use e2e::eyes::Eyes;
use e2e::outside::oathtool_code;
use e2e::wait::{self, Look};
use e2e::{Browser, Result, Scene, clock, process, test};
use oath::Totp;
use provisioning::OtpauthUri;
use serde_json::Value;

const PASSPHRASE: &str = "four words of sense";
const SIGN_IN: &str = "seven quiet herons";
const SEED: &str = "3132333435363738393031323334353637383930";

/// Adds an administrator at the command line, and signs in with both factors.
async fn sign_in(scene: &Scene, browser: &Browser) -> Result<()> {
    let add = ["admin", "add", "--json", "--passphrase-stdin", "--name", "Hedy"];
    let add = [&add[..], &["--role", "token-administrator"]].concat();
    let added: Value = serde_json::from_str(&scene.server.run(&add, Some(SIGN_IN))?)?;
    let token = OtpauthUri::parse(added["setup_link"].as_str().unwrap_or_default())?;
    browser.go_to(&format!("{}/admin/sign-in", scene.server.address())).await?;
    browser.type_into("name", "Hedy").await?;
    browser.type_into("passphrase", SIGN_IN).await?;
    browser.submit("submit").await?;
    // The code of the step that comes next is good too, where this one's has just ended.
    let (now, step) = (clock::now(), Totp::default().period.seconds());
    for at in [now, now.plus(step)] {
        browser.type_into("code", &oathtool_code(&token.seed, at)?).await?;
        browser.submit("submit").await?;
        if !browser.shows("code").await? {
            return Ok(());
        }
    }
    Err(Error::different(format!("Hedy did not get in: {}", browser.words().await)))
}

/// A file by python-pskc, under a passphrase, of two tokens.
fn encrypted(folder: &Path) -> Result<PathBuf> {
    const PROGRAM: &str = "
import sys, pskc
p = pskc.PSKC()
for n in range(2):
    p.add_key(id=str(n), serial='10001335%05d' % n, secret=b'12345678901234567890', counter=7,
              algorithm='urn:ietf:params:xml:ns:keyprov:pskc:hotp', response_length=6,
              response_encoding='DECIMAL', manufacturer='Feitian')
p.encryption.setup_pbkdf2(sys.stdin.read(), iterations=1000)
p.write(sys.argv[1])
";
    let file = folder.join("fobs.xml");
    // The system's own Python, to which the package belongs.
    let mut python = Command::new("/usr/bin/python3");
    process::run(python.args(["-c", PROGRAM]).arg(&file), Some(PASSPHRASE))?;
    Ok(file)
}

async fn walk(scene: &Scene, browser: &Browser, eyes: &mut Eyes) -> Result<()> {
    sign_in(scene, browser).await?;
    let stock = format!("{}/admin/stock", scene.server.address());
    browser.go_to(&stock).await?;
    eyes.look(browser, "stock-empty").await?;

    // Encrypted, and nobody said so; then with the passphrase.
    let file = encrypted(scene.desktop.folder())?;
    browser.choose_file("file", &file).await?;
    browser.submit("check").await?;
    let said = browser.text("error").await?;
    ensure(said.contains("under a passphrase"), || said)?;
    eyes.look(browser, "stock-refused").await?;
    browser.choose_file("file", &file).await?;
    browser.choose_value("under", "passphrase").await?;
    browser.type_into("secret", PASSPHRASE).await?;
    browser.submit("check").await?;
    eyes.look(browser, "stock-checked").await?;
    ensure(scene.server.list_tokens()?.contains("No tokens"), || "changed already".to_owned())?;
    browser.submit("take").await?;
    let said = browser.text("confirmation").await?;
    ensure(said.contains("2 tokens are in stock"), || said)?;
    eyes.look(browser, "stock-taken").await?;
    let listed = scene.server.list_tokens()?;
    ensure(listed.contains("1000133500000") && listed.contains("1000133500001"), || listed)?;

    // A file with rows in the way: refused, then without them.
    let file = scene.desktop.folder().join("more.csv");
    let rows = format!(
        "serial,seed_hex,type,step\nABCD000001,{SEED},totp,\nABCD000002,{SEED},totp,0\n\
         1000133500000,{SEED},hotp,\nABCD000001,{SEED},totp,\n"
    );
    std::fs::write(&file, rows)?;
    browser.go_to(&stock).await?;
    browser.choose_file("file", &file).await?;
    browser.submit("check").await?;
    let rows = browser.all("row").await?.len();
    ensure(rows == 3, || format!("{rows} rows"))?;
    eyes.look(browser, "stock-rows").await?;
    browser.submit("take").await?;
    let said = browser.text("error").await?;
    ensure(said.contains("2 of the file"), || said)?;
    eyes.look(browser, "stock-in-the-way").await?;
    browser.click("leave-out").await?;
    browser.submit("take").await?;
    let said = browser.text("confirmation").await?;
    ensure(said.contains("1 token is in stock"), || said)?;
    browser.go_to(&stock).await?;
    let imports = browser.all("import-row").await?.len();
    ensure(imports == 2, || format!("{imports} imports"))?;
    eyes.look(browser, "stock").await?;
    browser.type_into("export-passphrase", "short").await?;
    browser.type_into("export-again", "shorter").await?;
    browser.submit("export").await?;
    browser.find("error-export-again").await?;
    eyes.look(browser, "stock-not-exported").await?;
    a_long_check_shows_how_far_it_is(scene, browser, &stock, eyes).await
}

/// Keeps a page that asks for itself anew as it is.
const HELD_STILL: &str = "
    document.querySelector('meta[http-equiv=refresh]')?.remove();
    window.stop();
";

/// The page of its progress asks for itself anew until it leads to what was found, with scripts or without.
async fn a_long_check_shows_how_far_it_is(
    scene: &Scene,
    browser: &Browser,
    stock: &str,
    eyes: &mut Eyes,
) -> Result<()> {
    let file = scene.desktop.folder().join("long.csv");
    let rows = (0..200_000).map(|n| format!("{},{SEED},hotp\n", 2_000_000 + n));
    std::fs::write(&file, format!("serial,seed_hex,type\n{}", rows.collect::<String>()))?;
    browser.go_to(stock).await?;
    browser.choose_file("file", &file).await?;
    browser.submit("check").await?;
    let so_far = browser.text("so-far").await?;
    ensure(so_far.contains("rows so far"), || so_far)?;
    if !eyes.are_shut() {
        let progress = browser.script("return location.href", vec![]).await?;
        // Looked at as it is now: the page would ask for itself anew meanwhile.
        browser.script(HELD_STILL, vec![]).await?;
        eyes.look(browser, "stock-progress").await?;
        browser.go_to(progress.as_str().unwrap_or_default()).await?;
    }
    wait::until("the end of the check", 4 * wait::PATIENCE, async || {
        let there = browser.shows("take").await?;
        Ok(if there { Look::There(()) } else { Look::NotYet(browser.words().await) })
    })
    .await?;
    let new = browser.text("count").await?;
    ensure(new == "200000", || new)
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_is_brought_in_on_the_page() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let browser = Browser::start(&scene.desktop).await?;
        let mut eyes = Eyes::open()?;
        walk(&scene, &browser, &mut eyes).await?;
        browser.close().await;
        eyes.verdict(&["stock-empty", "stock-rows", "stock-in-the-way", "stock", "stock-progress"])
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn stock_is_brought_in_without_javascript() -> Result<()> {
    test(async {
        let scene = Scene::start().await?;
        let browser = Browser::without_javascript(&scene.desktop).await?;
        let mut eyes = Eyes::shut();
        walk(&scene, &browser, &mut eyes).await?;
        browser.close().await;
        Ok(())
    })
    .await
}
