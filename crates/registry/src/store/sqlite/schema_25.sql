-- What a relying party enters of a prescriber's access, and what else of an account is entered.
ALTER TABLE access_changes ADD COLUMN entered_as TEXT NOT NULL DEFAULT 'administrator';
ALTER TABLE access_changes ADD COLUMN own_id TEXT;
ALTER TABLE access_changes ADD COLUMN address TEXT;
