-- A code by phone for each session, so that one in another session does not end it; how many were sent
-- is counted for the account.

CREATE TABLE step_up_sends (
    npi     INTEGER PRIMARY KEY REFERENCES accounts (npi),
    version INTEGER NOT NULL,
    sends   INTEGER NOT NULL,
    since   INTEGER NOT NULL
) STRICT;

INSERT INTO step_up_sends (npi, version, sends, since)
SELECT npi, 1, sends, sends_since FROM step_ups;

CREATE TABLE session_step_ups (
    npi       INTEGER NOT NULL REFERENCES accounts (npi),
    -- The session that it was sent for.
    session   BLOB NOT NULL,
    version   INTEGER NOT NULL,
    channel   TEXT NOT NULL,
    -- The keyed hash of the code.
    tag       BLOB NOT NULL,
    sent      INTEGER NOT NULL,
    wrong     INTEGER NOT NULL,
    confirmed INTEGER,
    PRIMARY KEY (npi, session)
) STRICT;

INSERT INTO session_step_ups (npi, session, version, channel, tag, sent, wrong, confirmed)
SELECT npi, session, version, channel, tag, sent, wrong, confirmed FROM step_ups;

DROP TABLE step_ups;
ALTER TABLE session_step_ups RENAME TO step_ups;
