//! The operations of the registry. Each reads, lets a rule decide, and commits what it decided; where
//! somebody else was first, it reads and decides again.

mod access;
mod accounts;
mod activations;
mod activity;
mod administrator_sign_in;
mod administrators;
mod api_keys;
mod app_requests;
mod associating;
mod consuming;
mod drifting;
mod ending_access;
mod entering_access;
mod handover;
mod losses;
mod mailing;
mod network_sync;
mod notices;
mod noting_mail;
mod once;
mod own_activations;
mod own_tokens;
mod passphrase_reset;
mod proofing;
mod relying;
mod replacing;
mod request_queue;
mod requests;
mod restoring;
mod resynchronising;
mod rotating;
mod sessions;
mod sign_in;
mod signing_in_through;
mod signing_test;
mod step_up;
mod stock;
mod stock_export;
mod tidying_access;
mod tokens;
mod verifying;
mod webhook_delivery;
mod webhooks;

use std::sync::Arc;

use oath::{Seed, SerialNumber, UnixTime};
use provisioning::{ServerPrivateKey, ServerPublicKey};
use rand_core::CryptoRng;

pub use self::{
    activity::ActivityPage,
    associating::Association,
    consuming::Consumed,
    mailing::{ActivationMail, Landing, MOST_TRIES},
    own_tokens::Deactivation,
    relying::CodeOrder,
    request_queue::{ProcessedRequest, Processing},
    requests::RequestedBy,
    restoring::note_restored,
    signing_in_through::{SecondThrough, SignInThrough, ThroughError},
    stock::StockCheck,
    stock_export::StockExport,
    verifying::Accepted,
    webhook_delivery::{Delivery, Fate},
    webhooks::NewWebhook,
};
use crate::{
    Error, MasterKey, Npi,
    event::{Actor, Event, EventKind, NewEvent, Outcome},
    master_key::{Under, What},
    passphrase_hash::PassphraseHasher,
    store::{Changes, EventSearch, Store, StoreError, Write},
    token::TokenRecord,
    values::SessionId,
};

/// How often a decision is made again after a conflict, before the caller is asked to come back.
/// Each conflict means that somebody else's decision on the same record was committed.
pub(crate) const ATTEMPTS: usize = 64;

const SERVER_KEY: &str = "server key";
const TAG_ROOT: &str = "tag root";

/// Whose seed it is that no token has; no serial number.
const NOBODY: &[u8] = b"nobody";

/// The registry over a store, under the master key that the store's secrets are sealed with.
#[derive(Debug)]
pub struct Registry {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) master: MasterKey,
    server_key: ServerPrivateKey,
    hasher: PassphraseHasher,
    /// Whether a token waits, once associated, until the e-prescribing network knows it.
    tells_network: bool,
    /// Whether a code goes to the prescriber's phone before a token is added.
    asks_step_up: bool,
    /// A sealed seed that no token has, to be opened where there is no token.
    nobodys_seed: Vec<u8>,
    /// API keys that were read a moment ago.
    known_keys: api_keys::KnownKeys,
}

impl Registry {
    /// Opens the registry. At its first start the server's key pair is made and stored under the
    /// master key; at every later one, that this opens shows that the master key is the right one.
    ///
    /// # Errors
    /// [`Error::WrongMasterKey`], or what the store cannot do.
    pub async fn open(
        store: Arc<dyn Store>,
        mut master: MasterKey,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Self, Error> {
        let (server_key, under) = stored_server_key(&*store, &master, now, rng).await?;
        take_tag_root(&*store, &mut master, under).await?;
        let nobodys = Seed::generate(rng);
        let nobodys_seed = master.seal(What::Seed, NOBODY, nobodys.expose_bytes(), rng);
        let hasher = PassphraseHasher::new();
        Ok(Self {
            store,
            master,
            server_key,
            hasher,
            tells_network: false,
            asks_step_up: false,
            nobodys_seed,
            known_keys: api_keys::KnownKeys::default(),
        })
    }

    /// The registry of a server that tells an e-prescribing network of each new token: until the
    /// network has acknowledged one, its codes sign nothing.
    #[must_use]
    pub fn telling_network(self) -> Self {
        Self { tells_network: true, ..self }
    }

    /// The public key that apps seal to; its private key never leaves the registry.
    #[must_use]
    pub fn server_key(&self) -> ServerPublicKey {
        self.server_key.public()
    }

    /// Whether the store can be read and written to.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn ready(&self) -> Result<(), Error> {
        self.store.secret(SERVER_KEY).await?;
        Ok(self.store.commit(Changes::new([Write::Nothing], [])).await?)
    }

