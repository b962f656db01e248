"""Who writes notices and pads a segment with own accounts learns no more than NOTICES says."""

import asyncio
from datetime import date, datetime, timedelta
from itertools import product
from typing import Any
from uuid import UUID

import asyncpg
import httpx
import pytest
from sqlalchemy.exc import DBAPIError

from core.errors import Problem
from insights.mechanism import DELIVERY_COST
from notifications.match import send_due_notices
from notifications.notices import SEGMENT_ATTEMPTED, Asking, approve_notice, ask_for_notice
from notifications.preview import preview_of
from notifications.read_notices import Notice, known_notice
from notifications.release_deliveries import release_deliveries
from notifications.size import STEP, told_of
from notifications.week import NOT_SIZED
from tests.api.admin_office import Office
from tests.insights.statistics_builder import OTHER_PERSON, WEEK, go_to, hold_plan, release_week
from tests.notifications.notices_builder import (
    BY_PAYMENTS,
    DRAFTER,
    PLAIN,
    agree,
    approved_notice,
    drafted_notice,
    released_week,
)
from tests.sizes import PREVIEWS
from tests.town_builder import Town, new_id

LOG = "/v1/regions/setagaya/notices"
EVENTS = {"by": "declared", "interest": "events"}
OWN_ACCOUNTS = """
    INSERT INTO residents.person (region_id, person_id)
    SELECT $1, md5($2 || n::text)::uuid FROM generate_series(1, $3::integer) n;
    INSERT INTO residents.consent (region_id, consent_id, person_id, purpose, is_given)
    SELECT $1, gen_random_uuid(), md5($2 || n::text)::uuid, 'news_of_city', true
      FROM generate_series(1, $3::integer) n;
    INSERT INTO notifications.preference (region_id, person_id, home_area, interests)
    SELECT $1, md5($2 || n::text)::uuid, 'north', '{events,shops}'
      FROM generate_series(1, $3::integer) n
"""


async def pad(town: Town, name: str, many: int) -> None:
    """So many accounts of the attacker's own, that say and agree to whatever is wanted."""
    owner = await asyncpg.connect(town.place.superuser_url)
    for statement in OWN_ACCOUNTS.split(";"):
        await owner.execute(statement, town.region.region_id, name, many)
    await owner.close()


async def known(town: Town, notice_id: UUID) -> Notice:
    async with town.database.snapshot(town.region.region_id) as db:
        return await known_notice(db, town.region.region_id, notice_id)


def test_one_more_person_changes_what_is_told_in_one_of_a_hundred_draws():
    for many in range(1_000):
        draws = [(told_of(many, less), told_of(many + 1, less)) for less in range(STEP)]
        assert sum(before != after for before, after in draws) == (many >= STEP - 1), many
        assert all(told <= many <= told + 2 * STEP - 2 for told, _ in draws)
        assert many >= STEP or not any(told for told, _ in draws), "few people never pass"


async def test_a_padded_segment_is_told_one_number_a_month_whoever_comes_or_goes(town: Town):
    await pad(town, "a", 99)
    await agree(town, await town.open_wallet(), "news_of_city", interests=["events"])
    notices = [await known(town, await drafted_notice(town, EVENTS, PLAIN)) for _ in range(2)]
    asked = [preview_of(town.database, town.region, notices[n % 2]) for n in range(6)]
    first = {each.size for each in await asyncio.gather(*asked)}
    await pad(town, "b", 250)
    again = await preview_of(town.database, town.region, notices[0])
    assert first == {again.size}, "many at once, another notice, and more accounts: one answer"


async def test_nobody_chooses_the_week_of_a_month_by_its_noise(town: Town):
    """Everybody reads the released cells: who waits for a lucky week, and asks then, comes late."""
    month = ((await town.today()).replace(day=1) + timedelta(days=62)).replace(day=1)
    await go_to(town, month)
    plan = await released_week(town, payers=10)
    await send_due_notices(town.database, town.region, lambda: None)  # as a worker does
    await go_to(town, plan.lists.first_week + 2 * WEEK)
    await release_week(town, plan, plan.lists.first_week + WEEK, payers=900)
    notice = await known(town, await drafted_notice(town, BY_PAYMENTS, PLAIN))
    assert not (await preview_of(town.database, town.region, notice)).size.passes


async def test_what_only_a_newer_plan_has_is_not_sized_yet(town: Town):
    plan = await released_week(town)
    areas = plan.lists.model_dump(mode="json")["areas"]
    west = {"code": "west", "names": {"ja": "west", "en": "West"}}
    newer = await hold_plan(town, areas=[*areas, west])
    await go_to(town, newer.lists.first_week)
    for segment in ({"by": "payments", "area": "west"}, {"by": "payments", "area": "west",
                                                         "category": "food"}):  # fmt: skip
        notice = await known(town, await drafted_notice(town, segment, PLAIN))
        with pytest.raises(Problem) as refused:
            await preview_of(town.database, town.region, notice)
        assert refused.value.type == NOT_SIZED


