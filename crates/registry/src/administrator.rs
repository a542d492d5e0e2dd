//! Administrators: who they are, what they are there for, and their sessions on the dashboard.
//!
//! An administrator signs in with name and passphrase, then with a code of a token of their own,
//! whose seed they take into an app when they are added. Half and full sessions are as a
//! prescriber's: see [`crate::session`].

use core::str::FromStr;

use oath::{Drift, Seed, Totp, UnixTime};
use serde::{Serialize, Serializer};

use crate::{
    event::{Actor, words},
    rules::lock::Lock,
    session::{FRESH, HALF_LASTS, IDLE, LASTS},
    values::{
        AdministratorName, CsrfToken, IdempotencyKey, Passphrase, SessionId, SessionSecret,
        ValueError,
    },
};

/// What an administrator is there for; which may do what stands in
/// [`crate::rules::administrators`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Role {
    /// The help desk: the queue and the tokens.
    TokenAdministrator,
    /// Accounts and identity proofing; enters what opens a prescriber's access.
    AccessAdministrator,
    /// Holds a DEA registration; executes what another person entered.
    Registrant,
    /// Reads the audit, and changes nothing.
    Auditor,
}

words!(Role {
    TokenAdministrator = "token-administrator",
    AccessAdministrator = "access-administrator",
    Registrant = "registrant",
    Auditor = "auditor",
});

impl FromStr for Role {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        Self::ALL.iter().copied().find(|role| role.name() == text).ok_or(ValueError::Role)
    }
}

/// One role or more, each once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Roles(Vec<Role>);

impl Roles {
    /// The roles, none of them twice; `None` where there is none.
    #[must_use]
    pub fn new(roles: impl IntoIterator<Item = Role>) -> Option<Self> {
        let mut roles: Vec<_> = roles.into_iter().collect();
        roles.sort_unstable();
        roles.dedup();
        (!roles.is_empty()).then_some(Self(roles))
    }

    /// Each role.
    #[must_use]
    pub fn list(&self) -> &[Role] {
        &self.0
    }

    /// Their words, with commas between them.
    #[must_use]
    pub fn text(&self) -> String {
        self.0.iter().map(|role| role.name()).collect::<Vec<_>>().join(",")
    }
}

impl FromStr for Roles {
    type Err = ValueError;

    fn from_str(text: &str) -> Result<Self, ValueError> {
        let roles: Vec<Role> = text.split(',').map(str::parse).collect::<Result<_, _>>()?;
        Self::new(roles).ok_or(ValueError::Role)
    }
}

impl Serialize for Roles {
    fn serialize<S: Serializer>(&self, to: S) -> Result<S::Ok, S::Error> {
        to.collect_seq(&self.0)
    }
}

/// What is entered to add an administrator.
#[derive(Debug)]
pub struct NewAdministrator {
    /// The name to sign in with.
    pub name: AdministratorName,
    /// What they are there for.
    pub roles: Roles,
    /// The first factor.
    pub passphrase: Passphrase,
}

/// An administrator who was added, and the seed of their token: it is given out once, here.
#[derive(Debug)]
pub struct AddedAdministrator {
    /// Who was added.
    pub administrator: Administrator,
    /// The seed of their token; its codes are those of [`Totp::default`].
    pub seed: Seed,
}

/// An administrator, without what only they know.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Administrator {
    /// The name that they sign in with.
    pub name: AdministratorName,
    /// What they are there for.
    pub roles: Roles,
    /// When they were added.
    pub added: UnixTime,
    /// When they were removed; they never sign in again, and their name stays taken.
    pub removed: Option<UnixTime>,
    /// Wrong passphrases in a row.
    pub sign_in_failures: u32,
    /// Until when no passphrase is judged; may have passed.
    pub sign_in_pause: Option<Lock>,
    /// How far the clock of their token is from ours, in time steps.
    pub drift: Drift,
    /// The last time step whose code was accepted.
    pub last_accepted: Option<u64>,
    /// When a code was last accepted.
    pub last_used: Option<UnixTime>,
    /// Wrong codes in a row.
    pub code_failures: u32,
    /// Until when no code is judged; may have passed.
    pub code_lock: Option<Lock>,
}

impl Administrator {
    /// How every administrator's codes are made.
    #[must_use]
    pub fn totp() -> Totp {
        Totp::default()
    }

    /// Under whom events are recorded.
    #[must_use]
    pub fn actor(&self) -> Actor {
        Actor::Administrator { name: self.name.label().clone(), session: None }
    }

    /// Whether wrong passphrases or codes keep them out at this instant.
    #[must_use]
    pub fn is_locked(&self, now: UnixTime) -> bool {
        [self.sign_in_pause, self.code_lock].into_iter().flatten().any(|lock| lock.holds(now))
    }
}

/// An administrator as they are stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdministratorRecord {
    /// What everybody may see.
    pub administrator: Administrator,
    /// The passphrase as a PHC string of Argon2id.
    pub passphrase_hash: String,
    /// The seed of their token, sealed under the master key; never changes.
    pub sealed_seed: Vec<u8>,
    /// Counts the writes, for compare-and-set.
    pub version: u64,
}

/// An administrator's session that is alive, for the one request that asked.
#[derive(Debug, Clone)]
pub struct AdministratorSession {
    /// Whose it is.
    pub administrator: Administrator,
    /// When a code was last accepted in it; `None` for half a session.
    pub full_since: Option<UnixTime>,
    /// What its forms must carry.
    pub csrf: CsrfToken,
    pub(crate) id: SessionId,
    pub(crate) submit: Option<IdempotencyKey>,
}

impl AdministratorSession {
    pub(crate) fn new(
        administrator: Administrator,
        record: &AdministratorSessionRecord,
        secret: &SessionSecret,
    ) -> Self {
        let full_since = record.full_since;
        Self { administrator, full_since, csrf: secret.csrf(), id: record.id, submit: None }
    }

    /// Names the submit that brings the code, so that the same submit sent again gets the same new
    /// secret.
    #[must_use]
    pub fn submitted_as(self, submit: IdempotencyKey) -> Self {
        Self { submit: Some(submit), ..self }
    }

    /// Whether both factors were right.
    #[must_use]
    pub const fn is_full(&self) -> bool {
        self.full_since.is_some()
    }

    /// Whether the last code is fresh enough to change something.
    #[must_use]
    pub fn is_fresh(&self, now: UnixTime) -> bool {
        is_fresh(self.full_since, now)
    }
}

/// An administrator's session as it is stored.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AdministratorSessionRecord {
    /// The hash of its secret.
    pub id: SessionId,
    /// Whose it is: the key of the name.
    pub administrator: String,
    /// When a code was last accepted in it; `None` for half a session.
    pub full_since: Option<UnixTime>,
    /// When the passphrase was given.
    pub signed_in: UnixTime,
    /// The last request that was noted.
    pub last_seen: UnixTime,
    /// Counts the changes of the factor, for compare-and-set.
    pub version: u64,
}

impl AdministratorSessionRecord {
    /// Whether it has not ended.
    #[must_use]
    pub fn is_alive(&self, now: UnixTime) -> bool {
        let age = now.since(self.signed_in);
        match self.full_since {
            None => age <= HALF_LASTS,
            Some(_) => age <= LASTS && now.since(self.last_seen) <= IDLE,
        }
    }
}

pub(crate) fn is_fresh(full_since: Option<UnixTime>, now: UnixTime) -> bool {
    full_since.is_some_and(|at| now.since(at) <= FRESH)
}
