"""What is personal of an application that came to nothing goes after a time, documents too."""

from hashlib import sha256
from typing import Any
from uuid import UUID

import asyncpg
import pytest
from sqlalchemy import text

from core.errors import Problem
from merchants.application_documents import documents_of, put_document, read_document
from merchants.apply import find_application
from tests.api.application_steps import PDF
from tests.merchant_rows import DOER, apply_with_document
from tests.town_builder import ADMIN, Town, new_id
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


@pytest.mark.parametrize(
    ("state", "days", "is_forgotten"),
    [("approved", 31, True), ("approved", 29, False), ("recommended", 31, False)],
)
async def test_identity_documents_go_after_the_approval_and_who_saw_them_stays(
    town: Town, state: str, days: int, is_forgotten: bool
):
    await town.change_settings(identity_document_days=30)
    store, region_id = await town.open_store(), town.region.region_id
    application_id, shop_id = await apply_with_document(town.database, region_id)
    identity_id = new_id()
    async with town.database.transaction(region_id) as db:
        applied = await find_application(db, region_id, application_id, is_to_change=True)
        await put_document(
            db, region_id, applied, identity_id, "identity", "application/pdf", PDF, DOER
        )
        for document_id in (identity_id, identity_id, shop_id):
            await read_document(db, region_id, application_id, document_id, DOER)
        named: dict[str, Any] = {"id": application_id, "state": state, "days": days}
        named["merchant"] = store.merchant_id if state == "approved" else None
        change = "UPDATE merchants.application SET state = :state, merchant_id = :merchant,"
        when = " changed_at = clock_timestamp() - make_interval(days => :days)"
        await db.execute(text(f"{change} {when} WHERE application_id = :id"), named)

    async def forgotten_documents() -> int:
        done = await forget_what_is_over(town.database, [town.region], lambda: None)
        return done["identity documents"]

    assert [await forgotten_documents() for _ in range(2)] == [int(is_forgotten), 0]
    async with town.database.transaction(region_id) as db:
        kept = {each.kind: each for each in await documents_of(db, region_id, application_id)}
        assert (kept["identity"].size is None) == is_forgotten
        assert (kept["identity"].seen_by, kept["shop"].seen_by) == ([ADMIN], [ADMIN])
        assert kept["identity"].sha256 == sha256(PDF).digest()
        assert (kept["shop"].size, kept["shop"].forgotten_at) == (len(PDF), None)
        if is_forgotten:
            with pytest.raises(Problem, match="document-forgotten"):
                await read_document(db, region_id, application_id, identity_id, DOER)
            replayed = await put_document(
                db, region_id, applied, identity_id, "identity", "application/pdf", PDF, DOER
            )
            assert replayed == kept["identity"], "the same id and content are one"


async def test_postgresql_forgets_no_other_document(town: Town):
    await apply_with_document(town.database, town.region.region_id)
    for change, constraint in (
        ("content = NULL, forgotten_at = now()", "forgotten_if_of_identity"),
        ("kind = 'identity', content = NULL", "forgotten_if_of_identity"),
        ("kind = 'identity', forgotten_at = now()", "forgotten_if_of_identity"),
        ("seen_by = array_fill('a'::text, ARRAY[51])", "seen_by_few"),
    ):
        superuser = await asyncpg.connect(town.place.superuser_url)
        try:
            with pytest.raises(asyncpg.CheckViolationError, match=constraint):
                await superuser.execute(f"UPDATE merchants.application_document SET {change}")
        finally:
            await superuser.close()
