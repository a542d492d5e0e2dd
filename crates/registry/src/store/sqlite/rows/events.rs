//! Audit events.

use oath::{SerialNumber, UnixTime};
use rusqlite::{Connection, Row, ToSql, named_params, types::Value};

use super::{
    change_one, count, damaged, instant, list, maybe_count, maybe_parsed, parsed, people::npi,
    to_sql, word,
};
use crate::{
    event::{Actor, Event, EventKind, NewEvent, Outcome},
    rules::judging::Purpose,
    store::{EventSearch, StoreError},
    values::{Npi, ValueError},
};

pub(in super::super) fn events(
    database: &Connection,
    account: Option<Npi>,
    limit: u32,
) -> rusqlite::Result<Vec<Event>> {
    match account {
        Some(npi) => list(
            database,
            "SELECT * FROM events WHERE account = ?1 ORDER BY id DESC LIMIT ?2",
            &[&to_sql(npi.number()), &limit],
            read,
        ),
        None => list(database, "SELECT * FROM events ORDER BY id DESC LIMIT ?1", &[&limit], read),
    }
}

pub(in super::super) fn events_between(
    database: &Connection,
    from: UnixTime,
    to: UnixTime,
    after: u64,
    limit: u32,
) -> rusqlite::Result<Vec<Event>> {
    list(
        database,
        "SELECT * FROM events WHERE at >= ?1 AND at < ?2 AND id > ?3 ORDER BY id LIMIT ?4",
        &[&to_sql(from.0), &to_sql(to.0), &to_sql(after), &limit],
        read,
    )
}

pub(in super::super) fn events_with(
    database: &Connection,
    search: &EventSearch,
    before: Option<u64>,
    limit: u32,
) -> rusqlite::Result<Vec<Event>> {
    let conditions: [(&str, Option<Value>); 6] = [
        ("id < ", before.map(|id| to_sql(id).into())),
        ("account = ", search.account.map(|npi| to_sql(npi.number()).into())),
        ("serial = ", search.serial.as_ref().map(|serial| serial.as_str().to_owned().into())),
        ("outcome = ", search.outcome.map(|outcome| outcome.name().to_owned().into())),
        ("at >= ", search.from.map(|at| to_sql(at.0).into())),
        ("at < ", search.to.map(|at| to_sql(at.0).into())),
    ];
    // Only what is asked stands in the statement, so that the right index is used.
    let mut sql = String::from("SELECT * FROM events WHERE 1 = 1");
    let mut values = Vec::new();
    for (condition, value) in conditions {
        if let Some(value) = value {
            values.push(value);
            sql += &format!(" AND {condition}?{}", values.len());
        }
    }
    if let Some(kind) = search.kind {
        // The word itself, so that an index of the events of one kind is used.
        sql += &format!(" AND kind = '{kind}'");
    }
    sql += &format!(" ORDER BY id DESC LIMIT {limit}");
    let values: Vec<&dyn ToSql> = values.iter().map(|value| value as &dyn ToSql).collect();
    list(database, &sql, &values, read)
}

fn read(row: &Row<'_>) -> rusqlite::Result<Event> {
    let purpose = match row.get::<_, Option<String>>("purpose")? {
        Some(_) => Some(word(row, "purpose", Purpose::ALL, Purpose::name)?),
        None => None,
    };
    let account = match maybe_count(row, "account")? {
        Some(_) => Some(npi(row, "account")?),
        None => None,
    };
    let what = NewEvent {
        at: instant(row, "at")?,
        actor: actor(row)?,
        kind: word(row, "kind", EventKind::ALL, EventKind::name)?,
        outcome: word(row, "outcome", Outcome::ALL, Outcome::name)?,
        account,
        serial: maybe_parsed(row, "serial")?,
        purpose,
        cause: row.get("cause")?,
    };
    Ok(Event { id: count(row, "id")?, what })
}

fn actor(row: &Row<'_>) -> rusqlite::Result<Actor> {
    match row.get::<_, String>("actor")?.as_str() {
        "prescriber" => Ok(Actor::Prescriber { npi: parsed(row, "actor_name")? }),
        "administrator" => {
            Ok(Actor::Administrator { name: parsed(row, "actor_name")?, session: None })
        }
        "token" => Ok(Actor::Token {
            npi: parsed(row, "actor_name")?,
            serial: parsed(row, "actor_token")?,
        }),
        "app" => Ok(Actor::App),
        "stranger" => Ok(Actor::Stranger),
        "system" => Ok(Actor::System),
        _ => Err(damaged("actor", ValueError::Npi)),
    }
}

/// The three columns of an actor.
pub(super) fn actor_to_sql(actor: &Actor) -> (&'static str, Option<String>, Option<&str>) {
    match actor {
        Actor::Prescriber { npi } => ("prescriber", Some(npi.to_string()), None),
        Actor::Administrator { name, .. } => {
            ("administrator", Some(name.as_str().to_owned()), None)
        }
        Actor::Token { npi, serial } => ("token", Some(npi.to_string()), Some(serial.as_str())),
        Actor::App => ("app", None, None),
        Actor::Stranger => ("stranger", None, None),
        Actor::System => ("system", None, None),
    }
}

pub(super) fn insert(database: &Connection, event: &NewEvent) -> Result<(), StoreError> {
    let (actor, actor_name, actor_token) = actor_to_sql(&event.actor);
    change_one(
        database,
        "INSERT INTO events (at, actor, actor_name, actor_token, kind, outcome, account, serial,
            purpose, cause)
         VALUES (:at, :actor, :actor_name, :actor_token, :kind, :outcome, :account, :serial,
            :purpose, :cause)",
        named_params! {
            ":at": to_sql(event.at.0),
            ":actor": actor,
            ":actor_name": actor_name,
            ":actor_token": actor_token,
            ":kind": event.kind.name(),
            ":outcome": event.outcome.name(),
            ":account": event.account.map(|npi| to_sql(npi.number())),
            ":serial": event.serial.as_ref().map(SerialNumber::as_str),
            ":purpose": event.purpose.map(Purpose::name),
            ":cause": event.cause,
        },
    )
}
