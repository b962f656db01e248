"""The books at any past moment: numbers found by day and instant, trial and unused balance."""

from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest

from ledger.find_seq import find_seq
from ledger.trial_balance import TrialBalance, trial_balance
from ledger.unused_balance import (
    _MOVES,
    base_date_before,
    base_date_from,
    is_base_date,
    meaning_of,
    unused_balance,
)
from tests.town_builder import Town

NOON = datetime(2027, 3, 30, 3, 0, tzinfo=UTC)
"""30 March 2027, 12:00 in Tokyo."""
DAY = timedelta(days=1)


async def books_of(town: Town, day: date | None = None) -> TrialBalance:
    region_id = town.region.region_id
    async with town.database.snapshot(region_id) as session:
        return await trial_balance(session, region_id, day)


def balances(books: TrialBalance) -> dict[str, int]:
    return {line.kind: line.balance_yen for line in books.lines if line.balance_yen}


async def stored_balances(town: Town) -> dict[str, int]:
    rows = await town.rows(
        "SELECT kind, sum(balance)::bigint AS yen FROM ledger.account GROUP BY kind"
        " HAVING sum(balance) <> 0"
    )
    return {row.kind: row.yen for row in rows}


async def live_a_day(town: Town) -> None:
    """One of everything that moves value."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 20_000)
    await town.top_up_in_cash(wallet, 5_000)
    paid = await town.pay(wallet, store, 10_000)
    await town.pay(wallet, store, 1_000)
    await town.refund(paid.entry_id, store, 4_000)
    voided = await town.pay(wallet, store, 700)
    await town.void(voided.entry_id, store)


async def test_a_number_is_found_by_day_and_by_instant(town: Town):
    random = Random(1)
    moment = NOON
    for _ in range(6):
        await town.set_clock(moment)
        for _ in range(random.randrange(1, 4)):
            await town.open_wallet()
        moment += DAY * random.randrange(1, 4)
    region_id = town.region.region_id
    rows = await town.rows("SELECT seq, at, business_date FROM ledger.entry ORDER BY seq")
    days = [rows[0].business_date + DAY * n for n in range(-2, 30)]
    instants = [
        row.at + step
        for row in rows
        for step in (timedelta(microseconds=-1), timedelta(0), timedelta(microseconds=1))
    ]
    async with town.database.snapshot(region_id) as session:
        for day in days:
            until = [row.seq for row in rows if row.business_date <= day]
            assert await find_seq(session, region_id, day) == max(until, default=0)
        for instant in instants:
            until = [row.seq for row in rows if row.at <= instant]
            assert await find_seq(session, region_id, instant) == max(until, default=0)
        assert await find_seq(session, region_id, None) == rows[-1].seq


async def test_the_trial_balance_is_zero_and_agrees_with_the_accounts(town: Town):
    await town.live_campaign()
    await live_a_day(town)
    books = await books_of(town)
    assert books.debit_yen == books.credit_yen > 0
    assert balances(books) == await stored_balances(town)
    assert {line.kind for line in books.lines} >= {"coin", "points", "budget", "expired_coin"}
    assert {line.value for line in books.lines if line.kind in {"coin", "points"}} == {
        "paid",
        "free",
    }


async def test_a_past_day_shows_the_books_as_they_stood_at_its_end(town: Town):
    await town.set_clock(NOON)
    await town.live_campaign()
    await live_a_day(town)
    then, day = await stored_balances(town), await town.today()
    await town.set_clock(NOON + DAY)
    await live_a_day(town)
    assert balances(await books_of(town, day)) == then
    assert balances(await books_of(town, day - DAY)) == {}
    assert balances(await books_of(town, day + DAY)) == await stored_balances(town)
    assert balances(await books_of(town)) != then


async def test_a_day_ends_at_midnight_in_the_regions_zone(town: Town):
    wallet = await town.open_wallet()
    before_midnight = datetime(2027, 3, 31, 14, 59, 58, tzinfo=UTC)
    await town.set_clock(before_midnight)
    await town.top_up_in_cash(wallet, 1_000)
    await town.set_clock(before_midnight + timedelta(seconds=3))
    await town.top_up_in_cash(wallet, 200)
    assert balances(await books_of(town, date(2027, 3, 31))) == {"cash": 1_000, "coin": 1_000}
    assert balances(await books_of(town, date(2027, 4, 1))) == {"cash": 1_200, "coin": 1_200}


async def test_regions_do_not_see_each_others_books(town: Town, second_town: Town):
    await live_a_day(town)
    assert balances(await books_of(second_town)) == {}


async def test_unused_value_is_issued_less_redeemed_and_expired(town: Town):
    await town.live_campaign(rebate_bp=3000, cashback_bp=0)
    wallet, store = await town.open_wallet(), await town.open_store()
    reversed_later = await town.top_up(wallet, 8_000)
    await town.top_up_in_cash(wallet, 12_000)
    paid = await town.pay(wallet, store, 10_000)  # coin 10,000, 3,000 points
    await town.pay(wallet, store, 2_000)  # points
    await town.refund(paid.entry_id, store, 5_000)  # coin 5,000 back, 1,500 points taken back
    region_id = town.region.region_id
    async with town.database.snapshot(region_id) as session:
        books = await unused_balance(session, region_id)
    assert (books.paid.issued, books.paid.redeemed, books.paid.expired) == (20_000, 5_000, 0)
    assert (books.free.issued, books.free.redeemed) == (1_500 + 500, 2_000)
    stored = await stored_balances(town)
    assert books.paid.unused == stored["coin"] == 15_000
    assert books.free.unused == stored.get("points", 0) == 0
    assert reversed_later.amount == 8_000


@pytest.mark.parametrize(
    ("day", "is_base"),
    [
        (date(2027, 3, 31), True),
        (date(2027, 9, 30), True),
        (date(2027, 3, 30), False),
        (date(2027, 10, 1), False),
    ],
)
def test_base_dates_are_the_last_of_march_and_of_september(day, is_base):
    assert is_base_date(day) is is_base


@pytest.mark.parametrize(
    ("day", "before", "next_one"),
    [
        (date(2027, 1, 1), date(2026, 9, 30), date(2027, 3, 31)),
        (date(2027, 3, 31), date(2026, 9, 30), date(2027, 3, 31)),
        (date(2027, 4, 1), date(2027, 3, 31), date(2027, 9, 30)),
        (date(2027, 9, 30), date(2027, 3, 31), date(2027, 9, 30)),
        (date(2027, 10, 1), date(2027, 9, 30), date(2028, 3, 31)),
        (date(2027, 12, 31), date(2027, 9, 30), date(2028, 3, 31)),
    ],
)
def test_each_day_lies_between_two_base_dates(day, before, next_one):
    assert (base_date_before(day), base_date_from(day)) == (before, next_one)


@pytest.mark.parametrize("value", ["paid", "free"])
def test_whatever_moves_value_counts_with_the_sign_of_its_side(value):
    for entry_kind, is_debit in _MOVES:
        column, sign = meaning_of(entry_kind, is_debit, value)
        adds = sign if column == "issued" else -sign
        assert adds == (-1 if is_debit else 1), entry_kind
