ALTER TABLE allocations ADD COLUMN earlier_ids TEXT NOT NULL DEFAULT '[]';
