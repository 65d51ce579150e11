ALTER TABLE clients DROP COLUMN version;
ALTER TABLE users DROP COLUMN version;
