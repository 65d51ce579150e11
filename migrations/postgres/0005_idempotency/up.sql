CREATE TABLE idempotency_keys (
    id TEXT NOT NULL PRIMARY KEY,
    fingerprint TEXT NOT NULL,
    status INTEGER,
    location TEXT,
    etag TEXT,
    body TEXT,
    created_at BIGINT NOT NULL
);
CREATE INDEX idempotency_keys_by_creation ON idempotency_keys (created_at);
