//! Work on the real keyring in a process of its own: this test program again, told by its
//! environment what to do. The answer is one line of its output.

use std::{
    io::{BufRead as _, BufReader},
    process::Stdio,
    sync::Arc,
};

use getrandom::{SysRng, rand_core::UnwrapErr};
use oath::{CredentialId, UnixTime};
use vault::{Error, Keyring, KeyringError, OsKeyring, Pin, PinPolicy, State, UnlockedVault, Vault};
use zeroize::Zeroizing;

use super::{
    churn, sample,
    session::{Process, Session, eventually},
};

const WORK: &str = "COUNTERSIGN_TEST_WORK";
const MARK: &str = "answer: ";

/// What a child process is to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Work<'a> {
    State,
    Create {
        pin: &'a str,
    },
    Unlock {
        pin: &'a str,
    },
    /// Unlocks, and adds a credential.
    Add {
        pin: &'a str,
        name: &'a str,
    },
    /// Unlocks, and tells each credential's ID, name and code at [`sample::NOW`].
    Codes {
        pin: &'a str,
    },
    /// Unlocks, and dies by SIGKILL when the count of attempts has been written.
    DieCounted {
        pin: &'a str,
    },
    /// Unlocks, and dies by SIGKILL when so many entries have been deleted.
    DieErasing {
        pin: &'a str,
        after: u8,
    },
    /// Changes the vault until it is killed, see [`churn::churn`].
    Churn {
        pins: [&'a str; 2],
    },
    /// As `State`, from a thread that Tokio keeps for blocking work.
    StateUnderTokio,
}

/// Does the work of [`Work`] in a child process of the session and returns its answer; `None` if
/// the process died without one.
pub fn run(session: &Session, work: Work<'_>) -> Option<String> {
    let mut process = start(session, work);
    answer(&mut process)
}

pub fn start(session: &Session, work: Work<'_>) -> Process {
    let words = match work {
        Work::State => vec!["state".to_owned()],
        Work::StateUnderTokio => vec!["state-under-tokio".to_owned()],
        Work::Create { pin } => vec!["create".to_owned(), pin.to_owned()],
        Work::Unlock { pin } => vec!["unlock".to_owned(), pin.to_owned()],
        Work::Add { pin, name } => vec!["add".to_owned(), pin.to_owned(), name.to_owned()],
        Work::Codes { pin } => vec!["codes".to_owned(), pin.to_owned()],
        Work::Churn { pins: [pin, other] } => {
            vec!["churn".to_owned(), pin.to_owned(), other.to_owned()]
        }
        Work::DieCounted { pin } => vec!["die-counted".to_owned(), pin.to_owned()],
        Work::DieErasing { pin, after } => {
            vec!["die-erasing".to_owned(), pin.to_owned(), after.to_string()]
        }
    };
    let mut command = session.command(std::env::current_exe().unwrap());
    command
        .args(["--ignored", "--exact", "work_of_a_child_process", "--nocapture"])
        .env(WORK, words.join("\n"))
        .stdout(Stdio::piped())
        .stderr(Stdio::inherit());
    Process::start(&mut command)
}

pub fn answer(process: &mut Process) -> Option<String> {
    // What a child says fits into the pipe, so that it can end before it is read.
    eventually("the child ends", || process.has_ended());
    let stdout = BufReader::new(process.0.stdout.take().unwrap());
    // To the end, for a child that could not write any more would fail.
    let lines: Vec<String> = stdout.lines().map_while(Result::ok).collect();
    lines.iter().find_map(|line| line.split_once(MARK)).map(|(_, answer)| answer.to_owned())
}

/// What a child answers to a refusal.
pub fn refused(error: &Error) -> Option<String> {
    Some(format!("{error:?}"))
}

/// What a child answers to [`Work::Unlock`] if entries of credentials cannot be read.
pub fn unlocked_without(errors: &[Error]) -> Option<String> {
    Some(format!("unlocked, but {errors:?}"))
}

fn opened(vault: &UnlockedVault) -> String {
    let errors: Vec<_> = vault.unreadable().iter().map(|token| &token.error).collect();
    if errors.is_empty() { "unlocked".to_owned() } else { format!("unlocked, but {errors:?}") }
}

