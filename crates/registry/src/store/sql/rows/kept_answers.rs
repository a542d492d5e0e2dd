//! Answers that are kept.

use oath::UnixTime;
use provisioning::Label;

use super::{Query, Statements, damaged, instant, params, parsed, query, to_sql};
use crate::{kept_answer::KeptAnswer, values::IdempotencyKey};

/// How many are forgotten in one step.
const STEP: u32 = 5_000;

pub(in super::super) fn kept_answer(party: &Label, key: &IdempotencyKey) -> Query<KeptAnswer> {
    let sql = "SELECT * FROM kept_answers WHERE party = ?1 AND key = ?2";
    query(sql, params![party.as_str(), key.as_str()], |row| {
        let status = u16::try_from(row.get::<u32>("status")?);
        Ok(KeptAnswer {
            party: parsed(row, "party")?,
            key: parsed(row, "key")?,
            tag: row.get("tag")?,
            status: status.map_err(|error| damaged("status", error))?,
            body: row.get("body")?,
            at: instant(row, "at")?,
        })
    })
    .few()
}

pub(super) fn keep(statements: &mut Statements, answer: &KeptAnswer, before: UnixTime) {
    statements.one(
        "INSERT INTO kept_answers (party, key, tag, status, body, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (party, key) DO UPDATE SET tag = excluded.tag, status = excluded.status,
            body = excluded.body, at = excluded.at WHERE kept_answers.at <= ?7",
        params![
            answer.party.as_str(),
            answer.key.as_str(),
            answer.tag,
            u32::from(answer.status),
            answer.body,
            to_sql(answer.at.0),
            to_sql(before.0),
        ],
    );
}

pub(super) fn forget(statements: &mut Statements, before: UnixTime) {
    statements.any(
        "DELETE FROM kept_answers WHERE (party, key) IN
            (SELECT party, key FROM kept_answers WHERE at <= ?1 LIMIT ?2)",
        params![to_sql(before.0), STEP],
    );
}
