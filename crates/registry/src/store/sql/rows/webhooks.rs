//! Webhooks.

use super::{
    Named, Query, Row, Statements, count, damaged, instant, maybe_instant, named, named_params,
    params, parsed, query, to_sql,
};
use crate::{
    rules::webhooks::HookKind,
    store::StoreError,
    webhook::{Trouble, WebhookId, WebhookRecord},
};

pub(in super::super) fn webhook(id: &WebhookId) -> Query<WebhookRecord> {
    query("SELECT * FROM webhooks WHERE id = ?1", params![id.as_str()], read).few()
}

pub(in super::super) fn webhooks() -> Query<WebhookRecord> {
    query("SELECT * FROM webhooks ORDER BY party, made, id", params![], read)
}

fn read(row: &Row<'_>) -> Result<WebhookRecord, StoreError> {
    let words: String = row.get("kinds")?;
    let (mut kinds, mut newer_kinds) = (Vec::new(), Vec::new());
    for word in words.split_whitespace() {
        match word.parse::<HookKind>() {
            Ok(kind) => kinds.push(kind),
            Err(_) if is_word(word) => newer_kinds.push(word.to_owned()),
            Err(error) => return Err(damaged("kinds", error)),
        }
    }
    let former: Option<Vec<u8>> = row.get("sealed_former")?;
    let trouble = match maybe_instant(row, "trouble_since")? {
        Some(since) => {
            Some(Trouble { since, failing: row.get("failing")?, why: row.get("trouble")? })
        }
        None => None,
    };
    Ok(WebhookRecord {
        id: parsed(row, "id")?,
        party: parsed(row, "party")?,
        url: parsed(row, "url")?,
        kinds,
        newer_kinds,
        sealed_secret: row.get("sealed_secret")?,
        former: former.zip(maybe_instant(row, "former_until")?),
        made: instant(row, "made")?,
        cursor: count(row, "event")?,
        attempts: row.get("attempts")?,
        due: instant(row, "due")?,
        claimed_until: maybe_instant(row, "claimed_until")?,
        trouble,
        delivered: maybe_instant(row, "delivered")?,
        version: count(row, "version")?,
    })
}

/// What may be a kind of a newer version.
fn is_word(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_lowercase() || matches!(byte, b'.' | b'_'))
}

pub(super) fn insert(statements: &mut Statements, record: &WebhookRecord) {
    let kinds: Vec<_> = record.kind_names().collect();
    statements.one(
        "INSERT INTO webhooks (id, version, party, url, kinds, sealed_secret, sealed_former,
            former_until, made, event, attempts, due, claimed_until, trouble_since, failing, trouble,
            delivered)
         VALUES (:id, 1, :party, :url, :kinds, :sealed_secret, :sealed_former, :former_until,
            :made, :event, :attempts, :due, :claimed_until, :trouble_since, :failing, :trouble,
            :delivered)",
        named_params! {
            ..changing(record),
            ":party": record.party.as_str(),
            ":url": record.url.as_str(),
            ":kinds": kinds.join(" "),
            ":made": to_sql(record.made.0),
        },
    );
}

pub(super) fn update(statements: &mut Statements, record: &WebhookRecord) {
    statements.one(
        "UPDATE webhooks SET version = version + 1, sealed_secret = :sealed_secret,
            sealed_former = :sealed_former, former_until = :former_until, event = :event,
            attempts = :attempts, due = :due, claimed_until = :claimed_until,
            trouble_since = :trouble_since, failing = :failing, trouble = :trouble,
            delivered = :delivered
         WHERE id = :id AND version = :version",
        named_params! { ..changing(record), ":version": to_sql(record.version) },
    );
}

/// Which one, and all that can change of it.
fn changing(record: &WebhookRecord) -> Named {
    let trouble = record.trouble.as_ref();
    named! {
        ":id": record.id.as_str(),
        ":sealed_secret": record.sealed_secret,
        ":sealed_former": record.former.as_ref().map(|(sealed, _)| sealed),
        ":former_until": record.former.as_ref().map(|(_, until)| to_sql(until.0)),
        ":event": to_sql(record.cursor),
        ":attempts": record.attempts,
        ":due": to_sql(record.due.0),
        ":claimed_until": record.claimed_until.map(|until| to_sql(until.0)),
        ":trouble_since": trouble.map(|trouble| to_sql(trouble.since.0)),
        ":failing": trouble.is_some_and(|trouble| trouble.failing),
        ":trouble": trouble.map(|trouble| trouble.why.as_str()),
        ":delivered": record.delivered.map(|at| to_sql(at.0)),
    }
}

pub(super) fn delete(statements: &mut Statements, id: &WebhookId, version: u64) {
    statements.one(
        "DELETE FROM webhooks WHERE id = ?1 AND version = ?2",
        params![id.as_str(), to_sql(version)],
    );
}
