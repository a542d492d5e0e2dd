//! Tokens, and reports of their loss.

use std::sync::LazyLock;

use oath::{Digits, Drift, Hotp, Period, SerialNumber, UnixTime};
use provisioning::{ActivationId, Label, ReportId};

use super::{
    Named, Query, Row, Statements, count, damaged, instant, lock, lock_to_sql, maybe_count,
    maybe_instant, maybe_parsed, named, named_params, params, parsed, pattern, people::npi, query,
    to_sql, word,
};
use crate::{
    otp::Otp,
    rules::{devices::Devices, network_sync::NetworkSync},
    store::{StoreError, TokenSearch},
    token::{Token, TokenRecord, TokenState},
    values::Npi,
};

/// A token's columns, in the order in which they are read.
const COLUMNS: &[&str] = &[
    "serial",
    "state",
    "owner",
    "activation",
    "name",
    "manufacturer",
    "issuer",
    "token_type",
    "device",
    "platform",
    "devices",
    "provisioned_from",
    "digits",
    "period",
    "algorithm",
    "otp",
    "drift_resync",
    "drift_learnt",
    "last_accepted",
    "last_used",
    "failures",
    "near_misses",
    "locked_until",
    "rehearsal_misses",
    "rehearsing_since",
    "sync",
    "sync_begun",
    "sync_at",
    "sync_attempts",
    "provisioned",
    "associated",
    "sealed_seed",
    "version",
];

pub(in super::super) fn token(serial: &SerialNumber) -> Query<TokenRecord> {
    static TEXT: LazyLock<String> = LazyLock::new(|| of_tokens("serial = ?1"));
    query(TEXT.as_str(), params![serial.as_str()], read).of(COLUMNS)
}

fn of_tokens(which: &str) -> String {
    format!("SELECT {} FROM tokens WHERE {which}", COLUMNS.join(", "))
}

pub(in super::super) fn sealed_seed(serial: &SerialNumber) -> Query<Vec<u8>> {
    query("SELECT sealed_seed FROM tokens WHERE serial = ?1", params![serial.as_str()], |row| {
        row.get("sealed_seed")
    })
}

pub(in super::super) fn tokens_of(npi: Npi) -> Query<TokenRecord> {
    static TEXT: LazyLock<String> =
        LazyLock::new(|| of_tokens("owner = ?1 ORDER BY associated, serial"));
    query(TEXT.as_str(), params![to_sql(npi.number())], read).of(COLUMNS).few()
}

pub(in super::super) fn other_tokens_of(npi: Npi, but: &SerialNumber) -> Query<TokenRecord> {
    static TEXT: LazyLock<String> =
        LazyLock::new(|| of_tokens("owner = ?1 AND serial <> ?2 ORDER BY associated, serial"));
    query(TEXT.as_str(), params![to_sql(npi.number()), but.as_str()], read).of(COLUMNS).few()
}

pub(in super::super) fn tokens_after(after: &str, limit: u32) -> Query<TokenRecord> {
    query(
        "SELECT * FROM tokens WHERE serial > ?1 ORDER BY serial LIMIT ?2",
        params![after, limit],
        read,
    )
}

