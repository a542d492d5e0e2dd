//! Changes of prescribers' access.

use oath::UnixTime;
use provisioning::{Label, PinPolicy};

use super::{
    Query, Row, Statements, count, damaged, instant, mail, maybe_instant, maybe_parsed,
    named_params, params, parsed, people::npi, query, to_sql, word,
};
use crate::{
    access::{AccessChange, AccessDecision, AccessOrder, AccessRecord, AccessState, EnteredBy},
    store::StoreError,
    values::{AccountId, IdempotencyKey, Mail, Npi, Phone, PostalAddress, ProofingRecord},
};

pub(in super::super) fn access(id: &IdempotencyKey) -> Query<AccessRecord> {
    query("SELECT * FROM access_changes WHERE id = ?1", params![id.as_str()], read)
}

pub(in super::super) fn pending(npi: Npi, kind: &str) -> Query<AccessRecord> {
    query(
        "SELECT * FROM access_changes WHERE npi = ?1 AND kind = ?2 AND state = 'pending'",
        params![to_sql(npi.number()), kind],
        read,
    )
}

pub(in super::super) fn executed(npi: Npi, kind: &str) -> Query<AccessRecord> {
    query(
        "SELECT * FROM access_changes WHERE npi = ?1 AND kind = ?2 AND state = 'executed'
         ORDER BY decided DESC, entered DESC LIMIT 1",
        params![to_sql(npi.number()), kind],
        read,
    )
}

pub(in super::super) fn to_tidy(
    entered_before: UnixTime,
    decided_before: UnixTime,
    limit: u32,
) -> Query<AccessRecord> {
    query(
        "SELECT * FROM access_changes
         WHERE (state = 'pending' AND entered < ?1)
            OR (sealed_shown IS NOT NULL AND decided < ?2)
         ORDER BY entered, id LIMIT ?3",
        params![to_sql(entered_before.0), to_sql(decided_before.0), limit],
        read,
    )
}

pub(in super::super) fn changes(limit: u32) -> Query<AccessRecord> {
    query(
        "SELECT * FROM access_changes
         ORDER BY CASE WHEN state <> 'pending' THEN 2 WHEN entered_as = 'administrator' THEN 0 ELSE 1 END,
            CASE state WHEN 'pending' THEN entered ELSE -entered END, id LIMIT ?1",
        params![limit],
        read,
    )
}

pub(in super::super) fn waiting(party: Option<&Label>, since: UnixTime) -> Query<u64> {
    let number = |row: &Row<'_>| count(row, "number");
    match party {
        Some(party) => query(
            "SELECT count(*) AS number FROM access_changes WHERE state = 'pending' AND entered >= ?1
                AND entered_as = 'relying-party' AND entered_by = ?2",
            params![to_sql(since.0), party.as_str()],
            number,
        ),
        None => query(
            "SELECT count(*) AS number FROM access_changes WHERE state = 'pending' AND entered >= ?1",
            params![to_sql(since.0)],
            number,
        ),
    }
}

fn read(row: &Row<'_>) -> Result<AccessRecord, StoreError> {
    let decided = match (maybe_parsed(row, "decided_by")?, maybe_instant(row, "decided")?) {
        (Some(by), Some(at)) => {
            Some(AccessDecision { by, at, reason: maybe_parsed(row, "reason")? })
        }
        _ => None,
    };
    Ok(AccessRecord {
        change: AccessChange {
            id: parsed(row, "id")?,
            npi: npi(row, "npi")?,
            order: order(row)?,
            state: word(row, "state", AccessState::ALL, AccessState::name)?,
            entered_by: entered_by(row)?,
            entered: instant(row, "entered")?,
            decided,
        },
        passphrase_hash: row.get("passphrase_hash")?,
        sealed_shown: row.get("sealed_shown")?,
        version: count(row, "version")?,
    })
}

/// The words of who entered it.
const ADMINISTRATOR: &str = "administrator";
const RELYING_PARTY: &str = "relying-party";

fn entered_by(row: &Row<'_>) -> Result<EnteredBy, StoreError> {
    let name = parsed(row, "entered_by")?;
    match row.get::<String>("entered_as")?.as_str() {
        ADMINISTRATOR => Ok(EnteredBy::Administrator(name)),
        RELYING_PARTY => Ok(EnteredBy::RelyingParty(name)),
        other => {
            let unknown = format!("{other} is unknown");
            Err(damaged("entered_as", unknown))
        }
    }
}

