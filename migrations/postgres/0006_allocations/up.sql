CREATE TABLE allocation_snapshots (
    hash TEXT NOT NULL PRIMARY KEY,
    sides TEXT NOT NULL,
    pairs TEXT NOT NULL
);

CREATE TABLE allocations (
    id TEXT NOT NULL PRIMARY KEY,
    version BIGINT NOT NULL CHECK (version > 0),
    created_at BIGINT NOT NULL,
    updated_at BIGINT NOT NULL,
    party_id TEXT NOT NULL,
    actor_id TEXT NOT NULL,
    status TEXT NOT NULL
        CHECK (status IN ('queued', 'running', 'finished', 'cancelled', 'failed')),
    objective TEXT NOT NULL CHECK (objective IN ('coverage', 'value')),
    rule TEXT NOT NULL CHECK (rule IN ('max_min', 'pro_rata', 'equal', 'first_come', 'none')),
    demand_ids TEXT,
    producer_ids TEXT NOT NULL,
    time_limit_ms BIGINT NOT NULL CHECK (time_limit_ms > 0),
    repairs TEXT REFERENCES allocations (id),
    declined_ids TEXT NOT NULL,
    alive_until BIGINT NOT NULL,
    progress TEXT,
    failure TEXT CHECK (failure IN ('too_large', 'time_limit', 'interrupted', 'internal')),
    as_of BIGINT,
    snapshot TEXT REFERENCES allocation_snapshots (hash),
    figures TEXT,
    stopped_after BIGINT,
    CHECK ((status = 'finished') = (figures IS NOT NULL)),
    CHECK ((status = 'failed') = (failure IS NOT NULL))
);
CREATE INDEX allocations_by_party ON allocations (party_id, created_at, id);
CREATE INDEX allocations_by_creation ON allocations (created_at, id);

CREATE TABLE allocation_outcomes (
    allocation_id TEXT NOT NULL PRIMARY KEY REFERENCES allocations (id),
    outcome TEXT NOT NULL
);
