DROP INDEX certificates_unique;
CREATE UNIQUE INDEX certificates_unique ON certificates (authority, number, decision_date, subject_id)
    WHERE superseded_by IS NULL;
