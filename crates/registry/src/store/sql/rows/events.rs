//! Audit events.

use oath::{SerialNumber, UnixTime};

use super::{
    super::Sql, Query, Row, Statements, ToValue, Values, count, damaged, instant, maybe_count,
    maybe_parsed, params, parsed, people::npi, query, to_sql, word,
};
use crate::{
    event::{Actor, Event, EventKind, NewEvent, Outcome},
    rules::judging::Purpose,
    store::{EventSearch, StoreError},
    values::{Npi, Reference},
};

pub(in super::super) fn events(account: Option<Npi>, limit: u32) -> Query<Event> {
    match account {
        Some(npi) => query(
            "SELECT * FROM events WHERE account = ?1 ORDER BY id DESC LIMIT ?2",
            params![to_sql(npi.number()), limit],
            read,
        ),
        None => query("SELECT * FROM events ORDER BY id DESC LIMIT ?1", params![limit], read),
    }
}

pub(in super::super) fn events_between(
    from: UnixTime,
    to: UnixTime,
    after: u64,
    limit: u32,
) -> Query<Event> {
    query(
        "SELECT * FROM events WHERE at >= ?1 AND at < ?2 AND id > ?3 ORDER BY id LIMIT ?4",
        params![to_sql(from.0), to_sql(to.0), to_sql(after), limit],
        read,
    )
}

pub(in super::super) fn events_but_codes(after: u64, until: u64, limit: u32) -> Query<Event> {
    // With the condition of their index, word by word; SQLite would rather walk past every code.
    let sql = Sql::Each {
        sqlite: "SELECT * FROM events INDEXED BY events_but_codes
            WHERE kind <> 'code-judged' AND id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3",
        postgres: "SELECT * FROM events
            WHERE kind <> 'code-judged' AND id > ?1 AND id <= ?2 ORDER BY id LIMIT ?3",
    };
    query(sql, params![to_sql(after), to_sql(until), limit], read)
}

pub(in super::super) fn losing_events(from: UnixTime, limit: u32) -> Query<Event> {
    // As above: by their own index, of which SQLite has to be told.
    let sql = Sql::Each {
        sqlite: "SELECT * FROM events INDEXED BY events_of_losing
            WHERE kind IN ('token-suspended', 'token-deactivated') AND at >= ?1
            ORDER BY at DESC, id DESC LIMIT ?2",
        postgres: "SELECT * FROM events
            WHERE kind IN ('token-suspended', 'token-deactivated') AND at >= ?1
            ORDER BY at DESC, id DESC LIMIT ?2",
    };
    query(sql, params![to_sql(from.0), limit], read)
}

