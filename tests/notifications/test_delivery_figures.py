"""Of a notice it is told once how it was taken, with noise, and each month is paid for once."""

from collections import Counter
from datetime import UTC, datetime, timedelta
from statistics import fmean, pstdev
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import insert

from core.database import SENDER_ROLE
from insights.mechanism import DELIVERY_COST, DELIVERY_MONTH_COST, DELIVERY_SIGMA_MILLI
from insights.noise import add_noise
from insights.read_deliveries import list_delivered
from insights.verify import verify_whole_region
from notifications.messages import put_message
from notifications.release_deliveries import AFTER, release_deliveries
from notifications.tables import inbox, received
from residents.tables import person
from tests.insights.statistics_builder import WEEK, go_to, hold_plan
from tests.notifications.message_rows import made_message
from tests.town_builder import Town, new_id


async def somebody(town: Town) -> UUID:
    person_id, region_id = new_id(), town.region.region_id
    async with town.database.transaction(region_id) as db:
        await db.execute(insert(person).values(region_id=region_id, person_id=person_id))
    return person_id


async def tell(
    town: Town, made_at: datetime, people: list[UUID], read: int, month: datetime
) -> UUID:
    """A notice that these people got at once, of whom some have read it an hour later."""
    message_id, region_id = new_id(), town.region.region_id
    made = made_message(message_id, made_at)
    async with town.database.transaction(region_id) as db:
        await put_message(db, region_id, made)
        for nth, person_id in enumerate(people):
            await db.execute(
                insert(inbox).values(
                    region_id=region_id, person_id=person_id, item_id=message_id, kind=made.kind,
                    message_id=message_id, at=made_at, expires_at=made.expires_at,
                    read_at=made_at + timedelta(hours=1) if nth < read else None,
                )
            )  # fmt: skip
    async with town.database.transaction(region_id, as_role=SENDER_ROLE) as db:
        for person_id in people:
            await db.execute(
                insert(received).values(
                    region_id=region_id, person_id=person_id, month=month.date().replace(day=1),
                    number=await _number(town, person_id), message_id=message_id,
                )
            )  # fmt: skip
    return message_id


_GOT: Counter[UUID] = Counter()


async def _number(town: Town, person_id: UUID) -> int:
    _GOT[person_id] += 1
    return _GOT[person_id]


async def used(town: Town) -> list[tuple[Any, ...]]:
    return [
        tuple(row) for row in await town.rows("SELECT used FROM insights.budget ORDER BY period")
    ]


async def test_each_notice_is_told_once_and_each_month_is_paid_once(town: Town):
    region_id = town.region.region_id
    plan = await hold_plan(town)
    people = [await somebody(town) for _ in range(3)]
    month = datetime(2027, 1, 1, tzinfo=town.region.zone)
    await go_to(town, month.date())
    early, late = month + timedelta(hours=9), month.replace(day=30, hour=12)
    first = await tell(town, early, people, 2, month)
    assert await release_deliveries(town.database, town.region) == 0, "72 hours are not over"
    await town.set_clock((early + AFTER).astimezone(UTC))
    assert await release_deliveries(town.database, town.region) == 1
    assert await release_deliveries(town.database, town.region) == 0
    assert await used(town) == [(DELIVERY_MONTH_COST,)]
    second = await tell(town, early + timedelta(days=5), people, 0, month)
    over = await tell(town, late, people[:1], 0, month)
    await town.set_clock((late + AFTER).astimezone(UTC))
    assert await release_deliveries(town.database, town.region) == 2
    assert await used(town) == [(2 * DELIVERY_MONTH_COST,)], "the last one ends in February"
    async with town.database.snapshot(region_id, as_role="meguri_city") as db:
        told = await list_delivered(db, region_id, before=None, limit=10)
        page = await list_delivered(db, region_id, before=told[0].message_id, limit=1)
    assert {each.message_id for each in told} == {first, second, over}
    assert [each.message_id for each in page] == [told[1].message_id]
    for each in told:
        assert each.read.high - each.read.value == 89, "1.96 · 45, rounded up"
        assert abs(each.read.value) + abs(each.unread.value) < 1_000
        assert each.got.value == each.read.value + each.unread.value
        assert each.got.high - each.got.value == 125, "1.96 · 45 · √2, rounded up"
    assert (await verify_whole_region(town.database, town.region)).is_sound
    assert plan.lists.first_week <= month.date() - WEEK


async def test_a_notice_of_before_the_first_whole_month_has_no_figures(town: Town):
    await hold_plan(town)
    reader = await somebody(town)
    now = (await town.database.clock()).now()
    await tell(town, now, [reader], 1, now.astimezone(town.region.zone))
    await go_to(town, (now + timedelta(days=4)).date())
    assert await release_deliveries(town.database, town.region) == 0


@pytest.mark.parametrize(
    "what",
    [
        "insights.append_delivery(1, gen_random_uuid(), 1, 1, 45000)",
        "insights.append_delivery(2, gen_random_uuid(), 1, 1, 45000)",
    ],
)
async def test_postgresql_keeps_no_figures_of_what_is_not_due(town: Town, what: str):
    connection = await asyncpg.connect(
        town.place.app_url, server_settings={"role": "meguri_app", "meguri.region": "1"}
    )
    try:
        with pytest.raises(asyncpg.PostgresError) as refusal:
            await connection.execute(f"SELECT {what}")
    finally:
        await connection.close()
    assert refusal.value.sqlstate in ("MG001", "MG012")


async def test_postgresql_keeps_no_figures_with_less_noise_than_is_paid_for(town: Town):
    await hold_plan(town)
    month = datetime(2027, 1, 1, tzinfo=town.region.zone)
    reader = await somebody(town)
    told = await tell(town, month, [reader], 1, month)
    await town.set_clock((month + AFTER).astimezone(UTC))
    connection = await asyncpg.connect(
        town.place.app_url, server_settings={"role": "meguri_app", "meguri.region": "1"}
    )
    try:
        with pytest.raises(asyncpg.CheckViolationError, match="has_the_noise_it_pays_for"):
            await connection.execute("SELECT insights.append_delivery(1, $1, 1, 0, 44000)", told)
    finally:
        await connection.close()
    assert await used(town) == []


def test_the_noise_is_what_is_paid_for():
    sigma = DELIVERY_SIGMA_MILLI // 1_000
    assert sigma == 45
    drawn = [value for _ in range(2_000) for value in add_noise((0, 0), 1, sigma, DELIVERY_COST)]
    assert abs(fmean(drawn)) < 6 * sigma / len(drawn) ** 0.5
    assert 0.9 * sigma < pstdev(drawn) < 1.1 * sigma
    with pytest.raises(AssertionError):
        add_noise((0, 0), 1, sigma - 1, DELIVERY_COST)
