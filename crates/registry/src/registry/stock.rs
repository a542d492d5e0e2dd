//! Importing stock: checking a file's rows, and taking what was checked.

use std::collections::HashMap;

use oath::{Seed, SerialNumber, UnixTime};
use provisioning::{
    Label,
    stock::{Found, StockRow},
};
use rand_core::CryptoRng;
use subtle::ConstantTimeEq;

use super::{ATTEMPTS, Registry, only_the_help_desk};
use crate::{
    Error,
    event::{Actor, EventKind, NewEvent, Outcome},
    master_key::{MasterKey, Sealer, What},
    rules::stock::{cause, check_take, is_over, token_of},
    stock::{
        FINDINGS_KEPT, StagedToken, StockCounts, StockFinding, StockImport, StockImportId,
        StockImportRecord, StockKnown, StockState, StockWhat, TakeStockError,
    },
    store::{Changes, Write},
    token::{Token, TokenRecord},
};

/// How many rows are forgotten in one commit, so that nobody else waits long.
const FORGET: u32 = 5_000;
/// How many imports are looked through for what can be forgotten.
const IMPORTS: u32 = 1_000;

/// A file that is being checked.
#[derive(Debug)]
pub struct StockCheck {
    record: StockImportRecord,
    place: u64,
    kept: u64,
    at: UnixTime,
}

impl StockCheck {
    /// What was found so far.
    #[must_use]
    pub const fn counts(&self) -> &StockCounts {
        &self.record.import.counts
    }

    /// What names the import.
    #[must_use]
    pub const fn id(&self) -> StockImportId {
        self.record.import.id
    }
}

impl Registry {
    /// Begins to check a file; what earlier imports left behind is forgotten.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], or what the store cannot do.
    pub async fn begin_stock(
        &self,
        actor: &Actor,
        file: &Label,
        now: UnixTime,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<StockCheck, Error> {
        only_the_help_desk(actor)?;
        self.forget_stale_stock(now).await?;
        let import = StockImport {
            id: StockImportId::generate(rng),
            state: StockState::Reading,
            by: actor.to_string(),
            file: file.clone(),
            begun: now,
            ended: None,
            counts: StockCounts::default(),
        };
        let record = StockImportRecord { import, version: 1 };
        let write = Write::InsertStockImport(Box::new(record.clone()));
        // Its number is drawn at random, so that none is there.
        if !self.commit_in(actor.administering(), Changes::new([write], [])).await? {
            return Err(Error::Busy);
        }
        Ok(StockCheck { record, place: 0, kept: 0, at: now })
    }

    /// Checks the next rows of the file, a thousand or so at a time, and tells what each came to.
    /// The rows that are new are kept apart, sealed.
    ///
    /// # Errors
    /// [`Error::Busy`], or what the store cannot do.
    pub async fn check_stock(
        &self,
        check: &mut StockCheck,
        rows: Vec<StockRow>,
        rng: &mut (impl CryptoRng + Send),
    ) -> Result<Vec<StockFinding>, Error> {
        let rows: Vec<Judged> = rows.into_iter().map(|row| Judged::new(row, check.at)).collect();
        let serials = rows.iter().filter_map(|row| row.serial().cloned()).collect();
        let mut known = self.store.stock_known(check.id(), serials).await?.into_iter();
        let sealer = self.master.sealer();
        let mut batch = Batch::default();
        for row in rows {
            check.place += 1;
            let known = if row.serial().is_some() { known.next() } else { None };
            let known = known.unwrap_or_default();
            let finding = batch.judge(&sealer, &self.master, row, known, check.place, rng)?;
            check.record.import.counts.count(finding.what);
            batch.findings.push(finding);
        }
        let mut writes = vec![Write::StageTokens { import: check.id(), tokens: batch.staged }];
        let not_new = batch.findings.iter().filter(|finding| finding.what != StockWhat::New);
        let room = usize::try_from(FINDINGS_KEPT - check.kept).unwrap_or(0);
        let kept: Vec<StockFinding> = not_new.take(room).cloned().collect();
        check.kept += kept.len() as u64;
        if !kept.is_empty() {
            writes.push(Write::NoteFindings { import: check.id(), findings: kept });
        }
        self.store.commit(Changes::new(writes, [])).await?;
        Ok(batch.findings)
    }

    /// Ends the check of a file that was read to its end: from now on it can be taken.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn end_stock_check(&self, mut check: StockCheck) -> Result<StockImport, Error> {
        check.record.import.state = StockState::Checked;
        let write = Write::UpdateStockImport(Box::new(check.record.clone()));
        self.store.commit(Changes::new([write], [])).await?;
        Ok(check.record.import)
    }

