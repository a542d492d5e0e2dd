-- What opens a prescriber's access: entered by one administrator, executed by another.

CREATE TABLE access_changes (
    id              TEXT PRIMARY KEY NOT NULL,
    version         INTEGER NOT NULL,
    npi             INTEGER NOT NULL,
    kind            TEXT NOT NULL,
    state           TEXT NOT NULL,
    entered_by      TEXT NOT NULL,
    entered         INTEGER NOT NULL,
    decided_by      TEXT,
    decided         INTEGER,
    reason          TEXT,
    name            TEXT,
    mail            TEXT,
    proofing        TEXT,
    passphrase_hash TEXT,
    valid_for       INTEGER,
    pin_length      INTEGER,
    sealed_shown    BLOB
) STRICT, WITHOUT ROWID;

-- Of each kind, an account has at most one that waits.
CREATE UNIQUE INDEX pending_access ON access_changes (npi, kind) WHERE state = 'pending';

CREATE INDEX access_changes_by_time ON access_changes (entered);
