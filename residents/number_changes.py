"""Change a person's number: it waits, the old number is told and can object, then it holds.

A change whose time has come holds from the first look at either number, or from the worker's next
round. That the new number has become somebody else's is told to nobody before that moment.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import enter_act
from access.messages import put_message
from access.waiting import still_stand
from core.errors import Problem, problem
from core.ids import uuid7
from core.revocations import TOKEN_REVOKED
from ledger.regions import Region
from residents.notices import change_notice, change_refused_notice, changed_notice
from residents.phone import shown
from residents.tables import number_change, person

NUMBER_CHANGE_UNKNOWN: Final = problem(
    "number-change-unknown", 404, "There is no such change of number that waits."
)
NUMBER_CHANGE_WAITS: Final = problem(
    "number-change-waits", 409, "Another change of number waits: cancel it first."
)
NUMBER_SAME: Final = problem("number-same", 409, "That is the person's number already.")

ACTOR: Final = "job:number-changes"

_CHANGE: Final = number_change.c


@dataclass(frozen=True, slots=True)
class _Due:
    """A change that is about to end."""

    change_id: UUID
    person_id: UUID
    new_phone: str
    asked_with: list[UUID]


@dataclass(frozen=True, slots=True)
class NumberChange:
    """A change that waits."""

    change_id: UUID
    new_phone: str
    asked_at: datetime
    holds_from: datetime


async def check_change(db: AsyncSession, region_id: int, person_id: UUID, new_phone: str) -> str:
    """The present number of a person who may begin a change; the person is locked.

    Refuses number-same, number-change-waits: the person's own affairs. Whether the new number is
    somebody's is not looked at.
    """
    of_person = (person.c.region_id == region_id) & (person.c.person_id == person_id)
    old: str | None = await db.scalar(select(person.c.phone).where(of_person).with_for_update())
    if old is None:  # closed meanwhile
        raise Problem(NUMBER_CHANGE_UNKNOWN)
    if old == new_phone:
        raise Problem(NUMBER_SAME)
    if await waiting_change(db, region_id, person_id) is not None:
        raise Problem(NUMBER_CHANGE_WAITS)
    return old


async def begin_change(
    db: AsyncSession,
    region: Region,
    person_id: UUID,
    new_phone: str,
    asked_with: Sequence[UUID],
    wait: timedelta,
) -> NumberChange:
    """Let a change wait, after its number was proved; the old number is told.

    `asked_with` are the sessions and devices with which it was asked for and confirmed: it falls
    with each. Refuses what `check_change` does, and token-revoked where one has fallen already.
    """
    old = await check_change(db, region.region_id, person_id, new_phone)
    if not await still_stand(db, region.region_id, asked_with):
        raise Problem(TOKEN_REVOKED)
    begun = await db.execute(
        insert(number_change)
        .values(
            region_id=region.region_id,
            change_id=uuid7(datetime.now(UTC)),
            person_id=person_id,
            new_phone=new_phone,
            asked_with=list(asked_with),
            holds_from=func.clock_timestamp() + wait,
        )
        .returning(*_SHOWN)
    )
    change = NumberChange(*begun.one())
    await _tell(db, region, old, change_notice(region, shown(new_phone), change.holds_from))
    await _enter(db, region, f"resident:{person_id}", "asked", change.change_id, person_id)
    return change


async def waiting_change(db: AsyncSession, region_id: int, person_id: UUID) -> NumberChange | None:
    """The change of a person that waits, if there is one."""
    found = await db.execute(
        select(*_SHOWN).where(
            _CHANGE.region_id == region_id,
            _CHANGE.person_id == person_id,
            _CHANGE.state == "waiting",
        )
    )
    row = found.one_or_none()
    return None if row is None else NumberChange(*row)


async def cancel_change(db: AsyncSession, region: Region, person_id: UUID, change_id: UUID) -> None:
    """Cancel a change before its time. Refuses number-change-unknown."""
    if not await _cancel(db, region, person_id, _CHANGE.change_id == change_id):
        raise Problem(NUMBER_CHANGE_UNKNOWN)


async def cancel_changes_of(
    db: AsyncSession, region: Region, person_id: UUID, asked_with: Sequence[UUID] | None = None
) -> int:
    """Cancel what a person, who is locked, has waiting, or only what was asked for with these."""
    wanted = _CHANGE.person_id == person_id
    if asked_with is not None:
        wanted = _CHANGE.asked_with.overlap(list(asked_with))
    return await _cancel(db, region, person_id, wanted)


async def settle_number(db: AsyncSession, region: Region, phone: str) -> None:
    """Let each change hold whose time has come and that takes or leaves this number."""
    holder = select(person.c.person_id).where(
        person.c.region_id == region.region_id, person.c.phone == phone
    )
    wanted = (_CHANGE.new_phone == phone) | _CHANGE.person_id.in_(holder)
    await _settle(db, region, await _due(db, region, wanted, 100))


async def settle_person(db: AsyncSession, region: Region, person_id: UUID) -> None:
    """Let a person's own change hold, if its time has come."""
    await _settle(db, region, await _due(db, region, _CHANGE.person_id == person_id, 1))


