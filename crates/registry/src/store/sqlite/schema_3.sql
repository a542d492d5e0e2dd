-- The audit's chain: a link for each event, and signed checkpoints over them.

CREATE TABLE audit_links (
    event INTEGER PRIMARY KEY NOT NULL,
    link  BLOB NOT NULL
) STRICT;

CREATE TABLE audit_checkpoints (
    number     INTEGER PRIMARY KEY NOT NULL,
    at         INTEGER NOT NULL,
    last_event INTEGER NOT NULL,
    link       BLOB NOT NULL,
    before     BLOB NOT NULL,
    next_key   BLOB NOT NULL,
    key        BLOB NOT NULL,
    signature  BLOB NOT NULL
) STRICT;

CREATE INDEX events_by_time ON events (at);
