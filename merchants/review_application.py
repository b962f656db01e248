"""Review an application: ask for more, refuse it, or ask another person to approve it."""

from datetime import timedelta
from typing import Final, Literal
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer
from access.requests import Request, RequestKind, is_request, make_request
from core.errors import Problem
from merchants.apply import (
    APPLICATION_STATE_WRONG,
    Applied,
    change,
    find_application,
    note,
)

MERCHANT_OPENING: Final = RequestKind("merchant.opening", timedelta(days=30))
"""Its object is the application; its facts name the version of the form that was reviewed."""

Review = Literal["more_asked", "refused"]


async def review(
    db: AsyncSession, region_id: int, application_id: UUID, outcome: Review, reason: str, doer: Doer
) -> Applied:
    """Say what comes of it, with a reason that the applicant is shown; the same again is no change.

    Refuses application-unknown, and application-state-wrong for one that is recommended or over.
    """
    found = await find_application(db, region_id, application_id, is_to_change=True)
    if (found.state, found.told) == (outcome, reason):
        return found
    if found.state not in ("submitted", "more_asked"):
        raise Problem(APPLICATION_STATE_WRONG, state=found.state)
    await change(db, region_id, application_id, state=outcome, told=reason)
    await note(db, region_id, application_id, doer, outcome, reason, version=found.version)
    return await find_application(db, region_id, application_id)


async def recommend(
    db: AsyncSession,
    region_id: int,
    request_id: UUID,
    application_id: UUID,
    reason: str,
    doer: Doer,
) -> Request:
    """Ask another person to let the merchant in; the same id and content are one.

    Also again, when nobody decided in time. Refuses application-unknown, application-state-wrong
    unless it waits for a review, and what `make_request` refuses.
    """
    found = await find_application(db, region_id, application_id, is_to_change=True)
    is_asked = await is_request(db, region_id, request_id)
    if found.state not in ("submitted", "recommended") and not is_asked:
        raise Problem(APPLICATION_STATE_WRONG, state=found.state)
    asked = await make_request(
        db, region_id, request_id, MERCHANT_OPENING, doer, application_id, reason,
        version=found.version,
    )  # fmt: skip
    if asked.state == "open" and found.state == "submitted":
        await change(db, region_id, application_id, state="recommended")
        await note(db, region_id, application_id, doer, "recommended", version=found.version)
    return asked


async def put_back(db: AsyncSession, region_id: int, asked: Request, doer: Doer) -> None:
    """Once the second person said no, or who asked took it back: it waits for a review again."""
    found = await find_application(db, region_id, asked.object_id, is_to_change=True)
    if found.state == "recommended":
        await change(db, region_id, asked.object_id, state="submitted")
        await note(db, region_id, asked.object_id, doer, "put_back", version=found.version)