async def settle_due(db: AsyncSession, region: Region, most: int) -> int:
    """Let up to `most` changes hold whose time has come, but for those that others are about."""
    due = await _due(db, region, _CHANGE.state == "waiting", most, skip=True)
    await _settle(db, region, due)
    return len(due)


async def _due(
    db: AsyncSession, region: Region, wanted: ColumnElement[bool], most: int, *, skip: bool = False
) -> list[_Due]:
    """The changes whose time has come, locked, in the order in which they hold."""
    rows = await db.execute(
        select(*_DUE)
        .where(
            _CHANGE.region_id == region.region_id,
            _CHANGE.state == "waiting",
            _CHANGE.holds_from <= func.clock_timestamp(),
            wanted,
        )
        .order_by(_CHANGE.holds_from, _CHANGE.change_id)
        .limit(most)
        .with_for_update(skip_locked=skip)
    )
    return [_Due(*row) for row in rows]


async def _settle(db: AsyncSession, region: Region, due: list[_Due]) -> None:
    for row in due:
        old: str | None = await db.scalar(
            select(person.c.phone)
            .where(person.c.region_id == region.region_id, person.c.person_id == row.person_id)
            .with_for_update()
        )
        stands = await still_stand(db, region.region_id, row.asked_with)
        if old is None or not stands:  # closed, or revoked, at this very moment
            await _end(db, region, ACTOR, row, "cancelled")
        elif await _take(db, region.region_id, row.person_id, row.new_phone):
            await _end(db, region, ACTOR, row, "made")
            await _tell(db, region, row.new_phone, changed_notice(region))
        else:
            await _end(db, region, ACTOR, row, "refused")
            await _tell(db, region, old, change_refused_notice(region))


async def _take(db: AsyncSession, region_id: int, person_id: UUID, phone: str) -> bool:
    """Give a person the number; False if it is, or becomes at this moment, somebody else's."""
    try:
        async with db.begin_nested():
            await db.execute(
                update(person)
                .where(person.c.region_id == region_id, person.c.person_id == person_id)
                .values(phone=phone)
            )
    except IntegrityError as error:
        if "person_phone_is_one" not in str(error.orig):
            raise
        return False
    return True


async def _cancel(
    db: AsyncSession, region: Region, person_id: UUID, wanted: ColumnElement[bool]
) -> int:
    rows = await db.execute(
        select(*_DUE)
        .where(
            _CHANGE.region_id == region.region_id,
            _CHANGE.person_id == person_id,
            _CHANGE.state == "waiting",
            # Whoever lets a change hold has locked it before its person. It is left to them.
            _CHANGE.holds_from > func.clock_timestamp(),
            wanted,
        )
        .with_for_update()
    )
    found = [_Due(*row) for row in rows]
    for row in found:
        await _end(db, region, f"resident:{person_id}", row, "cancelled")
    return len(found)


async def _end(
    db: AsyncSession,
    region: Region,
    actor: str,
    row: _Due,
    state: Literal["made", "cancelled", "refused"],
) -> None:
    """A change is over; its number is forgotten."""
    await db.execute(
        update(number_change)
        .where(_CHANGE.region_id == region.region_id, _CHANGE.change_id == row.change_id)
        .values(state=state, ended_at=func.clock_timestamp(), new_phone="")
    )
    await _enter(db, region, actor, state, row.change_id, row.person_id)


async def _enter(
    db: AsyncSession, region: Region, actor: str, what: str, change_id: UUID, person_id: UUID
) -> None:
    act = f"number_change.{what}"
    await enter_act(
        db, region.region_id, actor=actor, act=act, object_id=change_id, person_id=person_id
    )


async def _tell(db: AsyncSession, region: Region, phone: str, body: str) -> None:
    await put_message(
        db,
        region.region_id,
        channel="sms",
        purpose="notice of a number",
        address=phone,
        body=body,
    )


_DUE: Final = (_CHANGE.change_id, _CHANGE.person_id, _CHANGE.new_phone, _CHANGE.asked_with)
_SHOWN: Final = (_CHANGE.change_id, _CHANGE.new_phone, _CHANGE.asked_at, _CHANGE.holds_from)
