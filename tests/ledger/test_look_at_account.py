"""What an account held at any moment is what its postings come to until then."""

from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from ledger.look_at_account import AccountLook, look_at_account
from tests.sizes import SCALE
from tests.town_builder import Store, Town, Wallet

NOON = datetime(2027, 3, 30, 3, 0, tzinfo=UTC)
TICK = timedelta(microseconds=1)
POSTINGS = """
    SELECT p.account_no, e.at, sum(CASE WHEN p.is_debit = (a.class = 'asset') THEN p.amount
                                        ELSE -p.amount END)::bigint AS change
      FROM ledger.posting p
      JOIN ledger.entry e USING (region_id, entry_id)
      JOIN ledger.account a USING (region_id, account_no)
     GROUP BY p.account_no, e.at
"""


async def look(town: Town, account_no: int, moment: datetime) -> AccountLook | None:
    region_id = town.region.region_id
    async with town.database.snapshot(region_id) as session:
        return await look_at_account(session, region_id, account_no, moment)


async def live(town: Town, random: Random) -> None:
    """Some residents and shops; every act of theirs in an order that nobody chose."""
    wallets = [await town.open_wallet() for _ in range(3)]
    stores = [await town.open_store() for _ in range(2)]
    for wallet in wallets:
        await town.top_up(wallet, 20_000)
    for step in range(12):
        await town.set_clock(NOON + timedelta(minutes=7 * step))
        await act(town, random, random.choice(wallets), random.choice(stores))


async def act(town: Town, random: Random, wallet: Wallet, store: Store) -> None:
    paid = await town.pay(wallet, store, random.randint(2, 900))
    match random.randrange(4):
        case 0:
            await town.refund(paid.entry_id, store, random.randint(1, paid.amount - 1))
        case 1:
            await town.void(paid.entry_id, store)
        case 2:
            await town.top_up_in_cash(wallet, random.randint(1, 500))


@pytest.mark.parametrize("seed", range(3 * SCALE))
async def test_the_balance_of_any_moment_is_the_sum_of_the_postings_until_then(
    town: Town, seed: int
):
    random = Random(seed)
    await town.set_clock(NOON - timedelta(hours=1))
    await town.live_campaign(rebate_bp=3000, cashback_bp=500)
    await live(town, random)
    moved = await town.rows(POSTINGS)
    times = sorted({row.at for row in moved})
    moments = [at + off for at in random.sample(times, 8) for off in (-TICK, timedelta(), TICK)]
    for account_no in {row.account_no for row in moved}:
        of_it = [row for row in moved if row.account_no == account_no]
        for moment in [NOON - timedelta(days=1), *moments]:
            told = await look(town, account_no, moment)
            assert told is not None
            assert told.balance_then_yen == sum(row.change for row in of_it if row.at <= moment)
        newest = await look(town, account_no, times[-1])
        assert newest is not None
        assert newest.balance_then_yen == newest.balance_yen


async def test_an_account_says_what_it_is(town: Town):
    await town.set_clock(NOON)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 700)
    [row] = await town.rows("SELECT account_no FROM ledger.account WHERE kind = 'coin'")
    told = await look(town, row.account_no, NOON + timedelta(hours=1))
    assert told is not None
    assert (told.kind, told.account_class, told.value) == ("coin", "liability", "paid")
    assert (told.holder_id, told.is_open, told.version) == (wallet.wallet_id, True, 1)
    assert (told.balance_yen, told.balance_then_yen) == (700, 700)


async def test_a_number_that_nobody_has_or_that_another_region_has_is_none(
    town: Town, second_town: Town
):
    await second_town.top_up(await second_town.open_wallet(), 700)
    [row] = await second_town.rows("SELECT max(account_no) AS newest FROM ledger.account")
    for account_no in (row.newest, row.newest + 1_000):
        assert await look(town, account_no, await town.now()) is None
