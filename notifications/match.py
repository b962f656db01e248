"""The job: let notices begin that are due, and put those whom they concern into the outbox.

What the matcher may do is held by its role: read two views, and write by way of inboxes.
"""

from collections.abc import Callable
from datetime import date, datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import Select, func, literal, select, tuple_, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core import failpoints
from core.database import MATCHER_ROLE, Database, allow, now_of
from ledger.find_seq import find_seq
from ledger.regions import Region
from ledger.trial_balance import LONG_READ_S
from notifications.cells import counted_by, is_counted
from notifications.messages import Message, put_message
from notifications.notice_tables import match_declared, match_paid, match_week, notice, notice_told
from notifications.read_notices import Notice, read_notice
from notifications.segment import Paid, consents_of
from notifications.size import is_declared
from notifications.tables import outbox
from notifications.week import pin_week, week_of_month


async def send_due_notices(database: Database, region: Region, beat: Callable[[], None]) -> int:
    """Begin and match what is due; how many notices it was. Twice is once, wherever it was killed.

    A notice that began and was not matched is matched again: nobody is in the outbox twice.
    """
    async with database.snapshot(region.region_id) as db:
        today = region.day_of(await now_of(db))
        due = await _due(db, region.region_id)
    await pin_week(database, region, today)
    done = 0
    for each in due:
        beat()
        begun_at = each.begun_at or await _begin(database, region, each)
        if begun_at is None:
            continue
        failpoints.reach("matcher.after_begin")
        await _match(database, region, each, begun_at)
        failpoints.reach("matcher.after_match")
        async with database.transaction(region.region_id) as db:
            await _turn(db, region.region_id, each.notice_id, "sending", "done")
        done += 1
    return done


async def _due(db: AsyncSession, region_id: int) -> list[Notice]:
    of = notice_told.c
    rows = await db.execute(
        select(notice_told)
        .where(
            of.region_id == region_id,
            of.state.in_(("approved", "sending")),
            func.coalesce(of.send_at, of.approved_at) <= func.ledger.now(),
        )
        .order_by(of.send_at.nulls_first(), of.notice_id)
        .limit(20)
    )
    return [read_notice(row) for row in rows]


async def _begin(database: Database, region: Region, each: Notice) -> datetime | None:
    """Put the message down; from its commit on the notice is in the public log."""
    assert each.texts is not None, "it was asked for"
    region_id, segment = region.region_id, each.draft.segment
    async with database.transaction(region_id) as db:
        if not await _turn(db, region_id, each.notice_id, "approved", "sending"):
            return None  # it was stopped, or another worker was quicker
        now = await now_of(db)
        made = Message(
            message_id=each.notice_id,
            kind=each.kind,
            audience="segment",
            texts=each.texts,
            why={
                "purpose": each.draft.purpose,
                "segment": segment.model_dump(mode="json", exclude_none=True),
            },
            made_at=now,
            expires_at=now + timedelta(hours=each.draft.lasts_hours),
            consents=consents_of(each.kind, segment),
        )
        await put_message(db, region_id, made)
    return now


async def _turn(db: AsyncSession, region_id: int, notice_id: UUID, before: str, after: str) -> bool:
    values: dict[str, Any] = {"state": after}
    if after == "sending":
        values["begun_at"] = func.ledger.now()
    turned = await db.scalars(
        update(notice)
        .where(
            notice.c.region_id == region_id, notice.c.notice_id == notice_id,
            notice.c.state == before,
        )
        .values(**values)
        .returning(notice.c.notice_id)
    )  # fmt: skip
    return turned.one_or_none() is not None


async def _match(database: Database, region: Region, each: Notice, begun_at: datetime) -> None:
    """One statement, under the matcher's role: all of them, or none where it is killed."""
    region_id, segment = region.region_id, each.draft.segment
    consents = consents_of(each.kind, segment)
    if isinstance(segment, Paid):
        people = (await _who_paid(database, region, each, segment)).where(
            match_paid.c.purposes.contains(list(consents))
        )
    else:
        condition = is_declared(region_id, segment, consents)
        people = select(match_declared.c.person_id).where(condition)
    found = people.distinct().subquery()
    rows = select(
        literal(region_id), literal(each.notice_id), literal(each.kind), literal(each.notice_id),
        found.c.person_id, literal("inbox"),
        literal(begun_at + timedelta(hours=each.draft.lasts_hours)), func.clock_timestamp(),
    )  # fmt: skip
    names = (
        *("region_id", "item_id", "kind", "message_id", "person_id", "channel", "expires_at"),
        "not_before",
    )
    async with database.transaction(region_id, as_role=MATCHER_ROLE) as db:
        await allow(db, LONG_READ_S)
        await db.execute(insert(outbox).inline().from_select(names, rows).on_conflict_do_nothing())
        failpoints.reach("matcher.after_rows")


async def _who_paid(
    database: Database, region: Region, each: Notice, segment: Paid
) -> Select[tuple[UUID]]:
    """Of the week by which it was sized: who paid where its cells count it."""
    region_id, of = region.region_id, match_paid.c
    assert each.size is not None, "it was asked for"
    week = await week_of_month(database, region, each.size.month)
    counted = counted_by(segment, week)
    async with database.transaction(region_id) as db:
        await _open_week(db, region, week.first_day)
    in_week = (of.region_id == region_id) & (of.week == week.first_day)
    async with database.snapshot(region_id, as_role=MATCHER_ROLE) as db:
        await allow(db, LONG_READ_S)
        said = await db.execute(select(of.area, of.district, of.category).where(in_week).distinct())
        chosen = [
            (area, district, trade)
            for area, district, trade in said
            if is_counted(counted, week, area, district or None, trade)
        ]
    return select(of.person_id).where(
        in_week, tuple_(of.area, of.district, of.category).in_(chosen)
    )


async def _open_week(db: AsyncSession, region: Region, week: date) -> None:
    """Which entries are of the week, by number: it is over, so they never change."""
    first = await find_seq(db, region.region_id, week - timedelta(days=1))
    last = await find_seq(db, region.region_id, week + timedelta(days=6))
    await db.execute(
        insert(match_week)
        .values(region_id=region.region_id, week=week, after_seq=first, until_seq=last)
        .on_conflict_do_nothing(constraint=match_week.primary_key)
    )
