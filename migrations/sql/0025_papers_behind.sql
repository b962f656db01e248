-- Papers of a run are issued behind its approval, some at a time.

ALTER TABLE merchants.settlement_run
    -- When all its papers stood. NULL: it is not approved, or they are being issued.
    ADD COLUMN papers_at timestamptz;
UPDATE merchants.settlement_run SET papers_at = approved_at WHERE state = 'approved';
ALTER TABLE merchants.settlement_run
    ADD CONSTRAINT settlement_run_has_papers_once_it_is_approved
        CHECK (papers_at IS NULL OR state = 'approved');
CREATE INDEX settlement_run_without_papers ON merchants.settlement_run (region_id, run_id)
    WHERE state = 'approved' AND papers_at IS NULL;

GRANT UPDATE (papers_at) ON merchants.settlement_run TO meguri_app;
