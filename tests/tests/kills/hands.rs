//! Hands and eyes inside the page: the buttons of the real window, pressed by its own script engine,
//! because a driver's click returns only when the work that it began may be over.

use std::path::Path;

use e2e::error::{Error, ensure};
use e2e::own_card::OwnCard;
use e2e::{AppWindow, Result};
use oath::Seed;
use serde::Deserialize;
use serde_json::{Value, json};

/// What every script below begins with.
const PRELUDE: &str = r#"
const place = () => document.querySelector("[data-screen]:not([hidden])");
const screen = () => place()?.dataset.screen;
const part = (id, within = place()) => within?.querySelector(`[data-testid="${id}"]`);
const text = (id, within) => part(id, within)?.textContent.trim() ?? "";
const until = async (look) => {
  for (;;) {
    const seen = look();
    if (seen) return seen;
    await new Promise((done) => setTimeout(done, 2));
  }
};
const usable = (element) => (element?.offsetParent && !element.disabled ? element : null);
const card = (id) => place()?.querySelector(`[data-credential-id="${id}"]`);
const press = async (id, within = place) => (await until(() => usable(part(id, within())))).click();
const loaded = (id) => until(() => text("credential-id").replaceAll(" ", "") === id);
const reaches = (name) => until(() => screen() === name);
const type = async (id, typed) => {
  const field = await until(() => usable(part(id)));
  field.value = typed;
  field.dispatchEvent(new InputEvent("input", { bubbles: true }));
};
const enter = async (digits) => {
  await until(() => part("pin-key-1") && !place().querySelector(".pin-pad:is(.busy, .resting)"));
  for (const digit of digits) part(`pin-key-${digit}`).click();
};
const ownCard = (card) => ({
  id: card.dataset.credentialId,
  name: text("token-name", card),
  status: part("enrolment-status", card)?.dataset.status ?? "",
  code: text("code", card).replace(/\D/g, ""),
});
const look = () => ({
  screen: screen() ?? "",
  said: text("settings-done"),
  name: text("details-name"),
  notice: text("notice"),
  cards: [...(place()?.querySelectorAll("[data-testid=token-card]") ?? [])].map(ownCard),
});
const ipc = () => import("/ipc.js");
"#;

/// The page at one moment.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Sight {
    pub(crate) screen: String,
    /// What the settings confirm.
    pub(crate) said: String,
    /// The token name in the details.
    pub(crate) name: String,
    /// What the list of tokens has to say, such as which of them cannot be read.
    pub(crate) notice: String,
    pub(crate) cards: Vec<Card>,
    /// When it was looked at, in Unix seconds.
    #[serde(default)]
    pub(crate) at: u64,
}

/// One token's card.
#[derive(Debug, Clone, Deserialize)]
pub(crate) struct Card {
    pub(crate) id: String,
    pub(crate) name: String,
    pub(crate) status: String,
    pub(crate) code: String,
}

/// Runs the body of an asynchronous function in the page.
async fn run(app: &AppWindow, body: &str, arguments: Vec<Value>) -> Result<Value> {
    let script = format!("{PRELUDE} return (async () => {{ {body} }})()");
    match app.script(&script, arguments).await {
        Ok(answer) => Ok(answer),
        Err(error) => {
            let (screen, words) = (app.screen().await, app.words().await);
            Err(Error::different(format!("{error}, in {body}, at {screen:?}: {words}")))
        }
    }
}

/// Does what leads up to a change, in the page.
pub(crate) async fn prepare(app: &AppWindow, steps: &str, arguments: Vec<Value>) -> Result<()> {
    run(app, steps, arguments).await.map(drop)
}

/// Does the last input of a change, if there is one to do, and looks at the page until it is another
/// than it was last.
pub(crate) async fn look(
    app: &AppWindow,
    input: Option<&(String, Vec<Value>)>,
    last: &Value,
) -> Result<(Value, Sight)> {
    let (steps, mut arguments) = input.cloned().unwrap_or_default();
    arguments.push(last.clone());
    let body = format!(
        "const last = JSON.stringify(arguments[arguments.length - 1]);
         {steps};
         const seen = await until(() => {{ const now = look(); return JSON.stringify(now) !== last && now; }});
         return {{ seen, at: Math.floor(Date.now() / 1000) }};"
    );
    let answer = run(app, &body, arguments).await?;
    let mut sight: Sight = serde_json::from_value(answer["seen"].clone())?;
    sight.at = answer["at"].as_u64().unwrap_or_default();
    Ok((answer["seen"].clone(), sight))
}

/// Enters a PIN at the lock; whether it opened.
pub(crate) async fn opens(app: &AppWindow, pin: &str) -> Result<bool> {
    let before = "await reaches('unlock'); await enter(arguments[0]); \
        const said = await until(() => screen() !== 'unlock' ? screen() : text('pin-error')); \
        return [screen(), said];";
    let answer = run(app, before, vec![json!(pin)]).await?;
    match answer[0].as_str() {
        Some("tokens") => Ok(true),
        Some("unlock") => Ok(false),
        _ => Err(Error::different(format!("a PIN led to {answer}: {}", app.words().await))),
    }
}

/// Locks by the button.
pub(crate) async fn lock(app: &AppWindow) -> Result<()> {
    prepare(app, "await press('lock-now'); await reaches('unlock');", vec![]).await
}

/// The list of tokens, when all of them show their codes.
pub(crate) async fn tokens(app: &AppWindow) -> Result<Sight> {
    let body = "await reaches('tokens');
        const seen = await until(() => {
            const now = look();
            return now.cards.every(({ code }) => code.length === 6) && now;
        });
        return { ...seen, at: Math.floor(Date.now() / 1000) };";
    Ok(serde_json::from_value(run(app, body, vec![]).await?)?)
}

/// Waits until a token is at its server, sent anew where sending was cut off, and asks how it is: the
/// server answers only who has the same seed.
pub(crate) async fn server_knows(app: &AppWindow, id: &str) -> Result<()> {
    let body = "const [id] = arguments;
        await until(() => part('enrolment-status', card(id)).dataset.status === 'sent');
        return (await ipc()).refreshState(id).then((told) => told.state.state, (no) => no);";
    let state = run(app, body, vec![json!(id)]).await?;
    ensure(state == "provisioned", || format!("of {id} the server says {state}"))
}

/// A token's seed, by an export to a card whose key the test holds.
pub(crate) async fn seed(app: &AppWindow, id: &str, card: &OwnCard, file: &Path) -> Result<Seed> {
    let body =
        "const [id, card] = arguments; return (await (await ipc()).makeExport(id, card)).text;";
    let text = run(app, body, vec![json!(id), json!(card.text())]).await?;
    std::fs::write(file, text.as_str().unwrap_or_default())?;
    let data = card.open(file)?;
    ensure(data.credential_id.as_str() == id, || format!("asked for {id}: {data:?}"))?;
    Ok(data.seed)
}
