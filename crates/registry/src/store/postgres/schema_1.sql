-- What SQLite's steps 1 to 20 come to. Instants are seconds since 1970; 9223372036854775807 as the end
-- of a lock is "until unlocked". Text is ordered byte by byte, as SQLite does.

-- Set to the last event before each group of changes: no number is left out, whatever was rolled back.
CREATE SEQUENCE event_ids;

CREATE TABLE secrets (
    name   TEXT COLLATE "C" PRIMARY KEY,
    sealed BYTEA NOT NULL,
    made   BIGINT NOT NULL
);

CREATE TABLE accounts (
    npi              BIGINT PRIMARY KEY,
    version          BIGINT NOT NULL,
    name             TEXT COLLATE "C" NOT NULL,
    mail             TEXT COLLATE "C" NOT NULL,
    proofing         TEXT COLLATE "C" NOT NULL,
    passphrase_hash  TEXT COLLATE "C" NOT NULL,
    opened           BIGINT NOT NULL,
    sign_in_failures BIGINT NOT NULL,
    sign_in_pause    BIGINT,
    address          TEXT COLLATE "C",
    phone            TEXT COLLATE "C",
    access_ended     BIGINT
);

CREATE TABLE activations (
    id                   BYTEA PRIMARY KEY,
    version              BIGINT NOT NULL,
    npi                  BIGINT NOT NULL REFERENCES accounts (npi),
    state                TEXT COLLATE "C" NOT NULL,
    serial               TEXT COLLATE "C",
    sealed_secret        BYTEA NOT NULL,
    confirmation_tag     BYTEA NOT NULL,
    confirmation_expires BIGINT NOT NULL,
    wrong_confirmations  BIGINT NOT NULL,
    begun                BIGINT NOT NULL,
    expires              BIGINT NOT NULL,
    opens_access         BIGINT NOT NULL DEFAULT 0,
    pin_length           BIGINT NOT NULL DEFAULT 4,
    replaces             TEXT COLLATE "C"
);

CREATE UNIQUE INDEX open_activations ON activations (npi)
    WHERE state IN ('begun', 'provisioned');

-- Room in each page, so that a judged code changes no index.
CREATE TABLE tokens (
    serial           TEXT COLLATE "C" PRIMARY KEY,
    version          BIGINT NOT NULL,
    state            TEXT COLLATE "C" NOT NULL,
    owner            BIGINT REFERENCES accounts (npi),
    activation       BYTEA REFERENCES activations (id),
    name             TEXT COLLATE "C" NOT NULL,
    manufacturer     TEXT COLLATE "C" NOT NULL,
    issuer           TEXT COLLATE "C",
    token_type       TEXT COLLATE "C" NOT NULL,
    device           TEXT COLLATE "C" NOT NULL,
    platform         TEXT COLLATE "C" NOT NULL,
    algorithm        TEXT COLLATE "C" NOT NULL,
    digits           BIGINT NOT NULL,
    period           BIGINT NOT NULL,
    drift_resync     BIGINT NOT NULL,
    drift_learnt     BIGINT NOT NULL,
    last_accepted    BIGINT,
    last_used        BIGINT,
    failures         BIGINT NOT NULL,
    locked_until     BIGINT,
    rehearsal_misses BIGINT NOT NULL,
    rehearsing_since BIGINT,
    provisioned      BIGINT NOT NULL,
    associated       BIGINT,
    sealed_seed      BYTEA NOT NULL,
    otp              TEXT COLLATE "C" NOT NULL DEFAULT 'totp',
    near_misses      BIGINT NOT NULL DEFAULT 0,
    sync             TEXT COLLATE "C" NOT NULL DEFAULT 'not-needed',
    sync_begun       BIGINT,
    sync_attempts    BIGINT NOT NULL DEFAULT 0,
    sync_at          BIGINT,
    devices          TEXT COLLATE "C" NOT NULL DEFAULT 'unknown',
    provisioned_from BYTEA
) WITH (fillfactor = 80);

CREATE INDEX tokens_by_owner ON tokens (owner, associated) WHERE owner IS NOT NULL;

