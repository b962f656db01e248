"""A settlement is paid to the bank account that was in force when it was closed."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from access.acts import Doer
from merchants.settlement import run_on_demand
from payments.approve_run import approve_run, review_run
from tests.merchant_rows import DOER, keep_account
from tests.payments.test_settle_now import FREE, ask
from tests.payments.test_settlements import payer, settlements, sound
from tests.town_builder import Town

APPROVER = Doer(UUID(int=9), f"admin:{UUID(int=9)}", "approver")


async def test_a_change_that_applies_after_the_close_is_for_the_next_one(town: Town):
    await town.change_settings(settlement=FREE)
    wallet = await payer(town)
    before, without = await town.open_store(), await town.open_store()
    region_id, wanted, runs = town.region.region_id, {}, []
    wanted[before.merchant_id] = await keep_account(town.database, region_id, before.merchant_id)
    for store in (before, without):
        await town.pay(wallet, store, 1_000)
        made, _ = await ask(town, store)
        runs.append(run_on_demand(town.region.code, made.settlement_id))
    since = datetime.now(UTC) - timedelta(milliseconds=1)
    for store in (before, without):
        later = await keep_account(
            town.database, region_id, store.merchant_id,
            account_number="9999999", applies_from=since,
        )  # fmt: skip
        wanted.setdefault(store.merchant_id, later)
    for run_id in runs:
        async with town.database.transaction(region_id) as db:
            await review_run(db, region_id, run_id, DOER, "-")
            await approve_run(db, region_id, run_id, APPROVER)
    kept = {row.merchant_id: row.account_id for row in await settlements(town)}
    assert kept == wanted
    await sound(town)
