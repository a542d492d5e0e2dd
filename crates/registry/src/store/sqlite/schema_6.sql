-- Administrators, who sign in on the dashboard with a passphrase and a code, and their sessions.

CREATE TABLE administrators (
    key              TEXT PRIMARY KEY NOT NULL,
    version          INTEGER NOT NULL,
    name             TEXT NOT NULL,
    roles            TEXT NOT NULL,
    passphrase_hash  TEXT NOT NULL,
    sealed_seed      BLOB NOT NULL,
    added            INTEGER NOT NULL,
    removed          INTEGER,
    sign_in_failures INTEGER NOT NULL,
    sign_in_pause    INTEGER,
    drift_resync     INTEGER NOT NULL,
    drift_learnt     INTEGER NOT NULL,
    last_accepted    INTEGER,
    last_used        INTEGER,
    code_failures    INTEGER NOT NULL,
    code_lock        INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE administrator_sessions (
    id            BLOB PRIMARY KEY NOT NULL,
    version       INTEGER NOT NULL,
    administrator TEXT NOT NULL REFERENCES administrators (key),
    signed_in     INTEGER NOT NULL,
    last_seen     INTEGER NOT NULL,
    full_since    INTEGER
) STRICT, WITHOUT ROWID;

CREATE INDEX administrator_sessions_by_name ON administrator_sessions (administrator, signed_in);
