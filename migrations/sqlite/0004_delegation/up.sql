CREATE TABLE grants (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version >= 1),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    grantor_id TEXT NOT NULL REFERENCES parties (id),
    grantee_id TEXT NOT NULL REFERENCES parties (id),
    permissions TEXT NOT NULL,
    from_day TEXT NOT NULL,
    to_day TEXT,
    revoked_at BIGINT,
    CHECK (grantor_id <> grantee_id),
    CHECK (to_day IS NULL OR from_day <= to_day)
);
CREATE INDEX grants_by_created ON grants (created_at, id);
CREATE INDEX grants_by_grantor ON grants (grantor_id, created_at, id);
CREATE INDEX grants_by_grantee ON grants (grantee_id, created_at, id);
CREATE INDEX grants_by_pair ON grants (grantee_id, grantor_id);

CREATE TABLE audit_trail (
    seq BIGINT NOT NULL PRIMARY KEY,
    at BIGINT NOT NULL,
    actor_id TEXT NOT NULL,
    subject TEXT NOT NULL,
    principal_id TEXT NOT NULL,
    owner_id TEXT NOT NULL,
    resource TEXT NOT NULL,
    resource_id TEXT NOT NULL,
    version BIGINT NOT NULL,
    action TEXT NOT NULL,
    before TEXT,
    after TEXT,
    request_id TEXT
);
CREATE INDEX audit_trail_by_owner ON audit_trail (owner_id, seq);
CREATE INDEX audit_trail_by_principal ON audit_trail (principal_id, seq);
CREATE INDEX audit_trail_by_record ON audit_trail (resource_id, seq);
