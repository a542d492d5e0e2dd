//! A registry of many prescribers with a token each, made by what a server does: stock is imported, and
//! then somebody's.

use std::{path::Path, sync::Arc};

use getrandom::{SysRng, rand_core::UnwrapErr};
use oath::{Hotp, Period, Seed, SerialNumber, Totp, UnixTime};
use provisioning::{
    Label,
    stock::{Found, StockOtp, StockRow, StockToken},
};
use registry::{
    Account, Actor, MasterKey, Npi, Registry, SqliteStore, Store, TokenState,
    account::AccountRecord,
    store::{Changes, Write},
    token::TokenRecord,
};

use crate::error::{Error, Result};

/// How many rows, tokens or accounts are written at a time.
const BATCH: u32 = 1_000;

/// Chance from the operating system.
pub(crate) fn rng() -> UnwrapErr<SysRng> {
    UnwrapErr(SysRng)
}

/// How the tokens make their codes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Codes {
    /// By time: at most one in a time step, as those of prescribers.
    ByTime,
    /// By a counter: as many as are asked for.
    ByCounter,
}

impl Codes {
    pub(crate) const fn words(self) -> &'static str {
        match self {
            Self::ByTime => "by time",
            Self::ByCounter => "by counter",
        }
    }
}

/// The serial number of one of the tokens.
pub(crate) fn serial(token: u32) -> Result<SerialNumber> {
    format!("BNCH{token:08}").parse().map_err(Error::failed("a serial number"))
}

/// Its seed: nobody needs to keep it.
pub(crate) fn seed(token: u32) -> Result<Seed> {
    let bytes: Vec<u8> = (0..20_u32)
        .map(|place| {
            let mixed = token.wrapping_mul(0x9e37_79b9) ^ place.wrapping_mul(0x85eb_ca6b);
            mixed.wrapping_mul(0xc2b2_ae35).to_be_bytes()[0]
        })
        .collect();
    Seed::from_bytes(bytes.into()).map_err(Error::failed("a seed"))
}

/// The NPI of its owner.
pub(crate) fn owner(token: u32) -> Result<Npi> {
    let nine = 100_000_000 + u64::from(token);
    let found = (0..10).find_map(|check| Npi::from_number(nine * 10 + check));
    found.ok_or_else(|| Error::new("a number has no check digit"))
}

/// A registry on SQLite in a folder as a server keeps it.
pub(crate) async fn open(folder: &Path, now: UnixTime) -> Result<(Registry, Arc<SqliteStore>)> {
    let store = SqliteStore::open(folder.join("countersign.db"));
    let store = Arc::new(store.map_err(Error::failed("the database"))?);
    Ok((over(store.clone(), folder, now).await?, store))
}

/// A registry on any store, its master key in a folder as a server keeps it.
pub(crate) async fn over(store: Arc<dyn Store>, folder: &Path, now: UnixTime) -> Result<Registry> {
    let key_file = folder.join("master.key");
    let bytes = match std::fs::read(&key_file) {
        Ok(bytes) => bytes.try_into().map_err(|_| Error::new("this is no master key"))?,
        Err(_) => make_key(&key_file)?,
    };
    let opened = Registry::open(store, MasterKey::from_bytes(bytes), now, &mut rng()).await;
    opened.map_err(Error::failed("the registry"))
}

fn make_key(path: &Path) -> Result<[u8; 32]> {
    use std::{io::Write as _, os::unix::fs::OpenOptionsExt as _};

    let bytes = *MasterKey::generate(&mut rng()).expose_bytes();
    let mut file =
        std::fs::OpenOptions::new().create_new(true).write(true).mode(0o600).open(path)?;
    file.write_all(&bytes)?;
    Ok(bytes)
}

