-- Ending a prescriber's access, and the link and code for a new passphrase.

ALTER TABLE accounts ADD COLUMN access_ended INTEGER;
-- Why access is ended, or how it was made sure who asks for a new passphrase.
ALTER TABLE access_changes ADD COLUMN about TEXT;
ALTER TABLE access_changes ADD COLUMN phone TEXT;

CREATE TABLE passphrase_resets (
    -- The hash of the link's secret.
    id      BLOB PRIMARY KEY NOT NULL,
    version INTEGER NOT NULL,
    npi     INTEGER NOT NULL REFERENCES accounts (npi),
    state   TEXT NOT NULL,
    seen_by TEXT NOT NULL,
    -- The keyed hash of the code.
    tag     BLOB NOT NULL,
    made    INTEGER NOT NULL,
    wrong   INTEGER NOT NULL,
    used    INTEGER,
    submit  TEXT
) STRICT, WITHOUT ROWID;

-- An account has at most one that is open.
CREATE UNIQUE INDEX open_passphrase_resets ON passphrase_resets (npi) WHERE state = 'open';

CREATE INDEX passphrase_resets_by_account ON passphrase_resets (npi, made);
