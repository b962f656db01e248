-- Money of funders and providers that came to the bank is an entry, which names the bank line; a
-- match that was wrong is undone by another one.

-- What funders of a campaign or benefit paid in. Their promise stays on funder_receivable, since
-- what was spent, and how much of a budget is used, are told from it.
INSERT INTO ledger.account_kind (kind, class, value, floor) VALUES
    ('funder_paid', 'liability', NULL, 0);
INSERT INTO ledger.entry_kind (kind, needs_postings) VALUES
    ('funding.paid', true), ('funding.payment_reversed', true),
    ('provider.paid', true), ('provider.payment_reversed', true);

ALTER TABLE merchants.line_match
    -- What was entered with it. NULL: nothing was; so it is of all matches before this column.
    ADD COLUMN entry_id uuid,
    ADD CONSTRAINT line_match_enters_receipts_alone
        CHECK (entry_id IS NULL OR kind IN ('funding', 'provider'));
CREATE UNIQUE INDEX line_match_is_one_of_its_entry ON merchants.line_match (region_id, entry_id)
    WHERE entry_id IS NOT NULL;

-- Asked at the commit: match and entry are written in one transaction, and so is what undoes them.
CREATE FUNCTION merchants.refuse_other_receipts() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM ledger.entry e
      WHERE e.region_id = NEW.region_id AND e.entry_id = NEW.entry_id
        AND e.kind = NEW.kind || '.paid' AND e.refusal IS NULL AND e.amount = NEW.amount_yen
        AND e.facts ->> 'bank_line_id' = NEW.line_id::text
        AND (e.refers_to = NEW.target_id OR NEW.kind = 'provider');
    IF NOT FOUND THEN
        RAISE EXCEPTION 'match % says that entry % was made of it', NEW.match_id, NEW.entry_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'line_match_was_entered';
    END IF;
    PERFORM FROM ledger.posting p
      JOIN ledger.account a ON a.region_id = p.region_id AND a.account_no = p.account_no
      WHERE p.region_id = NEW.region_id AND p.entry_id = NEW.entry_id
        AND a.kind = 'provider_receivable'
        AND (p.balance_after < 0 OR a.source_id IS DISTINCT FROM NEW.target_id);
    IF FOUND THEN
        RAISE EXCEPTION 'match % brings more than the provider held', NEW.match_id
            USING ERRCODE = 'check_violation', CONSTRAINT = 'line_match_is_within_what_is_held';
    END IF;
    IF NEW.undone_at IS NOT NULL THEN
        PERFORM FROM ledger.entry e
          WHERE e.region_id = NEW.region_id AND e.refers_to = NEW.entry_id
            AND e.kind = NEW.kind || '.payment_reversed' AND e.refusal IS NULL;
        IF NOT FOUND THEN
            RAISE EXCEPTION 'match % was undone, entry % was not', NEW.match_id, NEW.entry_id
                USING ERRCODE = 'check_violation', CONSTRAINT = 'line_match_undoing_was_entered';
        END IF;
    END IF;
    RETURN NULL;
END $$;
REVOKE EXECUTE ON FUNCTION merchants.refuse_other_receipts() FROM PUBLIC;
CREATE CONSTRAINT TRIGGER line_match_is_as_entered AFTER INSERT OR UPDATE ON merchants.line_match
    DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (NEW.entry_id IS NOT NULL)
    EXECUTE FUNCTION merchants.refuse_other_receipts();
