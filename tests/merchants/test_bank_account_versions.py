"""Which bank account is in force at an instant, and what PostgreSQL lets nobody write."""

from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from merchants.bank_account_versions import account_versions_at
from tests.merchant_rows import NOON, keep_account
from tests.town_builder import Town

HOUR = timedelta(hours=1)


async def keep(town: Town, merchant_id: UUID, **more: Any) -> UUID:
    return await keep_account(town.database, town.region.region_id, merchant_id, **more)


async def in_force(town: Town, merchant_ids: list[UUID], at: datetime) -> dict[UUID, UUID]:
    region_id = town.region.region_id
    async with town.database.snapshot(region_id) as session:
        found = await account_versions_at(session, region_id, merchant_ids, at)
    return {merchant_id: each.version_id for merchant_id, each in found.items()}


async def test_the_account_in_force_is_the_last_that_applies_by_then(town: Town):
    one, other = (await town.open_store()).merchant_id, (await town.open_store()).merchant_id
    first = await keep(town, one)
    second = await keep(town, one, applies_from=NOON + HOUR)
    await keep(
        town, one, applies_from=NOON + 2 * HOUR, state="cancelled", ended_by="merchant:1",
        ended_at=NOON + HOUR,
    )  # fmt: skip
    await keep(town, one, state="asked", approved_by=None, approved_at=None, applies_from=None)
    both = [one, other]
    assert await in_force(town, both, NOON - timedelta(microseconds=1)) == {}
    assert await in_force(town, both, NOON) == {one: first}
    assert await in_force(town, both, NOON + HOUR - timedelta(microseconds=1)) == {one: first}
    assert await in_force(town, both, NOON + 9 * HOUR) == {one: second}
    assert await in_force(town, [], NOON) == {}


async def test_another_region_sees_no_account(town: Town, second_town: Town):
    merchant_id = (await town.open_store()).merchant_id
    await keep(town, merchant_id)
    assert await in_force(second_town, [merchant_id], NOON) == {}
    region_id = town.region.region_id
    async with second_town.database.snapshot(second_town.region.region_id) as session:
        assert await account_versions_at(session, region_id, [merchant_id], NOON) == {}


async def test_an_account_shows_no_number_where_it_is_printed(town: Town):
    merchant_id = (await town.open_store()).merchant_id
    await keep(town, merchant_id)
    region_id = town.region.region_id
    async with town.database.snapshot(region_id) as session:
        found = await account_versions_at(session, region_id, [merchant_id], NOON)
    assert "12345" not in str(found)
    assert found[merchant_id].account.ends_with == "345"


@pytest.mark.parametrize(
    ("wrong", "constraint"),
    [
        ({"account_number": "12345"}, "bank_account_codes_are_digits"),
        ({"account_number": "00123456"}, "bank_account_codes_are_digits"),
        ({"bank_code": "1"}, "bank_account_codes_are_digits"),
        ({"branch_code": "０01"}, "bank_account_codes_are_digits"),
        ({"account_type": "gold"}, "bank_account_type_is_known"),
        ({"holder_kana": ""}, "bank_account_holder_is_bounded"),
        ({"approved_by": "merchant:1"}, "bank_account_has_two_people"),
        ({"approved_by": None}, "bank_account_approval_is_whole"),
        ({"applies_from": NOON - HOUR}, "bank_account_applies_after_its_approval"),
        ({"state": "cancelled"}, "bank_account_end_is_told"),
        (
            {"state": "cancelled", "ended_by": "merchant:1", "ended_at": NOON},
            "bank_account_is_cancelled_in_time",
        ),
    ],
)
async def test_postgresql_keeps_no_account_that_is_not_whole(
    town: Town, wrong: dict[str, Any], constraint: str
):
    merchant_id = (await town.open_store()).merchant_id
    with pytest.raises(IntegrityError, match=constraint):
        await keep(town, merchant_id, **wrong)