CREATE INDEX tokens_to_sync ON tokens (sync_at) WHERE sync = 'pending';

CREATE TABLE sessions (
    id            BYTEA PRIMARY KEY,
    version       BIGINT NOT NULL,
    npi           BIGINT NOT NULL REFERENCES accounts (npi),
    signed_in     BIGINT NOT NULL,
    last_seen     BIGINT NOT NULL,
    full_since    BIGINT,
    by_activation BYTEA,
    by_token      TEXT COLLATE "C"
);

CREATE INDEX sessions_by_account ON sessions (npi, signed_in);

CREATE TABLE associations (
    npi    BIGINT NOT NULL REFERENCES accounts (npi),
    key    TEXT COLLATE "C" NOT NULL,
    serial TEXT COLLATE "C" NOT NULL REFERENCES tokens (serial),
    at     BIGINT NOT NULL,
    PRIMARY KEY (npi, key)
);

CREATE TABLE events (
    id          BIGINT DEFAULT nextval('event_ids') PRIMARY KEY,
    at          BIGINT NOT NULL,
    actor       TEXT COLLATE "C" NOT NULL,
    actor_name  TEXT COLLATE "C",
    kind        TEXT COLLATE "C" NOT NULL,
    outcome     TEXT COLLATE "C" NOT NULL,
    account     BIGINT,
    serial      TEXT COLLATE "C",
    purpose     TEXT COLLATE "C",
    cause       TEXT COLLATE "C",
    actor_token TEXT COLLATE "C",
    reference   TEXT COLLATE "C"
);

CREATE INDEX events_by_account ON events (account, id) WHERE account IS NOT NULL;

CREATE INDEX events_by_time ON events (at);

CREATE INDEX events_of_suspending ON events (account, id) WHERE kind = 'token-suspended';

CREATE INDEX events_of_finding ON events (account, id) WHERE kind = 'token-found';

CREATE INDEX events_of_deactivating ON events (account, id) WHERE kind = 'token-deactivated';

CREATE TABLE reports (
    reporter TEXT COLLATE "C" NOT NULL REFERENCES tokens (serial),
    id       BYTEA NOT NULL,
    lost     TEXT COLLATE "C" NOT NULL REFERENCES tokens (serial),
    at       BIGINT NOT NULL,
    PRIMARY KEY (reporter, id)
);

CREATE TABLE audit_links (
    event BIGINT PRIMARY KEY,
    link  BYTEA NOT NULL
);

CREATE TABLE audit_checkpoints (
    number     BIGINT PRIMARY KEY,
    at         BIGINT NOT NULL,
    last_event BIGINT NOT NULL,
    link       BYTEA NOT NULL,
    before     BYTEA NOT NULL,
    next_key   BYTEA NOT NULL,
    key        BYTEA NOT NULL,
    signature  BYTEA NOT NULL
);

CREATE TABLE administrators (
    key              TEXT COLLATE "C" PRIMARY KEY,
    version          BIGINT NOT NULL,
    name             TEXT COLLATE "C" NOT NULL,
    roles            TEXT COLLATE "C" NOT NULL,
    passphrase_hash  TEXT COLLATE "C" NOT NULL,
    sealed_seed      BYTEA NOT NULL,
    added            BIGINT NOT NULL,
    removed          BIGINT,
    sign_in_failures BIGINT NOT NULL,
    sign_in_pause    BIGINT,
    drift_resync     BIGINT NOT NULL,
    drift_learnt     BIGINT NOT NULL,
    last_accepted    BIGINT,
    last_used        BIGINT,
    code_failures    BIGINT NOT NULL,
    code_lock        BIGINT
);

CREATE TABLE administrator_sessions (
    id            BYTEA PRIMARY KEY,
    version       BIGINT NOT NULL,
    administrator TEXT COLLATE "C" NOT NULL REFERENCES administrators (key),
    signed_in     BIGINT NOT NULL,
    last_seen     BIGINT NOT NULL,
    full_since    BIGINT
);

CREATE INDEX administrator_sessions_by_name ON administrator_sessions (administrator, signed_in);

