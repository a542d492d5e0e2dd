//! Tokens of other issuers, by link and by picture: seen before they are taken, and right afterwards.

use e2e::clock;
use e2e::error::ensure;
use e2e::outside::oathtool;
use e2e::pictures::qr_code;
use e2e::scene::PIN;
use e2e::wait::{self, Look, PATIENCE};
use e2e::{AppWindow, Desktop, KeyringState, Result, test};
use thirtyfour::Key;

/// The keys of RFC 6238's test vectors.
const SHA1_KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ";
const SHA256_KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZA====";
const SHA512_KEY: &str = "GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQGEZDGNA=";

struct ByTime {
    account: &'static str,
    key: &'static str,
    /// As the link, and as `oathtool` calls it.
    algorithm: &'static str,
    digits: &'static str,
    period: &'static str,
    /// As the app tells it.
    told: &'static str,
}

const MAIL: ByTime = ByTime {
    account: "ada@mail.example",
    key: SHA1_KEY,
    algorithm: "SHA1",
    digits: "6",
    period: "30",
    told: "SHA-1, 6 digits, every 30 s",
};
const LAB: ByTime = ByTime {
    account: "ada@lab.example",
    key: SHA256_KEY,
    algorithm: "SHA256",
    digits: "8",
    period: "60",
    told: "SHA-256, 8 digits, every 60 s",
};
const BANK: ByTime = ByTime {
    account: "ada@bank.example",
    key: SHA512_KEY,
    algorithm: "SHA512",
    digits: "7",
    period: "45",
    told: "SHA-512, 7 digits, every 45 s",
};

impl ByTime {
    fn link(&self) -> String {
        let Self { account, key, algorithm, digits, period, .. } = self;
        let key = key.trim_end_matches('=');
        format!(
            "otpauth://totp/Elsewhere:{account}?secret={key}&issuer=Elsewhere\
             &algorithm={algorithm}&digits={digits}&period={period}"
        )
    }

    fn code(&self) -> Result<String> {
        let totp = format!("--totp={}", self.algorithm);
        let step = format!("--time-step-size={}s", self.period);
        let digits = format!("--digits={}", self.digits);
        let now = format!("--now=@{}", clock::now().0);
        oathtool(self.key, &[&totp, &step, &digits, &now])
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn by_time_from_a_link_that_starts_the_app_one_that_finds_it_locked_and_a_picture()
-> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let app = AppWindow::open_link(&desktop, &MAIL.link()).await?;
        is_found(&app, &MAIL).await?;
        app.click("take-other").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;

        app.press_with(Key::Control, "l").await?;
        app.reaches("unlock").await?;
        let mut second = AppWindow::start_again(&desktop, &[&LAB.link()])?;
        second.ended(PATIENCE).await?;
        app.unlock_to(PIN, "other-found").await?;
        is_found(&app, &LAB).await?;
        app.click("take-other").await?;
        app.reaches("tokens").await?;

        let picture = qr_code(desktop.folder(), "bank.png", &BANK.link())?;
        for way in ["set-aside", "take-other"] {
            app.click("add-token").await?;
            app.reaches("welcome").await?;
            app.choose_file("qr-file-input", &picture).await?;
            is_found(&app, &BANK).await?;
            app.click(way).await?;
            app.reaches("tokens").await?;
        }
        codes_are_right(&app, &[MAIL, LAB, BANK]).await?;
        app.close().await?;

        let app = AppWindow::start(&desktop).await?;
        app.unlock(PIN).await?;
        codes_are_right(&app, &[MAIL, LAB, BANK]).await?;
        app.close().await
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn by_counter_each_code_once_also_over_a_power_cut() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let link = format!(
            "otpauth://hotp/Elsewhere:gate?secret={SHA1_KEY}&issuer=Elsewhere&digits=8&counter=41"
        );
        let app = AppWindow::open_link(&desktop, &link).await?;
        app.reaches("other-found").await?;
        let words = app.words().await;
        ensure(words.contains("SHA-1, 8 digits, by counter, next 41"), || words)?;
        app.click("take-other").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        ensure(!app.shows("code").await?, || "a code that nobody asked for".to_owned())?;
        app.click("copy-code").await?;
        let said = app.some_text("notice").await?;
        ensure(said.contains("Next code"), || said)?;

        for counter in [41, 42] {
            app.click("make-next-code").await?;
            is_code_of(&app, counter).await?;
        }
        app.click("copy-code").await?;
        desktop.holds_copied(&hotp(42)?).await?;
        app.kill().await?;

        let app = AppWindow::start(&desktop).await?;
        app.unlock(PIN).await?;
        app.click("make-next-code").await?;
        is_code_of(&app, 43).await?;
        app.close().await
    })
    .await
}

/// The first card's code, the second's, and whether that is hidden with a button to show it.
const CODES: &str = "
    const cards = [...document.querySelectorAll('[data-testid=token-card]')];
    const part = (place, id) => cards[place].querySelector(`[data-testid=${id}]`);
    return [part(0, 'code').textContent, part(1, 'code').textContent, !part(1, 'reveal').hidden]";

