//! One desktop whose app is killed again and again, and what its vault must hold.

use std::collections::{BTreeMap, HashMap};
use std::path::PathBuf;
use std::time::Duration;

use e2e::clock::Stopwatch;
use e2e::error::{Error, ensure};
use e2e::own_card::OwnCard;
use e2e::scene::PIN;
use e2e::{AppWindow, Result, Scene, outside};
use oath::{Seed, UnixTime};
use provisioning::PinPolicy;
use rand::rngs::StdRng;
use rand::{RngExt, SeedableRng};
use serde_json::Value;

use crate::change::{Change, Row};
use crate::hands::{self, Sight};
use crate::moment::Moment;
use crate::told::{Outcome, Tally, Told};

/// How many tokens there are at least and at most before a round of changes.
const TOKENS: std::ops::RangeInclusive<usize> = 2..=5;

/// The desktop.
pub(crate) struct Desk {
    scene: Scene,
    app: Option<AppWindow>,
    rng: StdRng,
    card: OwnCard,
    /// A link that no token was made by yet.
    link: Option<String>,
    pin: String,
    rows: Vec<Row>,
    seeds: HashMap<String, Seed>,
    names: u32,
    /// How long each kind of change takes until it is confirmed.
    spans: HashMap<&'static str, Duration>,
    pub(crate) tallies: BTreeMap<&'static str, Tally>,
}

impl Desk {
    /// A desktop with a server, where the app has never run.
    pub(crate) async fn start(seed: u64) -> Result<Self> {
        let scene = Scene::start().await?;
        let app = AppWindow::start(&scene.desktop).await?;
        Ok(Self {
            scene,
            app: Some(app),
            rng: StdRng::seed_from_u64(seed),
            card: OwnCard::generate("The test's own card")?,
            link: None,
            pin: PIN.to_owned(),
            rows: Vec::new(),
            seeds: HashMap::new(),
            names: 0,
            spans: HashMap::new(),
            tallies: BTreeMap::new(),
        })
    }

    /// Kills the app while its first token is made, with the vault; then there is none again.
    pub(crate) async fn kill_first_enrolment(&mut self) -> Result<()> {
        if self.spans.is_empty() {
            let change = self.first_enrolment()?;
            self.change_undisturbed(change).await?;
            self.take_all_away().await?;
        }
        let change = self.first_enrolment()?;
        self.kill_during(change).await?;
        if self.window()?.screen().await? == "welcome" {
            return Ok(());
        }
        self.complete().await?;
        self.take_all_away().await
    }

    /// Makes the vault that all that follows happens to, and one change of each kind to see how
    /// long it takes.
    pub(crate) async fn settle(&mut self) -> Result<()> {
        let change = self.first_enrolment()?;
        self.change_undisturbed(change).await?;
        for kind in ["enrolment", "enrolment", "PIN change", "rename", "reorder", "delete"] {
            let change = self.any_change(kind)?;
            self.change_undisturbed(change).await?;
        }
        Ok(())
    }

    /// Kills the app once during each kind of change that a vault knows, in any order.
    pub(crate) async fn kill_each(&mut self) -> Result<()> {
        while !TOKENS.contains(&self.rows.len()) {
            let kind = if self.rows.len() > *TOKENS.end() { "delete" } else { "enrolment" };
            let change = self.any_change(kind)?;
            self.change_undisturbed(change).await?;
        }
        let mut kinds = ["enrolment", "PIN change", "rename", "reorder", "delete"];
        for last in (1..kinds.len()).rev() {
            kinds.swap(last, self.rng.random_range(0..=last));
        }
        for kind in kinds {
            let change = self.any_change(kind)?;
            self.kill_during(change).await?;
        }
        Ok(())
    }

    fn first_enrolment(&mut self) -> Result<Change> {
        Ok(Change::Begin { link: self.link()?, name: self.name(), pin: self.pin.clone() })
    }

