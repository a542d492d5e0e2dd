-- Imports of stock: who brought which file, and what was found in it. Its tokens count for nothing
-- until the import is taken; then they are copied into `tokens`.

CREATE TABLE stock_imports (
    id      BLOB PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    state   TEXT NOT NULL,
    by_name TEXT NOT NULL,
    file    TEXT NOT NULL,
    begun   INTEGER NOT NULL,
    ended   INTEGER,
    fresh   INTEGER NOT NULL,
    twice   INTEGER NOT NULL,
    there   INTEGER NOT NULL,
    other   INTEGER NOT NULL,
    damaged INTEGER NOT NULL,
    skipped INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX stock_imports_by_time ON stock_imports (begun);

CREATE TABLE stock_tokens (
    import        BLOB NOT NULL REFERENCES stock_imports (id),
    serial        TEXT NOT NULL,
    line          INTEGER NOT NULL,
    name          TEXT NOT NULL,
    manufacturer  TEXT NOT NULL,
    token_type    TEXT NOT NULL,
    otp           TEXT NOT NULL,
    algorithm     TEXT NOT NULL,
    digits        INTEGER NOT NULL,
    period        INTEGER NOT NULL,
    drift_resync  INTEGER NOT NULL,
    last_accepted INTEGER,
    sealed_seed   BLOB NOT NULL,
    PRIMARY KEY (import, serial)
) STRICT, WITHOUT ROWID;

-- The rows that are not new, as many as are kept.
CREATE TABLE stock_findings (
    import BLOB NOT NULL REFERENCES stock_imports (id),
    place  INTEGER NOT NULL,
    line   INTEGER NOT NULL,
    serial TEXT,
    what   TEXT NOT NULL,
    cause  TEXT,
    PRIMARY KEY (import, place)
) STRICT, WITHOUT ROWID;