#[tokio::test(flavor = "multi_thread")]
async fn while_the_keyring_hangs_an_old_code_goes_and_one_by_counter_stays() -> Result<()> {
    test(async {
        let desktop = Desktop::start(KeyringState::Unlocked).await?;
        let link = format!("otpauth://hotp/Elsewhere:gate?secret={SHA1_KEY}&digits=8&counter=7");
        let app = AppWindow::open_link(&desktop, &link).await?;
        app.reaches("other-found").await?;
        app.click("take-other").await?;
        app.choose_pin(PIN).await?;
        app.reaches("tokens").await?;
        app.click("settings-open").await?;
        app.reaches("settings").await?;
        app.switch_setting("hide_codes").await?;
        app.click("back").await?;
        app.reaches("tokens").await?;
        app.click("add-token").await?;
        app.reaches("welcome").await?;
        app.paste_into("paste-link", &MAIL.link()).await?;
        app.click("use-link").await?;
        app.reaches("tokens").await?;

        // So that the code ends before it would be hidden for its age.
        wait::until("the middle of a time step", PATIENCE, async || {
            let second = clock::now().0 % 30;
            let there = (8..16).contains(&second);
            Ok(if there { Look::There(()) } else { Look::NotYet(second.to_string()) })
        })
        .await?;
        app.click("make-next-code").await?;
        let reveal = "document.querySelector('[data-testid=reveal]:not([hidden])').click()";
        app.script(reveal, vec![]).await?;
        codes_look(&app, "both codes", |counted, timed, hidden| {
            counted.len() == 9 && timed.len() == 7 && !hidden
        })
        .await?;

        desktop.hold_keyring(true)?;
        let id = "document.querySelector('[data-testid=token-card]').dataset.credentialId";
        let rename =
            format!("window.__TAURI__.core.invoke('rename', {{ id: {id}, name: 'Door' }})");
        app.script(
            &format!("window.renamed = false; {rename}.then(() => (window.renamed = true))"),
            vec![],
        )
        .await?;
        let late = codes_look(&app, "no code of an ended step", |counted, timed, hidden| {
            counted.len() == 9 && timed.is_empty() && hidden
        })
        .await;
        desktop.hold_keyring(false)?;
        late?;
        wait::until("the keyring's answer", PATIENCE, async || {
            let renamed = app.script("return window.renamed", vec![]).await? == true;
            Ok(if renamed { Look::There(()) } else { Look::NotYet("none".to_owned()) })
        })
        .await?;
        // Whoever wants it again asks again.
        app.script(reveal, vec![]).await?;
        codes_look(&app, "both codes again", |counted, timed, hidden| {
            counted.len() == 9 && timed.len() == 7 && !hidden
        })
        .await?;
        app.close().await
    })
    .await
}

async fn codes_look(
    app: &AppWindow,
    what: &str,
    right: impl Fn(&str, &str, bool) -> bool,
) -> Result<()> {
    wait::until(what, PATIENCE, async || {
        let shown = app.script(CODES, vec![]).await?;
        let (counted, timed, hidden): (String, String, bool) =
            serde_json::from_value(shown.clone())?;
        let there = right(&counted, &timed, hidden);
        Ok(if there { Look::There(()) } else { Look::NotYet(shown.to_string()) })
    })
    .await
}

async fn is_found(app: &AppWindow, token: &ByTime) -> Result<()> {
    app.reaches("other-found").await?;
    let words = app.words().await;
    let told = [token.account, "Elsewhere", token.told].iter().all(|fact| words.contains(fact));
    let key = token.key.trim_end_matches('=');
    ensure(told && !words.contains(key), || words)
}

/// The cards' codes are `oathtool`'s, in this order.
async fn codes_are_right(app: &AppWindow, tokens: &[ByTime]) -> Result<()> {
    wait::until("the codes of oathtool", PATIENCE, async || {
        let shown = app
            .script(
                "return [...document.querySelectorAll('[data-testid=code]')]\
                 .map(code => code.textContent.replaceAll(' ', ''))",
                vec![],
            )
            .await?;
        let codes: Vec<String> = tokens.iter().map(ByTime::code).collect::<Result<_>>()?;
        let there = shown == serde_json::json!(codes);
        Ok(if there { Look::There(()) } else { Look::NotYet(format!("{shown}, not {codes:?}")) })
    })
    .await
}

async fn is_code_of(app: &AppWindow, counter: u64) -> Result<()> {
    let code = hotp(counter)?;
    wait::until(&format!("the code of counter {counter}, {code}"), PATIENCE, async || {
        let (shown, note) = (app.text("code").await?, app.text("next-code").await?);
        let digits: String = shown.chars().filter(char::is_ascii_digit).collect();
        let there = digits == code && note.contains(&format!("number {counter}"));
        Ok(if there { Look::There(()) } else { Look::NotYet(format!("{shown}, {note}")) })
    })
    .await
}

fn hotp(counter: u64) -> Result<String> {
    oathtool(SHA1_KEY, &["--hotp", "--digits=8", &format!("--counter={counter}")])
}
