"""People are told what happened to their own money, once, and forgotten when they leave."""

import asyncio
from datetime import date, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import insert, update

from access.acts import enter_act
from ledger.tables import reader
from notifications.fill_inboxes import fill_inboxes
from notifications.forget_notices import forget_notices, forget_notices_of
from notifications.kinds import LANGUAGES
from notifications.own_words import own_words
from notifications.read_inbox import list_items
from notifications.tables import address
from notifications.tell_daily import tell_daily
from notifications.tell_own import READER, tell_own
from residents.look_at_wallet import LookAtWallet
from residents.looks import LOOKED
from residents.tables import person
from tests.notifications.notices_builder import agree
from tests.somebody_waits import somebody_waits
from tests.town_builder import ADMIN, Town, new_id


async def tell(town: Town) -> int:
    return await tell_own(town.database, town.region, lambda: None)


async def daily(town: Town, today: date) -> None:
    await tell_daily(town.database, town.region, today, lambda: None)


async def told(town: Town, person_id: UUID) -> list[tuple[str, dict[str, Any]]]:
    rows = await town.rows(
        "SELECT kind, about FROM notifications.inbox"
        f" WHERE person_id = '{person_id}' ORDER BY at, kind"
    )
    return [(row[0], row[1]) for row in rows]


async def test_each_thing_is_told_once(town: Town):
    await town.live_campaign()
    wallet, store = await town.open_wallet(), await town.open_store()
    who = await agree(town, wallet)
    stranger = await town.open_wallet()  # without an account of a person
    await town.top_up(stranger, 100)
    await town.top_up(wallet, 5_000)
    paid = await town.pay(wallet, store, 1_000)
    await town.refund(paid.entry_id, store, 400)
    voided = await town.pay(wallet, store, 300)
    await town.void(voided.entry_id, store)
    look = LookAtWallet(entry_id=new_id(), actor=ADMIN, wallet_id=wallet.wallet_id, reason="asked")
    (await town.submit(look)).accepted()
    assert await tell(town) > 0
    items = await told(town, who)
    kinds = [kind for kind, _ in items]
    assert sorted(set(kinds)) == ["looked_at", "payment", "points", "refund", "top_up"]
    entry_id = str(paid.entry_id)
    assert ("payment", {"store": "Hinode-ya", "amount": 1_000, "entry_id": entry_id}) in items
    assert [about["amount"] for _, about in items if about.get("event") == "void"] == [300]
    assert dict(items)["points"]["points"] > 0
    assert dict(items)["looked_at"] == {"look_id": str(look.entry_id)}
    for kind, about in items:
        for language in LANGUAGES:
            title, body = own_words(town.region, kind, about, language)
            assert "{" not in title + body
    assert await tell(town) == 0
    async with town.database.transaction(town.region.region_id) as db:
        # As after a crash before the number was kept.
        await db.execute(update(reader).where(reader.c.name == READER).values(seq=1))
    assert await tell(town) > 0
    assert await told(town, who) == items
    assert len(await town.rows("SELECT 1 FROM notifications.inbox")) == len(items)


async def test_who_has_an_address_hears_of_it_there_without_a_yen_in_it(town: Town):
    wallet = await town.open_wallet()
    who, region_id = await agree(town, wallet), town.region.region_id
    async with town.database.transaction(region_id) as db:
        await db.execute(
            insert(address).values(
                region_id=region_id, address_id=new_id(), person_id=who, channel="fcm", address="t"
            )
        )
    await town.top_up(wallet, 5_000)
    await tell(town)
    await fill_inboxes(town.database, town.region, lambda: None)
    rows = await town.rows(
        "SELECT channel, state, row_to_json(o)::text FROM notifications.outbox o"
    )
    assert sorted((row[0], row[1]) for row in rows) == [("fcm", "waiting"), ("inbox", "sent")]
    assert all("5000" not in row[2] for row in rows)


