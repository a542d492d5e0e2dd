//! The vault in a real gnome-keyring, with its process killed at random moments of every change:
//! what was confirmed is there, what was not is there or not, and nothing is in between.

#![cfg(target_os = "linux")]
#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    reason = "a test fails by panicking, in its helpers too"
)]

mod support;

use std::{
    collections::BTreeMap,
    io::{BufRead as _, BufReader, Lines},
    os::unix::process::ExitStatusExt as _,
    process::ChildStdout,
    time::Duration,
};

use support::{
    child::{self, Work},
    churn::{Change, below},
    session::{Session, Start},
};

const KILLS: usize = 240;
/// Kills fall up to so long after the vault was opened: several changes long.
const LONGEST_WORK: Duration = Duration::from_millis(120);

#[test]
#[ignore = "the tests start this in processes of its own"]
fn work_of_a_child_process() {
    child::do_work();
}

#[test]
fn nothing_confirmed_is_lost_by_a_kill() {
    let session = Session::start(Start::Unlocked);
    let mut model = Model { pin: "4826".to_owned(), held: Vec::new() };
    let mut begun: Option<Change> = None;
    let mut killed_during: BTreeMap<&str, usize> = BTreeMap::new();
    let mut confirmed = 0;
    for kill in 0..KILLS {
        let other_pin = match &begun {
            Some(Change::Pin { new }) => new.clone(),
            _ => model.pin.clone(),
        };
        let pins = [model.pin.as_str(), &other_pin];
        let mut process = child::start(&session, Work::Churn { pins });
        let mut lines = BufReader::new(process.0.stdout.take().unwrap()).lines();
        let found = Model::told(&mut lines)
            .unwrap_or_else(|| panic!("kill {kill}, during {begun:?}, of {model:?}: it ended"));
        model.check(&found, begun.as_ref(), kill);
        model = found;

        std::thread::sleep(LONGEST_WORK * below(1_000) as u32 / 1_000);
        process.0.kill().unwrap();
        assert_eq!(process.0.wait().unwrap().signal(), Some(9), "it ended by itself");
        begun = None;
        for line in lines.map_while(Result::ok) {
            // A line that the kill cut off was never read by anybody.
            if let Some(change) = line.strip_prefix("begin ") {
                begun = Some(Change::from_line(change));
            } else if let Some(added) = line.strip_prefix("done ") {
                model.apply(&begun.take().expect("what is done was begun"), added);
                confirmed += 1;
            }
        }
        if let Some(change) = &begun {
            *killed_during.entry(change.kind()).or_default() += 1;
        }
    }
    println!("{KILLS} kills, {confirmed} changes confirmed, killed during {killed_during:?}");
    for kind in Change::KINDS {
        assert!(killed_during.contains_key(kind), "{kind}: {killed_during:?}");
    }
    assert!(confirmed >= KILLS / 4, "{confirmed}");
}

/// What the vault holds, as the child tells it or as it must be.
#[derive(Debug, Clone, PartialEq, Eq)]
struct Model {
    pin: String,
    held: Vec<Held>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct Held {
    id: String,
    name: String,
    status: String,
    code: String,
}

impl Model {
    /// What a child tells before it is ready; `None` if it ends before that.
    fn told(lines: &mut Lines<BufReader<ChildStdout>>) -> Option<Self> {
        let mut told = Self { pin: String::new(), held: Vec::new() };
        for line in lines.map_while(Result::ok) {
            match line.split_once(' ') {
                Some(("pin", pin)) => pin.clone_into(&mut told.pin),
                Some(("held", held)) => told.held.push(Held::told(held)),
                _ if line == "ready" => return Some(told),
                _ => {}
            }
        }
        None
    }

    /// What was found is all that was confirmed; what was only begun is there wholly or not at all.
    fn check(&self, found: &Self, begun: Option<&Change>, kill: usize) {
        if found == self {
            return;
        }
        let context = || format!("kill {kill}, during {begun:?}:\n{self:?}\n{found:?}");
        let mut after = self.clone();
        let change = begun.unwrap_or_else(|| panic!("{}", context()));
        let added = match (change, found.held.last()) {
            (Change::Add { name, pending }, Some(last)) => {
                let status = if *pending { "pending" } else { "none" };
                assert_eq!((&last.name, last.status.as_str()), (name, status), "{}", context());
                format!("{} {} {} {}", last.id, last.name, last.status, last.code)
            }
            _ => String::new(),
        };
        after.apply(change, &added);
        assert_eq!(*found, after, "{}", context());
    }

    fn apply(&mut self, change: &Change, added: &str) {
        match change {
            Change::Add { .. } => self.held.push(Held::told(added)),
            Change::Settle { id } => "sent".clone_into(&mut self.find(id).status),
            Change::Rename { id, name } => self.find(id).name.clone_from(name),
            Change::Reorder { ids } => {
                let place = |held: &Held| ids.iter().position(|id| *id == held.id).unwrap();
                self.held.sort_by_key(place);
            }
            Change::Remove { id } => self.held.retain(|held| held.id != *id),
            Change::Pin { new } => self.pin.clone_from(new),
        }
    }

    fn find(&mut self, id: &str) -> &mut Held {
        self.held.iter_mut().find(|held| held.id == id).unwrap()
    }
}

impl Held {
    fn told(line: &str) -> Self {
        let [id, name, status, code] = line.split(' ').collect::<Vec<_>>().try_into().unwrap();
        let own = str::to_owned;
        Self { id: own(id), name: own(name), status: own(status), code: own(code) }
    }
}
