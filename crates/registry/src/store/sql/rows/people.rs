//! Secrets of the server, accounts, activations, sessions, associations.

use oath::{SerialNumber, UnixTime};
use provisioning::{ActivationId, PinPolicy};

use super::{
    Query, Row, Statements, count, damaged, instant, lock, lock_to_sql, mail, maybe_instant,
    maybe_parsed, named_params, params, parsed, pattern, query, to_sql, word,
};
use crate::{
    account::{Account, AccountRecord},
    activation::{ActivationRecord, ActivationState},
    session::{Factor, SecondFactor, SessionRecord},
    store::StoreError,
    values::{AccountId, IdempotencyKey, Npi, Phone, PostalAddress, SessionId, ValueError},
};

pub(in super::super) fn secret(name: &str) -> Query<Vec<u8>> {
    query("SELECT sealed FROM secrets WHERE name = ?1", params![name], |row| row.get("sealed"))
}

pub(super) fn insert_secret(
    statements: &mut Statements,
    name: &str,
    sealed: &[u8],
    made: UnixTime,
) {
    statements.one(
        "INSERT INTO secrets (name, sealed, made) VALUES (?1, ?2, ?3)",
        params![name, sealed, to_sql(made.0)],
    );
}

/// A row is written as it was; a database makes that as durable as any other write.
pub(super) fn write_nothing(statements: &mut Statements) {
    // Forth and back: a page on which nothing changes is not written.
    statements.any("UPDATE secrets SET made = made + 1 WHERE name = 'server key'", params![]);
    statements.any("UPDATE secrets SET made = made - 1 WHERE name = 'server key'", params![]);
}

pub(super) fn npi(row: &Row<'_>, column: &str) -> Result<Npi, StoreError> {
    Npi::from_number(count(row, column)?).ok_or_else(|| damaged(column, ValueError::Npi))
}

pub(in super::super) fn account(npi: Npi) -> Query<AccountRecord> {
    query("SELECT * FROM accounts WHERE npi = ?1", params![to_sql(npi.number())], read_account)
}

pub(in super::super) fn account_by_id(id: &AccountId) -> Query<AccountRecord> {
    query("SELECT * FROM accounts WHERE own_id = ?1", params![id.as_str()], read_account)
}

pub(in super::super) fn accounts_with(
    text: &str,
    after: Option<Npi>,
    limit: u32,
) -> Query<AccountRecord> {
    query(
        r"SELECT * FROM accounts
          WHERE npi > ?1 AND (CAST(npi AS TEXT) LIKE ?2 ESCAPE '\' OR lower(name) LIKE ?2 ESCAPE '\'
            OR lower(mail) LIKE ?2 ESCAPE '\' OR lower(own_id) LIKE ?2 ESCAPE '\')
          ORDER BY npi LIMIT ?3",
        params![after.map_or(0, |npi| to_sql(npi.number())), pattern(text), limit],
        read_account,
    )
    .search()
}

fn read_account(row: &Row<'_>) -> Result<AccountRecord, StoreError> {
    Ok(AccountRecord {
        account: Account {
            npi: npi(row, "npi")?,
            id: maybe_parsed(row, "own_id")?,
            name: parsed(row, "name")?,
            mail: mail(row)?,
            phone: maybe_parsed(row, "phone")?,
            address: maybe_parsed(row, "address")?,
            proofing: parsed(row, "proofing")?,
            opened: instant(row, "opened")?,
            sign_in_failures: row.get("sign_in_failures")?,
            sign_in_pause: lock(row, "sign_in_pause")?,
            access_ended: maybe_instant(row, "access_ended")?,
        },
        passphrase_hash: row.get("passphrase_hash")?,
        version: count(row, "version")?,
    })
}

pub(super) fn insert_account(statements: &mut Statements, record: &AccountRecord) {
    let account = &record.account;
    statements.one(
        "INSERT INTO accounts (npi, own_id, version, name, mail, phone, address, proofing, passphrase_hash, opened,
            sign_in_failures, sign_in_pause, access_ended)
         VALUES (:npi, :own_id, 1, :name, :mail, :phone, :address, :proofing, :passphrase_hash, :opened,
            :failures, :pause, :ended)",
        named_params! {
            ":npi": to_sql(account.npi.number()),
            ":own_id": account.id.as_ref().map(AccountId::as_str),
            ":name": account.name.as_str(),
            ":mail": account.mail.as_str(),
            ":phone": account.phone.as_ref().map(Phone::as_str),
            ":address": account.address.as_ref().map(PostalAddress::to_text),
            ":proofing": account.proofing.as_str(),
            ":passphrase_hash": record.passphrase_hash,
            ":opened": to_sql(account.opened.0),
            ":failures": account.sign_in_failures,
            ":pause": lock_to_sql(account.sign_in_pause),
            ":ended": account.access_ended.map(|at| to_sql(at.0)),
        },
    );
}

