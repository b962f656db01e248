"""What waits comes into inboxes once, if it may at that moment, and goes on to each address."""

import asyncio
from collections import Counter
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy import insert, update

from core.ids import uuid7
from notifications.fill_inboxes import fill_inboxes
from notifications.kinds import MOST_TEXTS_A_DAY
from notifications.messages import Message, end_message
from notifications.tables import address, outbox, preference
from residents.consent import set_consent, standing_consents
from residents.tables import consent, person
from tests.notifications.alerts_builder import put_for
from tests.notifications.message_rows import TEXTS
from tests.town_builder import Town, new_id


async def fill(town: Town) -> int:
    return await fill_inboxes(town.database, town.region, lambda: None)


async def somebody(town: Town, *, agrees: bool = True, **said: Any) -> UUID:
    region_id, person_id = town.region.region_id, new_id()
    async with town.database.transaction(region_id) as db:
        await db.execute(insert(person).values(region_id=region_id, person_id=person_id))
        if said:
            whose = {"region_id": region_id, "person_id": person_id}
            await db.execute(insert(preference).values(**whose, **said))
        if agrees:
            await set_consent(db, region_id, person_id, "news_of_city", is_given=True)
    return person_id


async def at_address(town: Town, person_id: UUID, channel: str = "email") -> UUID:
    region_id, address_id = town.region.region_id, new_id()
    where = "" if channel == "sms" else f"{address_id}@example.jp"
    async with town.database.transaction(region_id) as db:
        await db.execute(
            insert(address).values(
                region_id=region_id, address_id=address_id, person_id=person_id, channel=channel,
                address=where,
            )
        )  # fmt: skip
    return address_id


async def tell(town: Town, *people: UUID, kind: Any = "public_service") -> UUID:
    """A message, and a row by way of the inbox for each of these people; its id."""
    region_id, message_id, now = town.region.region_id, new_id(), await town.now()
    is_emergency = kind == "emergency"
    made = Message(
        message_id, kind, "everybody" if is_emergency else "segment", TEXTS, {}, now,
        now + timedelta(days=2), () if is_emergency else ("news_of_city",),
    )  # fmt: skip
    async with town.database.transaction(region_id) as db:
        await put_for(db, region_id, made, *people)
    return message_id


async def outcomes(town: Town, message_id: UUID) -> dict[UUID, tuple[str, str | None]]:
    rows = await town.rows(
        "SELECT person_id, state, why FROM notifications.outbox"
        f" WHERE channel = 'inbox' AND item_id = '{message_id}'"
    )
    return {UUID(int=row[0].int): (row[1], row[2]) for row in rows}


async def test_it_is_asked_again_at_the_moment_of_sending(town: Town):
    region_id = town.region.region_id
    agrees, never, withdrew, closed = [
        await somebody(town, agrees=agrees) for agrees in (True, False, True, True)
    ]
    message_id = await tell(town, agrees, never, withdrew, closed)
    async with town.database.transaction(region_id) as db:
        await set_consent(db, region_id, withdrew, "news_of_city", is_given=False)
    await town.rows("SELECT 1")
    async with town.database.transaction(region_id) as db:
        await db.execute(person.update().where(person.c.person_id == closed).values(
            closed_at=await town.now()))  # fmt: skip
    assert await fill(town) == 4
    assert await fill(town) == 0
    assert await outcomes(town, message_id) == {
        agrees: ("sent", None), never: ("dropped", "no-consent"),
        withdrew: ("dropped", "no-consent"), closed: ("dropped", "closed"),
    }  # fmt: skip
    inboxes = await town.rows("SELECT person_id FROM notifications.inbox")
    assert [UUID(int=row[0].int) for row in inboxes] == [agrees]


