//! Token requests.

use oath::{SerialNumber, TokenType, UnixTime};
use provisioning::{ActivationId, Label};

use super::{
    Query, Row, Statements, count, damaged, instant, mail, maybe_instant, maybe_parsed,
    named_params, params, parsed, people::npi, query, to_sql, word,
};
use crate::{
    request::{Mailing, Replaced, RequestRecord, RequestState, Shipment, TokenRequest},
    rules::{mail_tries::latest_due, owning::DeactivationReason},
    store::StoreError,
    values::{IdempotencyKey, Npi, PostalAddress, RequestId, ValueError},
};

pub(in super::super) fn request(id: RequestId) -> Query<RequestRecord> {
    query("SELECT * FROM requests WHERE id = ?1", params![id.as_str()], read)
}

pub(in super::super) fn requests_of(npi: Npi) -> Query<RequestRecord> {
    query(
        "SELECT * FROM requests WHERE npi = ?1 ORDER BY requested DESC, id",
        params![to_sql(npi.number())],
        read,
    )
}

pub(in super::super) fn requests_by_key(npi: Npi, key: &IdempotencyKey) -> Query<RequestRecord> {
    query(
        "SELECT * FROM requests WHERE npi = ?1 AND key = ?2 ORDER BY token_type",
        params![to_sql(npi.number()), key.as_str()],
        read,
    )
}

pub(in super::super) fn request_shipping(serial: &SerialNumber) -> Query<RequestRecord> {
    query(
        "SELECT * FROM requests WHERE serial = ?1 AND state = 'shipped'",
        params![serial.as_str()],
        read,
    )
}

pub(in super::super) fn requests_in(
    state: RequestState,
    after: Option<(UnixTime, RequestId)>,
    limit: u32,
) -> Query<RequestRecord> {
    let (requested, id) = match &after {
        Some((requested, id)) => (to_sql(requested.0), id.as_str()),
        None => (-1_i64, ""),
    };
    query(
        "SELECT * FROM requests
         WHERE state = ?1 AND (requested > ?2 OR (requested = ?2 AND id > ?3))
         ORDER BY requested, id LIMIT ?4",
        params![state.name(), requested, id, limit],
        read,
    )
}

pub(in super::super) fn requests_after(
    after: Option<(UnixTime, RequestId)>,
    limit: u32,
) -> Query<RequestRecord> {
    let (requested, id) = match &after {
        Some((requested, id)) => (to_sql(requested.0), id.as_str()),
        None => (-1_i64, ""),
    };
    query(
        "SELECT * FROM requests WHERE requested > ?1 OR (requested = ?1 AND id > ?2)
         ORDER BY requested, id LIMIT ?3",
        params![requested, id, limit],
        read,
    )
}

