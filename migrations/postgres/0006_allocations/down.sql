DROP TABLE allocation_outcomes;
DROP TABLE allocations;
DROP TABLE allocation_snapshots;
