//! Answers that are kept.

use oath::UnixTime;
use provisioning::Label;

use super::{Query, Statements, damaged, instant, params, parsed, query, to_sql};
use crate::{
    kept_answer::{Kept, KeptAnswer},
    values::IdempotencyKey,
};

/// The status of what is under way; no answer has it.
const UNDER_WAY: u16 = 0;

/// How many are forgotten in one step.
const STEP: u32 = 5_000;

pub(in super::super) fn kept_answer(party: &Label, key: &IdempotencyKey) -> Query<KeptAnswer> {
    let sql = "SELECT * FROM kept_answers WHERE party = ?1 AND key = ?2";
    query(sql, params![party.as_str(), key.as_str()], |row| {
        let status = u16::try_from(row.get::<u32>("status")?);
        let kept = match status.map_err(|error| damaged("status", error))? {
            UNDER_WAY => Kept::UnderWay,
            status => Kept::Answered { status, body: row.get("body")? },
        };
        Ok(KeptAnswer {
            party: parsed(row, "party")?,
            key: parsed(row, "key")?,
            tag: row.get("tag")?,
            kept,
            at: instant(row, "at")?,
        })
    })
    .few()
}

const fn columns(kept: &Kept) -> (u16, &str) {
    match kept {
        Kept::UnderWay => (UNDER_WAY, ""),
        Kept::Answered { status, body } => (*status, body.as_str()),
    }
}

pub(super) fn keep(statements: &mut Statements, answer: &KeptAnswer, before: UnixTime) {
    let (status, body) = columns(&answer.kept);
    statements.one(
        "INSERT INTO kept_answers (party, key, tag, status, body, at)
         VALUES (?1, ?2, ?3, ?4, ?5, ?6)
         ON CONFLICT (party, key) DO UPDATE SET tag = excluded.tag, status = excluded.status,
            body = excluded.body, at = excluded.at WHERE kept_answers.at <= ?7",
        params![
            answer.party.as_str(),
            answer.key.as_str(),
            answer.tag,
            u32::from(status),
            body,
            to_sql(answer.at.0),
            to_sql(before.0),
        ],
    );
}

pub(super) fn answer(statements: &mut Statements, answer: &KeptAnswer) {
    let (status, body) = columns(&answer.kept);
    statements.one(
        "UPDATE kept_answers SET status = ?4, body = ?5
         WHERE party = ?1 AND key = ?2 AND tag = ?3 AND status = 0",
        params![answer.party.as_str(), answer.key.as_str(), answer.tag, u32::from(status), body],
    );
}

pub(super) fn forget_begun(
    statements: &mut Statements,
    party: &Label,
    key: &IdempotencyKey,
    tag: [u8; 32],
) {
    statements.any(
        "DELETE FROM kept_answers WHERE party = ?1 AND key = ?2 AND tag = ?3 AND status = 0",
        params![party.as_str(), key.as_str(), tag],
    );
}

pub(super) fn forget(statements: &mut Statements, before: UnixTime) {
    statements.any(
        "DELETE FROM kept_answers WHERE (party, key) IN
            (SELECT party, key FROM kept_answers WHERE at <= ?1 LIMIT ?2)",
        params![to_sql(before.0), STEP],
    );
}
