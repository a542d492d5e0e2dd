//! A loss after it was reported: what is to be told, and what was.

use std::collections::{BTreeMap, BTreeSet};

use oath::{SerialNumber, UnixTime};

use super::{ATTEMPTS, Registry, only_the_help_desk, readable};
use crate::{
    Error, OwnTokenError,
    event::{Actor, Event, EventKind, NewEvent, Outcome},
    loss::{CodesSince, Loss, LossRecord, LossStory, Mark},
    rules::{
        loss::{due, is_loss, may_see_codes, may_tell, reported},
        owning::factor_token,
    },
    session::{Factor, Session},
    store::{Changes, EventSearch, Write},
    token::{Token, TokenState},
    values::Npi,
};

/// How many accepted codes are listed.
const CODES: u32 = 200;
/// How many events of a kind are read of a token to tell whether it is lost.
const EVENTS: u32 = 50;
/// How many events are read of all tokens to tell which are lost.
const MOST_LOOKED_AT: u32 = 500;
/// For how long a loss is looked for: longer than any notice takes.
const RECENT: u64 = 14 * 24 * 60 * 60;

/// What a decision on a loss was read from.
struct Read {
    loss: Loss,
    record: LossRecord,
}

impl Registry {
    /// The losses of the account's tokens that were reported in the last two weeks, whose token was
    /// not found, and of which nobody noted that the notice was given.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn untold_losses(&self, npi: &Npi, now: UnixTime) -> Result<Vec<Loss>, Error> {
        let from = Some(UnixTime(now.0.saturating_sub(RECENT)));
        let mut lost = BTreeSet::new();
        for kind in [EventKind::TokenSuspended, EventKind::TokenDeactivated] {
            let search = EventSearch { from, ..done(*npi, kind) };
            let events = self.events_to_decide_by(&search, None, EVENTS).await?;
            lost.extend(events.into_iter().filter_map(|event| event.what.serial));
        }
        let mut losses = Vec::new();
        for serial in lost {
            losses.extend(self.untold_loss(*npi, &serial, now).await?);
        }
        losses.sort_by_key(|loss| loss.due);
        Ok(losses)
    }

    /// As [`Registry::untold_losses`], of every account, with whose each is; the most urgent first. Of
    /// very many, those that were reported last.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn all_untold_losses(&self, now: UnixTime) -> Result<Vec<(Npi, Loss)>, Error> {
        let from = UnixTime(now.0.saturating_sub(RECENT));
        let events = readable(self.store.losing_events(from, MOST_LOOKED_AT).await?)?;
        let lost = events.into_iter().filter(is_loss);
        let lost = lost.filter_map(|event| event.what.account.zip(event.what.serial));
        let mut losses = Vec::new();
        for (npi, serial) in lost.collect::<BTreeSet<_>>() {
            let loss = self.untold_loss(npi, &serial, now).await?;
            losses.extend(loss.map(|loss| (npi, loss)));
        }
        losses.sort_by_key(|(_, loss)| loss.due);
        Ok(losses)
    }

    /// A token's loss, where it was reported in the last two weeks and nobody noted that the notice was
    /// given.
    async fn untold_loss(
        &self,
        npi: Npi,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<Option<Loss>, Error> {
        let loss = self.read_loss(npi, serial).await?.map(|read| read.loss);
        Ok(loss.filter(|loss| loss.told.is_none() && now.since(loss.reported) <= RECENT))
    }

    /// The loss of a token of the session's account; `None` where it is not lost. Whoever has not
    /// shown enough sees no codes.
    ///
    /// # Errors
    /// What the store cannot do, or that the session has ended.
    pub async fn own_loss(
        &self,
        session: &Session,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<Option<LossStory>, Error> {
        let stored = self.alive(session, now).await?;
        let tokens = self.tokens(&stored.npi, now).await?;
        let Some(read) = self.read_loss(stored.npi, serial).await? else { return Ok(None) };
        let by_lost = self.is_by_a_lost_token(stored.npi, &stored.factor, &tokens).await?;
        let codes = match may_see_codes(&stored.factor, by_lost) {
            Ok(()) => Some(self.codes_since(stored.npi, &read, &tokens).await?),
            Err(_) => None,
        };
        Ok(Some(LossStory { loss: read.loss, codes }))
    }

    /// The loss of a token, for the help desk; `None` where it is nobody's or not lost.
    ///
    /// # Errors
    /// What the store cannot do.
    pub async fn loss_of(&self, token: &Token) -> Result<Option<LossStory>, Error> {
        let Some(npi) = token.owner else { return Ok(None) };
        let Some(read) = self.read_loss(npi, &token.serial).await? else { return Ok(None) };
        let codes = self.codes_since(npi, &read, core::slice::from_ref(token)).await?;
        Ok(Some(LossStory { loss: read.loss, codes: Some(codes) }))
    }

    /// Notes when the owner last had the token.
    ///
    /// # Errors
    /// [`OwnTokenError`], among them `HadLater`.
    pub async fn tell_last_had(
        &self,
        session: &Session,
        serial: &SerialNumber,
        last_had: UnixTime,
        now: UnixTime,
    ) -> Result<(), OwnTokenError> {
        self.change_own_loss(session, serial, now, |read, _| {
            if last_had > read.loss.reported {
                return Err(OwnTokenError::HadLater);
            }
            if read.record.last_had == Some(last_had) {
                return Ok(None);
            }
            let minutes = read.loss.reported.since(last_had) / 60;
            let cause = format!("last had {minutes} minutes before it was reported");
            let record = LossRecord { last_had: Some(last_had), ..read.record.clone() };
            Ok(Some((record, EventKind::LossDetailed, cause)))
        })
        .await
    }

    /// Notes which of the codes that are listed the owner typed; of one that is not among the marks
    /// nothing is changed.
    ///
    /// # Errors
    /// [`OwnTokenError`].
    pub async fn mark_codes(
        &self,
        session: &Session,
        serial: &SerialNumber,
        marks: &BTreeMap<u64, Mark>,
        now: UnixTime,
    ) -> Result<(), OwnTokenError> {
        self.change_own_loss(session, serial, now, |read, codes| {
            let listed = codes
                .codes
                .iter()
                .filter_map(|(event, _)| marks.get(&event.id).map(|mark| (event.id, *mark)));
            let mut record = read.record.clone();
            record.marks.extend(listed);
            if record == read.record {
                return Ok(None);
            }
            let cause = in_words(&record.marks);
            Ok(Some((record, EventKind::CodesMarked, cause)))
        })
        .await
    }

    /// Notes that the owner gave the notice.
    ///
    /// # Errors
    /// [`OwnTokenError`].
    pub async fn tell_notice_given(
        &self,
        session: &Session,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<(), OwnTokenError> {
        self.change_own_loss(session, serial, now, |read, _| {
            Ok(told(&read.record, now, "the owner says that the notice was given"))
        })
        .await
    }

    /// Notes for the help desk that the notice has arrived.
    ///
    /// # Errors
    /// [`Error::UnknownToken`] where the token is not lost, or what the store cannot do.
    pub async fn note_notice(
        &self,
        actor: &Actor,
        serial: &SerialNumber,
        now: UnixTime,
    ) -> Result<(), Error> {
        only_the_help_desk(actor)?;
        for _ in 0..ATTEMPTS {
            let token = self.store.token(serial).await?.ok_or(Error::UnknownToken)?;
            let npi = token.token.owner.ok_or(Error::UnknownToken)?;
            let read = self.read_loss(npi, serial).await?.ok_or(Error::UnknownToken)?;
            let Some(change) = told(&read.record, now, "the notice has arrived") else {
                return Ok(());
            };
            let changes = changes(actor, npi, serial, now, change, Vec::new());
            if self.commit(changes).await? {
                return Ok(());
            }
        }
        Err(Error::Busy)
    }

    /// Lets an owner tell something of a loss; where it was told already, nothing changes.
    async fn change_own_loss(
        &self,
        session: &Session,
        serial: &SerialNumber,
        now: UnixTime,
        tell: impl Fn(&Read, &CodesSince) -> Result<Option<Change>, OwnTokenError>,
    ) -> Result<(), OwnTokenError> {
        for _ in 0..ATTEMPTS {
            let stored = self.alive(session, now).await?;
            let npi = stored.npi;
            let tokens = self.tokens(&npi, now).await?;
            let by_lost = self.is_by_a_lost_token(npi, &stored.factor, &tokens).await?;
            may_tell(&stored.factor, by_lost, now)?;
            let found = self.read_loss(npi, serial).await?;
            let read = found.ok_or(OwnTokenError::NotLost)?;
            let codes = self.codes_since(npi, &read, &tokens).await?;
            let Some(change) = tell(&read, &codes)? else { return Ok(()) };
            let session = Write::ExpectSession { id: stored.id, version: stored.version };
            let actor = Actor::Prescriber { npi };
            let changes = changes(&actor, npi, serial, now, change, vec![session]);
            if self.commit(changes).await? {
                return Ok(());
            }
        }
        Err(Error::Busy.into())
    }

    /// Whether the second factor was a token that is lost now: suspended, or deactivated as lost.
    pub(super) async fn is_by_a_lost_token(
        &self,
        npi: Npi,
        factor: &Factor,
        tokens: &[Token],
    ) -> Result<bool, Error> {
        let Some(token) = factor_token(factor, tokens) else { return Ok(false) };
        match token.state {
            TokenState::Suspended => Ok(true),
            TokenState::Deactivated => Ok(self.read_loss(npi, &token.serial).await?.is_some()),
            _ => Ok(false),
        }
    }

    async fn read_loss(&self, npi: Npi, serial: &SerialNumber) -> Result<Option<Read>, Error> {
        let mut events = Vec::new();
        let kinds = [EventKind::TokenSuspended, EventKind::TokenFound, EventKind::TokenDeactivated];
        for kind in kinds {
            let search = EventSearch { serial: Some(serial.clone()), ..done(npi, kind) };
            events.extend(self.events_to_decide_by(&search, None, EVENTS).await?);
        }
        events.sort_by_key(|event| event.id);
        let Some(event) = reported(&events) else { return Ok(None) };
        let record = self.store.loss(event.id).await?;
        let record = record.unwrap_or_else(|| LossRecord::new(event.id));
        let loss = Loss {
            event: event.id,
            serial: serial.clone(),
            reported: event.what.at,
            by: event.what.actor.clone(),
            due: due(event.what.at),
            told: record.told,
        };
        Ok(Some(Read { loss, record }))
    }

    async fn codes_since(
        &self,
        npi: Npi,
        read: &Read,
        tokens: &[Token],
    ) -> Result<CodesSince, Error> {
        let serial = Some(read.loss.serial.clone());
        let search = EventSearch { serial, ..done(npi, EventKind::CodeJudged) };
        let since = match read.record.last_had {
            Some(last_had) => last_had,
            None => {
                let last = self.events_to_decide_by(&search, Some(read.loss.event), 1).await?;
                let token = tokens.iter().find(|token| token.serial == read.loss.serial);
                let added = token.and_then(|token| token.associated);
                last.first().map(|event| event.what.at).or(added).unwrap_or(read.loss.reported)
            }
        };
        let search = EventSearch { from: Some(since), ..search };
        let mut events = self.events_to_decide_by(&search, None, CODES + 1).await?;
        let more = events.len() > CODES as usize;
        events.truncate(CODES as usize);
        let mark = |event: &Event| read.record.marks.get(&event.id).copied();
        let codes = events.into_iter().map(|event| (event.clone(), mark(&event))).collect();
        Ok(CodesSince { last_had: read.record.last_had, since, codes, more })
    }
}

/// What is stored of a loss from now on, and the event that records it.
type Change = (LossRecord, EventKind, String);

fn told(record: &LossRecord, now: UnixTime, words: &str) -> Option<Change> {
    let told = LossRecord { told: Some(now), ..record.clone() };
    record.told.is_none().then(|| (told, EventKind::LossTold, words.to_owned()))
}

fn changes(
    actor: &Actor,
    npi: Npi,
    serial: &SerialNumber,
    now: UnixTime,
    (record, kind, cause): Change,
    mut writes: Vec<Write>,
) -> Changes {
    let event = NewEvent::new(now, actor.clone(), kind, Outcome::Success);
    writes.push(if record.version == 0 {
        Write::InsertLoss(Box::new(record))
    } else {
        Write::UpdateLoss(Box::new(record))
    });
    Changes::new(writes, [event.of(npi).on(serial).because(cause)])
}

fn done(npi: Npi, kind: EventKind) -> EventSearch {
    EventSearch {
        account: Some(npi),
        kind: Some(kind),
        outcome: Some(Outcome::Success),
        ..EventSearch::default()
    }
}

/// How many codes are whose, and which are somebody else's, by their events.
fn in_words(marks: &BTreeMap<u64, Mark>) -> String {
    let foreign: Vec<_> = marks.iter().filter(|(_, mark)| **mark == Mark::NotMine).collect();
    let mine = marks.len() - foreign.len();
    if foreign.is_empty() {
        return format!("{mine} mine, none not mine");
    }
    let ids: Vec<_> = foreign.iter().map(|(id, _)| id.to_string()).collect();
    format!("{mine} mine, {} not mine: events {}", foreign.len(), ids.join(", "))
}
