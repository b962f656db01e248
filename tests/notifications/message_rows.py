"""Rows about notices: a message in the inbox of somebody, who has an address and preferences."""

from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from typing import Final
from uuid import UUID

from sqlalchemy import insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database
from notifications.alert_tables import alert
from notifications.kinds import Language
from notifications.messages import Message, Words, put_message
from notifications.notice_tables import (
    bulletin,
    match_week,
    notice,
    segment_size,
    segment_week,
    template,
)
from notifications.tables import address, inbox, outbox, preference, received
from notifications.upstream_tables import alert_upstream, cap_arrival
from notifications.ways import tell_ways
from residents.tables import person
from tests.notifications.partner_rows import keep_partner
from tests.town_builder import Town, new_id

MONDAY: Final = date(2026, 11, 30)
TEXTS: Final[dict[Language, Words]] = {
    "ja": Words("夏祭り", "土曜日に広場で夏祭りがあります。"),
    "ja_plain": Words("夏(なつ)まつり", "土曜日(どようび)に まつりが あります。"),
    "en": Words("Summer fair", "There is a fair in the square on Saturday."),
}


def made_message(message_id: UUID, made_at: datetime) -> Message:
    """A notice of public service that lasts for two days."""
    return Message(
        message_id, "public_service", "segment", TEXTS, {"purpose": "events"}, made_at,
        made_at + timedelta(days=2), ("news_of_city",),
    )  # fmt: skip


async def tell_a_notice(town: Town) -> UUID:
    """A notice is put down now, and nobody has got it yet; its id."""
    message_id = new_id()
    made_at = (await town.database.clock()).now()
    async with town.database.transaction(town.region.region_id) as db:
        await put_message(db, town.region.region_id, made_message(message_id, made_at))
    return message_id


async def _fill_upstreams(db: AsyncSession, region_id: int, now: datetime) -> None:
    upstream_id = new_id()
    await db.execute(
        insert(alert_upstream).values(
            region_id=region_id, upstream_id=upstream_id, sender="x", document="{}",
            drafted_by="admin:x",
        )
    )  # fmt: skip
    await db.execute(
        insert(cap_arrival).values(
            region_id=region_id, arrival_id=new_id(), upstream_id=upstream_id, at=now, xml=b"x",
            digest=sha256(b"x").digest(), outcome="refused", refusal="xml-wrong",
        )
    )  # fmt: skip


async def _fill_notices(db: AsyncSession, region_id: int, now: datetime) -> None:
    """A template, a notice of it that was stopped, a size and the week of a month."""
    of_region, template_id = {"region_id": region_id}, new_id()
    texts = {language: {"title": "-", "body": "-"} for language in TEXTS}
    what = {"kind": "campaign", "template_id": template_id}
    month, sizes = date(now.year, now.month, 1), {"estimate": 1, "low": 1, "high": 1, "needed": 1}
    await db.execute(
        insert(template).values(**of_region, **what, name="-", texts=texts, made_by="admin:x")
    )
    await db.execute(
        insert(notice).values(
            **of_region, **what, notice_id=new_id(), purpose="-", segment={"by": "declared"},
            lasts_hours=1, drafted_by="admin:x",
        )
    )  # fmt: skip
    await db.execute(insert(segment_week).values(**of_region, month=month, week=MONDAY))
    size = {"segment_hash": bytes(32), "month": month}
    await db.execute(insert(segment_size).values(**of_region, **size, **sizes))
    asked = {"texts": texts, "request_id": new_id(), "asked_at": now}
    await db.execute(
        update(notice).values(state="stopped", begun_at=now, sized_in=month, **size, **asked)
    )


async def fill_notifications(database: Database, region_id: int) -> None:
    """One row of each table of notices, of somebody who has an account."""
    now = datetime.now(UTC)
    made = made_message(new_id(), now)
    async with database.transaction(region_id) as db:
        person_id = await db.scalar(
            select(person.c.person_id).where(person.c.region_id == region_id).limit(1)
        )
        await put_message(db, region_id, made)
        whose = {"region_id": region_id, "person_id": person_id}
        await db.execute(insert(preference).values(**whose, language="en", interests=["events"]))
        address_id = new_id()
        await db.execute(
            insert(address).values(
                **whose, address_id=address_id, channel="email", address="a@example.jp"
            )
        )
        told = {"item_id": made.message_id, "message_id": made.message_id, "kind": made.kind}
        await db.execute(insert(inbox).values(**whose, **told, at=now, expires_at=made.expires_at))
        await db.execute(
            insert(bulletin).values(
                region_id=region_id, bulletin_id=new_id(), document="{}", drafted_by="admin:x",
                until=now,
            )
        )  # fmt: skip
        await db.execute(
            insert(alert).values(
                region_id=region_id, alert_id=new_id(), status="Exercise", message_type="Alert",
                document="{}", drafted_by="admin:x", expires_at=now,
            )
        )  # fmt: skip
        await _fill_upstreams(db, region_id, now)
        await _fill_notices(db, region_id, now)
        await db.execute(
            insert(match_week).values(region_id=region_id, week=MONDAY, after_seq=0, until_seq=1)
        )
        waiting = {"channel": "inbox", "expires_at": made.expires_at}
        await db.execute(insert(outbox).values(**whose, **told, **waiting))
        dead = {"state": "dead", "why": "expired", "ended_at": now}
        by_mail = {"channel": "email", "address_id": address_id, "expires_at": made.expires_at}
        await db.execute(insert(outbox).values(**whose, **told, **by_mail, **dead))
    await keep_partner(database, region_id)
    async with database.transaction(region_id, as_role="meguri_sender") as db:
        month = date(now.year, now.month, 1)
        counted = {"month": month, "number": 1, "message_id": made.message_id}
        await db.execute(insert(received).values(**whose, **counted))
        await tell_ways(db, region_id, {"email"})
