-- Shops pay shops: a merchant's wallet is a holder of its own kind, so that nothing that is for
-- residents' wallets reaches it.

ALTER TABLE ledger.holder DROP CONSTRAINT holder_kind_is_known;
ALTER TABLE ledger.holder ADD CONSTRAINT holder_kind_is_known
    CHECK (kind IN ('issuer', 'wallet', 'person', 'merchant', 'store', 'campaign', 'benefit',
                    'shop_wallet')) NOT VALID;
ALTER TABLE ledger.holder DROP CONSTRAINT holder_wallet_has_a_person;
-- The person of a wallet, the merchant of a shop's.
ALTER TABLE ledger.holder ADD CONSTRAINT holder_wallet_has_a_subject
    CHECK ((kind IN ('wallet', 'shop_wallet')) = (subject_id IS NOT NULL)) NOT VALID;
ALTER TABLE ledger.holder VALIDATE CONSTRAINT holder_kind_is_known;
ALTER TABLE ledger.holder VALIDATE CONSTRAINT holder_wallet_has_a_subject;
CREATE UNIQUE INDEX holder_has_one_shop_wallet ON ledger.holder (region_id, subject_id)
    WHERE kind = 'shop_wallet';

INSERT INTO ledger.entry_kind (kind, needs_postings) VALUES
    ('shop_wallet.opened', false), ('conversion', true), ('conversion.returned', true);

-- What a shop made coin of, less what of that came back: it is not paid out.
ALTER TABLE merchants.settlement ADD COLUMN converted_yen bigint NOT NULL DEFAULT 0;
ALTER TABLE merchants.settlement DROP CONSTRAINT settlement_due_is_the_sum_of_its_parts;
ALTER TABLE merchants.settlement ADD CONSTRAINT settlement_due_is_the_sum_of_its_parts
    CHECK (due_yen = sales_yen - refunded_yen + cashback_yen + returned_yen - owed_yen
                     - converted_yen) NOT VALID;
ALTER TABLE merchants.settlement VALIDATE CONSTRAINT settlement_due_is_the_sum_of_its_parts;