    fn any_change(&mut self, kind: &str) -> Result<Change> {
        let place = self.rng.random_range(0..self.rows.len().max(1));
        let row = |desk: &Self| desk.rows.get(place).cloned();
        let none = || Error::different(format!("there is no token left for a {kind}"));
        Ok(match kind {
            "enrolment" => Change::Enrol { link: self.link()?, name: self.name() },
            "PIN change" => Change::Pin { old: self.pin.clone(), new: self.other_pin()? },
            "rename" => {
                let Row { id, name: old } = row(self).ok_or_else(none)?;
                Change::Rename { id, old, name: self.name() }
            }
            "reorder" if self.rows.len() < 2 => return self.any_change("enrolment"),
            "reorder" => {
                let id = row(self).ok_or_else(none)?.id;
                let ends = (place == 0, place + 1 == self.rows.len());
                let down = ends.0 || (!ends.1 && self.rng.random_bool(0.5));
                Change::Reorder { id, down }
            }
            _ => Change::Delete { id: row(self).ok_or_else(none)?.id },
        })
    }

    fn link(&mut self) -> Result<String> {
        if self.link.is_none() {
            self.link = Some(self.scene.server.begin_activation(&self.scene.prescriber)?.link);
        }
        Ok(self.link.clone().unwrap_or_default())
    }

    fn name(&mut self) -> String {
        self.names += 1;
        format!("Token {}", self.names)
    }

    fn other_pin(&mut self) -> Result<String> {
        loop {
            let pin = format!("{:04}", self.rng.random_range(0..10_000));
            let parsed = vault::Pin::parse(&pin).map_err(|no| Error::different(no.to_string()))?;
            if pin != self.pin && parsed.check_new(PinPolicy::default()).is_ok() {
                return Ok(pin);
            }
        }
    }

    fn window(&self) -> Result<&AppWindow> {
        self.app.as_ref().ok_or_else(|| Error::different("the app does not run"))
    }

    fn keyring(&self) -> PathBuf {
        self.scene.desktop.data_home().join("keyrings")
    }

    /// Makes a change to its end, and takes its time.
    async fn change_undisturbed(&mut self, change: Change) -> Result<()> {
        self.prepare(&change).await?;
        let mut told = Told::default();
        self.watch(&change, &mut told, true).await?;
        self.learn_span(&change, &told, None);
        self.take_over(&change, &told);
        self.back_to_the_tokens(&change).await?;
        self.check(&told).await
    }

    /// Makes a change and kills the app at a moment of it; starts it again and sees what is there.
    async fn kill_during(&mut self, change: Change) -> Result<()> {
        self.prepare(&change).await?;
        let span = self.spans.get(change.kind()).copied().unwrap_or(Duration::from_secs(1));
        let moment = Moment::any(&mut self.rng, span, change.writes());
        let mut told = Told::default();
        self.kill_at(moment, &change, &mut told).await?;
        let mut outcome = self.start_again_after(&change, &told).await;
        // Not the app's doing; what it keeps must be there all the same.
        if outcome.is_err() && self.scene.desktop.revive_keyring().await? {
            if let Some(app) = self.app.take() {
                app.kill().await?;
            }
            outcome = self.start_again_after(&change, &told).await;
        }
        let outcome = outcome.map_err(|error| {
            Error::different(format!(
                "killed {moment:?} of {change:?} among {:?}; the screens had told {told:?}: {error}",
                self.rows
            ))
        })?;
        println!("{} of {span:?}, {moment:?}: {outcome:?}", change.kind());
        self.tallies.entry(change.kind()).or_default().count(outcome);
        self.learn_span(&change, &told, Some(moment));
        Ok(())
    }

    /// Learns how long a kind of change takes, for the machine is now more and now less busy.
    fn learn_span(&mut self, change: &Change, told: &Told, killed: Option<Moment>) {
        let known = self.spans.get(change.kind()).copied();
        let span = match (told.took, known) {
            (Some(took), Some(known)) => (took + known) / 2,
            (Some(took), None) => took,
            (None, Some(known)) if killed.is_some_and(|moment| moment.is_after(known)) => {
                known.mul_f64(1.3)
            }
            (None, _) => return,
        };
        self.spans.insert(change.kind(), span);
    }