async def test_nothing_is_left_of_who_closes_the_account(town: Town):
    wallet = await town.open_wallet()
    who, region_id = await agree(town, wallet, interests=["events"]), town.region.region_id
    await town.top_up(wallet, 5_000)
    await tell(town)
    async with town.database.transaction(region_id) as db:
        assert await forget_notices(db, region_id, 10) == 0
        await forget_notices_of(db, region_id, who)
    for table in ("inbox", "preference", "outbox", "address", "received"):
        assert await town.rows(f"SELECT 1 FROM notifications.{table}") == []


async def test_a_region_that_was_there_before_is_not_told_its_past(town: Town):
    wallet = await town.open_wallet()
    who = await agree(town, wallet)
    await town.top_up(wallet, 5_000)
    await town.set_clock(await town.now() + timedelta(days=2))
    await town.top_up(wallet, 700)
    await tell(town)
    [(kind, about)] = await told(town, who)
    assert (kind, about["amount"]) == ("top_up", 700)


async def test_what_ended_a_month_ago_is_forgotten(town: Town):
    wallet = await town.open_wallet()
    who, region_id = await agree(town, wallet), town.region.region_id
    await town.top_up(wallet, 5_000)
    await tell(town)
    await town.set_clock(await town.now() + timedelta(days=119))
    async with town.database.transaction(region_id) as db:
        assert await forget_notices(db, region_id, 10) == 0
    assert len(await told(town, who)) == 1
    await town.set_clock(await town.now() + timedelta(days=2))
    async with town.database.transaction(region_id) as db:
        assert await forget_notices(db, region_id, 10) == 1
        assert await forget_notices(db, region_id, 10) == 0
    assert await told(town, who) == []


async def test_a_week_before_it_ends_and_the_day_after_a_look_people_are_told(town: Town):
    wallet, region_id = await town.open_wallet(), town.region.region_id
    who = await agree(town, wallet)
    await town.top_up(wallet, 5_000)
    [[ends_on]] = await town.rows(
        "SELECT expires_on FROM ledger.account WHERE kind = 'coin' AND balance > 0"
    )
    async with town.database.transaction(region_id) as db:
        await enter_act(
            db, region_id, actor=ADMIN, act=LOOKED, person_id=who, reason="asked at the counter"
        )
    [[act_id]] = await town.rows(f"SELECT act_id FROM access.act WHERE act = '{LOOKED}'")
    looked = ("looked_at", {"look_id": str(act_id)})
    for _ in range(2):
        await daily(town, ends_on - timedelta(days=8))
        assert await told(town, who) == [looked]
    for days in (7, 7, 6, 1):
        await daily(town, ends_on - timedelta(days=days))
    assert sorted(await told(town, who)) == [("expiring", {"on": ends_on.isoformat()}), looked]
    assert own_words(town.region, "expiring", {"amount": 5_000, "on": "2026-11-30"}, "en") == (
        "Use it by 30 November", "¥5,000 can be used until 30 November, and not after it.",
    )  # fmt: skip
    [[until]] = await town.rows(
        "SELECT expires_at FROM notifications.inbox WHERE kind = 'expiring'"
    )
    assert until.astimezone(town.region.zone).date() == ends_on + timedelta(days=1)
    store = await town.open_store()
    for paid, left in ((0, [5_000]), (4_000, [1_000]), (1_000, [])):
        if paid:
            await town.pay(wallet, store, paid)
        async with town.database.snapshot(region_id) as db:
            found = await list_items(db, region_id, who, before=None, limit=9, kind="expiring")
        assert [(each.about or {})["amount"] for each in found] == left, "what is there now"


async def test_what_comes_in_while_an_account_closes_is_told_to_nobody(town: Town):
    wallet, region_id = await town.open_wallet(), town.region.region_id
    who = await agree(town, wallet)
    await town.top_up(wallet, 5_000)
    async with town.database.transaction(region_id) as db:
        closing = person.update().where(person.c.person_id == who)
        await db.execute(closing.values(closed_at=await town.now()))
        telling = asyncio.create_task(tell(town))
        await somebody_waits(town.database)
        await forget_notices_of(db, region_id, who)
    assert await telling == 1
    assert await told(town, who) == []
