-- Requests for tokens, and the address that a prescriber's hard tokens are shipped to.

ALTER TABLE accounts ADD COLUMN address TEXT;

CREATE TABLE requests (
    id            TEXT PRIMARY KEY NOT NULL,
    version       INTEGER NOT NULL,
    npi           INTEGER NOT NULL REFERENCES accounts (npi),
    key           TEXT NOT NULL,
    token_type    TEXT NOT NULL,
    state         TEXT NOT NULL,
    mail          TEXT NOT NULL,
    address       TEXT,
    replaces      TEXT REFERENCES tokens (serial),
    reason        TEXT,
    requested     INTEGER NOT NULL,
    edited        INTEGER,
    processed     INTEGER,
    shipped       INTEGER,
    activated     INTEGER,
    cancelled     INTEGER,
    carrier       TEXT,
    tracking      TEXT,
    serial        TEXT,
    activation    BLOB REFERENCES activations (id),
    sealed_link   BLOB,
    link_expires  INTEGER,
    links         INTEGER NOT NULL,
    mail_due      INTEGER,
    mail_attempts INTEGER NOT NULL,
    mail_sent     INTEGER,
    mail_problem  TEXT,
    -- One submit makes at most one request for a token of each type.
    UNIQUE (npi, key, token_type)
) STRICT, WITHOUT ROWID;

CREATE INDEX requests_by_account ON requests (npi, requested);
CREATE INDEX requests_by_state ON requests (state, requested, id);
CREATE INDEX requests_to_mail ON requests (mail_due) WHERE mail_due IS NOT NULL;

-- A hard token is on its way to one prescriber.
CREATE UNIQUE INDEX requests_shipping ON requests (serial) WHERE state = 'shipped';
