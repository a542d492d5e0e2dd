-- The app of one token can report another lost; each report acts once.

ALTER TABLE events ADD COLUMN actor_token TEXT;

CREATE TABLE reports (
    reporter TEXT NOT NULL REFERENCES tokens (serial),
    id       BLOB NOT NULL,
    lost     TEXT NOT NULL REFERENCES tokens (serial),
    at       INTEGER NOT NULL,
    PRIMARY KEY (reporter, id)
) STRICT, WITHOUT ROWID;