    /// Makes the tokens of an import that was checked stock, all of them in one commit. A second
    /// time it changes nothing, and gives the same answer.
    ///
    /// With `leave_out`, the rows that are not new are left out; without it, they are in the way,
    /// but for those that are here already with the same seed.
    ///
    /// # Errors
    /// [`TakeStockError`]; nothing was changed then.
    pub async fn take_stock(
        &self,
        actor: &Actor,
        id: StockImportId,
        leave_out: bool,
        now: UnixTime,
    ) -> Result<StockImport, TakeStockError> {
        only_the_help_desk(actor)?;
        for _ in 0..ATTEMPTS {
            let record = self.store.stock_import(id).await?.ok_or(TakeStockError::NotWaiting)?;
            if record.import.state == StockState::Taken {
                return Ok(record.import);
            }
            check_take(&record.import, leave_out, now)?;
            let import =
                StockImport { state: StockState::Taken, ended: Some(now), ..record.import.clone() };
            let writes = [
                Write::UpdateStockImport(Box::new(StockImportRecord {
                    import: import.clone(),
                    version: record.version,
                })),
                Write::TakeStock { import: id, actor: actor.clone(), at: now },
            ];
            let event =
                NewEvent::new(now, actor.clone(), EventKind::StockImported, Outcome::Success)
                    .because(in_words(&import));
            if self.commit(Changes::new(writes, [event])).await? {
                self.forget_staged(id).await?;
                return Ok(import);
            }
            let again = self.store.stock_import(id).await?;
            if again.is_some_and(|again| again.version == record.version) {
                return Err(TakeStockError::ChangedMeanwhile);
            }
        }
        Err(Error::Busy.into())
    }

    /// Gives up an import that was not taken; one that was stays taken.
    ///
    /// # Errors
    /// [`Error::NotAllowed`], [`Error::Busy`], or what the store cannot do.
    pub async fn drop_stock(
        &self,
        actor: &Actor,
        id: StockImportId,
        now: UnixTime,
    ) -> Result<(), Error> {
        only_the_help_desk(actor)?;
        for _ in 0..ATTEMPTS {
            let Some(mut record) = self.store.stock_import(id).await? else { return Ok(()) };
            if matches!(record.import.state, StockState::Taken | StockState::Dropped) {
                return Ok(());
            }
            record.import.state = StockState::Dropped;
            record.import.ended = Some(now);
            let write = Write::UpdateStockImport(Box::new(record));
            if self.commit_in(actor.administering(), Changes::new([write], [])).await? {
                return self.forget_staged(id).await;
            }
        }
        Err(Error::Busy)
    }

