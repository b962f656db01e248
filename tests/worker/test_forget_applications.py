"""What is personal of an application that came to nothing goes after a time, documents too."""

from uuid import UUID

import pytest
from sqlalchemy import text

from merchants.application_documents import documents_of
from merchants.apply import find_application
from tests.merchant_rows import apply_with_document
from tests.town_builder import Town
from worker.forget import forget_what_is_over


async def in_state(town: Town, state: str, days: int) -> UUID:
    application_id, _ = await apply_with_document(town.database, town.region.region_id)
    async with town.database.transaction(town.region.region_id) as db:
        named = {"id": application_id, "state": state, "days": days}
        change = "UPDATE merchants.application SET state = :state, changed_at = clock_timestamp()"
        where = "- make_interval(days => :days) WHERE application_id = :id"
        await db.execute(text(f"{change} {where}"), named)
    return application_id


async def forgotten(town: Town) -> int:
    return (await forget_what_is_over(town.database, [town.region], lambda: None))["applications"]


@pytest.mark.parametrize(
    ("state", "days", "is_forgotten"),
    [
        ("refused", 31, True),
        ("withdrawn", 31, True),
        ("more_asked", 31, True),
        ("refused", 29, False),
        ("submitted", 31, False),
        ("recommended", 31, False),
    ],
)
async def test_what_came_to_nothing_is_forgotten_after_the_days_of_the_region(
    town: Town, state: str, days: int, is_forgotten: bool
):
    await town.change_settings(application_days=30)
    application_id = await in_state(town, state, days)
    assert await forgotten(town) == int(is_forgotten)
    assert await forgotten(town) == 0
    region_id = town.region.region_id
    async with town.database.snapshot(region_id) as db:
        found = await find_application(db, region_id, application_id)
        documents = await documents_of(db, region_id, application_id)
    assert (found.form is None) == is_forgotten == (documents == [])
    assert found.state == ("withdrawn" if state == "more_asked" else state)