CREATE TABLE requests (
    id            TEXT COLLATE "C" PRIMARY KEY,
    version       BIGINT NOT NULL,
    npi           BIGINT NOT NULL REFERENCES accounts (npi),
    key           TEXT COLLATE "C" NOT NULL,
    token_type    TEXT COLLATE "C" NOT NULL,
    state         TEXT COLLATE "C" NOT NULL,
    mail          TEXT COLLATE "C" NOT NULL,
    address       TEXT COLLATE "C",
    replaces      TEXT COLLATE "C" REFERENCES tokens (serial),
    reason        TEXT COLLATE "C",
    requested     BIGINT NOT NULL,
    edited        BIGINT,
    processed     BIGINT,
    shipped       BIGINT,
    activated     BIGINT,
    cancelled     BIGINT,
    carrier       TEXT COLLATE "C",
    tracking      TEXT COLLATE "C",
    serial        TEXT COLLATE "C",
    activation    BYTEA REFERENCES activations (id),
    sealed_link   BYTEA,
    link_expires  BIGINT,
    links         BIGINT NOT NULL,
    mail_due      BIGINT,
    mail_attempts BIGINT NOT NULL,
    mail_sent     BIGINT,
    mail_problem  TEXT COLLATE "C",
    UNIQUE (npi, key, token_type)
);

CREATE INDEX requests_by_account ON requests (npi, requested);

CREATE INDEX requests_by_state ON requests (state, requested, id);

CREATE INDEX requests_to_mail ON requests (mail_due) WHERE mail_due IS NOT NULL;

CREATE UNIQUE INDEX requests_shipping ON requests (serial) WHERE state = 'shipped';

CREATE TABLE stock_imports (
    id      BYTEA PRIMARY KEY,
    version BIGINT NOT NULL,
    state   TEXT COLLATE "C" NOT NULL,
    by_name TEXT COLLATE "C" NOT NULL,
    file    TEXT COLLATE "C" NOT NULL,
    begun   BIGINT NOT NULL,
    ended   BIGINT,
    fresh   BIGINT NOT NULL,
    twice   BIGINT NOT NULL,
    there   BIGINT NOT NULL,
    other   BIGINT NOT NULL,
    damaged BIGINT NOT NULL,
    skipped BIGINT NOT NULL
);

CREATE INDEX stock_imports_by_time ON stock_imports (begun);

CREATE TABLE stock_tokens (
    import        BYTEA NOT NULL REFERENCES stock_imports (id),
    serial        TEXT COLLATE "C" NOT NULL,
    line          BIGINT NOT NULL,
    name          TEXT COLLATE "C" NOT NULL,
    manufacturer  TEXT COLLATE "C" NOT NULL,
    token_type    TEXT COLLATE "C" NOT NULL,
    otp           TEXT COLLATE "C" NOT NULL,
    algorithm     TEXT COLLATE "C" NOT NULL,
    digits        BIGINT NOT NULL,
    period        BIGINT NOT NULL,
    drift_resync  BIGINT NOT NULL,
    last_accepted BIGINT,
    sealed_seed   BYTEA NOT NULL,
    PRIMARY KEY (import, serial)
);

CREATE TABLE stock_findings (
    import BYTEA NOT NULL REFERENCES stock_imports (id),
    place  BIGINT NOT NULL,
    line   BIGINT NOT NULL,
    serial TEXT COLLATE "C",
    what   TEXT COLLATE "C" NOT NULL,
    cause  TEXT COLLATE "C",
    PRIMARY KEY (import, place)
);

CREATE TABLE access_changes (
    id              TEXT COLLATE "C" PRIMARY KEY,
    version         BIGINT NOT NULL,
    npi             BIGINT NOT NULL,
    kind            TEXT COLLATE "C" NOT NULL,
    state           TEXT COLLATE "C" NOT NULL,
    entered_by      TEXT COLLATE "C" NOT NULL,
    entered         BIGINT NOT NULL,
    decided_by      TEXT COLLATE "C",
    decided         BIGINT,
    reason          TEXT COLLATE "C",
    name            TEXT COLLATE "C",
    mail            TEXT COLLATE "C",
    proofing        TEXT COLLATE "C",
    passphrase_hash TEXT COLLATE "C",
    valid_for       BIGINT,
    pin_length      BIGINT,
    sealed_shown    BYTEA,
    about           TEXT COLLATE "C",
    phone           TEXT COLLATE "C"
);

