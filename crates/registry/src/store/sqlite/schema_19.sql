-- Whether a token is on another device than the browser in which it was added, and a keyed hash of the
-- address that it came from.

ALTER TABLE tokens ADD COLUMN devices TEXT NOT NULL DEFAULT 'unknown';
ALTER TABLE tokens ADD COLUMN provisioned_from BLOB;