/// Fills a new registry with so many tokens, each active, of an account of its own, and used today: a
/// token's first code of a day writes more than the others, and is not what is measured.
pub(crate) async fn fill(
    registry: &Registry,
    store: &dyn Store,
    tokens: u32,
    codes: Codes,
    now: UnixTime,
) -> Result<()> {
    import(registry, tokens, codes, now).await?;
    let mut done = 0;
    let mut after: Option<SerialNumber> = None;
    while done < tokens {
        let stock = store.tokens_after(after.as_ref(), BATCH).await;
        let stock = stock.map_err(Error::failed("reading stock"))?;
        after = stock.last().map(|record| record.token.serial.clone());
        let mut writes = Vec::new();
        for record in stock {
            let npi = owner(done)?;
            writes.push(Write::InsertAccount(account(npi, now)?));
            writes.push(Write::UpdateToken(Box::new(owned(record, npi, now))));
            done += 1;
        }
        let changes = Changes { writes, events: Vec::new() };
        store.commit(changes).await.map_err(Error::failed("making accounts"))?;
    }
    seal(registry, now).await
}

async fn import(registry: &Registry, tokens: u32, codes: Codes, now: UnixTime) -> Result<()> {
    let failed = Error::failed("importing stock");
    let label = |text: &str| text.parse::<Label>().map_err(Error::failed("a label"));
    let mut check = registry
        .begin_stock(&Actor::System, &label("bench")?, now, &mut rng())
        .await
        .map_err(failed)?;
    let mut from = 0;
    while from < tokens {
        let until = tokens.min(from + BATCH);
        let rows = (from..until).map(|token| row(token, codes)).collect::<Result<_>>()?;
        let failed = Error::failed("importing stock");
        registry.check_stock(&mut check, rows, &mut rng()).await.map_err(failed)?;
        from = until;
    }
    let checked = registry.end_stock_check(check).await;
    let id = checked.map_err(Error::failed("importing stock"))?.id;
    let taken = registry.take_stock(&Actor::System, id, false, now).await;
    taken.map(drop).map_err(Error::failed("taking stock"))
}

fn row(token: u32, codes: Codes) -> Result<StockRow> {
    let Totp { algorithm, digits, .. } = Totp::default();
    let (period, drift) = (Some(Period::SECONDS_30), oath::Drift::default());
    let otp = match codes {
        Codes::ByTime => StockOtp::Totp { algorithm, digits, period, drift },
        Codes::ByCounter => StockOtp::Hotp { hotp: Hotp::default(), counter: 0 },
    };
    let (serial, seed) = (serial(token)?, seed(token)?);
    let name = Some(serial.as_str().to_owned());
    let token = StockToken { serial, seed, otp, manufacturer: None };
    Ok(StockRow { line: 1, serial: name, found: Ok(Found::Token(token)) })
}

fn account(npi: Npi, now: UnixTime) -> Result<AccountRecord> {
    let name = "Dr. Ada Quill".parse().map_err(Error::failed("a name"))?;
    let mail = "ada@clinic.example".parse().map_err(Error::failed("a mail address"))?;
    let proofing = "seen at the clinic".parse().map_err(Error::failed("a record"))?;
    let account = Account::opened(npi, name, mail, proofing, now);
    // Nobody signs in with a passphrase here.
    Ok(AccountRecord { account, passphrase_hash: "none".to_owned(), version: 1 })
}

fn owned(mut record: TokenRecord, npi: Npi, now: UnixTime) -> TokenRecord {
    record.token.owner = Some(npi);
    record.token.state = TokenState::Active;
    record.token.associated = Some(now);
    record.token.last_used = Some(now);
    record
}

/// Seals all that happened, as a server does every second.
pub(crate) async fn seal(registry: &Registry, now: UnixTime) -> Result<()> {
    let mut before = registry.last_checkpoint().await.map_err(Error::failed("the audit"))?;
    while let Some(sealed) = {
        let sealed = registry.seal_audit(before.as_ref(), now, &mut rng()).await;
        sealed.map_err(Error::failed("sealing the audit"))?
    } {
        before = Some(sealed.checkpoint);
    }
    Ok(())
}
