-- Debit notes are corrected or taken back by another document, which names the one in whose place it
-- stands. Money that came for one which is taken back goes back through the bank, by an entry.

INSERT INTO ledger.entry_kind (kind, needs_postings) VALUES
    ('debit_note.corrected', false), ('debit_note.paid_back', true);

ALTER TABLE merchants.debit_note
    -- The number of the note in whose place it stands. NULL: it corrects none.
    ADD COLUMN corrects bigint,
    ADD CONSTRAINT debit_note_number_is_of_its_merchant UNIQUE (region_id, merchant_id, number),
    ADD CONSTRAINT debit_note_is_corrected_once UNIQUE (region_id, corrects),
    ADD CONSTRAINT debit_note_corrects_one_of_its_merchant
        FOREIGN KEY (region_id, merchant_id, corrects)
        REFERENCES merchants.debit_note (region_id, merchant_id, number),
    ADD CONSTRAINT debit_note_corrects_an_earlier_one CHECK (corrects < number),
    DROP CONSTRAINT debit_note_asks_for_something,
    -- What takes another one back asks for nothing.
    ADD CONSTRAINT debit_note_asks_for_something
        CHECK (amount_yen > 0 OR (amount_yen = 0 AND corrects IS NOT NULL));
