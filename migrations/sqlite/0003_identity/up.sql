CREATE TABLE signing_keys (
    number INTEGER NOT NULL PRIMARY KEY CHECK (number >= 1),
    private_key TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    signs_from BIGINT NOT NULL,
    accepted_until BIGINT
);
DELETE FROM secrets WHERE name = 'token_signing_key';

CREATE TABLE clients (
    id TEXT NOT NULL PRIMARY KEY,
    party_id TEXT NOT NULL,
    name TEXT NOT NULL,
    scopes TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    revoked_at BIGINT
);
CREATE INDEX clients_by_party ON clients (party_id, id);

CREATE TABLE client_secrets (
    client_id TEXT NOT NULL REFERENCES clients (id),
    hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    PRIMARY KEY (client_id, hash)
);

CREATE TABLE users (
    id TEXT NOT NULL PRIMARY KEY,
    party_id TEXT NOT NULL,
    name TEXT NOT NULL,
    phone TEXT UNIQUE,
    email TEXT UNIQUE,
    scopes TEXT NOT NULL,
    password_hash TEXT NOT NULL,
    created_at BIGINT NOT NULL,
    disabled_at BIGINT,
    CHECK (phone IS NOT NULL OR email IS NOT NULL)
);
CREATE INDEX users_by_party ON users (party_id, id);

CREATE TABLE sessions (
    id TEXT NOT NULL PRIMARY KEY,
    user_id TEXT NOT NULL REFERENCES users (id),
    created_at BIGINT NOT NULL,
    generation BIGINT NOT NULL CHECK (generation >= 1),
    rotated_at BIGINT NOT NULL,
    expires_at BIGINT NOT NULL,
    ended_at BIGINT
);
CREATE INDEX sessions_by_user ON sessions (user_id, id);
CREATE INDEX sessions_by_expiry ON sessions (expires_at, id);

CREATE TABLE refresh_tokens (
    hash TEXT NOT NULL PRIMARY KEY,
    session_id TEXT NOT NULL REFERENCES sessions (id),
    generation BIGINT NOT NULL CHECK (generation >= 1)
);
CREATE INDEX refresh_tokens_by_session ON refresh_tokens (session_id, generation);

CREATE TABLE login_failures (
    subject TEXT NOT NULL PRIMARY KEY,
    failures INTEGER NOT NULL CHECK (failures >= 1),
    since BIGINT NOT NULL
);
CREATE INDEX login_failures_by_since ON login_failures (since, subject);
