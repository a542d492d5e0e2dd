-- What is told of a loss after it was reported: by the event that reported it.

CREATE TABLE losses (
    event    INTEGER PRIMARY KEY NOT NULL,
    version  INTEGER NOT NULL,
    last_had INTEGER,
    -- What the owner says of accepted codes, by their events: "12 mine, 15 not-mine".
    marks    TEXT NOT NULL,
    told     INTEGER
) STRICT;