pub(super) fn update_account(statements: &mut Statements, record: &AccountRecord) {
    let account = &record.account;
    statements.one(
        "UPDATE accounts SET version = version + 1, name = :name, mail = :mail,
            phone = :phone, address = :address, proofing = :proofing, passphrase_hash = :passphrase_hash,
            sign_in_failures = :failures, sign_in_pause = :pause, access_ended = :ended
         WHERE npi = :npi AND version = :version",
        named_params! {
            ":npi": to_sql(account.npi.number()),
            ":version": to_sql(record.version),
            ":name": account.name.as_str(),
            ":mail": account.mail.as_str(),
            ":phone": account.phone.as_ref().map(Phone::as_str),
            ":address": account.address.as_ref().map(PostalAddress::to_text),
            ":proofing": account.proofing.as_str(),
            ":passphrase_hash": record.passphrase_hash,
            ":failures": account.sign_in_failures,
            ":pause": lock_to_sql(account.sign_in_pause),
            ":ended": account.access_ended.map(|at| to_sql(at.0)),
        },
    );
}

pub(in super::super) fn activation(id: ActivationId) -> Query<ActivationRecord> {
    query("SELECT * FROM activations WHERE id = ?1", params![id.as_bytes()], read_activation)
}

pub(in super::super) fn open_activation(npi: Npi) -> Query<ActivationRecord> {
    query(
        "SELECT * FROM activations WHERE npi = ?1 AND state IN ('begun', 'provisioned')",
        params![to_sql(npi.number())],
        read_activation,
    )
}

fn read_activation(row: &Row<'_>) -> Result<ActivationRecord, StoreError> {
    Ok(ActivationRecord {
        id: ActivationId::from_bytes(row.get("id")?),
        npi: npi(row, "npi")?,
        state: word(row, "state", &ActivationState::ALL, ActivationState::name)?,
        opens_access: row.get("opens_access")?,
        pin: PinPolicy::new(row.get("pin_length")?)
            .map_err(|error| damaged("pin_length", error))?,
        serial: maybe_parsed(row, "serial")?,
        replaces: maybe_parsed(row, "replaces")?,
        sealed_secret: row.get("sealed_secret")?,
        confirmation_tag: row.get("confirmation_tag")?,
        confirmation_expires: instant(row, "confirmation_expires")?,
        wrong_confirmations: row.get("wrong_confirmations")?,
        begun: instant(row, "begun")?,
        expires: instant(row, "expires")?,
        version: count(row, "version")?,
    })
}

pub(super) fn insert_activation(statements: &mut Statements, record: &ActivationRecord) {
    statements.one(
        "INSERT INTO activations (id, version, npi, state, opens_access, pin_length, serial,
            replaces, sealed_secret, confirmation_tag, confirmation_expires, wrong_confirmations, begun,
            expires)
         VALUES (:id, 1, :npi, :state, :opens_access, :pin_length, :serial, :replaces, :sealed_secret,
            :confirmation_tag, :confirmation_expires, :wrong_confirmations, :begun, :expires)",
        named_params! {
            ":id": record.id.as_bytes(),
            ":npi": to_sql(record.npi.number()),
            ":state": record.state.name(),
            ":opens_access": record.opens_access,
            ":pin_length": record.pin.length(),
            ":serial": record.serial.as_ref().map(SerialNumber::as_str),
            ":replaces": record.replaces.as_ref().map(SerialNumber::as_str),
            ":sealed_secret": record.sealed_secret,
            ":confirmation_tag": record.confirmation_tag,
            ":confirmation_expires": to_sql(record.confirmation_expires.0),
            ":wrong_confirmations": record.wrong_confirmations,
            ":begun": to_sql(record.begun.0),
            ":expires": to_sql(record.expires.0),
        },
    );
}

pub(super) fn update_activation(statements: &mut Statements, record: &ActivationRecord) {
    statements.one(
        "UPDATE activations SET version = version + 1, state = :state, serial = :serial,
            wrong_confirmations = :wrong_confirmations
         WHERE id = :id AND version = :version",
        named_params! {
            ":id": record.id.as_bytes(),
            ":version": to_sql(record.version),
            ":state": record.state.name(),
            ":serial": record.serial.as_ref().map(SerialNumber::as_str),
            ":wrong_confirmations": record.wrong_confirmations,
        },
    );
}

pub(in super::super) fn session(id: SessionId) -> Query<SessionRecord> {
    query("SELECT * FROM sessions WHERE id = ?1", params![id.as_bytes()], read_session)
}

