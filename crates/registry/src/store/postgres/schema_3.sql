-- Webhooks, and what each has had of the audit.

CREATE TABLE webhooks (
    id            TEXT COLLATE "C" PRIMARY KEY,
    version       BIGINT NOT NULL,
    party         TEXT COLLATE "C" NOT NULL,
    url           TEXT COLLATE "C" NOT NULL,
    -- What it is told of; everything where this is empty.
    kinds         TEXT COLLATE "C" NOT NULL,
    sealed_secret BYTEA NOT NULL,
    -- The secret before, which signs too until then.
    sealed_former BYTEA,
    former_until  BIGINT,
    made          BIGINT NOT NULL,
    -- The last event that was delivered or is not for it.
    event         BIGINT NOT NULL,
    attempts      BIGINT NOT NULL,
    due           BIGINT NOT NULL,
    trouble_since BIGINT,
    failing       BIGINT NOT NULL,
    trouble       TEXT COLLATE "C",
    delivered     BIGINT
);