pub(in super::super) fn requests_to_mail(now: UnixTime, limit: u32) -> Query<RequestRecord> {
    query(
        "SELECT * FROM requests WHERE mail_due IS NOT NULL
            AND (mail_due <= ?1 OR mail_due > ?2 OR mail_attempts = 0)
         ORDER BY mail_due, id LIMIT ?3",
        params![to_sql(now.0), to_sql(latest_due(now).0), limit],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<RequestRecord, StoreError> {
    let request = TokenRequest {
        id: parsed(row, "id")?,
        npi: npi(row, "npi")?,
        token_type: parsed(row, "token_type")?,
        state: word(row, "state", RequestState::ALL, RequestState::name)?,
        mail: mail(row)?,
        address: maybe_parsed(row, "address")?,
        replaces: replaced(row)?,
        requested: instant(row, "requested")?,
        edited: maybe_instant(row, "edited")?,
        processed: maybe_instant(row, "processed")?,
        shipped: maybe_instant(row, "shipped")?,
        activated: maybe_instant(row, "activated")?,
        cancelled: maybe_instant(row, "cancelled")?,
        shipment: shipment(row)?,
        serial: maybe_parsed(row, "serial")?,
        link_expires: maybe_instant(row, "link_expires")?,
        mailing: Mailing {
            due: maybe_instant(row, "mail_due")?,
            attempts: row.get("mail_attempts")?,
            sent: maybe_instant(row, "mail_sent")?,
            problem: row.get("mail_problem")?,
        },
    };
    Ok(RequestRecord {
        request,
        key: parsed(row, "key")?,
        activation: row.get::<Option<[u8; 16]>>("activation")?.map(ActivationId::from_bytes),
        sealed_link: row.get("sealed_link")?,
        links: row.get("links")?,
        version: count(row, "version")?,
    })
}

fn replaced(row: &Row<'_>) -> Result<Option<Replaced>, StoreError> {
    let Some(serial) = maybe_parsed(row, "replaces")? else { return Ok(None) };
    let reason = word(row, "reason", DeactivationReason::ALL, DeactivationReason::name)?;
    Ok(Some(Replaced { serial, reason }))
}

fn shipment(row: &Row<'_>) -> Result<Option<Shipment>, StoreError> {
    match (maybe_parsed(row, "carrier")?, maybe_parsed(row, "tracking")?) {
        (Some(carrier), Some(tracking)) => Ok(Some(Shipment { carrier, tracking })),
        (None, None) => Ok(None),
        _ => Err(damaged("tracking", ValueError::RequestId)),
    }
}

pub(super) fn insert(statements: &mut Statements, record: &RequestRecord) {
    let request = &record.request;
    statements.one(
        "INSERT INTO requests (id, version, npi, key, token_type, state, mail, replaces, reason,
            requested, links, mail_attempts)
         VALUES (:id, 0, :npi, :key, :token_type, :state, :mail, :replaces, :reason,
            :requested, 0, 0)",
        named_params! {
            ":id": request.id.as_str(),
            ":npi": to_sql(request.npi.number()),
            ":key": record.key.as_str(),
            ":token_type": TokenType::name(request.token_type),
            ":state": request.state.name(),
            ":mail": request.mail.as_str(),
            ":replaces": request.replaces.as_ref().map(|replaced| replaced.serial.as_str()),
            ":reason": request.replaces.as_ref().map(|replaced| replaced.reason.name()),
            ":requested": to_sql(request.requested.0),
        },
    );
    // The columns that change are written in one place; this makes the version 1.
    write_all(statements, record, 0);
}

pub(super) fn update(statements: &mut Statements, record: &RequestRecord) {
    write_all(statements, record, record.version);
}

fn write_all(statements: &mut Statements, record: &RequestRecord, version: u64) {
    let request = &record.request;
    let at = |instant: Option<UnixTime>| instant.map(|at| to_sql(at.0));
    let (carrier, tracking) = match &request.shipment {
        Some(Shipment { carrier, tracking }) => (Some(carrier), Some(tracking)),
        None => (None, None),
    };
    statements.one(
        "UPDATE requests SET version = version + 1, state = :state, mail = :mail,
            address = :address, edited = :edited, processed = :processed, shipped = :shipped,
            activated = :activated, cancelled = :cancelled, carrier = :carrier,
            tracking = :tracking, serial = :serial, activation = :activation,
            sealed_link = :sealed_link, link_expires = :link_expires, links = :links,
            mail_due = :mail_due, mail_attempts = :mail_attempts, mail_sent = :mail_sent,
            mail_problem = :mail_problem
         WHERE id = :id AND version = :version",
        named_params! {
            ":id": request.id.as_str(),
            ":version": to_sql(version),
            ":state": request.state.name(),
            ":mail": request.mail.as_str(),
            ":address": request.address.as_ref().map(PostalAddress::to_text),
            ":edited": at(request.edited),
            ":processed": at(request.processed),
            ":shipped": at(request.shipped),
            ":activated": at(request.activated),
            ":cancelled": at(request.cancelled),
            ":carrier": carrier.map(Label::as_str),
            ":tracking": tracking.map(Label::as_str),
            ":serial": request.serial.as_ref().map(SerialNumber::as_str),
            ":activation": record.activation.as_ref().map(ActivationId::as_bytes),
            ":sealed_link": record.sealed_link,
            ":link_expires": at(request.link_expires),
            ":links": record.links,
            ":mail_due": at(request.mailing.due),
            ":mail_attempts": request.mailing.attempts,
            ":mail_sent": at(request.mailing.sent),
            ":mail_problem": request.mailing.problem,
        },
    );
}
