"""Many at once, from two processes: no yen is made, lost or spent twice, at any moment."""

import asyncio
import random
from collections import Counter
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from uuid import UUID

import asyncpg
import pytest

from core.database import Database
from ledger.regions import Region
from payments.pay import Pay
from tests.invariants import broken_rules
from tests.sizes import (
    BANK_STEPS,
    EMPTIED_WALLETS,
    REBATES,
    REBATES_IN_BUDGET,
    REFUNDED_TWICE,
)
from tests.town_builder import Town, Wallet, running_engine


@pytest.fixture
async def elsewhere(town: Town, database: Database, region: Region) -> AsyncIterator[Town]:
    """The same town by way of a second process."""
    async with running_engine(database, region) as engine:
        yield Town(town.place, database, region, engine)


async def rich_wallets(town: Town, number: int, yen: int) -> list[Wallet]:
    wallets = await asyncio.gather(*(town.open_wallet() for _ in range(number)))
    await asyncio.gather(*(town.top_up(wallet, yen) for wallet in wallets))
    return wallets


async def test_every_snapshot_taken_meanwhile_obeys_every_rule(town: Town, elsewhere: Town):
    chance = random.Random(3)
    stores = [await town.open_store() for _ in range(3)]
    await town.live_campaign(budget_yen=3_000, per_person_day_points=500)
    wallets = await rich_wallets(town, 12, 20_000)
    is_over = asyncio.Event()

    async def resident(nth: int) -> None:
        mine = (town, elsewhere)[nth % 2]
        for _ in range(BANK_STEPS):
            store = chance.choice(stores)
            wish = mine.payment(chance.choice(wallets), store, chance.randrange(1, 900))
            entry = (await mine.submit(wish)).entry
            if entry.refusal is None and chance.random() < 0.4:
                back = mine.refund_of(entry.entry_id, store, chance.randrange(1, 900))
                await mine.submit(back)

    async def auditor() -> int:
        connection = await asyncpg.connect(town.place.superuser_url)
        looks = 0
        while not is_over.is_set():
            assert await broken_rules(connection) == {}
            looks += 1
        await connection.close()
        return looks

    audit = asyncio.create_task(auditor())
    await asyncio.gather(*(resident(nth) for nth in range(16)))
    is_over.set()
    assert await audit >= 3


async def test_of_many_payments_of_all_that_a_wallet_has_one_succeeds(town: Town, elsewhere: Town):
    store = await town.open_store()
    for wallet in await rich_wallets(town, EMPTIED_WALLETS, 777):
        wishes = [town.payment(wallet, store, 777) for _ in range(200)]
        receipts = await asyncio.gather(
            *((town, elsewhere)[nth % 2].submit(wish) for nth, wish in enumerate(wishes))
        )
        told = Counter(receipt.entry.refusal for receipt in receipts)
        assert told == {None: 1, "insufficient-funds": 199}
        assert await town.balances(wallet.wallet_id) == {}


async def test_every_payment_is_refunded_once_though_two_try(town: Town, elsewhere: Town):
    store = await town.open_store()
    campaign_id = await town.live_campaign()
    wallets = await rich_wallets(town, 20, 50_000)
    paid = await asyncio.gather(
        *(town.pay(wallets[n % 20], store, 100 + n) for n in range(REFUNDED_TWICE))
    )
    receipts = await asyncio.gather(
        *(
            side.submit(side.refund_of(payment.entry_id, store))
            for payment in paid
            for side in (town, elsewhere)
        )
    )
    told = Counter(receipt.entry.refusal for receipt in receipts)
    assert told == {None: REFUNDED_TWICE, "refund-exceeds-payment": REFUNDED_TWICE}
    assert await town.balances(store.merchant_id) == {}
    assert (await town.balances(campaign_id))["budget"] == 50_000_000


async def test_claw_backs_add_up_to_the_same_in_every_order(town: Town):
    store = await town.open_store()
    campaign_id = await town.live_campaign()
    wallets = await rich_wallets(town, 6, 10_000)
    ends = set()
    for nth, wallet in enumerate(wallets):
        payment = await town.pay(wallet, store, 999)
        amounts = [1, 2, 3, 5, 8, 13, 21, 34, 55, 89]
        random.Random(nth).shuffle(amounts)
        before = (await town.balances(campaign_id))["budget"]
        await asyncio.gather(*(town.refund(payment.entry_id, store, yen) for yen in amounts))
        after = (await town.balances(campaign_id))["budget"]
        ends.add((after - before, *(await town.balances(wallet.wallet_id)).values()))
    assert len(ends) == 1


async def test_rebates_for_more_than_the_budget_use_it_up_exactly(town: Town, elsewhere: Town):
    store = await town.open_store()
    budget_yen = REBATES_IN_BUDGET * 35
    campaign_id = await town.live_campaign(budget_yen=budget_yen)
    wallets = await rich_wallets(town, 50, 100_000)
    await asyncio.gather(
        *(
            (town, elsewhere)[n % 2].pay(wallets[n % 50], store, 100, is_coin_only=True)
            for n in range(REBATES)
        )
    )
    assert await town.balances(campaign_id) == {"funder_receivable": budget_yen}
    [row] = await town.rows(
        "SELECT min(balance_after) AS least, sum(amount) AS granted FROM ledger.posting"
        " JOIN ledger.account USING (region_id, account_no) WHERE kind = 'budget' AND is_debit"
    )
    assert (row.least, row.granted) == (0, budget_yen)


async def test_a_cap_of_a_day_holds_across_midnight_in_the_regions_zone(
    town: Town, elsewhere: Town
):
    midnight = datetime(2027, 1, 15, 15, tzinfo=UTC)  # in Tokyo
    await town.set_clock(midnight - timedelta(days=1))
    store = await town.open_store()
    await town.live_campaign(cashback_bp=0, per_person_day_points=100)
    wallets = await rich_wallets(town, 8, 100_000)
    await town.set_clock(midnight - timedelta(seconds=2))

    async def resident(nth: int) -> list[Pay]:
        mine, wallet, wishes = (town, elsewhere)[nth % 2], wallets[nth % 8], []
        is_over = False
        while not is_over:  # so the last one is made after midnight, however slow the rest was
            is_over = await town.now() >= midnight + timedelta(milliseconds=500)
            wishes.append(mine.payment(wallet, store, 110, is_coin_only=True))
            await mine.submit(wishes[-1])
        return wishes

    await asyncio.gather(*(resident(nth) for nth in range(16)))
    rows = await town.rows(
        "SELECT holder_id, at, business_date, (facts->'grants'->0->>'rebate_points')::int AS points"
        " FROM ledger.entry WHERE kind = 'payment' AND refusal IS NULL"
    )
    granted: Counter[tuple[UUID, object]] = Counter()
    for row in rows:
        assert row.business_date == town.region.day_of(row.at)
        granted[row.holder_id, row.business_date] += row.points
    assert len({day for _, day in granted}) == 2
    assert max(granted.values()) == 100
    assert len(granted) == 16