    /// The latest audit events of an account or of all, the latest first, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn events(&self, account: Option<Npi>, limit: u32) -> Result<Vec<Event>, Error> {
        Ok(self.store.events(account, limit).await?)
    }

    /// The events that fit a search, the latest first, before one, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn events_with(
        &self,
        search: &EventSearch,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Event>, Error> {
        Ok(self.store.events_with(search, before, limit).await?)
    }

    /// As [`Registry::events_with`], of those by which something is decided: each must be readable.
    pub(crate) async fn events_to_decide_by(
        &self,
        search: &EventSearch,
        before: Option<u64>,
        limit: u32,
    ) -> Result<Vec<Event>, StoreError> {
        readable(self.store.events_with(search, before, limit).await?)
    }

    /// Commits; `false` if an expectation did not hold, so that it is to be decided again. What an
    /// administrator does in a session that has ended meanwhile is not done.
    pub(crate) async fn commit(&self, changes: Changes) -> Result<bool, Error> {
        let session = changes.events.iter().find_map(|event| event.actor.administering());
        self.commit_in(session, changes).await
    }

    /// As [`Registry::commit`], where no event says whose session it is.
    pub(crate) async fn commit_in(
        &self,
        session: Option<SessionId>,
        mut changes: Changes,
    ) -> Result<bool, Error> {
        changes.writes.extend(session.map(Write::ExpectAdministratorSession));
        match (self.store.commit(changes).await, session) {
            (Ok(()), _) => Ok(true),
            (Err(StoreError::Conflict), None) => Ok(false),
            (Err(StoreError::Conflict), Some(id)) => {
                let found = self.store.administrator_session(id).await?;
                found.map(|_| false).ok_or(Error::SessionEnded)
            }
            (Err(error), _) => Err(error.into()),
        }
    }

    fn open_seed(&self, record: &TokenRecord) -> Result<Seed, Error> {
        self.open_sealed_seed(record.token.serial.as_str().as_bytes(), &record.sealed_seed)
    }

    /// The seed of a token, or, after the same work, one that no token has: then `false`.
    async fn seed_or_nobodys(&self, serial: &SerialNumber) -> Result<(Seed, bool), Error> {
        Ok(match self.store.sealed_seed(serial).await? {
            Some(sealed) => (self.open_sealed_seed(serial.as_str().as_bytes(), &sealed)?, true),
            None => (self.open_sealed_seed(NOBODY, &self.nobodys_seed)?, false),
        })
    }

    fn open_sealed_seed(&self, whose: &[u8], sealed: &[u8]) -> Result<Seed, Error> {
        let damaged = Error::Damaged { what: "the seed of a token" };
        let bytes = self.master.open(What::Seed, whose, sealed).map_err(|_| damaged.clone())?;
        Seed::from_bytes(bytes).map_err(|_| damaged)
    }
}

/// Tags go on as they were before the master key was changed.
async fn take_tag_root(
    store: &dyn Store,
    master: &mut MasterKey,
    server_key: Under,
) -> Result<(), Error> {
    if let Some(sealed) = store.secret(TAG_ROOT).await? {
        let opened = master.open(What::TagRoot, TAG_ROOT.as_bytes(), &sealed);
        let root = opened.map_err(|_| Error::WrongMasterKey)?;
        let root = root.as_slice().try_into();
        master.set_tag_root(root.map_err(|_| Error::Damaged { what: "the root of the tags" })?);
    } else if server_key == Under::Former
        && let Some(root) = master.former_tag_root()
    {
        master.set_tag_root(root);
    }
    Ok(())
}

async fn stored_server_key(
    store: &dyn Store,
    master: &MasterKey,
    now: UnixTime,
    rng: &mut (impl CryptoRng + Send),
) -> Result<(ServerPrivateKey, Under), Error> {
    for _ in 0..ATTEMPTS {
        if let Some(sealed) = store.secret(SERVER_KEY).await? {
            let opened = master.opener().open(What::ServerKey, SERVER_KEY.as_bytes(), &sealed);
            let (key, under) = opened.map_err(|_| Error::WrongMasterKey)?;
            let bytes = key.as_slice().try_into();
            let bytes = bytes.map_err(|_| Error::Damaged { what: "the server's key" })?;
            return Ok((ServerPrivateKey::from_bytes(bytes), under));
        }
        let key = ServerPrivateKey::generate(rng);
        let sealed = master.seal(What::ServerKey, SERVER_KEY.as_bytes(), key.expose_bytes(), rng);
        let made = Changes::new(
            [Write::InsertSecret { name: SERVER_KEY.to_owned(), sealed, made: now }],
            [NewEvent::new(now, Actor::System, EventKind::ServerKeyMade, Outcome::Success)],
        );
        match store.commit(made).await {
            Ok(()) => return Ok((key, Under::Current)),
            Err(StoreError::Conflict) => {}
            Err(error) => return Err(error.into()),
        }
    }
    Err(Error::Busy)
}

/// Refuses whoever is not an administrator or this program itself.
pub(crate) fn only_the_help_desk(actor: &Actor) -> Result<(), Error> {
    match actor {
        Actor::Administrator { .. } | Actor::System => Ok(()),
        Actor::Prescriber { .. }
        | Actor::Token { .. }
        | Actor::RelyingParty { .. }
        | Actor::App
        | Actor::Stranger => Err(Error::NotAllowed),
    }
}

/// The events, where each can be read.
pub(crate) fn readable(events: Vec<Event>) -> Result<Vec<Event>, StoreError> {
    match events.iter().find(|event| event.what.kind == EventKind::Unreadable) {
        Some(Event { id, .. }) => Err(StoreError::Damaged { reason: format!("event {id}") }),
        None => Ok(events),
    }
}
