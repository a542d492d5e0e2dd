-- Telling the e-prescribing network of a token: since when, how often, and when the next attempt is
-- due or it ended.

ALTER TABLE tokens ADD COLUMN sync TEXT NOT NULL DEFAULT 'not-needed';
ALTER TABLE tokens ADD COLUMN sync_begun INTEGER;
ALTER TABLE tokens ADD COLUMN sync_attempts INTEGER NOT NULL DEFAULT 0;
ALTER TABLE tokens ADD COLUMN sync_at INTEGER;

CREATE INDEX tokens_to_sync ON tokens (sync_at) WHERE sync = 'pending';
