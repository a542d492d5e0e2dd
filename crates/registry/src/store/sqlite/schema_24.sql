-- Mails that tell prescribers what was done, and how far the audit was read for them.

CREATE TABLE cursors (
    name    TEXT PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    -- The last event that was looked at.
    event   INTEGER NOT NULL
) STRICT, WITHOUT ROWID;

-- Those that are not sent yet, or were given up not long ago.
CREATE TABLE notices (
    event    INTEGER PRIMARY KEY NOT NULL,
    version  INTEGER NOT NULL,
    attempts INTEGER NOT NULL,
    due      INTEGER NOT NULL,
    problem  TEXT,
    given_up INTEGER
) STRICT;

CREATE INDEX notices_due ON notices (due, event) WHERE given_up IS NULL;
