"""Change a webhook endpoint: what it is told, whether it is told, and its secret."""

from datetime import timedelta
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import func, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer
from access.vault import Vault
from core.errors import Problem, problem
from ledger.events import lock_position
from merchants.webhook_endpoints import READER, Endpoint, Wanted, Whose, find_endpoint, note
from merchants.webhook_secret import new_secret, seal, shown
from merchants.webhook_tables import webhook_delivery, webhook_endpoint

WEBHOOK_ENDPOINT_REMOVED: Final = problem(
    "webhook-endpoint-removed", 409, "The webhook endpoint was removed: make another one."
)

LONGEST_OVERLAP_H: Final = 168

_ROW: Final = webhook_endpoint.c
_ENABLED: Final[dict[str, Any]] = {"failures": 0, "failing_since": None, "rests_until": None}
_FORGOTTEN: Final[dict[str, Any]] = {"secret": None, "old_secret": None, "old_secret_until": None}


async def change_endpoint(
    db: AsyncSession, region_id: int, whose: Whose, endpoint_id: UUID, wanted: Wanted, doer: Doer
) -> Endpoint:
    """All that staff say of it, as it is for events from now on; what waits goes there too.

    Raises webhook-endpoint-unknown, webhook-endpoint-removed.
    """
    await lock_position(db, region_id, READER)
    await _to_change(db, region_id, whose, endpoint_id)
    await _change(db, region_id, endpoint_id, **wanted.columns)
    await note(db, region_id, doer, "changed", endpoint_id, whose.merchant_id)
    return await find_endpoint(db, region_id, whose, endpoint_id)


async def turn_endpoint(
    db: AsyncSession, region_id: int, whose: Whose, endpoint_id: UUID,
    state: Literal["enabled", "disabled", "removed"], doer: Doer,
) -> Endpoint:  # fmt: skip
    """Let it be told, or not, or never again. Twice is once.

    What happens while it is disabled waits for three days, and is told if it is enabled in time.
    Raises webhook-endpoint-unknown, webhook-endpoint-removed.
    """
    await lock_position(db, region_id, READER)
    found = await find_endpoint(db, region_id, whose, endpoint_id, is_to_change=True)
    if found.state == state:
        return found
    if found.state == "removed":
        raise Problem(WEBHOOK_ENDPOINT_REMOVED)
    more = _ENABLED if state == "enabled" else _FORGOTTEN if state == "removed" else {}
    await _change(
        db, region_id, endpoint_id,
        state=state, state_why="by-staff", state_changed_at=func.clock_timestamp(), **more,
    )  # fmt: skip
    if state == "removed":
        await _end_what_waits(db, region_id, endpoint_id)
    await note(db, region_id, doer, state, endpoint_id, whose.merchant_id)
    return await find_endpoint(db, region_id, whose, endpoint_id)


async def rotate_secret(
    db: AsyncSession, region_id: int, whose: Whose, endpoint_id: UUID, overlap: timedelta,
    vault: Vault, doer: Doer,
) -> tuple[Endpoint, str]:  # fmt: skip
    """Another secret, at once; the one of before signs beside it for as long as `overlap`.

    Raises webhook-endpoint-unknown, webhook-endpoint-removed.
    """
    await _to_change(db, region_id, whose, endpoint_id)
    secret, until = new_secret(), func.clock_timestamp() + overlap
    await _change(
        db, region_id, endpoint_id,
        secret=seal(vault, endpoint_id, secret), secret_made_at=func.clock_timestamp(),
        old_secret=_ROW.secret if overlap else None, old_secret_until=until if overlap else None,
    )  # fmt: skip
    hours = overlap // timedelta(hours=1)
    await note(db, region_id, doer, "rotated", endpoint_id, whose.merchant_id, overlap_hours=hours)
    return await find_endpoint(db, region_id, whose, endpoint_id), shown(secret)


async def _to_change(db: AsyncSession, region_id: int, whose: Whose, endpoint_id: UUID) -> Endpoint:
    found = await find_endpoint(db, region_id, whose, endpoint_id, is_to_change=True)
    if found.state == "removed":
        raise Problem(WEBHOOK_ENDPOINT_REMOVED)
    return found


async def _change(db: AsyncSession, region_id: int, endpoint_id: UUID, **values: Any) -> None:
    await db.execute(
        update(webhook_endpoint)
        .where(_ROW.region_id == region_id, _ROW.endpoint_id == endpoint_id)
        .values(**values)
    )


async def _end_what_waits(db: AsyncSession, region_id: int, endpoint_id: UUID) -> None:
    delivery = webhook_delivery.c
    await db.execute(
        update(webhook_delivery)
        .where(
            delivery.region_id == region_id,
            delivery.endpoint_id == endpoint_id,
            delivery.state == "waiting",
        )
        .values(state="failed", ended_at=func.clock_timestamp())
    )
