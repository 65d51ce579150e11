DROP INDEX allocations_by_snapshot;
DROP INDEX allocations_by_repairs;
