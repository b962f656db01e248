"""Offers: the lines of benefits' lists that are about a person, and what the person said."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Uuid, and_, cast, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.vault import Vault
from campaigns.benefit_lists import person_mac, phone_mac
from campaigns.benefit_reads import USED
from campaigns.benefit_tables import benefit_decline, benefit_line
from campaigns.benefit_terms import BenefitTerms, benefit_terms
from ledger import tables

OfferState = Literal["open", "declined", "used", "stopped", "over"]

MOST_OFFERED: Final = 200
"""Benefits that are looked at for one person, the newest."""

_HOLDER: Final = tables.holder.c
_COUNTER: Final = tables.counter.c
_LINE: Final = benefit_line.c
_DECLINE: Final = benefit_decline.c


@dataclass(frozen=True, slots=True)
class Offer:
    """One line, as the person sees it."""

    offer_id: UUID
    benefit_id: UUID
    list_id: UUID
    group: str | None
    points: int
    terms: BenefitTerms
    state: OfferState


@dataclass(frozen=True, slots=True)
class _Offered:
    benefit_id: UUID
    list_id: UUID
    terms: BenefitTerms
    is_stopped: bool


async def offers_of(
    db: AsyncSession, vault: Vault, region_id: int, person_id: UUID, phone: str | None, today: date
) -> list[Offer]:
    """The offers to a person of benefits that are not closed, newest benefit first.

    One for each benefit: a person gets it once, ever, and so does a line, whoever has its number by
    then. Who used it by another line, or whose line somebody else used, sees none.
    """
    offered = await _offered(db, region_id)
    lines = await _lines_about(db, vault, region_id, offered, person_id, phone)
    subjects = [person_id, *(row.line_id for row in lines)]
    used = await _used(db, region_id, [each.benefit_id for each in offered], subjects)
    declined = await _declined(db, region_id, person_id, subjects)
    found = []
    for benefit in offered:
        own = [row for row in lines if row.list_id == benefit.list_id]
        row = _chosen(benefit.benefit_id, person_id, own, used)
        if row is None:
            continue
        points = benefit.terms.points_of(row.group_name)
        assert points is not None, "a list has groups of its form"
        line_id = UUID(int=row.line_id.int)
        state: OfferState = "declined" if line_id in declined else "open"
        if (line_id, benefit.benefit_id) in used:
            state = "used"
        elif benefit.terms.offer_until < today:
            state = "over"
        elif benefit.is_stopped:
            state = "stopped"
        found.append(
            Offer(
                line_id, benefit.benefit_id, benefit.list_id, row.group_name, points,
                benefit.terms, state,
            )
        )  # fmt: skip
    return found


async def decline(db: AsyncSession, region_id: int, offer_id: UUID, person_id: UUID) -> None:
    """Remember that a person said no; twice is once."""
    row = {"region_id": region_id, "line_id": offer_id, "person_id": person_id}
    await db.execute(insert(benefit_decline).values(row).on_conflict_do_nothing())


async def forget_lines_of(db: AsyncSession, region_id: int, person_id: UUID) -> None:
    """Of a person who closes the account: erase whom the lines are about that they answered.

    What nobody has answered is the city's list, and says nothing of this account.
    """
    entry, wallet = tables.entry.c, tables.holder.c
    used = (
        select(cast(entry.facts["offer_id"].astext, Uuid))
        .join(
            tables.holder,
            (wallet.region_id == entry.region_id) & (wallet.holder_id == entry.holder_id),
        )
        .where(
            entry.region_id == region_id,
            entry.kind == "benefit.used",
            entry.refusal.is_(None),
            wallet.subject_id == person_id,
        )
    )
    declined = select(_DECLINE.line_id).where(
        _DECLINE.region_id == region_id, _DECLINE.person_id == person_id
    )
    await db.execute(
        update(benefit_line)
        .where(_LINE.region_id == region_id, _LINE.line_id.in_(used) | _LINE.line_id.in_(declined))
        .values(mac=None)
    )


async def declines_of(
    db: AsyncSession, region_id: int, person_id: UUID, after: UUID | None, limit: int
) -> list[dict[str, Any]]:
    """At most `limit` offers that a person declined, of those whose id follows `after`."""
    query = select(_DECLINE.line_id, _DECLINE.at).where(
        _DECLINE.region_id == region_id, _DECLINE.person_id == person_id
    )
    if after is not None:
        query = query.where(_DECLINE.line_id > after)
    rows = await db.execute(query.order_by(_DECLINE.line_id).limit(limit))
    return [{"offer_id": row.line_id, "declined_at": row.at} for row in rows]


async def _offered(db: AsyncSession, region_id: int) -> list[_Offered]:
    rows = await db.execute(
        select(_HOLDER.holder_id, _HOLDER.state, _HOLDER.facts)
        .where(
            _HOLDER.region_id == region_id,
            _HOLDER.kind == "benefit",
            _HOLDER.state.in_(("offered", "stopped")),
        )
        .order_by(_HOLDER.holder_id.desc())
        .limit(MOST_OFFERED)
    )
    return [
        _Offered(
            UUID(int=row.holder_id.int),
            UUID(row.facts["list_id"]),
            benefit_terms(row.facts["form"]),
            row.state == "stopped",
        )
        for row in rows
    ]


async def _lines_about(
    db: AsyncSession,
    vault: Vault,
    region_id: int,
    offered: Sequence[_Offered],
    person_id: UUID,
    phone: str | None,
) -> list[Any]:
    """The lines about the person on these lists: by the id, and by the number of today."""
    if not offered:
        return []
    wanted = []
    for each in offered:
        macs = [person_mac(vault, each.list_id, person_id)]
        if phone is not None:
            macs.append(phone_mac(vault, each.list_id, phone))
        wanted.append(and_(_LINE.list_id == each.list_id, _LINE.mac.in_(macs)))
    rows = await db.execute(
        select(_LINE.line_id, _LINE.list_id, _LINE.group_name)
        .where(_LINE.region_id == region_id, or_(*wanted))
        .order_by(_LINE.line)
    )
    return list(rows)


async def _used(
    db: AsyncSession, region_id: int, benefits: Sequence[UUID], subjects: Sequence[UUID]
) -> set[tuple[UUID, UUID]]:
    """Which of these lines and people have used which of these benefits."""
    rows = await db.execute(
        select(_COUNTER.subject_id, _COUNTER.scope_id).where(
            _COUNTER.region_id == region_id,
            _COUNTER.subject_id.in_(subjects),
            _COUNTER.name == USED,
            _COUNTER.scope_id.in_(benefits),
            _COUNTER.value > 0,
        )
    )
    return {(UUID(int=row[0].int), UUID(int=row[1].int)) for row in rows}


async def _declined(
    db: AsyncSession, region_id: int, person_id: UUID, lines: Sequence[UUID]
) -> set[UUID]:
    found = await db.scalars(
        select(_DECLINE.line_id).where(
            _DECLINE.region_id == region_id,
            _DECLINE.person_id == person_id,
            _DECLINE.line_id.in_(lines),
        )
    )
    return {UUID(int=each.int) for each in found}


def _chosen(
    benefit_id: UUID, person_id: UUID, own: Sequence[Any], used: set[tuple[UUID, UUID]]
) -> Any:
    """The line that the person is shown: the one that they used, or the first that nobody did."""
    taken = [row for row in own if (UUID(int=row.line_id.int), benefit_id) in used]
    if (person_id, benefit_id) in used:
        return taken[0] if taken else None
    return next((row for row in own if row not in taken), None)
