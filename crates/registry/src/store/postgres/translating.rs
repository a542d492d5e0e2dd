//! Statements with SQLite's parameters, as PostgreSQL writes them, and values as it takes them.

use core::fmt::Write as _;

use tokio_postgres::types::{IsNull, ToSql, Type, private::BytesMut, to_sql_checked};

use crate::store::sql::{Value, Values};

/// `?1` and `:name` as `$1` and the place of the name among the values.
pub(super) fn translated(sql: &str, values: &Values) -> String {
    let mut translated = String::with_capacity(sql.len());
    let mut rest = sql;
    while let Some(at) = rest.find(['?', ':']) {
        let (before, parameter) = rest.split_at(at);
        let end = parameter[1..]
            .find(|c: char| !c.is_ascii_alphanumeric() && c != '_')
            .map_or(parameter.len(), |end| end + 1);
        let (parameter, after) = parameter.split_at(end);
        translated.push_str(before);
        match place(parameter, values) {
            // Writing to a string does not fail.
            Some(place) => _ = write!(translated, "${place}"),
            None => translated.push_str(parameter),
        }
        rest = after;
    }
    translated + rest
}

fn place(parameter: &str, values: &Values) -> Option<usize> {
    match values {
        Values::Numbered(_) => parameter.strip_prefix('?')?.parse().ok(),
        Values::Named(values) => {
            values.iter().position(|(name, _)| *name == parameter).map(|place| place + 1)
        }
    }
}

/// The values in their places.
pub(super) fn placed(values: &Values) -> Vec<&Value> {
    match values {
        Values::Numbered(values) => values.iter().collect(),
        Values::Named(values) => values.iter().map(|(_, value)| value).collect(),
    }
}

/// The type of column that a value is for.
pub(super) fn type_of(value: &Value) -> Type {
    match value {
        Value::Integer(_) => Type::INT8,
        Value::Text(_) => Type::TEXT,
        Value::Bytes(_) => Type::BYTEA,
    }
}

/// The type of an array of such values.
pub(super) fn array_of(value: &Value) -> Type {
    match value {
        Value::Integer(_) => Type::INT8_ARRAY,
        Value::Text(_) => Type::TEXT_ARRAY,
        Value::Bytes(_) => Type::BYTEA_ARRAY,
    }
}

impl ToSql for Value {
    fn to_sql(
        &self,
        ty: &Type,
        out: &mut BytesMut,
    ) -> Result<IsNull, Box<dyn core::error::Error + Sync + Send>> {
        match self {
            Self::Integer(number) => number.to_sql(ty, out),
            // Text has no NUL here; what is stored has none either, so it is like nothing stored.
            Self::Text(Some(text)) if text.contains('\0') => {
                text.replace('\0', "\u{fffd}").to_sql(ty, out)
            }
            Self::Text(text) => text.to_sql(ty, out),
            Self::Bytes(bytes) => bytes.to_sql(ty, out),
        }
    }

    fn accepts(ty: &Type) -> bool {
        [Type::INT8, Type::TEXT, Type::BYTEA].contains(ty)
    }

    to_sql_checked!();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbered_and_named_parameters_find_their_places() {
        let none = || Value::Integer(None);
        let numbered = Values::Numbered(vec![none(), none()]);
        let sql = "SELECT ?2 || x FROM t WHERE a = ?1 AND b LIKE ?2 ESCAPE '\\'";
        let expected = "SELECT $2 || x FROM t WHERE a = $1 AND b LIKE $2 ESCAPE '\\'";
        assert_eq!(translated(sql, &numbered), expected);

        let named = Values::Named(vec![(":mail", none()), (":mail_due", none())]);
        let sql = "UPDATE t SET mail = :mail, due = :mail_due WHERE mail = :mail";
        let expected = "UPDATE t SET mail = $1, due = $2 WHERE mail = $1";
        assert_eq!(translated(sql, &named), expected);
    }
}
