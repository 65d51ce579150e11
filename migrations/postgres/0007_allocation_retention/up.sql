CREATE INDEX allocations_by_snapshot ON allocations (snapshot);
CREATE INDEX allocations_by_repairs ON allocations (repairs);
