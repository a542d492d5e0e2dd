-- Instants are seconds since 1970; 9223372036854775807 as the end of a lock is "until unlocked".

CREATE TABLE secrets (
    name   TEXT PRIMARY KEY NOT NULL,
    sealed BLOB NOT NULL,
    made   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

CREATE TABLE accounts (
    npi              INTEGER PRIMARY KEY NOT NULL,
    version          INTEGER NOT NULL,
    name             TEXT NOT NULL,
    mail             TEXT NOT NULL,
    proofing         TEXT NOT NULL,
    passphrase_hash  TEXT NOT NULL,
    opened           INTEGER NOT NULL,
    sign_in_failures INTEGER NOT NULL,
    sign_in_pause    INTEGER
) STRICT;

CREATE TABLE activations (
    id                   BLOB PRIMARY KEY NOT NULL,
    version              INTEGER NOT NULL,
    npi                  INTEGER NOT NULL REFERENCES accounts (npi),
    state                TEXT NOT NULL,
    serial               TEXT,
    sealed_secret        BLOB NOT NULL,
    confirmation_tag     BLOB NOT NULL,
    confirmation_expires INTEGER NOT NULL,
    wrong_confirmations  INTEGER NOT NULL,
    begun                INTEGER NOT NULL,
    expires              INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- An account has at most one open activation.
CREATE UNIQUE INDEX open_activations ON activations (npi)
    WHERE state IN ('begun', 'provisioned');

CREATE TABLE tokens (
    serial            TEXT PRIMARY KEY NOT NULL,
    version           INTEGER NOT NULL,
    state             TEXT NOT NULL,
    owner             INTEGER REFERENCES accounts (npi),
    activation        BLOB REFERENCES activations (id),
    name              TEXT NOT NULL,
    manufacturer      TEXT NOT NULL,
    issuer            TEXT,
    token_type        TEXT NOT NULL,
    device            TEXT NOT NULL,
    platform          TEXT NOT NULL,
    algorithm         TEXT NOT NULL,
    digits            INTEGER NOT NULL,
    period            INTEGER NOT NULL,
    drift_resync      INTEGER NOT NULL,
    drift_learnt      INTEGER NOT NULL,
    last_accepted     INTEGER,
    last_used         INTEGER,
    failures          INTEGER NOT NULL,
    locked_until      INTEGER,
    rehearsal_misses  INTEGER NOT NULL,
    rehearsing_since  INTEGER,
    provisioned       INTEGER NOT NULL,
    associated        INTEGER,
    sealed_seed       BLOB NOT NULL
) STRICT, WITHOUT ROWID;

CREATE INDEX tokens_by_owner ON tokens (owner, associated) WHERE owner IS NOT NULL;

CREATE TABLE sessions (
    id            BLOB PRIMARY KEY NOT NULL,
    version       INTEGER NOT NULL,
    npi           INTEGER NOT NULL REFERENCES accounts (npi),
    signed_in     INTEGER NOT NULL,
    last_seen     INTEGER NOT NULL,
    full_since    INTEGER,
    by_activation BLOB,
    by_token      TEXT
) STRICT, WITHOUT ROWID;

CREATE INDEX sessions_by_account ON sessions (npi, signed_in);

CREATE TABLE associations (
    npi    INTEGER NOT NULL REFERENCES accounts (npi),
    key    TEXT NOT NULL,
    serial TEXT NOT NULL REFERENCES tokens (serial),
    at     INTEGER NOT NULL,
    PRIMARY KEY (npi, key)
) STRICT, WITHOUT ROWID;

CREATE TABLE events (
    id         INTEGER PRIMARY KEY NOT NULL,
    at         INTEGER NOT NULL,
    actor      TEXT NOT NULL,
    actor_name TEXT,
    kind       TEXT NOT NULL,
    outcome    TEXT NOT NULL,
    account    INTEGER,
    serial     TEXT,
    purpose    TEXT,
    cause      TEXT
) STRICT;

CREATE INDEX events_by_account ON events (account, id) WHERE account IS NOT NULL;

CREATE TRIGGER events_do_not_change BEFORE UPDATE ON events
BEGIN SELECT raise(ABORT, 'an event does not change'); END;

CREATE TRIGGER events_are_kept BEFORE DELETE ON events
BEGIN SELECT raise(ABORT, 'an event is kept'); END;
