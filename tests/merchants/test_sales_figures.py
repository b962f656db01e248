"""Pages of sales: whatever stands in the tables and whatever in the tail, they say the same."""

from collections import defaultdict
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from random import Random
from typing import get_args
from uuid import UUID

import pytest

from core.errors import Problem
from ledger.books import Entry
from merchants.roll_up_sales import roll_up_sales
from merchants.sale import Figures
from merchants.sales_figures import SALES_BEHIND, Asked, By, SalesFigures, sales_figures
from tests.town_builder import Store, Town, Wallet

BEGIN = datetime(2027, 1, 28, 22, 30, tzinfo=UTC)
"""A Friday in Tokyo, half past seven: months, weeks and business dates change on the way."""
FRIDAY = date(2027, 1, 29)
STEPS = (0, 1, 1, 2, 5, 16, 3, 9, 1, 40)
"""Hours that pass between groups of sales, some over midnight, some over days."""


@dataclass(frozen=True)
class Made:
    """An entry, with who paid and at which till."""

    entry: Entry
    person_id: UUID
    terminal: str

    def keys(self, store: Store) -> dict[By, list[tuple[str, int]]]:
        """By each cut the pieces that it counts in, with their cashback: from scratch."""
        entry, day = self.entry, self.entry.business_date
        told = entry.facts["grants" if entry.kind == "payment" else "clawed_back"]
        yen = sum(each["cashback_yen"] for each in told)
        clerk = "" if entry.kind == "payment" else entry.actor.removeprefix("merchant:")
        return {
            "day": [(str(day), yen)],
            "week": [(str(day - timedelta(days=day.isoweekday() - 1)), yen)],
            "month": [(str(day)[:7] + "-01", yen)],
            "weekday": [(str(day.isoweekday()), yen)],
            "hour": [(f"{(entry.at + timedelta(hours=9)).hour:02d}", yen)],
            "store": [(str(entry.other_id), yen)],
            "terminal": [(f"{entry.other_id} {self.terminal}", yen)],
            "clerk": [(clerk, yen)] if clerk else [],
            "campaign": [
                (each["campaign_id"], each["cashback_yen"]) for each in told if each["cashback_yen"]
            ],
        }


def counted(entry: Entry, cashback_yen: int) -> Figures:
    if entry.kind == "payment":
        return Figures(payments=1, paid_yen=entry.amount, cashback_yen=cashback_yen)
    if entry.kind == "refund":
        return Figures(refunds=1, refunded_yen=entry.amount, cashback_taken_yen=cashback_yen)
    return Figures(voids=1, voided_yen=entry.amount, cashback_taken_yen=cashback_yen)


async def ask(
    town: Town, store: Store, by: By, first: date, last: date, **more: object
) -> SalesFigures:
    shift = (last - first).days + 1
    told = {"stores": None, "shift": shift, "today": last} | more
    asked = Asked(merchant_id=store.merchant_id, by=by, from_day=first, to_day=last, **told)  # type: ignore[arg-type]
    async with town.database.snapshot(town.region.region_id) as session:
        return await sales_figures(session, town.region, asked)


async def live(town: Town, seed: int) -> tuple[Store, list[Made]]:
    """Two stores of a merchant over a week, with refunds on later days and voids at once."""
    chance, made = Random(seed), list[Made]()
    await town.set_clock(BEGIN)
    await town.change_settings(refund_days=30)
    store = await town.open_store()
    stores = [store, await town.open_store(merchant_id=store.merchant_id), await town.open_store()]
    wallets: list[Wallet] = [await town.open_wallet() for _ in range(4)]
    for wallet in wallets:
        await town.top_up(wallet, 20_000)
    await town.live_campaign(rebate_bp=1000, cashback_bp=500)
    await town.live_campaign(rebate_bp=0, cashback_bp=130)
    now = BEGIN
    for hours in STEPS:
        now += timedelta(hours=hours)
        await town.set_clock(now)
        for _ in range(3):
            wallet, where = chance.choice(wallets), chance.choice(stores)
            terminal = chance.choice(["", "TILL-1"])
            yen = chance.randrange(50, 500)
            paid = await town.pay(wallet, where, yen, terminal=terminal)
            made.append(Made(paid, wallet.person_id, terminal))
            if chance.random() < 0.2:
                back = await town.void(paid.entry_id, where)
                made.append(Made(back, wallet.person_id, terminal))
        paid_before = [each for each in made if each.entry.kind == "payment"]
        old = chance.choice(paid_before)
        where = next(each for each in stores if each.store_id == old.entry.other_id)
        if all(each.entry.refers_to != old.entry.entry_id for each in made):
            back = await town.refund(old.entry.entry_id, where, chance.randrange(1, 50))
            made.append(Made(back, old.person_id, old.terminal))
        if chance.random() < 0.4:
            await roll_up_sales(town.database, town.region, lambda: None, chunk=5, most_chunks=1)
    mine = {stores[0].store_id, stores[1].store_id}
    return store, [each for each in made if each.entry.other_id in mine]


def spans() -> Iterator[tuple[date, date]]:
    yield FRIDAY, FRIDAY + timedelta(days=9)
    yield date(2027, 1, 30), date(2027, 1, 31)
    yield date(2027, 2, 1), date(2027, 2, 7)


