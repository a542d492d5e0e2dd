-- How far a token's clock was off, or how many codes of its counter were not used: one row a day.

CREATE TABLE drift_samples (
    serial   TEXT NOT NULL,
    day      INTEGER NOT NULL,
    at       INTEGER NOT NULL,
    steps    INTEGER,
    skipped  INTEGER,
    accepted INTEGER NOT NULL,
    PRIMARY KEY (serial, day)
) STRICT, WITHOUT ROWID;
