//! A child process that changes the vault without end, and says what it begins and what is done,
//! for a parent that kills it.

use std::sync::Arc;

use getrandom::{SysRng, rand_core::Rng as _, rand_core::UnwrapErr};
use oath::{CredentialId, UnixTime};
use vault::{Costs, Credential, Enrolment, Error, OsKeyring, Pin, PinPolicy, UnlockedVault, Vault};

use super::sample;

/// One change. Its text is a line without spaces in its parts.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Change {
    Add { name: String, pending: bool },
    Settle { id: String },
    Rename { id: String, name: String },
    Reorder { ids: Vec<String> },
    Remove { id: String },
    Pin { new: String },
}

impl Change {
    pub const KINDS: [&str; 6] = ["add", "settle", "rename", "reorder", "remove", "pin"];

    pub fn to_line(&self) -> String {
        match self {
            Self::Add { name, pending } => format!("add {name} {pending}"),
            Self::Settle { id } => format!("settle {id}"),
            Self::Rename { id, name } => format!("rename {id} {name}"),
            Self::Reorder { ids } => format!("reorder {}", ids.join(",")),
            Self::Remove { id } => format!("remove {id}"),
            Self::Pin { new } => format!("pin {new}"),
        }
    }

    pub fn from_line(line: &str) -> Self {
        let own = |text: &str| text.to_owned();
        match *line.split(' ').collect::<Vec<_>>().as_slice() {
            ["add", name, pending] => {
                Self::Add { name: own(name), pending: pending.parse().unwrap() }
            }
            ["settle", id] => Self::Settle { id: own(id) },
            ["rename", id, name] => Self::Rename { id: own(id), name: own(name) },
            ["reorder", ids] => Self::Reorder { ids: ids.split(',').map(own).collect() },
            ["remove", id] => Self::Remove { id: own(id) },
            ["pin", new] => Self::Pin { new: own(new) },
            ref other => panic!("no change: {other:?}"),
        }
    }

    pub fn kind(&self) -> &'static str {
        let line = self.to_line();
        Self::KINDS.into_iter().find(|kind| line.starts_with(kind)).unwrap()
    }
}

/// What is told of a credential: `ID name status code`.
pub fn told(open: &UnlockedVault, credential: &Credential) -> String {
    let status = match credential.enrolment {
        Enrolment::None => "none",
        Enrolment::Pending(_) => "pending",
        Enrolment::Sent { .. } => "sent",
    };
    let code = open.code_at(credential.id, UnixTime(sample::NOW)).unwrap().expose_digits();
    format!("{} {} {status} {code}", credential.id.as_str(), credential.name)
}

/// Opens the vault with the first PIN that does, or makes one with the first; tells what it holds;
/// then changes it until it is killed.
pub fn churn(pins: &[&str]) {
    let vault = Vault::with_costs(Arc::new(OsKeyring::open().unwrap()), Costs::MINIMUM);
    let (mut open, mut pin) = open_with(&vault, pins);
    println!("\npin {pin}");
    assert!(open.unreadable().is_empty(), "{:?}", open.unreadable());
    for credential in open.credentials() {
        println!("held {}", told(&open, credential));
    }
    println!("ready");
    loop {
        let change = any_change(&open);
        println!("begin {}", change.to_line());
        let added = make(&mut open, &change, &pin);
        if let Change::Pin { new } = &change {
            pin.clone_from(new);
        }
        println!("done {}", added.unwrap_or_default());
    }
}

fn open_with(vault: &Vault, pins: &[&str]) -> (UnlockedVault, String) {
    for pin in pins {
        let own = (*pin).to_owned();
        match vault.unlock(&sample::pin(pin)) {
            Ok(open) => return (open, own),
            Err(Error::WrongPin { .. }) => {}
            Err(Error::NoVault) => {
                let policy = PinPolicy::default();
                let made = vault.create(&sample::pin(pin), policy, &mut sample::rng()).unwrap();
                return (made, own);
            }
            Err(error) => panic!("{error:?}"),
        }
    }
    panic!("none of the PINs opens the vault")
}

fn any_change(open: &UnlockedVault) -> Change {
    let held = open.credentials();
    let id = |credential: &Credential| credential.id.as_str().to_owned();
    let any = || id(&held[below(held.len())]);
    let name = || format!("n{:06}", below(1_000_000));
    let pending = held.iter().find(|one| matches!(one.enrolment, Enrolment::Pending(_)));
    // A change of PIN takes ten times as long as any other: as rare, it is as often interrupted.
    match (below(20), pending) {
        (0..4, _) if !held.is_empty() => Change::Rename { id: any(), name: name() },
        (4..8, _) if held.len() > 1 => {
            let mut ids: Vec<_> = held.iter().map(id).collect();
            ids.rotate_left(1 + below(held.len() - 1));
            Change::Reorder { ids }
        }
        (14..17, _) if held.len() > 2 => Change::Remove { id: any() },
        (8..14, Some(pending)) => Change::Settle { id: id(pending) },
        (17, _) => Change::Pin { new: any_pin() },
        _ if held.len() < 6 => Change::Add { name: name(), pending: below(2) == 0 },
        _ => Change::Remove { id: any() },
    }
}

fn any_pin() -> String {
    loop {
        let digits = format!("{:04}", below(10_000));
        if Pin::parse(&digits).unwrap().check_new(PinPolicy::default()).is_ok() {
            return digits;
        }
    }
}

/// Makes the change; what was added, if anything was.
fn make(open: &mut UnlockedVault, change: &Change, pin: &str) -> Option<String> {
    let mut rng = sample::rng();
    let at = UnixTime(sample::NOW);
    let parsed = |id: &String| id.parse::<CredentialId>().unwrap();
    match change {
        Change::Add { name, pending } => {
            let mut new = sample::new_credential(name);
            if *pending {
                let (link, _) = sample::link("https://rx.example", "Example Clinic");
                new.enrolment = Enrolment::Pending(link);
            }
            let id = open.add(new, &mut rng).unwrap();
            let added = open.credentials().last().unwrap();
            assert_eq!(added.id, id);
            return Some(told(open, added));
        }
        Change::Settle { id } => {
            let sent = Enrolment::Sent { server: "https://rx.example".parse().unwrap(), at };
            open.set_enrolment(parsed(id), sent, &mut rng).unwrap();
        }
        Change::Rename { id, name } => {
            open.rename(parsed(id), name.parse().unwrap(), at, &mut rng).unwrap();
        }
        Change::Reorder { ids } => {
            open.reorder(&ids.iter().map(parsed).collect::<Vec<_>>()).unwrap();
        }
        Change::Remove { id } => open.remove(parsed(id)).unwrap(),
        Change::Pin { new } => {
            let (old, new) = (sample::pin(pin), sample::pin(new));
            open.change_pin(&old, &new, PinPolicy::default(), &mut rng).unwrap();
        }
    }
    None
}

/// A random number below `end`.
pub fn below(end: usize) -> usize {
    UnwrapErr(SysRng).next_u32() as usize % end
}
