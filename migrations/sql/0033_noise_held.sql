-- The noise of a release is at least what its cost pays for: rho is (D / sigma)² / 2 for each measure,
-- in billionths, with D 15,000 yen for amounts and 2,000 thousandths for payers
-- (insights/mechanism.py). Amounts and payers share the cost evenly. Without it whoever may call
-- append could keep figures that are all but true, and pay a billionth for them.
ALTER TABLE insights.release
    ADD CONSTRAINT release_has_the_noise_it_pays_for CHECK (
        2::numeric * cost * sigma_yen * sigma_yen
            >= 15000::numeric * 15000 * 1000000000
               * CASE table_name WHEN 'hour_weekday' THEN 4 ELSE 2 END
        AND 2::numeric * cost * sigma_payers_milli * sigma_payers_milli
            >= 2000::numeric * 2000 * 1000000000
               * CASE table_name WHEN 'hour_weekday' THEN 4 ELSE 2 END);
