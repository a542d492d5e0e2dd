-- Mails that tell prescribers what was done, and how far the audit was read for them.

CREATE TABLE cursors (
    name    TEXT COLLATE "C" PRIMARY KEY,
    version BIGINT NOT NULL,
    -- The last event that was looked at.
    event   BIGINT NOT NULL
);

-- Those that are not sent yet, or were given up not long ago.
CREATE TABLE notices (
    event    BIGINT PRIMARY KEY,
    version  BIGINT NOT NULL,
    attempts BIGINT NOT NULL,
    due      BIGINT NOT NULL,
    problem  TEXT COLLATE "C",
    given_up BIGINT
);

CREATE INDEX notices_due ON notices (due, event) WHERE given_up IS NULL;