fn order(row: &Row<'_>) -> Result<AccessOrder, StoreError> {
    match row.get::<String>("kind")?.as_str() {
        "account" => Ok(AccessOrder::Account {
            name: parsed(row, "name")?,
            mail: mail(row)?,
            phone: maybe_parsed(row, "phone")?,
            own_id: maybe_parsed(row, "own_id")?,
            address: maybe_parsed(row, "address")?.map(Box::new),
            proofing: parsed(row, "proofing")?,
        }),
        "activation" => Ok(AccessOrder::Activation {
            valid_for: count(row, "valid_for")?,
            pin: PinPolicy::new(row.get("pin_length")?)
                .map_err(|error| damaged("pin_length", error))?,
            proofing: maybe_parsed(row, "proofing")?,
        }),
        "end" => Ok(AccessOrder::End { reason: parsed(row, "about")? }),
        "passphrase" => Ok(AccessOrder::Passphrase { assurance: parsed(row, "about")? }),
        "phone" => Ok(AccessOrder::Phone { phone: maybe_parsed(row, "phone")? }),
        "mail" => Ok(AccessOrder::Mail { mail: mail(row)? }),
        kind => {
            let unknown = format!("{kind} is unknown");
            Err(damaged("kind", unknown))
        }
    }
}

pub(super) fn expect_below(
    statements: &mut Statements,
    party: &Label,
    since: UnixTime,
    limit: u64,
) {
    statements.one(
        "SELECT 1 WHERE (SELECT count(*) FROM access_changes WHERE state = 'pending' AND entered >= ?1
            AND entered_as = 'relying-party' AND entered_by = ?2) < ?3",
        params![to_sql(since.0), party.as_str(), to_sql(limit)],
    );
}

pub(super) fn insert(statements: &mut Statements, record: &AccessRecord) {
    let change = &record.change;
    let (mut person, mut mail, mut terms, mut about) = (None, None, None, None);
    let (mut phone, mut own_id, mut address) = (&None, None, None);
    let entered_as = match &change.entered_by {
        EnteredBy::Administrator(_) => ADMINISTRATOR,
        EnteredBy::RelyingParty(_) => RELYING_PARTY,
    };
    match &change.order {
        AccessOrder::Account {
            name, mail: to, phone: number, own_id: id, address: place, ..
        } => {
            (person, mail) = (Some(name), Some(to));
            (phone, own_id, address) = (number, id.as_ref(), place.as_deref());
        }
        AccessOrder::Activation { valid_for, pin, .. } => {
            terms = Some((to_sql(*valid_for), pin.length()));
        }
        AccessOrder::End { reason: words } | AccessOrder::Passphrase { assurance: words } => {
            about = Some(words);
        }
        AccessOrder::Phone { phone: number } => phone = number,
        AccessOrder::Mail { mail: to } => mail = Some(to),
    }
    statements.one(
        "INSERT INTO access_changes (id, version, npi, kind, state, entered_by, entered_as, entered, name,
            mail, own_id, address, proofing, passphrase_hash, valid_for, pin_length, about, phone)
         VALUES (:id, 1, :npi, :kind, :state, :entered_by, :entered_as, :entered, :name, :mail, :own_id,
            :address, :proofing, :passphrase_hash, :valid_for, :pin_length, :about, :phone)",
        named_params! {
            ":id": change.id.as_str(),
            ":npi": to_sql(change.npi.number()),
            ":kind": change.order.kind(),
            ":state": change.state.name(),
            ":entered_by": change.entered_by.name().as_str(),
            ":entered_as": entered_as,
            ":entered": to_sql(change.entered.0),
            ":name": person.map(Label::as_str),
            ":mail": mail.map(Mail::as_str),
            ":own_id": own_id.map(AccountId::as_str),
            ":address": address.map(PostalAddress::to_text),
            ":proofing": change.order.proofing().map(ProofingRecord::as_str),
            ":passphrase_hash": record.passphrase_hash,
            ":valid_for": terms.map(|(valid_for, _)| valid_for),
            ":pin_length": terms.map(|(_, length)| length),
            ":about": about.map(Label::as_str),
            ":phone": phone.as_ref().map(Phone::as_str),
        },
    );
}

/// Writes what is decided; what was entered does not change.
pub(super) fn update(statements: &mut Statements, record: &AccessRecord) {
    let change = &record.change;
    let decided = change.decided.as_ref();
    statements.one(
        "UPDATE access_changes SET version = version + 1, state = :state, decided_by = :decided_by,
            decided = :decided, reason = :reason, passphrase_hash = :passphrase_hash,
            sealed_shown = :sealed_shown
         WHERE id = :id AND version = :version",
        named_params! {
            ":id": change.id.as_str(),
            ":version": to_sql(record.version),
            ":state": change.state.name(),
            ":decided_by": decided.map(|decided| decided.by.as_str()),
            ":decided": decided.map(|decided| to_sql(decided.at.0)),
            ":reason": decided.and_then(|decided| decided.reason.as_ref()).map(Label::as_str),
            ":passphrase_hash": record.passphrase_hash,
            ":sealed_shown": record.sealed_shown,
        },
    );
}
