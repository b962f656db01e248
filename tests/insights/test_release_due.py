"""The job releases each week that is over once, by what the journal says, and never again."""

from datetime import date, timedelta
from typing import Any
from uuid import UUID

import pytest

from core.settings import Settings
from insights.bound import add_people
from insights.cells import AGE_BANDS
from insights.cube import read_released
from insights.mechanism import WEEKLY, WEEKLY_COST
from insights.plans import Plan
from insights.read_figures import read_quarter, read_week
from insights.release_due import release_due
from merchants.store_details import StoreDetails, change_details
from residents.close_person import ClosePerson
from residents.verify_person import VerifyPerson
from tests.insights.statistics_builder import DRAFTER, WEEK, go_to, hold_plan
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id
from worker.heartbeat import Heartbeat
from worker.main import Worker


class Life:
    """A week in which a few people paid, some got money back, and one left."""

    def __init__(self, city: Town, plan: Plan) -> None:
        self.city, self.plan = city, plan
        self.first: date = plan.lists.first_week
        self.stores: list[Store] = []
        self.wallets: list[Wallet] = []
        self.late: UUID | None = None

    async def live(self) -> None:
        """Four shops, of which one is at the station; six people."""
        city = self.city
        self.stores = [await city.open_store() for _ in range(4)]
        region_id = city.region.region_id
        async with city.database.transaction(region_id) as db:
            details = StoreDetails(district="station")
            await change_details(db, region_id, self.stores[0].store_id, details, DRAFTER)
        self.wallets = [await city.open_wallet() for _ in range(5)]
        self.wallets.append(await city.open_wallet(self.wallets[0].person_id))
        verified = VerifyPerson(
            entry_id=new_id(), actor=ADMIN, person_id=self.wallets[1].person_id,
            tier="verified_resident", tier_until=self.first + 99 * WEEK, method="card",
            evidence="-", age_band="75+",
        )  # fmt: skip
        (await city.submit(verified)).accepted()
        for wallet in self.wallets:
            await city.top_up(wallet, 50_000)
        await go_to(city, self.first + timedelta(days=2))
        for number, wallet in enumerate(self.wallets):
            for store in self.stores[: number + 1]:
                paid = await city.pay(wallet, store, 1_000 * (number + 1) + 1)
                self.late = paid.entry_id
        given = await city.pay(self.wallets[1], self.stores[0], 12_000)
        await city.refund(given.entry_id, self.stores[0], 5_000)
        await city.void((await city.pay(self.wallets[2], self.stores[1], 700)).entry_id,
                        self.stores[1])  # fmt: skip
        await go_to(city, self.first + WEEK + timedelta(days=1))


@pytest.fixture(scope="module")
async def life(city: Town) -> Life:
    life = Life(city, await hold_plan(city))
    await life.live()
    return life


def nothing() -> None:
    """Nobody waits for a sign of life."""


async def told(city: Town) -> list[Any]:
    return await city.rows("SELECT release_no, output, hash FROM insights.release ORDER BY 1")


async def _true_figures(life: Life) -> None:
    """They are what the journal says, added up here once more."""
    city = life.city
    rows = await city.rows(
        "SELECT sum(CASE e.kind WHEN 'payment' THEN e.amount ELSE -e.amount END)::bigint,"
        " bool_or(e.kind = 'payment') FROM ledger.entry e"
        " JOIN ledger.holder w ON w.holder_id = e.holder_id"
        " WHERE e.kind IN ('payment', 'refund', 'void') GROUP BY w.subject_id"
    )
    [spend], [payers] = add_people([{0: (yen, has_paid)} for yen, has_paid in rows], 1)
    found = await read_week(city.database, city.region, life.plan.lists, life.first, nothing)
    area = found["area_category"]
    north = area.cells.keys.index(("north", "food"))
    of_station = found["district"]
    assert of_station.cells.merged[("station",)] == ("other",), "it has one business alone"
    assert sum(of_station.amounts["spend_yen"]) == spend
    assert area.amounts["spend_yen"][north] == spend > 0
    assert area.payers_milli[north] == payers == 5_000, "one of the six wallets is of another's"
    bands = found["area_age_band"]
    old, unknown = (bands.cells.keys.index(("north", band)) for band in ("75+", AGE_BANDS[-1]))
    assert (bands.payers_milli[old], bands.payers_milli[unknown]) == (1_000, 4_000)
    assert bands.amounts["spend_yen"][old] == 2 * 2_001 + 12_000 - 5_000


