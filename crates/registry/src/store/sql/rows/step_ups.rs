//! Codes by phone.

use oath::UnixTime;

use super::{
    Query, Row, Statements, count, instant, maybe_instant, named_params, params, people::npi,
    query, to_sql, word,
};
use crate::{
    step_up::{PhoneChannel, StepUpRecord, StepUpSends},
    store::StoreError,
    values::{Npi, SessionId},
};

pub(in super::super) fn step_up(npi: Npi, session: SessionId) -> Query<StepUpRecord> {
    let sql = "SELECT * FROM step_ups WHERE npi = ?1 AND session = ?2";
    query(sql, params![to_sql(npi.number()), session.as_bytes()], read)
}

fn read(row: &Row<'_>) -> Result<StepUpRecord, StoreError> {
    Ok(StepUpRecord {
        npi: npi(row, "npi")?,
        session: SessionId::from_bytes(row.get("session")?),
        channel: word(row, "channel", PhoneChannel::ALL, PhoneChannel::name)?,
        tag: row.get("tag")?,
        sent: instant(row, "sent")?,
        wrong: row.get("wrong")?,
        confirmed: maybe_instant(row, "confirmed")?,
        version: count(row, "version")?,
    })
}

pub(super) fn insert(statements: &mut Statements, record: &StepUpRecord) {
    statements.one(
        "INSERT INTO step_ups (npi, session, version, channel, tag, sent, wrong, confirmed)
         VALUES (:npi, :session, 1, :channel, :tag, :sent, :wrong, :confirmed)",
        named_params! {
            ":npi": to_sql(record.npi.number()),
            ":session": record.session.as_bytes(),
            ":channel": record.channel.name(),
            ":tag": record.tag,
            ":sent": to_sql(record.sent.0),
            ":wrong": record.wrong,
            ":confirmed": record.confirmed.map(|at| to_sql(at.0)),
        },
    );
}

pub(super) fn update(statements: &mut Statements, record: &StepUpRecord) {
    statements.one(
        "UPDATE step_ups SET version = version + 1, channel = :channel, tag = :tag, sent = :sent,
            wrong = :wrong, confirmed = :confirmed
         WHERE npi = :npi AND session = :session AND version = :version",
        named_params! {
            ":npi": to_sql(record.npi.number()),
            ":session": record.session.as_bytes(),
            ":version": to_sql(record.version),
            ":channel": record.channel.name(),
            ":tag": record.tag,
            ":sent": to_sql(record.sent.0),
            ":wrong": record.wrong,
            ":confirmed": record.confirmed.map(|at| to_sql(at.0)),
        },
    );
}

pub(super) fn forget(statements: &mut Statements, npi: Npi, before: UnixTime) {
    statements.any(
        "DELETE FROM step_ups WHERE npi = ?1 AND sent < ?2",
        params![to_sql(npi.number()), to_sql(before.0)],
    );
}

pub(in super::super) fn step_up_sends(npi: Npi) -> Query<StepUpSends> {
    let sql = "SELECT * FROM step_up_sends WHERE npi = ?1";
    query(sql, params![to_sql(npi.number())], |row| {
        Ok(StepUpSends {
            npi: super::people::npi(row, "npi")?,
            sends: row.get("sends")?,
            since: instant(row, "since")?,
            version: count(row, "version")?,
        })
    })
}

pub(super) fn insert_sends(statements: &mut Statements, record: &StepUpSends) {
    statements.one(
        "INSERT INTO step_up_sends (npi, version, sends, since) VALUES (?1, 1, ?2, ?3)",
        params![to_sql(record.npi.number()), record.sends, to_sql(record.since.0)],
    );
}

pub(super) fn update_sends(statements: &mut Statements, record: &StepUpSends) {
    statements.one(
        "UPDATE step_up_sends SET version = version + 1, sends = ?3, since = ?4
         WHERE npi = ?1 AND version = ?2",
        params![
            to_sql(record.npi.number()),
            to_sql(record.version),
            record.sends,
            to_sql(record.since.0)
        ],
    );
}