/// What a child answers to [`Work::State`].
pub fn told(state: &State) -> Option<String> {
    Some(format!("{state:?}"))
}

/// The side of the child process.
pub fn do_work() {
    let work = std::env::var(WORK).expect("only a test starts this");
    let words: Vec<&str> = work.split('\n').collect();
    let answer = match words.as_slice() {
        ["churn", pins @ ..] => return churn::churn(pins),
        ["state-under-tokio"] => tokio::runtime::Runtime::new()
            .unwrap()
            .block_on(async { tokio::task::spawn_blocking(|| judge(&["state"])).await.unwrap() }),
        words => judge(words),
    };
    println!("\n{MARK}{}", answer.unwrap_or_else(|error| format!("{error:?}")));
}

fn judge(words: &[&str]) -> Result<String, Error> {
    let mut rng = UnwrapErr(SysRng);
    let keyring = match OsKeyring::open() {
        Ok(keyring) => keyring,
        Err(KeyringError::Unavailable) => return Err(Error::KeyringUnavailable),
        Err(error) => panic!("{error}"),
    };
    let vault = |keyring| Vault::new(keyring);
    let pin = |text: &str| Pin::parse(text).unwrap();
    match *words {
        ["state"] => vault(Arc::new(keyring)).state().map(|state| format!("{state:?}")),
        ["create", digits] => vault(Arc::new(keyring))
            .create(&pin(digits), PinPolicy::default(), &mut rng)
            .map(|_| "created".to_owned()),
        ["unlock", digits] => {
            vault(Arc::new(keyring)).unlock(&pin(digits)).map(|open| opened(&open))
        }
        ["add", digits, name] => {
            let mut open = vault(Arc::new(keyring)).unlock(&pin(digits))?;
            open.add(sample::new_credential(name), &mut rng).map(|id| id.as_str().to_owned())
        }
        ["codes", digits] => vault(Arc::new(keyring)).unlock(&pin(digits)).map(codes),
        ["die-counted", digits] => {
            let dying = Dying { keyring, dies_when: DiesWhen::Counted };
            vault(Arc::new(dying)).unlock(&pin(digits)).map(|_| "unlocked".to_owned())
        }
        ["die-erasing", digits, after] => {
            let left = after.parse::<u8>().unwrap().into();
            let dying = Dying { keyring, dies_when: DiesWhen::Deleted { left } };
            vault(Arc::new(dying)).unlock(&pin(digits)).map(|_| "unlocked".to_owned())
        }
        ref other => panic!("no such work: {other:?}"),
    }
}

fn codes(open: UnlockedVault) -> String {
    let told = open.credentials().iter().map(|credential| code_of(&open, credential.id));
    told.collect::<Vec<_>>().join("; ")
}

fn code_of(open: &UnlockedVault, id: CredentialId) -> String {
    let name = open.credentials().iter().find(|held| held.id == id).unwrap().name.clone();
    let code = open.code_at(id, UnixTime(sample::NOW)).unwrap();
    format!("{} {name} {}", id.as_str(), code.expose_digits())
}

/// The real keyring, to a process that is killed at a chosen moment.
struct Dying {
    keyring: OsKeyring,
    dies_when: DiesWhen,
}

enum DiesWhen {
    Counted,
    Deleted { left: std::sync::atomic::AtomicU8 },
}

impl Keyring for Dying {
    fn read(&self, entry: &str) -> Result<Option<Zeroizing<String>>, KeyringError> {
        self.keyring.read(entry)
    }

    fn write(&self, entry: &str, value: &str) -> Result<(), KeyringError> {
        self.keyring.write(entry, value)?;
        if matches!(self.dies_when, DiesWhen::Counted) && entry == "attempts" {
            die();
        }
        Ok(())
    }

    fn delete(&self, entry: &str) -> Result<(), KeyringError> {
        use std::sync::atomic::Ordering::SeqCst;
        if let DiesWhen::Deleted { left } = &self.dies_when
            && left.fetch_sub(1, SeqCst) == 0
        {
            die();
        }
        self.keyring.delete(entry)
    }
}

fn die() -> ! {
    let me = std::process::id().to_string();
    std::process::Command::new("kill").args(["-9", &me]).status().unwrap();
    unreachable!("SIGKILL is not survived");
}
