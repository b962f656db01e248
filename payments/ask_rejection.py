"""Ask that what is held is rejected, which another person decides (four eyes): money is taken."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer
from access.requests import REQUEST_UNKNOWN, Request, RequestKind, find_request, make_request
from core.errors import Problem
from payments.decide_hold import HOLD_DECIDED, HOLD_UNKNOWN
from payments.read_holds import Wanted, list_holds

HOLD_REJECTION: Final = RequestKind("hold.rejection", timedelta(days=30))
"""Its object is the hold."""


async def ask_for_rejection(
    db: AsyncSession, region_id: int, request_id: UUID, doer: Doer, hold_id: UUID, reason: str
) -> Request:
    """The request; the same id and content are one.

    Refuses hold-unknown, hold-decided, and what `make_request` refuses.
    """
    found = await list_holds(db, region_id, Wanted(hold_id=hold_id), None, 1)
    if not found:
        raise Problem(HOLD_UNKNOWN)
    if found[0].state != "held":
        raise Problem(HOLD_DECIDED)
    return await make_request(db, region_id, request_id, HOLD_REJECTION, doer, hold_id, reason)


async def find_rejection(
    db: AsyncSession, region_id: int, hold_id: UUID, request_id: UUID
) -> Request:
    """The request, if it is about this hold; request-unknown for any other."""
    asked = await find_request(db, region_id, request_id)
    if (asked.kind, asked.object_id) != (HOLD_REJECTION.name, hold_id):
        raise Problem(REQUEST_UNKNOWN)
    return asked
