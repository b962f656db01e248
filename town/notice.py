"""A notice drafted from the week's tables: to one area that is large enough, and into inboxes."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select

from access.acts import Doer
from core.database import Database
from core.errors import Problem
from core.ids import uuid7
from ledger.regions import Region
from notifications.fill_inboxes import fill_inboxes
from notifications.kinds import Language
from notifications.match import send_due_notices
from notifications.messages import Words
from notifications.notices import Asking, approve_notice, ask_for_notice, draft_notice
from notifications.preview import preview_of
from notifications.read_notices import Draft
from notifications.segment import Paid
from notifications.size import Size
from notifications.tables import inbox
from notifications.templates import make_template
from notifications.texts import Texts
from residents.consent import Purpose, set_consent
from town import statistics

AGREE: Final = 100
"""So many of the residents with a phone agree to such notices."""
_LASTS_HOURS: Final = 168
_PURPOSE: Final = "地域の一週間のお知らせ"
_TEXTS: Final[dict[str, Any]] = {
    "ja": {
        "title": "{area}のみなさまへ",
        "body": "先週は約{payers}人が{area}で買い物をし、一番多かったのは{top_category}です。",
    },
    "ja_plain": {
        "title": "{area}の みなさんへ",
        "body": "先週は だいたい {payers}人が {area}で 買い物を しました。",
    },
    "en": {
        "title": "To everybody in {area}",
        "body": "About {payers} people paid in {area} last week, most at {top_category}.",
    },
}


@dataclass(frozen=True, slots=True)
class Sent:
    """A notice as it went out, and one resident's inbox; `inbox` is empty if it reached nobody."""

    area: str
    size: Size
    texts: dict[Language, Words]
    inbox: Sequence[tuple[datetime, str, str]]
    """When, of what kind, under which title; the newest first."""


async def send(
    database: Database,
    region: Region,
    now: datetime,
    people: Sequence[UUID],
    doers: tuple[Doer, Doer],
) -> Sent | None:
    """Let some agree, then draft for each area until one passes the gate; None if none does.

    The first of `doers` drafts, the second approves.
    """
    await _agree(database, region.region_id, people[:AGREE])
    region_id, (drafter, approver) = region.region_id, doers
    template_id = uuid7(now)
    async with database.transaction(region_id) as db:
        words = Texts.model_validate(_TEXTS)
        await make_template(db, region_id, template_id, _PURPOSE, "public_service", words, drafter)
    for area in statistics.CODES:
        segment, notice_id = Paid(by="payments", area=area), uuid7(now)
        draft = Draft(template_id, _PURPOSE, segment, None, _LASTS_HOURS)
        async with database.transaction(region_id) as db:
            known = await draft_notice(db, region, notice_id, draft, drafter)
        try:
            found = await preview_of(database, region, known)
        except Problem:
            continue  # a variable without a released value: too little was told of this area
        if not found.size.passes:
            continue
        asking = Asking(uuid7(now), found.size, found.texts, _PURPOSE)
        async with database.transaction(region_id) as db:
            await ask_for_notice(db, region, notice_id, asking, drafter)
            await approve_notice(db, region, notice_id, approver)
        await send_due_notices(database, region, lambda: None)
        await fill_inboxes(database, region, lambda: None)
        lines = await _an_inbox(database, region, notice_id, found.texts)
        return Sent(area, found.size, found.texts, lines)
    return None


async def _agree(database: Database, region_id: int, people: Sequence[UUID]) -> None:
    """These residents want news of the city, also by where they paid."""
    wanted: tuple[Purpose, ...] = ("news_of_city", "city_news_by_payments")
    async with database.transaction(region_id) as db:
        for person_id in people:
            for purpose in wanted:
                await set_consent(db, region_id, person_id, purpose, is_given=True)


async def _an_inbox(
    database: Database, region: Region, notice_id: UUID, texts: dict[Language, Words]
) -> list[tuple[datetime, str, str]]:
    """What stands in the inbox of one whom the notice reached."""
    of, region_id = inbox.c, region.region_id
    async with database.snapshot(region_id) as db:
        reached = (of.region_id == region_id) & (of.message_id == notice_id)
        whose = select(of.person_id).where(reached).order_by(of.person_id).limit(1)
        rows = await db.execute(
            select(of.at, of.kind, of.message_id)
            .where(of.region_id == region_id, of.person_id == whose.scalar_subquery())
            .order_by(of.at.desc())
        )
        return [
            (row.at, row.kind, texts["ja"].title if row.message_id == notice_id else "")
            for row in rows
        ]
