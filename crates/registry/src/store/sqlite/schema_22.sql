-- Webhooks, and what each has had of the audit.

CREATE TABLE webhooks (
    id            TEXT PRIMARY KEY NOT NULL,
    version       INTEGER NOT NULL,
    party         TEXT NOT NULL,
    url           TEXT NOT NULL,
    -- What it is told of; everything where this is empty.
    kinds         TEXT NOT NULL,
    sealed_secret BLOB NOT NULL,
    -- The secret before, which signs too until then.
    sealed_former BLOB,
    former_until  INTEGER,
    made          INTEGER NOT NULL,
    -- The last event that was delivered or is not for it.
    event         INTEGER NOT NULL,
    attempts      INTEGER NOT NULL,
    due           INTEGER NOT NULL,
    trouble_since INTEGER,
    failing       INTEGER NOT NULL,
    trouble       TEXT,
    delivered     INTEGER
) STRICT, WITHOUT ROWID;

-- What is told to others is found without walking past the judged codes.
CREATE INDEX events_but_codes ON events (id) WHERE kind <> 'code-judged';
