ALTER TABLE allocations DROP COLUMN earlier_ids;
