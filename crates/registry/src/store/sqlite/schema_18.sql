-- Whether an account has a lost token is asked at each look at its tokens, and such events are few.

CREATE INDEX events_of_suspending ON events (account, id) WHERE kind = 'token-suspended';
CREATE INDEX events_of_finding ON events (account, id) WHERE kind = 'token-found';
CREATE INDEX events_of_deactivating ON events (account, id) WHERE kind = 'token-deactivated';
