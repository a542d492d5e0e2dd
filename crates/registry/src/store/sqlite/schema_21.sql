-- What the operator calls an account besides its NPI; and requests in the order in which they were made,
-- in whatever state.
ALTER TABLE accounts ADD COLUMN own_id TEXT;

CREATE UNIQUE INDEX accounts_by_own_id ON accounts (own_id) WHERE own_id IS NOT NULL;

CREATE INDEX requests_by_time ON requests (requested, id);
