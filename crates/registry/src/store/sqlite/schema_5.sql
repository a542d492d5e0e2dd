-- Codes that were a token's, but of another time or counter, since its last good one.

ALTER TABLE tokens ADD COLUMN near_misses INTEGER NOT NULL DEFAULT 0;