    async fn prepare(&self, change: &Change) -> Result<()> {
        let (steps, arguments) = change.preparation();
        hands::prepare(self.window()?, &steps, arguments).await
    }

    async fn kill_at(&mut self, moment: Moment, change: &Change, told: &mut Told) -> Result<()> {
        let (victim, keyring) = (self.window()?.process_id(), self.keyring());
        // A thread of its own, so that it is to the moment.
        let mut killing = tokio::task::spawn_blocking(move || moment.kill(victim, &keyring));
        tokio::select! {
            biased;
            _ = &mut killing => {}
            // It looks on until the window is gone.
            _ = self.watch(change, told, false) => killing.await.map_err(std::io::Error::other)?,
        }
        match self.app.take() {
            Some(app) => app.kill().await,
            None => Ok(()),
        }
    }

    /// Does the last input, and takes down what the screens tell, to the end or without end.
    async fn watch(&self, change: &Change, told: &mut Told, to_the_end: bool) -> Result<()> {
        let app = self.window()?;
        let mut input = Some(change.last_input());
        let mut last = Value::Null;
        let waited = Stopwatch::start();
        loop {
            let (seen, sight) = hands::look(app, input.take().as_ref(), &last).await?;
            last = seen;
            told.take_down(change, &self.rows, &sight, waited.elapsed());
            if to_the_end && told.confirmed && (told.sent || told.made.is_none()) {
                return Ok(());
            }
        }
    }

    async fn start_again_after(&mut self, change: &Change, told: &Told) -> Result<Outcome> {
        self.scene.desktop.revive_keyring().await?;
        self.app = Some(AppWindow::start(&self.scene.desktop).await?);
        let first = matches!(change, Change::Begin { .. });
        if first && !told.confirmed && self.window()?.screen().await? == "welcome" {
            return Ok(Outcome::Undone);
        }
        let new_pin = self.unlock_after(change).await?;
        let sight = hands::tokens(self.window()?).await?;
        let done = match change {
            Change::Pin { .. } => new_pin,
            _ => self.is_done(change, &sight, told)?,
        };
        ensure(done || !told.confirmed, || "what a screen had confirmed is lost".to_owned())?;
        if done {
            let made = sight.cards.last().map(|card| card.id.clone());
            self.take_over(change, &Told { made, ..Told::default() });
        }
        self.check(told).await?;
        Ok(match (done, told.confirmed) {
            (false, _) => Outcome::Undone,
            (true, false) => Outcome::Unseen,
            (true, true) => Outcome::Confirmed,
        })
    }

    /// Opens the vault. Of the two PINs of a change exactly one does; whether it is the new one.
    async fn unlock_after(&self, change: &Change) -> Result<bool> {
        let app = self.window()?;
        app.reaches("unlock").await?;
        let Change::Pin { old, new } = change else {
            let opened = hands::opens(app, &self.pin).await?;
            return ensure(opened, || "the PIN does not open the vault".to_owned()).map(|()| false);
        };
        let new_opens = hands::opens(app, new).await?;
        if new_opens {
            hands::lock(app).await?;
        }
        let old_opens = hands::opens(app, old).await?;
        ensure(new_opens != old_opens, || {
            format!("the new PIN opens: {new_opens}, the old one: {old_opens}")
        })?;
        if new_opens {
            ensure(hands::opens(app, new).await?, || "it opened only once".to_owned())?;
        }
        Ok(new_opens)
    }

    /// Whether the list is the one after the change; if not, it must be the one before it.
    fn is_done(&self, change: &Change, sight: &Sight, told: &Told) -> Result<bool> {
        let shown: Vec<Row> = sight.cards.iter().map(Row::of).collect();
        if shown == self.rows {
            return Ok(false);
        }
        let last = sight.cards.last().map(|card| card.id.as_str()).unwrap_or_default();
        let after = change.apply(&self.rows, told.made.as_deref().unwrap_or(last));
        ensure(shown == after, || format!("neither before nor after: {shown:?}"))?;
        Ok(true)
    }

