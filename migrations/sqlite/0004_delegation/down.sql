DROP TABLE audit_trail;
DROP TABLE grants;
