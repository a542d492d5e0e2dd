//! Samples of drift.

use oath::SerialNumber;

use super::{
    Query, Row, Statements, count, instant, maybe_count, named_params, params, parsed, query,
    to_sql,
};
use crate::{
    drift::{DriftSample, KEPT, Observed},
    store::StoreError,
};

const DAY: u64 = 24 * 60 * 60;

pub(in super::super) fn drift_samples(serial: &SerialNumber) -> Query<DriftSample> {
    query(
        "SELECT * FROM drift_samples WHERE serial = ?1 ORDER BY day",
        params![serial.as_str()],
        read,
    )
}

fn read(row: &Row<'_>) -> Result<DriftSample, StoreError> {
    let observed = match maybe_count(row, "skipped")? {
        Some(skipped) => Observed::Skipped(skipped),
        None => Observed::Steps(row.get("steps")?),
    };
    Ok(DriftSample {
        serial: parsed(row, "serial")?,
        at: instant(row, "at")?,
        observed,
        accepted: count(row, "accepted")?,
    })
}

/// Keeps a sample as its day's, and forgets the days before the last that are kept.
pub(super) fn note(statements: &mut Statements, sample: &DriftSample) {
    let (steps, skipped) = match sample.observed {
        Observed::Steps(steps) => (Some(steps), None),
        Observed::Skipped(skipped) => (None, Some(to_sql(skipped))),
    };
    statements.sure(
        "INSERT INTO drift_samples (serial, day, at, steps, skipped, accepted)
         VALUES (:serial, :day, :at, :steps, :skipped, :accepted)
         ON CONFLICT (serial, day) DO UPDATE SET at = excluded.at, steps = excluded.steps,
            skipped = excluded.skipped + coalesce(drift_samples.skipped, 0), accepted = excluded.accepted",
        named_params! {
            ":serial": sample.serial.as_str(),
            ":day": to_sql(sample.at.0 / DAY),
            ":at": to_sql(sample.at.0),
            ":steps": steps,
            ":skipped": skipped,
            ":accepted": to_sql(sample.accepted),
        },
    );
    statements.sure(
        "DELETE FROM drift_samples WHERE serial = ?1 AND day <=
            (SELECT day FROM drift_samples WHERE serial = ?1 ORDER BY day DESC LIMIT 1 OFFSET ?2)",
        params![sample.serial.as_str(), KEPT],
    );
}
