"""Partners (連携先): who passes on what everybody may read; registered, found and listed.

A community radio, a town's portal, a disaster portal. A partner is an address without a person.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, exists, func, insert, select
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.vault import Vault
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time
from ledger.command import ID_IN_USE
from merchants.webhook_secret import new_secret, seal, shown
from notifications.kinds import MessageKind
from notifications.tables import address, partner_told

PARTNER_UNKNOWN: Final = problem("partner-unknown", 404, "There is no such partner.")
PARTNER_KNOWN: Final = problem("partner-known", 409, "A partner has this address already.")
PARTNERS_ENOUGH: Final = problem(
    "partners-enough", 409, "There are as many partners as are allowed: drop one."
)

MOST_PARTNERS: Final = 20
"""Of a region, without those that were dropped."""

PartnerState = Literal["active", "paused", "dropped"]

_OF: Final = partner_told.c
_STANDING: Final = (address.c.channel == "webhook") & (address.c.state != "dropped")


@dataclass(frozen=True, slots=True)
class Wanted:
    """What administrators say of a partner."""

    name: str
    url: str
    kinds: frozenset[MessageKind]


@dataclass(frozen=True, slots=True)
class Partner:
    """A partner and how it goes, without its secrets."""

    partner_id: UUID
    wanted: Wanted
    """Its address is empty once it was dropped."""
    state: PartnerState
    why: str | None
    """Why it was dropped: `by-staff`, or `gone` where it answered 410."""
    secret_made_at: datetime
    old_secret_until: datetime | None
    made_by: str
    made_at: datetime
    dropped_at: datetime | None
    told_at: datetime | None
    """When it took something last."""
    waiting: int
    dead: int
    """How much waits for it, and how much of the last 30 days it did not take."""


async def register_partner(
    db: AsyncSession, region_id: int, partner_id: UUID, wanted: Wanted, vault: Vault, doer: Doer
) -> tuple[Partner, str | None]:
    """A partner and its secret, which is not known a second time: None where the id was known.

    Which alerts hold is told, and what is put down from now on. Refuses id-in-use, partner-known,
    partners-enough.
    """
    await one_at_a_time(db, region_id, "partners")
    known = await _found(db, region_id, partner_id)
    if known is not None:
        if known.wanted != wanted:
            raise Problem(ID_IN_USE)
        return known, None
    if await _is_there(db, region_id, address.c.address_id == partner_id):
        raise Problem(ID_IN_USE)  # an address of somebody
    await refuse_known_url(db, region_id, wanted.url)
    held = select(func.count()).where(address.c.region_id == region_id, _STANDING)
    if (await db.execute(held)).scalar_one() >= MOST_PARTNERS:
        raise Problem(PARTNERS_ENOUGH, most=MOST_PARTNERS)
    secret = new_secret()
    await db.execute(
        insert(address).values(
            region_id=region_id, address_id=partner_id, channel="webhook", address=wanted.url,
            name=wanted.name, kinds=sorted(wanted.kinds), secret=seal(vault, partner_id, secret),
            secret_made_at=func.ledger.now(), made_by=doer.actor, made_at=func.ledger.now(),
        )
    )  # fmt: skip
    await note(db, region_id, doer, "registered", partner_id, kinds=sorted(wanted.kinds))
    return await find_partner(db, region_id, partner_id), shown(secret)


async def find_partner(db: AsyncSession, region_id: int, partner_id: UUID) -> Partner:
    """One that was dropped too. Refuses partner-unknown."""
    found = await _found(db, region_id, partner_id)
    if found is None:
        raise Problem(PARTNER_UNKNOWN)
    return found


async def list_partners(
    db: AsyncSession, region_id: int, before: UUID | None, most: int,
    *, state: PartnerState | None = None, kind: MessageKind | None = None,
) -> list[Partner]:  # fmt: skip
    """At most `most`, newest first; those that were dropped here too, if they are asked for."""
    query = select(partner_told).where(_OF.region_id == region_id)
    left = (_OF.state == "dropped") & (_OF.why == "by-staff")
    query = query.where(_OF.state == state if state else ~left)
    if kind is not None:
        query = query.where(_OF.kinds.contains([kind]))
    if before is not None:
        query = query.where(_OF.partner_id < before)
    rows = await db.execute(query.order_by(_OF.partner_id.desc()).limit(most))
    return [_partner(row) for row in rows]


async def refuse_known_url(db: AsyncSession, region_id: int, url: str) -> None:
    """Refuses partner-known, where a partner that was not dropped has this address."""
    if await _is_there(db, region_id, _STANDING & (address.c.address == url)):
        raise Problem(PARTNER_KNOWN)


async def note(
    db: AsyncSession, region_id: int, doer: Doer, done: str, partner_id: UUID,
    reason: str | None = None, **facts: Any,
) -> None:  # fmt: skip
    """Enter what was done to a partner; its address is no part of it."""
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act=f"partner.{done}",
        object_id=partner_id, reason=reason, **facts,
    )  # fmt: skip


async def note_gone(db: AsyncSession, region_id: int, partner_id: UUID) -> None:
    """Enter that a partner was dropped since it said that it is gone."""
    await enter_act(
        db, region_id, actor="job:notices", act="partner.dropped", object_id=partner_id, why="gone"
    )


async def _is_there(db: AsyncSession, region_id: int, condition: Any) -> bool:
    found = await db.scalar(select(exists().where(address.c.region_id == region_id, condition)))
    return bool(found)


async def _found(db: AsyncSession, region_id: int, partner_id: UUID) -> Partner | None:
    rows = await db.execute(
        select(partner_told).where(_OF.region_id == region_id, _OF.partner_id == partner_id)
    )
    row = rows.one_or_none()
    return None if row is None else _partner(row)


def _partner(row: Row[Any]) -> Partner:
    return Partner(
        UUID(int=row.partner_id.int), Wanted(row.name, row.address, frozenset(row.kinds)),
        row.state, row.why, row.secret_made_at, row.old_secret_until, row.made_by, row.made_at,
        row.dropped_at, row.told_at, row.waiting, row.dead,
    )  # fmt: skip
