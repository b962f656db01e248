-- A bank line may stand for a payment of a debit note; and a match from which nothing followed, since
-- all had been entered before, can be undone.

ALTER TABLE merchants.line_match
    -- What it stands for had been entered before: no entry followed from the match.
    ADD COLUMN is_linked boolean NOT NULL DEFAULT false,
    DROP CONSTRAINT line_match_kind_is_known,
    ADD CONSTRAINT line_match_kind_is_known CHECK
        (kind IN ('file', 'transfer', 'return', 'funding', 'provider', 'debit_note', 'aside')),
    DROP CONSTRAINT line_match_of_entries_holds,
    ADD CONSTRAINT line_match_of_entries_holds
        CHECK (undone_at IS NULL OR is_linked OR kind IN ('funding', 'provider', 'aside')),
    ADD CONSTRAINT line_match_links_what_is_entered_once
        CHECK (NOT is_linked OR kind IN ('file', 'transfer', 'return', 'debit_note')),
    DROP CONSTRAINT line_match_enters_receipts_alone,
    ADD CONSTRAINT line_match_enters_receipts_alone
        CHECK (entry_id IS NULL OR kind IN ('funding', 'provider', 'debit_note')),
    ADD CONSTRAINT line_match_of_a_note_has_its_payment
        CHECK (kind <> 'debit_note' OR entry_id IS NOT NULL);

DROP INDEX merchants.line_match_is_one_of_its_transfer;
CREATE UNIQUE INDEX line_match_is_one_of_its_transfer
    ON merchants.line_match (region_id, kind, target_id)
    WHERE kind IN ('file', 'transfer', 'return') AND undone_at IS NULL;
DROP INDEX merchants.line_match_is_one_of_its_entry;
CREATE UNIQUE INDEX line_match_is_one_of_its_entry ON merchants.line_match (region_id, entry_id)
    WHERE entry_id IS NOT NULL AND undone_at IS NULL;

CREATE OR REPLACE FUNCTION merchants.refuse_other_receipts() RETURNS trigger LANGUAGE plpgsql
    SET search_path = pg_catalog, pg_temp AS $$
BEGIN
    PERFORM FROM ledger.entry e
      WHERE e.region_id = NEW.region_id AND e.entry_id = NEW.entry_id
        AND e.kind = NEW.kind || '.paid' AND e.refusal IS NULL AND e.amount = NEW.amount_yen
        AND (e.facts ->> 'bank_line_id' = NEW.line_id::text
             OR (NEW.is_linked AND NOT e.facts ? 'bank_line_id'))
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
    IF NEW.undone_at IS NOT NULL AND NOT NEW.is_linked THEN
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

-- Of matches so far: those that no entry names, and from which none can follow any more.
UPDATE merchants.line_match m SET is_linked = true
 WHERE m.kind IN ('file', 'transfer', 'return')
   AND (m.kind <> 'file'
        OR EXISTS (SELECT FROM merchants.transfer_file f
                    WHERE f.region_id = m.region_id AND f.file_id = m.target_id
                      AND f.state = 'paid'))
   AND NOT EXISTS (
       SELECT FROM merchants.settlement s
         JOIN ledger.entry e ON e.region_id = s.region_id AND e.refers_to = s.settlement_id
        WHERE s.region_id = m.region_id
          AND CASE m.kind WHEN 'file' THEN s.file_id ELSE s.settlement_id END = m.target_id
          AND e.kind IN ('payout.paid', 'payout.returned')
          AND e.facts ->> 'bank_line_id' = m.line_id::text);