@pytest.mark.parametrize("seed", [1, 2])
async def test_pages_say_what_was_sold_however_much_was_added_up(town: Town, seed: int):
    store, made = await live(town, seed)
    for is_added_up in (False, True):
        if is_added_up:
            await roll_up_sales(town.database, town.region, lambda: None)
        for by in get_args(By):
            for first, last in spans():
                await compare(town, store, made, by, first, last)


async def compare(town: Town, store: Store, made: list[Made], by: By, first: date, last: date):
    found = await ask(town, store, by, first, last)
    days = (last - first).days + 1
    expected = defaultdict[str, list[Figures]](lambda: [Figures(), Figures()])
    totals = [Figures(), Figures()]
    for each in made:
        day = each.entry.business_date
        is_before = day < first
        on_day = day + timedelta(days=days) if is_before else day
        if not first <= on_day <= last:
            continue
        moved = each
        if is_before:
            moved = Made(dated(each.entry, on_day), each.person_id, each.terminal)
        for key, yen in moved.keys(store)[by]:
            expected[key][is_before].add(counted(each.entry, yen))
        [(_, yen)] = each.keys(store)["day"]
        totals[is_before].add(counted(each.entry, yen))
    told = {key: [piece.figures, piece.before] for key, piece in found.pieces.items()}
    assert told == expected, (by, first, last)
    assert [found.total.figures, found.total.before] == totals
    assert list(told) == sorted(told)


def dated(entry: Entry, day: date) -> Entry:
    """The entry as if it were of another day, in the same hour."""
    values = {name: getattr(entry, name) for name in Entry.__slots__}
    return Entry(**values | {"business_date": day})


async def test_customers_are_counted_once_in_days_weeks_and_months(town: Town):
    store, made = await live(town, 3)
    paid = [each for each in made if each.entry.kind == "payment"]
    first_of: dict[UUID, date] = {}
    for each in paid:
        first_of.setdefault(each.person_id, each.entry.business_date)

    def people(is_in: Callable[[date], bool]) -> tuple[int, int]:
        came = {each.person_id for each in paid if is_in(each.entry.business_date)}
        return len(came), sum(is_in(first_of[who]) for who in came)

    for _ in range(2):
        january = await ask(town, store, "day", date(2027, 1, 1), date(2027, 1, 31))
        assert january.total.customers is not None
        numbers = (january.total.customers.customers, january.total.customers.new_customers)
        assert numbers == people(lambda day: day.month == 1)
        assert january.new_customers == numbers[1]
        for key, piece in january.pieces.items():
            they = piece.customers
            assert they is not None
            assert (they.customers, they.new_customers) == people(lambda day: str(day) == key)  # noqa: B023
        weeks = await ask(town, store, "week", FRIDAY, date(2027, 2, 7))
        assert weeks.total.customers is None, "nobody has counted over ten days"
        assert weeks.new_customers == len(first_of)
        assert weeks.pieces["2027-01-25"].customers is None, "it began before the days asked for"
        week = weeks.pieces["2027-02-01"].customers
        assert week is not None
        assert (week.customers, week.new_customers) == people(lambda day: day >= date(2027, 2, 1))
        await roll_up_sales(town.database, town.region, lambda: None)


async def test_a_month_that_is_not_over_is_told_as_far_as_it_has_come(town: Town):
    store, _ = await live(town, 3)
    first, today = date(2027, 2, 1), date(2027, 2, 2)
    assert (await ask(town, store, "day", first, today)).total.customers is not None
    later = await ask(town, store, "day", first, today, today=date(2027, 2, 3))
    assert later.total.customers is None, "it has gone on since"
    some = frozenset({store.store_id, UUID(int=1)})
    found = await ask(town, store, "day", first, today, stores=some)
    assert (found.total.customers, found.new_customers) == (None, None)


async def test_same_weekdays_are_compared_where_asked(town: Town):
    store, made = await live(town, 4)
    first, last = date(2027, 2, 1), date(2027, 2, 2)
    found = await ask(town, store, "weekday", first, last, shift=7)
    assert found.total.before.paid_yen == paid_on(made, date(2027, 1, 25), date(2027, 1, 26))
    found = await ask(town, store, "day", date(2027, 2, 5), date(2027, 2, 5), shift=7)
    assert found.pieces["2027-02-05"].before.paid_yen == paid_on(made, FRIDAY) > 0


def paid_on(made: list[Made], *days: date) -> int:
    return sum(
        each.entry.amount
        for each in made
        if each.entry.kind == "payment" and each.entry.business_date in days
    )


async def test_a_tail_that_is_too_long_is_refused_and_never_cut(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 1_000)
    for _ in range(4):
        await town.pay(wallet, store, 10)
    today = await town.today()
    asked = Asked(
        merchant_id=store.merchant_id, stores=None, by="day", from_day=today, to_day=today,
        shift=1, today=today,
    )  # fmt: skip
    async with town.database.snapshot(town.region.region_id) as session:
        with pytest.raises(Problem) as refused:
            await sales_figures(session, town.region, asked, longest_tail=3)
        assert (await sales_figures(session, town.region, asked, longest_tail=4)).total
    assert refused.value.type is SALES_BEHIND
    await roll_up_sales(town.database, town.region, lambda: None)
    assert (await ask(town, store, "day", today, today)).total.figures.payments == 4
