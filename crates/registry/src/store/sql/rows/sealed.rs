//! Sealed values, wherever they are, to be sealed under another master key.

use super::{Query, Row, Statements, params, query};
use crate::{
    sealed::{SealedIn, SealedKey, SealedValue},
    store::StoreError,
};

/// The values after one, in the order of their keys, at most `limit`.
pub(in super::super) fn sealed_after(
    place: SealedIn,
    after: Option<&SealedKey>,
    limit: u32,
) -> Query<SealedValue> {
    match place {
        // Values of one serial number in two imports have the same key: a page may not end between them.
        SealedIn::Staged => texts(
            "SELECT serial AS key, sealed_seed AS sealed FROM stock_tokens WHERE serial IN
                (SELECT DISTINCT serial FROM stock_tokens WHERE serial > ?1 ORDER BY serial LIMIT ?2)
             ORDER BY serial",
            after,
            limit,
        ),
        SealedIn::Tokens => texts(
            "SELECT serial AS key, sealed_seed AS sealed FROM tokens WHERE serial > ?1
             ORDER BY serial LIMIT ?2",
            after,
            limit,
        ),
        SealedIn::Activations => query(
            "SELECT id AS key, sealed_secret AS sealed FROM activations WHERE id > ?1
             ORDER BY id LIMIT ?2",
            params![after.map_or(&[][..], SealedKey::as_bytes), limit],
            |row| read(row, SealedKey::Bytes(row.get("key")?)),
        ),
        SealedIn::Requests => texts(
            "SELECT id AS key, sealed_link AS sealed FROM requests WHERE sealed_link IS NOT NULL AND id > ?1
             ORDER BY id LIMIT ?2",
            after,
            limit,
        ),
        SealedIn::Administrators => texts(
            "SELECT key, sealed_seed AS sealed FROM administrators WHERE key > ?1
             ORDER BY key LIMIT ?2",
            after,
            limit,
        ),
        SealedIn::Webhooks => texts(
            "SELECT id AS key, sealed_secret AS sealed FROM webhooks WHERE id > ?1
             ORDER BY id LIMIT ?2",
            after,
            limit,
        ),
        SealedIn::FormerWebhooks => texts(
            "SELECT id AS key, sealed_former AS sealed FROM webhooks
             WHERE sealed_former IS NOT NULL AND id > ?1 ORDER BY id LIMIT ?2",
            after,
            limit,
        ),
        SealedIn::Secrets => texts(
            "SELECT name AS key, sealed FROM secrets WHERE name > ?1 ORDER BY name LIMIT ?2",
            after,
            limit,
        ),
    }
}

fn texts(sql: &'static str, after: Option<&SealedKey>, limit: u32) -> Query<SealedValue> {
    let after = match after {
        Some(SealedKey::Text(text)) => text.as_str(),
        _ => "",
    };
    query(sql, params![after, limit], |row| read(row, SealedKey::Text(row.get("key")?)))
}

fn read(row: &Row<'_>, key: SealedKey) -> Result<SealedValue, StoreError> {
    Ok(SealedValue { key, sealed: row.get("sealed")? })
}

/// Puts another value in the place of one that is still there. Where a record is written whole, its version goes
/// on, so that nobody writes the former value back.
pub(super) fn reseal(
    statements: &mut Statements,
    place: SealedIn,
    former: &SealedValue,
    sealed: &[u8],
) {
    let sql = match place {
        SealedIn::Staged => {
            "UPDATE stock_tokens SET sealed_seed = ?3 WHERE serial = ?1 AND sealed_seed = ?2"
        }
        SealedIn::Tokens => {
            "UPDATE tokens SET sealed_seed = ?3 WHERE serial = ?1 AND sealed_seed = ?2"
        }
        SealedIn::Activations => {
            "UPDATE activations SET sealed_secret = ?3, version = version + 1 WHERE id = ?1 AND sealed_secret = ?2"
        }
        SealedIn::Requests => {
            "UPDATE requests SET sealed_link = ?3, version = version + 1 WHERE id = ?1 AND sealed_link = ?2"
        }
        SealedIn::Administrators => {
            "UPDATE administrators SET sealed_seed = ?3, version = version + 1 WHERE key = ?1 AND sealed_seed = ?2"
        }
        SealedIn::Webhooks => {
            "UPDATE webhooks SET sealed_secret = ?3, version = version + 1 WHERE id = ?1 AND sealed_secret = ?2"
        }
        SealedIn::FormerWebhooks => {
            "UPDATE webhooks SET sealed_former = ?3, version = version + 1 WHERE id = ?1 AND sealed_former = ?2"
        }
        SealedIn::Secrets => "UPDATE secrets SET sealed = ?3 WHERE name = ?1 AND sealed = ?2",
    };
    let values = match &former.key {
        SealedKey::Text(text) => params![text.as_str(), former.sealed, sealed],
        SealedKey::Bytes(bytes) => params![bytes.as_slice(), former.sealed, sealed],
    };
    statements.any(sql, values);
}
