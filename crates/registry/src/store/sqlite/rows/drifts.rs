//! Samples of drift.

use oath::SerialNumber;
use rusqlite::{Connection, Row, named_params};

use super::{change_any, count, instant, list, maybe_count, parsed, to_sql};
use crate::{
    drift::{DriftSample, KEPT, Observed},
    store::StoreError,
};

const DAY: u64 = 24 * 60 * 60;

pub(in super::super) fn drift_samples(
    database: &Connection,
    serial: &SerialNumber,
) -> rusqlite::Result<Vec<DriftSample>> {
    list(
        database,
        "SELECT * FROM drift_samples WHERE serial = ?1 ORDER BY day",
        &[&serial.as_str()],
        read,
    )
}

fn read(row: &Row<'_>) -> rusqlite::Result<DriftSample> {
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
pub(super) fn note(database: &Connection, sample: &DriftSample) -> Result<(), StoreError> {
    let (steps, skipped) = match sample.observed {
        Observed::Steps(steps) => (Some(steps), None),
        Observed::Skipped(skipped) => (None, Some(to_sql(skipped))),
    };
    change_any(
        database,
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
    )?;
    change_any(
        database,
        "DELETE FROM drift_samples WHERE serial = ?1 AND day <=
            (SELECT day FROM drift_samples WHERE serial = ?1 ORDER BY day DESC LIMIT 1 OFFSET ?2)",
        (sample.serial.as_str(), KEPT),
    )?;
    Ok(())
}