async def _patterns(life: Life) -> None:
    """By hour: what was paid, topped up and granted."""
    city = life.city
    days = (await city.today() - timedelta(days=30), await city.today())
    found = (await read_quarter(city.database, city.region, life.plan.lists, days, nothing))[
        "hour_weekday"
    ]
    noon = found.cells.keys.index(("3", "12"))  # a Wednesday
    assert found.amounts["payments_yen"][noon] > 0
    assert sum(found.amounts["payments_yen"]) == found.amounts["payments_yen"][noon]
    assert found.payers_milli[noon] == 5_000
    assert sum(found.amounts["top_ups_yen"]) == 5 * 15_000, "each is at the clip"
    assert sum(found.amounts["rebates_yen"]) == 0


async def test_a_week_is_released_once_and_what_was_missed_is_caught_up_with(
    life: Life, settings: Settings, tmp_path: Any
):
    city = life.city
    await _true_figures(life)
    await _patterns(life)
    heart = Heartbeat(settings.model_copy(update={"data_dir": tmp_path}))
    await Worker(city.database, heart).round()
    first = await told(city)
    assert len(first) == len(WEEKLY)
    assert await release_due(city.database, city.region, nothing) == 0
    assert [tuple(row) for row in await city.rows("SELECT used FROM insights.budget")] == [
        (WEEKLY_COST,)
    ]
    await _change_late(life)
    assert await release_due(city.database, city.region, nothing) == 0
    assert await told(city) == first, "neither a late refund nor who leaves changes what was told"
    await _catch_up(life)


async def _change_late(life: Life) -> None:
    """A refund of a payment of the week before; and somebody pays and leaves."""
    city = life.city
    assert life.late is not None
    await city.refund(life.late, life.stores[3])
    gone = await city.open_wallet()
    await city.top_up(gone, 400)
    await city.pay(gone, life.stores[0], 400)
    await city.change_wallet(gone, "closed")
    closed = ClosePerson(entry_id=new_id(), actor=ADMIN, person_id=gone.person_id)
    (await city.submit(closed)).accepted()
    week = await read_week(city.database, city.region, life.plan.lists, life.first + WEEK, nothing)
    north = week["area_category"].cells.keys.index(("north", "food"))
    assert week["area_category"].amounts["spend_yen"][north] < 0, "the refund, in its own week"
    assert week["area_category"].payers_milli[north] == 0, "who has left is in no table"


async def _catch_up(life: Life) -> None:
    """Oldest first; the quarter's patterns after its last week."""
    city, region_id = life.city, life.city.region.region_id
    await go_to(city, life.first + 13 * WEEK)
    assert await release_due(city.database, city.region, nothing, until=life.first + 3 * WEEK) == 6
    assert await release_due(city.database, city.region, nothing) == 10 * len(WEEKLY) + 1
    days = life.first, life.first + 20 * WEEK
    async with city.database.snapshot(region_id) as db:
        weekly = await read_released(db, region_id, ["district"], *days)
        [patterns] = await read_released(db, region_id, ["hour_weekday"], *days)
    assert [each.first_day for each in weekly] == [life.first + n * WEEK for n in range(13)]
    assert [each.release_no for each in weekly] == sorted(each.release_no for each in weekly)
    assert patterns.first_day == life.first
    assert patterns.last_day == life.first + 13 * WEEK - timedelta(days=1)
    assert patterns.release_no == 13 * len(WEEKLY) + 1