pub(in super::super) fn tokens_with(
    search: &TokenSearch,
    after: &str,
    limit: u32,
) -> Query<TokenRecord> {
    let nothing = || "-".to_owned();
    let serial =
        |place: usize| search.serials.get(place).map_or_else(nothing, |part| pattern(part));
    query(
        r"SELECT t.* FROM tokens t LEFT JOIN accounts a ON a.npi = t.owner
          WHERE t.serial > ?1 AND (lower(t.serial) LIKE ?2 ESCAPE '\' OR lower(t.serial) LIKE ?3 ESCAPE '\'
            OR lower(t.name) LIKE ?4 ESCAPE '\' OR lower(a.name) LIKE ?4 ESCAPE '\'
            OR CAST(t.owner AS TEXT) LIKE ?4 ESCAPE '\')
          ORDER BY t.serial LIMIT ?5",
        params![after, serial(0), serial(1), pattern(&search.text), limit],
        read,
    )
    .search()
}

pub(in super::super) fn tokens_to_sync(due: UnixTime, limit: u32) -> Query<TokenRecord> {
    query(
        "SELECT * FROM tokens WHERE sync = 'pending' AND sync_at <= ?1 AND state <> 'deactivated'
         ORDER BY sync_at, serial LIMIT ?2",
        params![to_sql(due.0), limit],
        read,
    )
}

pub(in super::super) fn tokens_given_up(limit: u32) -> Query<TokenRecord> {
    query(
        "SELECT * FROM tokens WHERE sync = 'given-up' AND state <> 'deactivated'
         ORDER BY serial LIMIT ?1",
        params![limit],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<TokenRecord, StoreError> {
    let token = Token {
        serial: parsed(row, "serial")?,
        state: word(row, "state", &TokenState::ALL, TokenState::name)?,
        owner: match maybe_count(row, "owner")? {
            Some(_) => Some(npi(row, "owner")?),
            None => None,
        },
        activation: row.get::<Option<[u8; 16]>>("activation")?.map(ActivationId::from_bytes),
        name: parsed(row, "name")?,
        manufacturer: parsed(row, "manufacturer")?,
        issuer: maybe_parsed(row, "issuer")?,
        token_type: parsed(row, "token_type")?,
        device: label_or_none(row, "device")?,
        platform: label_or_none(row, "platform")?,
        devices: word(row, "devices", Devices::ALL, Devices::name)?,
        provisioned_from: row.get("provisioned_from")?,
        otp: read_otp(row)?,
        drift: Drift::from_parts(row.get("drift_resync")?, row.get("drift_learnt")?),
        last_accepted: maybe_count(row, "last_accepted")?,
        last_used: maybe_instant(row, "last_used")?,
        failures: row.get("failures")?,
        near_misses: row.get("near_misses")?,
        lock: lock(row, "locked_until")?,
        rehearsal_misses: row.get("rehearsal_misses")?,
        rehearsing_since: maybe_instant(row, "rehearsing_since")?,
        sync: read_sync(row)?,
        provisioned: instant(row, "provisioned")?,
        associated: maybe_instant(row, "associated")?,
    };
    Ok(TokenRecord { token, sealed_seed: row.get("sealed_seed")?, version: count(row, "version")? })
}

fn read_otp(row: &Row<'_>) -> Result<Otp, StoreError> {
    let (digits, period): (u8, u32) = (row.get("digits")?, row.get("period")?);
    let hotp = Hotp {
        algorithm: parsed(row, "algorithm")?,
        digits: Digits::try_from(digits).map_err(|error| damaged("digits", error))?,
    };
    let period = match period {
        0 => None,
        seconds => Some(Period::try_from(seconds).map_err(|error| damaged("period", error))?),
    };
    let kind: String = row.get("otp")?;
    Otp::of_kind(&kind, hotp, period)
        .ok_or_else(|| damaged("otp", format!("{kind} with this period is unknown")))
}

/// When it began, how many attempts were made, and when the next one is due or it ended.
fn sync_to_sql(sync: NetworkSync) -> (Option<i64>, u32, Option<i64>) {
    match sync {
        NetworkSync::NotNeeded => (None, 0, None),
        NetworkSync::Pending { begun, attempts, next: at }
        | NetworkSync::GivenUp { begun, attempts, at }
        | NetworkSync::Acknowledged { begun, attempts, at } => {
            (Some(to_sql(begun.0)), attempts, Some(to_sql(at.0)))
        }
    }
}

fn read_sync(row: &Row<'_>) -> Result<NetworkSync, StoreError> {
    let word: String = row.get("sync")?;
    if word == NetworkSync::NotNeeded.name() {
        return Ok(NetworkSync::NotNeeded);
    }
    let (begun, at) = (instant(row, "sync_begun")?, instant(row, "sync_at")?);
    let attempts = row.get("sync_attempts")?;
    let known = [
        NetworkSync::Pending { begun, attempts, next: at },
        NetworkSync::GivenUp { begun, attempts, at },
        NetworkSync::Acknowledged { begun, attempts, at },
    ];
    let found = known.into_iter().find(|known| known.name() == word);
    found.ok_or_else(|| damaged("sync", format!("{word} is unknown")))
}

/// A label; empty where there is none.
fn label_or_none(row: &Row<'_>, column: &str) -> Result<Option<Label>, StoreError> {
    match row.get::<String>(column)?.as_str() {
        "" => Ok(None),
        text => text.parse().map(Some).map_err(|error| damaged(column, error)),
    }
}

pub(super) fn insert(statements: &mut Statements, record: &TokenRecord) {
    let token = &record.token;
    statements.one(
        "INSERT INTO tokens (serial, version, state, owner, activation, name, manufacturer, issuer,
            token_type, device, platform, devices, provisioned_from, otp, algorithm, digits, period, drift_resync, drift_learnt,
            last_accepted, last_used, failures, near_misses, locked_until, rehearsal_misses,
            rehearsing_since, sync, sync_begun, sync_attempts, sync_at, provisioned, associated,
            sealed_seed)
         VALUES (:serial, 1, :state, :owner, :activation, :name, :manufacturer, :issuer,
            :token_type, :device, :platform, :devices, :provisioned_from, :otp, :algorithm, :digits, :period, :drift_resync,
            :drift_learnt, :last_accepted, :last_used, :failures, :near_misses, :locked_until, :rehearsal_misses,
            :rehearsing_since, :sync, :sync_begun, :sync_attempts, :sync_at, :provisioned, :associated, :sealed_seed)",
        named_params! {
            ..changing(token),
            ":activation": token.activation.as_ref().map(ActivationId::as_bytes),
            ":device": token.device.as_ref().map_or("", Label::as_str),
            ":platform": token.platform.as_ref().map_or("", Label::as_str),
            ":provisioned_from": token.provisioned_from,
            ":algorithm": token.otp.algorithm().name(),
            ":digits": token.otp.digits().count(),
            ":provisioned": to_sql(token.provisioned.0),
            ":sealed_seed": record.sealed_seed,
        },
    );
}

pub(super) fn update(statements: &mut Statements, record: &TokenRecord) {
    statements.one(
        "UPDATE tokens SET version = version + 1, state = :state, owner = :owner, name = :name,
            manufacturer = :manufacturer, issuer = :issuer, token_type = :token_type,
            otp = :otp, period = :period, devices = :devices,
            drift_resync = :drift_resync, drift_learnt = :drift_learnt,
            last_accepted = :last_accepted, last_used = :last_used, failures = :failures,
            near_misses = :near_misses,
            locked_until = :locked_until, rehearsal_misses = :rehearsal_misses,
            rehearsing_since = :rehearsing_since, associated = :associated, sync = :sync,
            sync_begun = :sync_begun, sync_attempts = :sync_attempts, sync_at = :sync_at
         WHERE serial = :serial AND version = :version",
        named_params! { ..changing(&record.token), ":version": to_sql(record.version) },
    );
}

/// Which one, and all that can change of it.
fn changing(token: &Token) -> Named {
    let (resynchronised, learnt) = token.drift.parts();
    let (begun, attempts, sync_at) = sync_to_sql(token.sync);
    named! {
        ":serial": token.serial.as_str(),
        ":state": token.state.name(),
        ":owner": token.owner.map(|npi| to_sql(npi.number())),
        ":name": token.name.as_str(),
        ":manufacturer": token.manufacturer.name(),
        ":issuer": token.issuer.as_ref().map(Label::as_str),
        ":token_type": token.token_type.name(),
        ":devices": token.devices.name(),
        ":otp": token.otp.kind(),
        ":period": token.otp.period().map_or(0, u32::from),
        ":drift_resync": resynchronised,
        ":drift_learnt": learnt,
        ":last_accepted": token.last_accepted.map(to_sql),
        ":last_used": token.last_used.map(|at| to_sql(at.0)),
        ":failures": token.failures,
        ":near_misses": token.near_misses,
        ":locked_until": lock_to_sql(token.lock),
        ":rehearsal_misses": token.rehearsal_misses,
        ":rehearsing_since": token.rehearsing_since.map(|at| to_sql(at.0)),
        ":sync": token.sync.name(),
        ":sync_begun": begun,
        ":sync_attempts": attempts,
        ":sync_at": sync_at,
        ":associated": token.associated.map(|at| to_sql(at.0)),
    }
}

/// What judging a code can change, in no index: this is run for every code.
pub(super) fn update_judged(statements: &mut Statements, token: &Token, version: u64) {
    let (resynchronised, learnt) = token.drift.parts();
    statements.one(
        "UPDATE tokens SET version = version + 1, state = ?3, otp = ?4, period = ?5,
            drift_resync = ?6, drift_learnt = ?7, last_accepted = ?8, last_used = ?9,
            failures = ?10, near_misses = ?11, locked_until = ?12, rehearsal_misses = ?13,
            rehearsing_since = ?14
         WHERE serial = ?1 AND version = ?2",
        params![
            token.serial.as_str(),
            to_sql(version),
            token.state.name(),
            token.otp.kind(),
            token.otp.period().map_or(0, u32::from),
            resynchronised,
            learnt,
            token.last_accepted.map(to_sql),
            token.last_used.map(|at| to_sql(at.0)),
            token.failures,
            token.near_misses,
            lock_to_sql(token.lock),
            token.rehearsal_misses,
            token.rehearsing_since.map(|at| to_sql(at.0)),
        ],
    );
    statements.or_together(
        "UPDATE tokens SET version = tokens.version + 1, state = j.state, otp = j.otp,
            period = j.period, drift_resync = j.drift_resync, drift_learnt = j.drift_learnt,
            last_accepted = j.last_accepted, last_used = j.last_used, failures = j.failures,
            near_misses = j.near_misses, locked_until = j.locked_until,
            rehearsal_misses = j.rehearsal_misses, rehearsing_since = j.rehearsing_since
         FROM unnest(?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)
            AS j (serial, version, state, otp, period, drift_resync, drift_learnt, last_accepted,
                last_used, failures, near_misses, locked_until, rehearsal_misses, rehearsing_since)
         WHERE tokens.serial = j.serial AND tokens.version = j.version",
    );
}

pub(super) fn expect(statements: &mut Statements, serial: &SerialNumber, version: u64) {
    statements.one(
        "SELECT 1 FROM tokens WHERE serial = ?1 AND version = ?2",
        params![serial.as_str(), to_sql(version)],
    );
}

pub(super) fn expect_number(statements: &mut Statements, npi: Npi, number: u64) {
    statements.one(
        "SELECT 1 WHERE (SELECT count(*) FROM tokens WHERE owner = ?1) = ?2",
        params![to_sql(npi.number()), to_sql(number)],
    );
}

pub(in super::super) fn report(reporter: &SerialNumber, id: ReportId) -> Query<SerialNumber> {
    query(
        "SELECT lost FROM reports WHERE reporter = ?1 AND id = ?2",
        params![reporter.as_str(), id.as_bytes()],
        |row| parsed(row, "lost"),
    )
}

pub(super) fn insert_report(
    statements: &mut Statements,
    reporter: &SerialNumber,
    id: ReportId,
    lost: &SerialNumber,
    at: UnixTime,
) {
    statements.one(
        "INSERT INTO reports (reporter, id, lost, at) VALUES (?1, ?2, ?3, ?4)",
        params![reporter.as_str(), id.as_bytes(), lost.as_str(), to_sql(at.0)],
    );
}
