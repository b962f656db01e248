"""Endpoints of webhooks: made by those who run a merchant, found and listed.

Whoever makes or changes one has the lock of the reader that tells events: what is committed later
is told, and nothing is passed over.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.vault import Vault
from core.errors import Problem, problem
from ledger.command import ID_IN_USE
from ledger.events import advance, lock_position, newest_seq
from merchants.webhook_secret import new_secret, seal, shown
from merchants.webhook_tables import webhook_endpoint

WEBHOOK_ENDPOINT_UNKNOWN: Final = problem(
    "webhook-endpoint-unknown", 404, "There is no such webhook endpoint of this merchant."
)
WEBHOOK_ENDPOINTS_ENOUGH: Final = problem(
    "webhook-endpoints-enough", 409, "There are as many webhook endpoints as are allowed."
)

READER: Final = "webhooks"
MOST_ENDPOINTS: Final = 10
"""Of a merchant, without those that were removed."""

EndpointState = Literal["enabled", "failing", "disabled", "removed"]
StateWhy = Literal["by-staff", "failed", "gone"]

_ROW: Final = webhook_endpoint.c


@dataclass(frozen=True, slots=True)
class Wanted:
    """What staff say of an endpoint. `stores` None means every store, and the merchant itself."""

    url: str
    description: str
    event_types: frozenset[str]
    stores: frozenset[UUID] | None

    @property
    def columns(self) -> dict[str, Any]:
        """As a row has it."""
        return {
            "url": self.url,
            "description": self.description,
            "event_types": sorted(self.event_types),
            "stores": None if self.stores is None else sorted(self.stores),
        }


@dataclass(frozen=True, slots=True)
class Endpoint:
    """An endpoint without its secrets."""

    endpoint_id: UUID
    merchant_id: UUID
    wanted: Wanted
    state: EndpointState
    state_why: StateWhy
    state_changed_at: datetime
    secret_made_at: datetime
    old_secret_until: datetime | None
    failures: int
    failing_since: datetime | None
    rests_until: datetime | None
    made_by: str
    made_at: datetime


@dataclass(frozen=True, slots=True)
class Whose:
    """Which endpoints somebody reaches: those of a merchant, or those of some of its stores."""

    merchant_id: UUID
    stores: frozenset[UUID] | None

    def has(self, found: Endpoint) -> bool:
        """Whether an endpoint is one of them."""
        if found.merchant_id != self.merchant_id:
            return False
        told = found.wanted.stores
        return self.stores is None or (told is not None and told <= self.stores)


async def make_endpoint(
    db: AsyncSession, region_id: int, endpoint_id: UUID, merchant_id: UUID, wanted: Wanted,
    vault: Vault, doer: Doer,
) -> tuple[Endpoint, str | None]:  # fmt: skip
    """An endpoint and its secret, which is not known a second time: None where the id was known.

    What is committed from now on is told. Raises id-in-use, webhook-endpoints-enough.
    """
    reached = await lock_position(db, region_id, READER)
    known = await _found(db, region_id, endpoint_id)
    if known is not None:
        if (known.merchant_id, known.wanted) != (merchant_id, wanted):
            raise Problem(ID_IN_USE)
        return known, None
    if await _held(db, region_id, merchant_id) >= MOST_ENDPOINTS:
        raise Problem(WEBHOOK_ENDPOINTS_ENOUGH, most=MOST_ENDPOINTS)
    newest = await newest_seq(db, region_id)
    if newest > reached and not await are_told(db, region_id):
        await advance(db, region_id, READER, newest)  # there was nobody to tell of what came before
    secret = new_secret()
    await db.execute(
        insert(webhook_endpoint).values(
            region_id=region_id,
            endpoint_id=endpoint_id,
            merchant_id=merchant_id,
            secret=seal(vault, endpoint_id, secret),
            after_seq=newest,
            made_by=doer.actor,
            **wanted.columns,
        )
    )
    await note(db, region_id, doer, "made", endpoint_id, merchant_id)
    made = await _found(db, region_id, endpoint_id)
    assert made is not None
    return made, shown(secret)


async def find_endpoint(
    db: AsyncSession, region_id: int, whose: Whose, endpoint_id: UUID, *, is_to_change: bool = False
) -> Endpoint:
    """The endpoint, locked if it is to change. Raises webhook-endpoint-unknown."""
    found = await _found(db, region_id, endpoint_id, is_to_change=is_to_change)
    if found is None or not whose.has(found):
        raise Problem(WEBHOOK_ENDPOINT_UNKNOWN)
    return found


async def list_endpoints(
    db: AsyncSession, region_id: int, whose: Whose, state: EndpointState | None,
    before: UUID | None, most: int,
) -> list[Endpoint]:  # fmt: skip
    """Newest first; those that were removed too, if they are asked for by their state."""
    query = select(webhook_endpoint).where(
        _ROW.region_id == region_id, _ROW.merchant_id == whose.merchant_id
    )
    if whose.stores is not None:
        query = query.where(_ROW.stores.contained_by(sorted(whose.stores)))
    query = query.where(_ROW.state == state if state else _ROW.state != "removed")
    if before is not None:
        query = query.where(_ROW.endpoint_id < before)
    rows = await db.execute(query.order_by(_ROW.endpoint_id.desc()).limit(most))
    return [_endpoint(row) for row in rows]


async def endpoints_of(
    db: AsyncSession, region_id: int, merchants: Collection[UUID]
) -> list[tuple[Endpoint, int]]:
    """All endpoints of these merchants that are told, each with the number that it begins after."""
    rows = await db.execute(
        select(webhook_endpoint)
        .where(
            _ROW.region_id == region_id, _ROW.merchant_id.in_(merchants), _ROW.state != "removed"
        )
        .order_by(_ROW.endpoint_id)
    )
    return [(_endpoint(row), row.after_seq) for row in rows]


async def are_told(db: AsyncSession, region_id: int) -> bool:
    """Whether anybody is told anything in the region."""
    told = select(_ROW.endpoint_id).where(_ROW.region_id == region_id, _ROW.state != "removed")
    return (await db.execute(told.limit(1))).one_or_none() is not None


async def note(
    db: AsyncSession, region_id: int, doer: Doer, done: str, endpoint_id: UUID, merchant_id: UUID,
    **facts: Any,
) -> None:  # fmt: skip
    """Enter what was done to an endpoint; its address is no part of it."""
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act=f"webhook_endpoint.{done}",
        object_id=endpoint_id, merchant_id=str(merchant_id), **facts,
    )  # fmt: skip


async def _held(db: AsyncSession, region_id: int, merchant_id: UUID) -> int:
    held = select(func.count()).where(
        _ROW.region_id == region_id, _ROW.merchant_id == merchant_id, _ROW.state != "removed"
    )
    return (await db.execute(held)).scalar_one()


async def _found(
    db: AsyncSession, region_id: int, endpoint_id: UUID, *, is_to_change: bool = False
) -> Endpoint | None:
    query = select(webhook_endpoint).where(
        _ROW.region_id == region_id, _ROW.endpoint_id == endpoint_id
    )
    if is_to_change:
        query = query.with_for_update()
    row = (await db.execute(query)).one_or_none()
    return None if row is None else _endpoint(row)


def _endpoint(row: Row[Any]) -> Endpoint:
    stores = None if row.stores is None else frozenset(UUID(int=each.int) for each in row.stores)
    return Endpoint(
        UUID(int=row.endpoint_id.int), UUID(int=row.merchant_id.int),
        Wanted(row.url, row.description, frozenset(row.event_types), stores),
        row.state, row.state_why, row.state_changed_at, row.secret_made_at, row.old_secret_until,
        row.failures, row.failing_since, row.rests_until, row.made_by, row.made_at,
    )  # fmt: skip
