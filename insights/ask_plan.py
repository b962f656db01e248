"""Ask for a plan of statistics to hold: drafted by one person, approved by another."""

from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer
from access.requests import Request, RequestKind, make_request
from insights.plan import StatisticsPlan
from insights.plans import draft_plan

PLAN_APPROVAL: Final = RequestKind("statistics_plan.approval", timedelta(days=30))
"""Its object is the plan, whose id it has; its facts name the document by hash."""


async def ask_for_plan(
    db: AsyncSession,
    region_id: int,
    plan_id: UUID,
    lists: StatisticsPlan,
    reason: str,
    today: date,
    doer: Doer,
) -> Request:
    """Write the draft down and ask for it in one go; the same id and content are one.

    Refuses what `draft_plan` and `make_request` refuse.
    """
    plan = await draft_plan(db, region_id, plan_id, lists, today, doer)
    return await make_request(
        db, region_id, plan_id, PLAN_APPROVAL, doer, plan_id, reason,
        version=plan.version, digest=plan.digest.hex(), first_week=lists.first_week.isoformat(),
    )  # fmt: skip
