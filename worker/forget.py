"""Forget what is over: revocations, challenges, tokens, messages, applications, and the like."""

from collections.abc import Awaitable, Callable, Sequence
from datetime import timedelta
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from access.allowances import forget_allowances
from access.challenges import forget_challenges
from access.failures import forget_failures
from access.outbox import forget_letters
from access.sessions import forget_installations, forget_refresh_tokens
from core.database import Database
from core.revocations import EVERYWHERE, forget_expired
from ledger.regions import Region
from merchants.forget_applications import forget_applications
from merchants.forget_identity_documents import forget_identity_documents
from merchants.webhook_outbox import forget_deliveries
from notifications.arrivals import forget_arrivals
from notifications.forget_notices import forget_notices
from payments.reads import read_settings

CHUNK: Final = 5000


Forget = Callable[[AsyncSession, int, int], Awaitable[int]]
"""Deletes or forgets up to so many of a region, and says how many it were."""


async def _forget_applications(session: AsyncSession, region_id: int, most: int) -> int:
    settings = await read_settings(session, region_id)
    if settings is None:  # operators are no region
        return 0
    after = timedelta(days=settings.application_days)
    return await forget_applications(session, region_id, most, after)


async def _forget_identity_documents(session: AsyncSession, region_id: int, most: int) -> int:
    settings = await read_settings(session, region_id)
    if settings is None:
        return 0
    after = timedelta(days=settings.identity_document_days)
    return await forget_identity_documents(session, region_id, most, after)


OVER: Final[dict[str, Forget]] = {
    "revocations": forget_expired,
    "challenges": forget_challenges,
    "allowances": forget_allowances,
    "failures": forget_failures,
    "refresh tokens": forget_refresh_tokens,
    "installations": forget_installations,
    "messages": forget_letters,
    "applications": _forget_applications,
    "webhooks": forget_deliveries,
    "identity documents": _forget_identity_documents,
    "notices": forget_notices,
    "arrivals": forget_arrivals,
}


async def forget_what_is_over(
    database: Database, regions: Sequence[Region], beat: Callable[[], None], *, chunk: int = CHUNK
) -> dict[str, int]:
    """Delete it in each region, and for operators; returns how many of each. Twice is once.

    `beat` is called after each chunk. Raises 503 database-unavailable.
    """
    done = dict.fromkeys(OVER, 0)
    for region_id in (EVERYWHERE, *(region.region_id for region in regions)):
        for name, forget in OVER.items():
            forgotten = chunk
            while forgotten == chunk:
                async with database.transaction(region_id) as session:
                    forgotten = await forget(session, region_id, chunk)
                done[name] += forgotten
                beat()
    return done
