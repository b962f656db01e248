"""Pay by one PL/pgSQL call and one transaction per payment, driven by pgbench."""

from importlib.resources import files
from typing import Final

import asyncpg

from bench.fill import CLASS
from bench.filled import Filled
from bench.ground import Ground
from bench.pgbench import Script, run_pgbench
from bench.scale import LARGEST_YEN, SMALLEST_YEN, ZIPF
from campaigns.terms import terms_hash
from core.database import Connection
from payments.settings import RegionSettings

_SQL: Final = files("bench") / "sql"

_KEEP_TERMS: Final = """
    INSERT INTO bench.terms (region_id, merchant_class, zone, payment_limit, campaign_id, budget_no,
                             terms_hash, starts_on, ends_on, minimum, reasons, rebate_bp,
                             cashback_bp, payment_cap, month_cap, campaign_cap, points_months,
                             campaign_name)
    SELECT a.region_id, $2, $3, $4, a.holder_id, a.account_no, $5, $6, $7, $8,
           jsonb_build_array(jsonb_build_array('rate-applied', $9::bigint),
                             jsonb_build_array('cashback-rate-applied', $10::bigint)),
           $9, $10, $11, $12, $13, $14, $16
      FROM ledger.account a
     WHERE a.region_id = $1 AND a.holder_id = $15 AND a.kind = 'budget'
"""


async def install_one_tx(owner_url: str, *regions: Filled) -> None:
    """Give a database the function `bench.pay`, and the terms of these regions' campaigns."""
    owner = await asyncpg.connect(owner_url)
    try:
        for name in ("one_tx_tables.sql", "one_tx.sql"):
            await owner.execute((_SQL / name).read_text(encoding="utf-8"))
        for filled in regions:
            await _keep_terms(owner, filled)
        await owner.execute("ANALYZE bench.terms")
    finally:
        await owner.close()


async def pay_by_one_tx(
    ground: Ground, database: str, filled: Filled, clients: int, seconds: float
) -> float:
    """Payments a second; pgbench asserts that none failed."""
    variables = {
        "region": filled.region.region_id,
        "prefix": filled.names.prefix,
        "wallets": filled.wallets,
        "merchants": filled.merchants,
        "zipf": ZIPF,
        "smallest": SMALLEST_YEN,
        "largest": LARGEST_YEN,
    }
    script = Script((_SQL / "one_tx_load.sql").read_text(encoding="utf-8"), variables)
    return await run_pgbench(ground, database, script, clients, seconds)


async def commit_one_row(ground: Ground, database: str, seconds: float) -> float:
    """Durable commits a second of one client that changes one row."""
    script = Script((_SQL / "one_row.sql").read_text(encoding="utf-8"), {})
    return await run_pgbench(ground, database, script, 1, seconds)


async def _keep_terms(owner: Connection, filled: Filled) -> None:
    """Terms as `bench.pay` reads them; it does not know caps per day or rates of nothing."""
    terms, caps = filled.terms, filled.terms.caps
    rebate_bp, cashback_bp = filled.rates_bp
    assert rebate_bp
    assert cashback_bp
    assert caps.per_person_day_points is None
    assert caps.cashback_per_payment_yen is None
    await owner.execute(
        _KEEP_TERMS,
        filled.region.region_id,
        CLASS,
        filled.region.zone.key,
        RegionSettings().limits.unverified.payment_yen,
        terms_hash(terms).hex(),
        terms.starts_on,
        terms.ends_on,
        terms.minimum_amount_yen,
        rebate_bp,
        cashback_bp,
        caps.per_payment_points,
        caps.per_person_month_points,
        caps.per_person_campaign_points,
        terms.points_expire_months,
        filled.campaign_id,
        terms.name,
    )
