//! What is told of losses.

use std::collections::BTreeMap;

use super::{
    Query, Row, Statements, count, damaged, maybe_instant, named_params, params, query, to_sql,
};
use crate::{
    loss::{LossRecord, Mark},
    store::StoreError,
};

pub(in super::super) fn loss(event: u64) -> Query<LossRecord> {
    query("SELECT * FROM losses WHERE event = ?1", params![to_sql(event)], read)
}

fn read(row: &Row<'_>) -> Result<LossRecord, StoreError> {
    let marks: String = row.get("marks")?;
    let unreadable = || damaged("marks", "not an event and its mark");
    Ok(LossRecord {
        event: count(row, "event")?,
        last_had: maybe_instant(row, "last_had")?,
        marks: from_sql(&marks).ok_or_else(unreadable)?,
        told: maybe_instant(row, "told")?,
        version: count(row, "version")?,
    })
}

fn from_sql(text: &str) -> Option<BTreeMap<u64, Mark>> {
    let marks = text.split(", ").filter(|mark| !mark.is_empty());
    marks
        .map(|mark| {
            let (event, word) = mark.split_once(' ')?;
            let mark = Mark::ALL.iter().copied().find(|mark| mark.name() == word)?;
            Some((event.parse().ok()?, mark))
        })
        .collect()
}

fn marks_to_sql(marks: &BTreeMap<u64, Mark>) -> String {
    let marks: Vec<_> = marks.iter().map(|(event, mark)| format!("{event} {mark}")).collect();
    marks.join(", ")
}

pub(super) fn insert(statements: &mut Statements, record: &LossRecord) {
    statements.one(
        "INSERT INTO losses (event, version, last_had, marks, told)
         VALUES (:event, 1, :last_had, :marks, :told)",
        named_params! {
            ":event": to_sql(record.event),
            ":last_had": record.last_had.map(|at| to_sql(at.0)),
            ":marks": marks_to_sql(&record.marks),
            ":told": record.told.map(|at| to_sql(at.0)),
        },
    );
}

pub(super) fn update(statements: &mut Statements, record: &LossRecord) {
    statements.one(
        "UPDATE losses SET version = version + 1, last_had = :last_had, marks = :marks, told = :told
         WHERE event = :event AND version = :version",
        named_params! {
            ":event": to_sql(record.event),
            ":version": to_sql(record.version),
            ":last_had": record.last_had.map(|at| to_sql(at.0)),
            ":marks": marks_to_sql(&record.marks),
            ":told": record.told.map(|at| to_sql(at.0)),
        },
    );
}
