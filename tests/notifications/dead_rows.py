"""Dead letters for tests: items that could not be told to somebody by one way."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, select, text

from notifications.tables import address, outbox
from residents.tables import person
from tests.notifications.alerts_builder import put_let_out
from tests.notifications.message_rows import made_message
from tests.town_builder import Town, new_id


async def give_up(
    town: Town, *channels: str, message_id: UUID | None = None, why: str = "status-500",
    lasts: timedelta = timedelta(days=2), **more: Any,
) -> list[int]:  # fmt: skip
    """Somebody could not be told of a message by these ways; the numbers of the deliveries.

    Without a message it was a payment; `more` replaces columns.
    """
    region_id, now = town.region.region_id, await town.now()
    whose = {"region_id": region_id, "person_id": new_id()}
    what = {"item_id": message_id or new_id(), "message_id": message_id}
    kind = "payment" if message_id is None else "public_service"
    over = {"state": "dead", "why": why, "tries": 12, "ended_at": now, "expires_at": now + lasts}
    numbers = []
    async with town.database.transaction(region_id) as db:
        await db.execute(insert(person).values(**whose))
        for channel in channels:
            address_id = new_id()
            where = "" if channel == "sms" else f"{address_id}@example.jp"
            named = {**whose, "address_id": address_id, "channel": channel}
            await db.execute(insert(address).values(**named, address=where))
            row = insert(outbox).values(**named, **what, **{"kind": kind, **over, **more})
            numbers.append(await db.scalar(row.returning(outbox.c.delivery_id)))
    return numbers


async def put_down(town: Town) -> UUID:
    """A notice of public service that holds; its id."""
    made = made_message(new_id(), await town.now())
    async with town.database.transaction(town.region.region_id) as db:
        await put_let_out(db, town.region.region_id, made)
    return made.message_id


async def states(town: Town) -> dict[int, tuple[str, str | None, int]]:
    """Of each delivery: its state, why, and how often it was tried."""
    of = outbox.c
    async with town.database.snapshot(town.region.region_id) as db:
        rows = await db.execute(
            select(of.delivery_id, of.state, of.why, of.tries).order_by(text("1"))
        )
        return {row[0]: (row[1], row[2], row[3]) for row in rows}


async def furnish_dead_letters(town: Town) -> dict[str, Any]:
    """One that can be tried again, and the number of one that cannot, however often it is asked."""
    await give_up(town, "email", message_id=await put_down(town))
    [number] = await give_up(town, "email", lasts=-timedelta(seconds=1))
    return {"dead-letters delivery_no": str(number)}
