-- What a relying party enters of a prescriber's access, and what else of an account is entered.
ALTER TABLE access_changes ADD COLUMN entered_as TEXT COLLATE "C" NOT NULL DEFAULT 'administrator';
ALTER TABLE access_changes ADD COLUMN own_id TEXT COLLATE "C";
ALTER TABLE access_changes ADD COLUMN address TEXT COLLATE "C";