    /// From now on the change must be there.
    fn take_over(&mut self, change: &Change, told: &Told) {
        self.rows = change.apply(&self.rows, told.made.as_deref().unwrap_or_default());
        match change {
            Change::Begin { .. } | Change::Enrol { .. } => self.link = None,
            Change::Pin { new, .. } => self.pin.clone_from(new),
            Change::Delete { id } => drop(self.seeds.remove(id)),
            Change::Rename { .. } | Change::Reorder { .. } => {}
        }
    }

    /// All that must be there is there: names, order, no damage, every token with its seed, which
    /// the server has too.
    async fn check(&mut self, told: &Told) -> Result<()> {
        let app = self.app.as_ref().ok_or_else(|| Error::different("the app does not run"))?;
        let sight = hands::tokens(app).await?;
        let shown: Vec<Row> = sight.cards.iter().map(Row::of).collect();
        ensure(shown == self.rows, || format!("not {:?}, but {shown:?}", self.rows))?;
        ensure(sight.notice.is_empty(), || format!("the app says: {}", sight.notice))?;
        for card in &sight.cards {
            if !self.seeds.contains_key(&card.id) {
                let was_sent = told.sent && told.made.as_ref() == Some(&card.id);
                ensure(!was_sent || card.status == "sent", || {
                    format!("it was sent, and is now {}", card.status)
                })?;
                hands::server_knows(app, &card.id).await?;
                let file = self.scene.desktop.folder().join("export");
                let seed = hands::seed(app, &card.id, &self.card, &file).await?;
                self.seeds.insert(card.id.clone(), seed);
            }
        }
        let now = sight.cards.iter().map(|card| (&card.id, &card.code, sight.at));
        let before = told.codes.iter().map(|(id, code, at)| (id, code, *at));
        for (id, code, at) in now.chain(before) {
            // One that was just deleted was shown until then.
            let Some(seed) = self.seeds.get(id) else { continue };
            ensure(is_code_of(seed, code, at)?, || format!("{id} showed {code} at {at}"))?;
        }
        Ok(())
    }

    async fn back_to_the_tokens(&self, change: &Change) -> Result<()> {
        let steps = match change {
            Change::Rename { .. } | Change::Pin { .. } => {
                "await press('back'); await reaches('tokens');"
            }
            Change::Reorder { .. } => "await press('reorder');",
            _ => return Ok(()),
        };
        hands::prepare(self.window()?, steps, vec![]).await
    }

    /// A vault without a token is a good one: the link that did not get so far still makes one.
    async fn complete(&mut self) -> Result<()> {
        if !self.rows.is_empty() {
            return Ok(());
        }
        let change = self.any_change("enrolment")?;
        self.change_undisturbed(change).await
    }

    /// As if the app had never run here, but for its window.
    async fn take_all_away(&mut self) -> Result<()> {
        let app = self.window()?;
        hands::lock(app).await?;
        let entries = self.rows.iter().map(|row| format!("credential:{}", row.id));
        for entry in entries.chain(["attempts".to_owned(), "vault".to_owned()]) {
            let delete = || self.scene.desktop.keyring_entry(&["delete", &entry], None);
            if let Err(error) = delete() {
                let revived = self.scene.desktop.revive_keyring().await?;
                if revived {
                    delete()?
                } else {
                    return Err(error);
                };
            }
        }
        std::fs::remove_file(
            self.scene.desktop.data_home().join("org.countersign.app/known-tokens.json"),
        )?;
        app.script("location.reload()", vec![]).await?;
        app.reaches("welcome").await?;
        self.rows.clear();
        self.seeds.clear();
        Ok(())
    }
}

/// Whether a seed makes this code at that second or the one before, in which it may have been drawn.
fn is_code_of(seed: &Seed, code: &str, at: u64) -> Result<bool> {
    // An ended code may stand for a second more, and a look comes late on a busy machine.
    for second in [at, at - 1, at - 2] {
        if outside::oathtool_code(seed, UnixTime(second))? == code {
            return Ok(true);
        }
    }
    Ok(false)
}
