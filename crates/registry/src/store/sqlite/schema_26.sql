-- Which tokens were reported lost of late is asked of all accounts at once, and such events are few.

CREATE INDEX events_of_losing ON events (at) WHERE kind IN ('token-suspended', 'token-deactivated');