    /// An import.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn stock_import(&self, id: StockImportId) -> Result<Option<StockImport>, Error> {
        Ok(self.store.stock_import(id).await?.map(|record| record.import))
    }

    /// The latest imports, the latest first, at most `limit`.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn stock_imports(&self, limit: u32) -> Result<Vec<StockImport>, Error> {
        let records = self.store.stock_imports(limit).await?;
        Ok(records.into_iter().map(|record| record.import).collect())
    }

    /// The rows of an import that are not new, in their order, after a place, at most `limit`; the
    /// first [`FINDINGS_KEPT`] are kept.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn stock_findings(
        &self,
        id: StockImportId,
        after: u64,
        limit: u32,
    ) -> Result<Vec<StockFinding>, Error> {
        Ok(self.store.stock_findings(id, after, limit).await?)
    }

    async fn forget_stale_stock(&self, now: UnixTime) -> Result<(), Error> {
        for record in self.store.stock_imports(IMPORTS).await? {
            if is_over(&record.import, now) {
                self.forget_staged(record.import.id).await?;
            }
        }
        Ok(())
    }

    async fn forget_staged(&self, import: StockImportId) -> Result<(), Error> {
        loop {
            let staged = self.store.staged_serials(import, FORGET).await?;
            let Some(until) = staged.last().cloned() else { return Ok(()) };
            let write = Write::ForgetStaged { import, until };
            self.store.commit(Changes::new([write], [])).await?;
        }
    }
}

/// A row as far as it can be judged by itself.
struct Judged {
    line: u64,
    serial: Option<String>,
    found: Result<(Token, Seed), (StockWhat, String)>,
}

impl Judged {
    fn new(row: StockRow, at: UnixTime) -> Self {
        let damaged = |problem: &dyn core::fmt::Display| (StockWhat::Damaged, problem.to_string());
        let found = match row.found {
            Ok(Found::Token(token)) => token_of(token, at).map_err(|problem| damaged(&problem)),
            Ok(Found::Nothing(what)) => Err((StockWhat::Skipped, what.to_string())),
            Err(problem) => Err(damaged(&problem)),
        };
        Self { line: row.line, serial: row.serial, found }
    }

    fn serial(&self) -> Option<&SerialNumber> {
        self.found.as_ref().ok().map(|(token, _)| &token.serial)
    }
}

/// What a batch of rows came to.
#[derive(Default)]
struct Batch {
    staged: Vec<StagedToken>,
    findings: Vec<StockFinding>,
    lines: HashMap<SerialNumber, u64>,
}

impl Batch {
    fn judge(
        &mut self,
        sealer: &Sealer,
        master: &MasterKey,
        row: Judged,
        known: StockKnown,
        place: u64,
        rng: &mut impl CryptoRng,
    ) -> Result<StockFinding, Error> {
        let finding = |what, cause| StockFinding {
            place,
            line: row.line,
            serial: row.serial.clone(),
            what,
            cause,
        };
        let (token, seed) = match row.found {
            Ok(found) => found,
            Err((what, cause)) => return Ok(finding(what, Some(cause))),
        };
        let first_line = known.line.or_else(|| self.lines.get(&token.serial).copied());
        let whose = token.serial.as_str().as_bytes();
        let what = match (first_line, &known.sealed_seed) {
            (Some(_), _) => StockWhat::Twice,
            (None, Some(sealed)) => {
                let here = master.open(What::Seed, whose, sealed);
                let here = here.map_err(|_| Error::Damaged { what: "the seed of a token" })?;
                let same = bool::from(here.ct_eq(seed.expose_bytes()));
                if same { StockWhat::There } else { StockWhat::Other }
            }
            (None, None) => StockWhat::New,
        };
        let finding = finding(what, cause(what, first_line));
        if what == StockWhat::New {
            self.lines.insert(token.serial.clone(), row.line);
            let sealed_seed = sealer.seal(What::Seed, whose, seed.expose_bytes(), rng);
            let record = TokenRecord { token, sealed_seed, version: 0 };
            self.staged.push(StagedToken { line: row.line, record });
        }
        Ok(finding)
    }
}

/// An import for the audit.
fn in_words(import: &StockImport) -> String {
    let StockCounts { new, .. } = import.counts;
    let left_out = import.counts.rows() - new;
    format!("{new} tokens from {}, {left_out} rows left out, import {}", import.file, import.id)
}