fn read_session(row: &Row<'_>) -> Result<SessionRecord, StoreError> {
    let by = match (row.get::<Option<[u8; 16]>>("by_activation")?, maybe_parsed(row, "by_token")?) {
        (Some(activation), _) => {
            Some(SecondFactor::Confirmation(ActivationId::from_bytes(activation)))
        }
        (None, Some(serial)) => Some(SecondFactor::Token(serial)),
        (None, None) => None,
    };
    Ok(SessionRecord {
        id: SessionId::from_bytes(row.get("id")?),
        npi: npi(row, "npi")?,
        factor: match (maybe_instant(row, "full_since")?, by) {
            (Some(at), Some(by)) => Factor::Full { at, by },
            _ => Factor::Half,
        },
        signed_in: instant(row, "signed_in")?,
        last_seen: instant(row, "last_seen")?,
        version: count(row, "version")?,
    })
}

/// The three columns of a factor.
fn factor_to_sql(factor: &Factor) -> (Option<i64>, Option<&[u8; 16]>, Option<&str>) {
    match factor {
        Factor::Half => (None, None, None),
        Factor::Full { at, by: SecondFactor::Confirmation(activation) } => {
            (Some(to_sql(at.0)), Some(activation.as_bytes()), None)
        }
        Factor::Full { at, by: SecondFactor::Token(serial) } => {
            (Some(to_sql(at.0)), None, Some(serial.as_str()))
        }
    }
}

pub(super) fn insert_session(statements: &mut Statements, record: &SessionRecord) {
    let (full_since, by_activation, by_token) = factor_to_sql(&record.factor);
    statements.one(
        "INSERT INTO sessions (id, version, npi, signed_in, last_seen, full_since, by_activation,
            by_token)
         VALUES (?1, 1, ?2, ?3, ?4, ?5, ?6, ?7)",
        params![
            record.id.as_bytes(),
            to_sql(record.npi.number()),
            to_sql(record.signed_in.0),
            to_sql(record.last_seen.0),
            full_since,
            by_activation,
            by_token,
        ],
    );
}

pub(super) fn update_session(statements: &mut Statements, record: &SessionRecord) {
    let (full_since, by_activation, by_token) = factor_to_sql(&record.factor);
    statements.one(
        "UPDATE sessions SET version = version + 1, last_seen = ?3, full_since = ?4,
            by_activation = ?5, by_token = ?6
         WHERE id = ?1 AND version = ?2",
        params![
            record.id.as_bytes(),
            to_sql(record.version),
            to_sql(record.last_seen.0),
            full_since,
            by_activation,
            by_token,
        ],
    );
}

pub(super) fn expect_session(statements: &mut Statements, id: SessionId, version: u64) {
    statements.one(
        "SELECT 1 FROM sessions WHERE id = ?1 AND version = ?2",
        params![id.as_bytes(), to_sql(version)],
    );
}

pub(super) fn touch_session(statements: &mut Statements, id: SessionId, seen: UnixTime) {
    statements.any(
        "UPDATE sessions SET last_seen = CASE WHEN last_seen < ?2 THEN ?2 ELSE last_seen END WHERE id = ?1",
        params![id.as_bytes(), to_sql(seen.0)],
    );
}

pub(super) fn delete_session(statements: &mut Statements, id: SessionId) {
    statements.any("DELETE FROM sessions WHERE id = ?1", params![id.as_bytes()]);
}

pub(super) fn forget_sessions(statements: &mut Statements, npi: Npi, before: UnixTime) {
    statements.any(
        "DELETE FROM sessions WHERE npi = ?1 AND signed_in < ?2",
        params![to_sql(npi.number()), to_sql(before.0)],
    );
}

pub(super) fn forget_sessions_by(
    statements: &mut Statements,
    npi: Npi,
    serial: &SerialNumber,
    except: Option<SessionId>,
) {
    statements.any(
        "DELETE FROM sessions WHERE npi = ?1 AND by_token = ?2 AND (?3 IS NULL OR id <> ?3)",
        params![to_sql(npi.number()), serial.as_str(), except.as_ref().map(SessionId::as_bytes)],
    );
}

pub(in super::super) fn association(npi: Npi, key: &IdempotencyKey) -> Query<SerialNumber> {
    query(
        "SELECT serial FROM associations WHERE npi = ?1 AND key = ?2",
        params![to_sql(npi.number()), key.as_str()],
        |row| parsed(row, "serial"),
    )
}

pub(super) fn insert_association(
    statements: &mut Statements,
    npi: Npi,
    key: &IdempotencyKey,
    serial: &SerialNumber,
    at: UnixTime,
) {
    statements.one(
        "INSERT INTO associations (npi, key, serial, at) VALUES (?1, ?2, ?3, ?4)",
        params![to_sql(npi.number()), key.as_str(), serial.as_str(), to_sql(at.0)],
    );
}