async def test_nothing_of_the_matching_is_told_and_figures_of_deliveries_are_noisy_and_paid_for(
    town: Town, app_client: httpx.AsyncClient, token: Any
):
    await released_week(town)
    office = Office(app_client, token)
    await pad(town, "a", 120)
    neighbour = await agree(town, await town.open_wallet(), "news_of_city", interests=["events"])
    notice_id = await approved_notice(town, EVENTS)
    of_it = f"notices/{notice_id}"
    paths = (of_it, f"{of_it}/preview", "notices", "statistics/deliveries", "acts")

    async def told() -> list[Any]:
        answers = [
            (await office.get(role, each)) for role in ("campaigns", "city") for each in paths
        ]
        assert all(str(neighbour) not in answer.text for answer in answers)
        return [_without_state(answer.json()) for answer in answers if answer.status_code == 200]

    before = await told()
    assert len(before) >= 8
    assert await send_due_notices(town.database, town.region, lambda: None) == 1
    [[many]] = await town.rows("SELECT count(*) FROM notifications.outbox")
    assert many == 121
    assert await told() == before, "how many and whom it reached changes no answer"
    [logged] = (await app_client.get(LOG)).json()["items"]
    assert set(logged) == {
        "notice_id", "kind", "purpose", "segment", "texts", "state", "sent_at", "stopped_at",
    }  # fmt: skip
    await town.set_clock(await town.now() + timedelta(hours=73))
    assert await release_deliveries(town.database, town.region) == 1
    assert await release_deliveries(town.database, town.region) == 0, "one draw of the noise"
    assert DELIVERY_COST <= 250_000, "a right guess is 1.2 of 100 likelier than by a coin"


def _without_state(told: Any) -> Any:
    """What an answer says, less that the notice began and is done."""
    if isinstance(told, dict):
        changes = ("state", "begun_at")
        return {name: _without_state(each) for name, each in told.items() if name not in changes}
    return [_without_state(each) for each in told] if isinstance(told, list) else told


async def test_what_was_asked_for_in_one_month_and_approved_in_the_next_counts_in_that(town: Town):
    await pad(town, "a", 300)
    region = town.region
    await town.set_clock(await _end_of_month(town))

    async def ask() -> UUID:
        notice_id = await drafted_notice(town, EVENTS, PLAIN)
        found = await preview_of(town.database, region, await known(town, notice_id))
        asking = Asking(new_id(), found.size, found.texts, "test")
        async with town.database.transaction(region.region_id) as db:
            await ask_for_notice(db, region, notice_id, asking, DRAFTER)
        return notice_id

    async def approve(notice_id: UUID) -> None:
        async with town.database.transaction(region.region_id) as db:
            await approve_notice(db, region, notice_id, OTHER_PERSON)

    first = await ask()
    await town.set_clock(await town.now() + timedelta(days=2))
    await approve(await ask())
    with pytest.raises(Problem) as refused:
        await approve(first)
    assert refused.value.type == SEGMENT_ATTEMPTED


async def _end_of_month(town: Town) -> datetime:
    now, next_month = await town.now(), ((await town.today()).replace(day=28) + timedelta(days=4))
    first: date = next_month.replace(day=1)
    return now + (first - timedelta(days=1) - await town.today())


async def test_previews_read_nothing_of_the_ledger_and_the_matcher_is_stopped(town: Town):
    """Whoever would read a payment is refused by PostgreSQL: no statement gets there."""
    await released_week(town)
    segments = [BY_PAYMENTS, {"by": "payments", "area": "south"}, EVENTS, {"by": "declared"}]
    segments += [
        {"by": "payments", "area": area, "category": category}
        for area, category in product(("north", "south"), ("food", "books"))
    ]
    notices = [await known(town, await drafted_notice(town, each, PLAIN)) for each in segments]
    await approved_notice(town, {"by": "payments", "category": "food"})
    owner = await asyncpg.connect(town.place.superuser_url)
    await owner.execute(
        "REVOKE SELECT ON ALL TABLES IN SCHEMA ledger, merchants FROM meguri_app,"
        " meguri_city, meguri_matcher; GRANT SELECT ON ledger.deployment TO meguri_app;"
        "REVOKE SELECT ON notifications.match_paid FROM meguri_matcher"
    )
    await owner.close()
    for nth in range(PREVIEWS):
        await preview_of(town.database, town.region, notices[nth % len(notices)])
    with pytest.raises(DBAPIError, match="permission denied"):
        await send_due_notices(town.database, town.region, lambda: None)