async def test_a_withdrawal_stands_though_the_clock_went_back_since_it_was_agreed_to(town: Town):
    region_id, who = town.region.region_id, await somebody(town, agrees=False)
    ahead = uuid7(datetime.now(UTC) + timedelta(hours=1))
    given = {"consent_id": ahead, "purpose": "news_of_city", "is_given": True}
    async with town.database.transaction(region_id) as db:
        await db.execute(insert(consent).values(region_id=region_id, person_id=who, **given))
    for is_given in (False, True, False):
        async with town.database.transaction(region_id) as db:
            await set_consent(db, region_id, who, "news_of_city", is_given=is_given)
            assert (await standing_consents(db, region_id, who))[
                "news_of_city"
            ].is_given is is_given
    message_id = await tell(town, who)
    await fill(town)
    assert await outcomes(town, message_id) == {who: ("dropped", "no-consent")}


async def test_a_stopped_message_goes_nowhere(town: Town):
    who = await somebody(town)
    message_id = await tell(town, who)
    async with town.database.transaction(town.region.region_id) as db:
        assert await end_message(db, town.region.region_id, message_id, "stopped")
    await fill(town)
    assert await outcomes(town, message_id) == {who: ("dropped", "stopped")}


@pytest.mark.parametrize("at_once", [False, True])
async def test_nobody_gets_more_than_four_notices_a_month(town: Town, *, at_once: bool):
    who, other = await somebody(town), await somebody(town)
    told = []
    for _ in range(6):
        told.append(await tell(town, who, other))
        if not at_once:
            await fill(town)
    if at_once:
        await asyncio.gather(*(fill(town) for _ in range(4)))
    states = [(await outcomes(town, each))[who] for each in told]
    assert sorted(states, key=str) == sorted(
        [("sent", None)] * 4 + [("dropped", "month-full")] * 2, key=str
    )
    counted = await town.rows("SELECT count(*) FROM notifications.received")
    assert counted[0][0] == 8
    warned = await tell(town, who, kind="emergency")
    await fill(town)
    assert (await outcomes(town, warned))[who] == ("sent", None), "an emergency is never counted"


async def test_each_address_gets_its_row_unless_it_is_muted(town: Town):
    who = await somebody(town, muted=["public_service:email"])
    mail, phone = await at_address(town, who), await at_address(town, who, "sms")
    notice, warning = await tell(town, who), await tell(town, who, kind="emergency")
    await fill(town)
    rows = await town.rows(
        "SELECT item_id, address_id FROM notifications.outbox WHERE channel <> 'inbox'"
    )
    found = {(UUID(int=item.int), UUID(int=where.int)) for item, where in rows}
    assert found == {(notice, phone), (warning, mail), (warning, phone)}


async def test_nobody_makes_the_region_pay_for_more_than_some_text_messages_a_day(town: Town):
    """A yen paid to the own shop is news about the own money, as often as it is done."""
    who, region_id = await somebody(town), town.region.region_id
    await at_address(town, who, "sms")
    for _ in range(3):
        async with town.database.transaction(region_id) as db:
            for _ in range(9):
                row = {"item_id": new_id(), "kind": "payment", "expires_at": in_a_day()}
                of_who = {"region_id": region_id, "person_id": who, "channel": "inbox"}
                await db.execute(insert(outbox).values(**row, **of_who))
        await fill(town)
        async with town.database.transaction(region_id) as db:
            gone = {"state": "dropped", "why": "by-its-owner", "dropped_at": in_a_day()}
            await db.execute(update(address).values(**gone))
        await at_address(town, who, "sms")
    warning = await tell(town, who, kind="emergency")
    await fill(town)
    rows = await town.rows("SELECT kind FROM notifications.outbox WHERE channel = 'sms'")
    assert Counter(row[0] for row in rows) == {"payment": MOST_TEXTS_A_DAY, "emergency": 1}
    assert await outcomes(town, warning) == {who: ("sent", None)}


def in_a_day() -> datetime:
    return datetime.now(UTC) + timedelta(days=1)
