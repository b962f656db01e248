"""Change a partner: name, address; paused, told again, dropped; another secret; a test."""

from datetime import timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, func, insert, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer
from access.vault import Vault
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time
from merchants.webhook_secret import new_secret, seal, shown
from notifications.partner_deliveries import PartnerDelivery, find_test
from notifications.partners import Partner, PartnerState, find_partner, note, refuse_known_url
from notifications.tables import address, outbox

PARTNER_DROPPED: Final = problem(
    "partner-dropped", 409, "The partner was dropped: register it anew."
)
PARTNER_PAUSED: Final = problem(
    "partner-paused", 409, "The partner is told nothing: let it be told first."
)

TEST_LASTS: Final = timedelta(hours=1)
NOBODYS_AFTER: Final = timedelta(minutes=1)
"""What is due only later is in nobody's hands: no lease is as long."""

_FORGOTTEN: Final[dict[str, Any]] = {
    "address": "",
    "secret": None,
    "old_secret": None,
    "old_secret_until": None,
    "why": "by-staff",
}
_ACTS: Final = {"active": "resumed", "paused": "paused", "dropped": "dropped"}


async def change_partner(
    db: AsyncSession, region_id: int, partner_id: UUID, name: str, url: str, reason: str, doer: Doer
) -> Partner:
    """Another name or address. What waits goes to the new one, and what it took before is not told
    again; that it holds no more is told there. Twice is once.

    Refuses partner-unknown, partner-dropped, partner-known.
    """
    await one_at_a_time(db, region_id, "partners")
    found = await find_partner(db, region_id, partner_id)
    if found.state == "dropped":
        raise Problem(PARTNER_DROPPED)
    is_moving = url != found.wanted.url
    if not is_moving and name == found.wanted.name:
        return found
    if is_moving:
        await refuse_known_url(db, region_id, url)
        await _do_not_wait_for_the_old_one(db, region_id, partner_id)
    await _change(db, region_id, partner_id, name=name, address=url)
    await note(db, region_id, doer, "moved" if is_moving else "renamed", partner_id, reason)
    return await find_partner(db, region_id, partner_id)


async def turn_partner(
    db: AsyncSession, region_id: int, partner_id: UUID, state: PartnerState, reason: str, doer: Doer
) -> Partner:
    """Let it be told, or not, or never again. Twice is once.

    What is told to everybody while it is paused waits, and is told later if it still holds then.
    Refuses partner-unknown, partner-dropped.
    """
    await one_at_a_time(db, region_id, "partners")
    found = await find_partner(db, region_id, partner_id)
    if found.state == state:
        return found
    if found.state == "dropped":
        raise Problem(PARTNER_DROPPED)
    more = {**_FORGOTTEN, "dropped_at": func.ledger.now()} if state == "dropped" else {}
    await _change(db, region_id, partner_id, state=state, **more)
    if state == "active":
        await _wake(db, region_id, partner_id)
    await note(db, region_id, doer, _ACTS[state], partner_id, reason)
    return await find_partner(db, region_id, partner_id)


async def rotate_partner_secret(
    db: AsyncSession, region_id: int, partner_id: UUID, overlap: timedelta, vault: Vault, doer: Doer
) -> tuple[Partner, str]:
    """Another secret, at once; the one of before signs beside it for as long as `overlap`.

    Refuses partner-unknown, partner-dropped.
    """
    await one_at_a_time(db, region_id, "partners")
    if (await find_partner(db, region_id, partner_id)).state == "dropped":
        raise Problem(PARTNER_DROPPED)
    secret, until = new_secret(), func.clock_timestamp() + overlap
    await _change(
        db, region_id, partner_id, secret=seal(vault, partner_id, secret),
        secret_made_at=func.ledger.now(), old_secret=address.c.secret if overlap else None,
        old_secret_until=until if overlap else None,
    )  # fmt: skip
    hours = overlap // timedelta(hours=1)
    await note(db, region_id, doer, "rotated", partner_id, overlap_hours=hours)
    return await find_partner(db, region_id, partner_id), shown(secret)


async def send_test(
    db: AsyncSession, region_id: int, partner_id: UUID, test_id: UUID, doer: Doer
) -> tuple[PartnerDelivery, bool]:
    """A test, sent as any message is, and whether it is new.

    Refuses partner-unknown, partner-dropped, partner-paused.
    """
    await one_at_a_time(db, region_id, "partners")
    found = await find_partner(db, region_id, partner_id)
    known = await find_test(db, region_id, partner_id, test_id)
    if known is not None:
        return known, False
    if found.state != "active":
        raise Problem(PARTNER_DROPPED if found.state == "dropped" else PARTNER_PAUSED)
    await db.execute(
        insert(outbox).values(
            region_id=region_id, item_id=test_id, tells="test", channel="webhook",
            kind=min(found.wanted.kinds), address_id=partner_id,
            expires_at=func.ledger.now() + TEST_LASTS,
        )
    )  # fmt: skip
    await note(db, region_id, doer, "tested", partner_id)
    made = await find_test(db, region_id, partner_id, test_id)
    assert made is not None, "it was put down just now"
    return made, True


def _waiting(region_id: int, partner_id: UUID) -> tuple[ColumnElement[bool], ...]:
    """Rows of the outbox that this partner has not been told of yet."""
    return (
        outbox.c.region_id == region_id,
        outbox.c.address_id == partner_id,
        outbox.c.channel == "webhook",
        outbox.c.state == "waiting",
    )


async def _wake(db: AsyncSession, region_id: int, partner_id: UUID) -> None:
    """What waited for the end of the pause is due now."""
    await db.execute(
        update(outbox)
        .where(*_waiting(region_id, partner_id), outbox.c.why == "paused")
        .values(not_before=func.clock_timestamp(), why=None)
    )


async def _do_not_wait_for_the_old_one(db: AsyncSession, region_id: int, partner_id: UUID) -> None:
    """What the old address failed to take, or asked a pause for, is due now."""
    await db.execute(
        update(outbox)
        .where(
            *_waiting(region_id, partner_id),
            outbox.c.why != "paused",
            outbox.c.not_before > func.clock_timestamp() + NOBODYS_AFTER,
        )
        .values(not_before=func.clock_timestamp())
    )


async def _change(db: AsyncSession, region_id: int, partner_id: UUID, **values: Any) -> None:
    await db.execute(
        update(address)
        .where(address.c.region_id == region_id, address.c.address_id == partner_id)
        .values(**values)
    )
