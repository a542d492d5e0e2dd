//! Codes by phone.

use rusqlite::{Connection, Row, named_params};

use super::{change_one, count, find, instant, maybe_instant, people::npi, to_sql, word};
use crate::{
    step_up::{PhoneChannel, StepUpRecord},
    store::StoreError,
    values::{Npi, SessionId},
};

pub(in super::super) fn step_up(
    database: &Connection,
    npi: Npi,
) -> rusqlite::Result<Option<StepUpRecord>> {
    find(database, "SELECT * FROM step_ups WHERE npi = ?1", [to_sql(npi.number())], read)
}

fn read(row: &Row<'_>) -> rusqlite::Result<StepUpRecord> {
    Ok(StepUpRecord {
        npi: npi(row, "npi")?,
        session: SessionId::from_bytes(row.get("session")?),
        channel: word(row, "channel", PhoneChannel::ALL, PhoneChannel::name)?,
        tag: row.get("tag")?,
        sent: instant(row, "sent")?,
        sends: row.get("sends")?,
        sends_since: instant(row, "sends_since")?,
        wrong: row.get("wrong")?,
        confirmed: maybe_instant(row, "confirmed")?,
        version: count(row, "version")?,
    })
}

pub(super) fn insert(database: &Connection, record: &StepUpRecord) -> Result<(), StoreError> {
    change_one(
        database,
        "INSERT INTO step_ups (npi, version, session, channel, tag, sent, sends, sends_since, wrong,
            confirmed)
         VALUES (:npi, 1, :session, :channel, :tag, :sent, :sends, :since, :wrong, :confirmed)",
        named_params! {
            ":npi": to_sql(record.npi.number()),
            ":session": record.session.as_bytes(),
            ":channel": record.channel.name(),
            ":tag": record.tag,
            ":sent": to_sql(record.sent.0),
            ":sends": record.sends,
            ":since": to_sql(record.sends_since.0),
            ":wrong": record.wrong,
            ":confirmed": record.confirmed.map(|at| to_sql(at.0)),
        },
    )
}

pub(super) fn update(database: &Connection, record: &StepUpRecord) -> Result<(), StoreError> {
    change_one(
        database,
        "UPDATE step_ups SET version = version + 1, session = :session, channel = :channel,
            tag = :tag, sent = :sent, sends = :sends, sends_since = :since, wrong = :wrong,
            confirmed = :confirmed
         WHERE npi = :npi AND version = :version",
        named_params! {
            ":npi": to_sql(record.npi.number()),
            ":version": to_sql(record.version),
            ":session": record.session.as_bytes(),
            ":channel": record.channel.name(),
            ":tag": record.tag,
            ":sent": to_sql(record.sent.0),
            ":sends": record.sends,
            ":since": to_sql(record.sends_since.0),
            ":wrong": record.wrong,
            ":confirmed": record.confirmed.map(|at| to_sql(at.0)),
        },
    )
}
