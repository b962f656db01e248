"""What the roles of matching and sending may do: what their work takes, and nothing else."""

from typing import Any

import pytest
from sqlalchemy import func, insert, select
from sqlalchemy.exc import IntegrityError, ProgrammingError

from core.database import MATCHER_ROLE, SENDER_ROLE, metadata
from notifications.tables import outbox
from tests.access.rows import fill_access
from tests.every_module import load_every_module
from tests.notifications.message_rows import fill_notifications
from tests.town_builder import Town, new_id

load_every_module()

SENDERS = {
    "notifications.message", "notifications.address", "notifications.outbox",
    "notifications.received", "notifications.way", "residents.consent",
}  # fmt: skip
"""What the sender reads whole."""
IN_PART = {
    "residents.person": {"region_id", "person_id", "phone", "closed_at"},
    "notifications.preference": {"region_id", "person_id", "language", "muted"},
}
"""And the columns of others: nobody's name, home or interests."""


@pytest.fixture
async def told(town: Town) -> Town:
    await fill_access(town.database, town.region.region_id)
    await fill_notifications(town.database, town.region.region_id)
    return town


@pytest.mark.parametrize(("role", "may_read"), [(MATCHER_ROLE, set()), (SENDER_ROLE, SENDERS)])
async def test_a_role_reads_no_other_table(told: Town, role: str, may_read: set[str]):
    for table in metadata.sorted_tables:
        async with told.database.snapshot(told.region.region_id, as_role=role) as db:
            if table.fullname in may_read:
                await db.execute(select(table).limit(1))
                continue
            for column in table.columns:
                if role == SENDER_ROLE and column.name in IN_PART.get(table.fullname, ()):
                    continue
                with pytest.raises(ProgrammingError, match="permission denied"):
                    async with db.begin_nested():
                        await db.execute(select(column).limit(1))


async def test_the_matcher_writes_by_way_of_the_inbox_alone(told: Town):
    region_id, person_id = told.region.region_id, await _anybody(told)
    row = {
        "region_id": region_id, "item_id": new_id(), "kind": "payment", "person_id": person_id,
        "expires_at": func.clock_timestamp(),
    }  # fmt: skip
    async with told.database.transaction(region_id, as_role=MATCHER_ROLE) as db:
        await db.execute(insert(outbox).inline().values(**row, channel="inbox"))
        with pytest.raises(ProgrammingError, match="row-level security"):
            async with db.begin_nested():
                await db.execute(insert(outbox).inline().values(**row, channel="email"))
        with pytest.raises(ProgrammingError, match="permission denied"):
            async with db.begin_nested():
                await db.execute(select(outbox.c.item_id))


async def test_nobody_is_told_the_same_twice_by_the_same_way(told: Town):
    region_id, person_id = told.region.region_id, await _anybody(told)
    row = {
        "region_id": region_id, "item_id": new_id(), "kind": "payment", "person_id": person_id,
        "expires_at": func.clock_timestamp(), "channel": "inbox",
    }  # fmt: skip
    async with told.database.transaction(region_id) as db:
        await db.execute(insert(outbox).values(**row))
        with pytest.raises(IntegrityError, match="outbox_tells_each_once"):
            async with db.begin_nested():
                await db.execute(insert(outbox).values(**row))


async def _anybody(told: Town) -> Any:
    async with told.database.snapshot(told.region.region_id, as_role=SENDER_ROLE) as db:
        by_inbox = select(outbox.c.person_id).where(outbox.c.channel == "inbox")
        return (await db.scalars(by_inbox)).one()
