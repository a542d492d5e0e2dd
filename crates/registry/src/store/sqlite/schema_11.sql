-- Step-up by phone: where a code is sent before a token is added, and the last one that was.

ALTER TABLE accounts ADD COLUMN phone TEXT;

CREATE TABLE step_ups (
    npi         INTEGER PRIMARY KEY REFERENCES accounts (npi),
    version     INTEGER NOT NULL,
    -- The session that it was sent for.
    session     BLOB NOT NULL,
    channel     TEXT NOT NULL,
    -- The keyed hash of the code.
    tag         BLOB NOT NULL,
    sent        INTEGER NOT NULL,
    sends       INTEGER NOT NULL,
    sends_since INTEGER NOT NULL,
    wrong       INTEGER NOT NULL,
    confirmed   INTEGER
) STRICT;