pub(in super::super) fn events_with(
    search: &EventSearch,
    before: Option<u64>,
    limit: u32,
) -> Query<Event> {
    let conditions = [
        ("id < ", before.map(|id| to_sql(id).to_value())),
        ("account = ", search.account.map(|npi| to_sql(npi.number()).to_value())),
        ("serial = ", search.serial.as_ref().map(|serial| serial.as_str().to_value())),
        ("outcome = ", search.outcome.map(|outcome| outcome.name().to_value())),
        ("at >= ", search.from.map(|at| to_sql(at.0).to_value())),
        ("at < ", search.to.map(|at| to_sql(at.0).to_value())),
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
    values.push(limit.to_value());
    sql += &format!(" ORDER BY id DESC LIMIT ?{}", values.len());
    let found = query(sql, Values::Numbered(values), read);
    // Those of an account are found by an index.
    if search.account.is_some() { found } else { found.search() }
}

/// An event; one that is damaged as such, so that it keeps nobody from the others.
fn read(row: &Row<'_>) -> Result<Event, StoreError> {
    let id = count(row, "id")?;
    let what = match read_what(row) {
        Err(StoreError::Damaged { .. }) => unreadable(row, id),
        what => what?,
    };
    Ok(Event { id, what })
}

/// What can be read of an event that is damaged.
fn unreadable(row: &Row<'_>, id: u64) -> NewEvent {
    NewEvent {
        at: instant(row, "at").unwrap_or(UnixTime(0)),
        actor: Actor::Stranger,
        kind: EventKind::Unreadable,
        outcome: Outcome::Attempted,
        account: npi(row, "account").ok(),
        serial: maybe_parsed(row, "serial").ok().flatten(),
        purpose: None,
        cause: Some(format!("this event can't be read (number {id})")),
        reference: None,
    }
}

/// What happened. An event of a newer version, which servers of before read while they are replaced one by one, has
/// the words that only that version knows in its cause.
fn read_what(row: &Row<'_>) -> Result<NewEvent, StoreError> {
    let text: String = row.get("kind")?;
    let known = EventKind::ALL.iter().find(|known| known.name() == text).copied();
    let mut newer = match known {
        Some(_) => Vec::new(),
        None => vec![some_word(row, "kind")?],
    };
    let is_newer = known.is_none();
    let purpose = match row.get::<Option<String>>("purpose")? {
        Some(_) if !is_newer => Some(word(row, "purpose", Purpose::ALL, Purpose::name)?),
        _ => None,
    };
    let outcome = match word(row, "outcome", Outcome::ALL, Outcome::name) {
        Err(_) if is_newer => {
            newer.push(some_word(row, "outcome")?);
            Outcome::Attempted
        }
        outcome => outcome?,
    };
    let actor = match actor(row)? {
        Some(actor) => actor,
        None if is_newer => {
            newer.push(format!("by {}", some_word(row, "actor")?));
            Actor::Stranger
        }
        None => return Err(damaged("actor", "it is unknown")),
    };
    let account = match maybe_count(row, "account")? {
        Some(_) => Some(npi(row, "account")?),
        None => None,
    };
    let cause: Option<String> = row.get("cause")?;
    let newer = is_newer.then(|| newer.join(", "));
    let cause = match (newer, cause) {
        (Some(words), Some(cause)) => Some(format!("{words}: {cause}")),
        (words, cause) => words.or(cause),
    };
    Ok(NewEvent {
        at: instant(row, "at")?,
        actor,
        kind: known.unwrap_or(EventKind::Unknown),
        outcome,
        account,
        serial: maybe_parsed(row, "serial")?,
        purpose,
        cause,
        reference: maybe_parsed(row, "reference")?,
    })
}

/// What may be a word of a newer version.
fn some_word(row: &Row<'_>, column: &'static str) -> Result<String, StoreError> {
    let text: String = row.get(column)?;
    let is_word = |byte: u8| byte == b'-' || byte.is_ascii_lowercase();
    match !text.is_empty() && text.bytes().all(is_word) {
        true => Ok(text),
        false => Err(damaged(column, format!("{text} is unknown"))),
    }
}

/// Who did it; `None` for a word that is unknown.
fn actor(row: &Row<'_>) -> Result<Option<Actor>, StoreError> {
    Ok(Some(match row.get::<String>("actor")?.as_str() {
        "prescriber" => Actor::Prescriber { npi: parsed(row, "actor_name")? },
        "administrator" => Actor::Administrator { name: parsed(row, "actor_name")?, session: None },
        "token" => {
            Actor::Token { npi: parsed(row, "actor_name")?, serial: parsed(row, "actor_token")? }
        }
        "relying-party" => {
            Actor::RelyingParty { name: parsed(row, "actor_name")?, signed_in: None }
        }
        "app" => Actor::App,
        "stranger" => Actor::Stranger,
        "system" => Actor::System,
        _ => return Ok(None),
    }))
}

/// The three columns of an actor.
pub(super) fn actor_to_sql(actor: &Actor) -> (&'static str, Option<String>, Option<&str>) {
    let (name, token) = match actor {
        Actor::Prescriber { npi } => (Some(npi.to_string()), None),
        Actor::Token { npi, serial } => (Some(npi.to_string()), Some(serial.as_str())),
        Actor::Administrator { name, .. } | Actor::RelyingParty { name, .. } => {
            (Some(name.as_str().to_owned()), None)
        }
        Actor::App | Actor::Stranger | Actor::System => (None, None),
    };
    (actor.role(), name, token)
}

pub(super) fn insert(statements: &mut Statements, event: &NewEvent) {
    let (actor, actor_name, actor_token) = actor_to_sql(&event.actor);
    statements.sure(
        "INSERT INTO events (at, actor, actor_name, actor_token, kind, outcome, account, serial,
            purpose, cause, reference)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
        params![
            to_sql(event.at.0),
            actor,
            actor_name,
            actor_token,
            event.kind.name(),
            event.outcome.name(),
            event.account.map(|npi| to_sql(npi.number())),
            event.serial.as_ref().map(SerialNumber::as_str),
            event.purpose.map(Purpose::name),
            event.cause,
            event.reference.as_ref().map(Reference::as_str),
        ],
    );
    statements.or_together(
        "INSERT INTO events (at, actor, actor_name, actor_token, kind, outcome, account, serial,
            purpose, cause, reference)
         SELECT at, actor, actor_name, actor_token, kind, outcome, account, serial, purpose, cause,
            reference
         FROM unnest(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11) WITH ORDINALITY
            AS e (at, actor, actor_name, actor_token, kind, outcome, account, serial, purpose,
                cause, reference, place)
         ORDER BY place",
    );
}