CREATE UNIQUE INDEX pending_access ON access_changes (npi, kind) WHERE state = 'pending';

CREATE INDEX access_changes_by_time ON access_changes (entered);

CREATE TABLE losses (
    event    BIGINT PRIMARY KEY,
    version  BIGINT NOT NULL,
    last_had BIGINT,
    marks    TEXT COLLATE "C" NOT NULL,
    told     BIGINT
);

CREATE TABLE step_up_sends (
    npi     BIGINT PRIMARY KEY REFERENCES accounts (npi),
    version BIGINT NOT NULL,
    sends   BIGINT NOT NULL,
    since   BIGINT NOT NULL
);

CREATE TABLE step_ups (
    npi       BIGINT NOT NULL REFERENCES accounts (npi),
    session   BYTEA NOT NULL,
    version   BIGINT NOT NULL,
    channel   TEXT COLLATE "C" NOT NULL,
    tag       BYTEA NOT NULL,
    sent      BIGINT NOT NULL,
    wrong     BIGINT NOT NULL,
    confirmed BIGINT,
    PRIMARY KEY (npi, session)
);

CREATE TABLE passphrase_resets (
    id      BYTEA PRIMARY KEY,
    version BIGINT NOT NULL,
    npi     BIGINT NOT NULL REFERENCES accounts (npi),
    state   TEXT COLLATE "C" NOT NULL,
    seen_by TEXT COLLATE "C" NOT NULL,
    tag     BYTEA NOT NULL,
    made    BIGINT NOT NULL,
    wrong   BIGINT NOT NULL,
    used    BIGINT,
    submit  TEXT COLLATE "C"
);

CREATE UNIQUE INDEX open_passphrase_resets ON passphrase_resets (npi) WHERE state = 'open';

CREATE INDEX passphrase_resets_by_account ON passphrase_resets (npi, made);

CREATE TABLE drift_samples (
    serial   TEXT COLLATE "C" NOT NULL,
    day      BIGINT NOT NULL,
    at       BIGINT NOT NULL,
    steps    BIGINT,
    skipped  BIGINT,
    accepted BIGINT NOT NULL,
    PRIMARY KEY (serial, day)
);

CREATE TABLE api_keys (
    id        TEXT COLLATE "C" PRIMARY KEY,
    version   BIGINT NOT NULL,
    party     TEXT COLLATE "C" NOT NULL,
    scopes    TEXT COLLATE "C" NOT NULL,
    digest    BYTEA NOT NULL,
    made      BIGINT NOT NULL,
    ends      BIGINT,
    last_used BIGINT
);

CREATE TABLE kept_answers (
    party  TEXT COLLATE "C" NOT NULL,
    key    TEXT COLLATE "C" NOT NULL,
    tag    BYTEA NOT NULL,
    status BIGINT NOT NULL,
    body   TEXT COLLATE "C" NOT NULL,
    at     BIGINT NOT NULL,
    PRIMARY KEY (party, key)
);

CREATE INDEX kept_answers_by_time ON kept_answers (at);

CREATE TABLE code_misses (
    npi          BIGINT PRIMARY KEY REFERENCES accounts (npi),
    version      BIGINT NOT NULL,
    failures     BIGINT NOT NULL,
    paused_until BIGINT
);

ALTER TABLE activations ADD FOREIGN KEY (replaces) REFERENCES tokens (serial);

CREATE FUNCTION event_is_kept() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'an event is kept, and does not change';
END $$;

CREATE TRIGGER events_are_kept BEFORE UPDATE OR DELETE ON events
    FOR EACH ROW EXECUTE FUNCTION event_is_kept();

CREATE TRIGGER events_are_not_emptied BEFORE TRUNCATE ON events
    FOR EACH STATEMENT EXECUTE FUNCTION event_is_kept();
