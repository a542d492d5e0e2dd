-- Relying parties: their API keys, what they were answered, and what they have signed. A link of the
-- audit covers a reference only where there is one, so that the links of earlier events stay as they are.

ALTER TABLE events ADD COLUMN reference TEXT;

CREATE TABLE api_keys (
    id        TEXT PRIMARY KEY NOT NULL,
    version   INTEGER NOT NULL,
    party     TEXT NOT NULL,
    scopes    TEXT NOT NULL,
    digest    BLOB NOT NULL,
    made      INTEGER NOT NULL,
    ends      INTEGER,
    last_used INTEGER
) STRICT, WITHOUT ROWID;

CREATE TABLE kept_answers (
    party  TEXT NOT NULL,
    key    TEXT NOT NULL,
    tag    BLOB NOT NULL,
    status INTEGER NOT NULL,
    body   TEXT NOT NULL,
    at     INTEGER NOT NULL,
    PRIMARY KEY (party, key)
) STRICT, WITHOUT ROWID;

CREATE INDEX kept_answers_by_time ON kept_answers (at);

-- Wrong codes in a row that named no token.
CREATE TABLE code_misses (
    npi          INTEGER PRIMARY KEY NOT NULL REFERENCES accounts (npi),
    version      INTEGER NOT NULL,
    failures     INTEGER NOT NULL,
    paused_until INTEGER
) STRICT;
