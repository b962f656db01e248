"""The plan of statistics: drafted by campaigns, approved by an approver, read by everybody."""

from datetime import date, datetime, timedelta
from typing import Annotated, Final
from uuid import UUID

from fastapi import Query, Request
from pydantic import Field

from api.admin_requests import RequestAnswer, request_answer
from api.answers import Answer, in_zone, in_zone_if
from api.body import read_whole
from api.closed_route import ClosedRoute, v1_router
from api.doers import doer_of
from api.fields import Body, Reason, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.public_region import RegionCode, public_region
from api.rate_limit import Quota
from api.state import state_of
from core.errors import Problem, problem
from insights.ask_plan import ask_for_plan
from insights.plan import LARGEST_BYTES, StatisticsPlan
from insights.plans import PLAN_UNKNOWN, Plan, find_plan, list_plans, plan_for
from ledger.regions import Region

NO_PLAN_YET: Final = problem(
    "statistics-plan-none", 404, "The region has no plan of statistics that holds."
)

READS: Final = Quota("statistics", 300, 60)
"""Per address."""
PLANS: Final = Listing("statistics-plans", (int,))

Drafter = Annotated[AdminIdentity, administrator("campaigns")]
Reader = Annotated[
    AdminIdentity, administrator("campaigns", "city", "approver", "finance", "auditor")
]

_EXAMPLE: Final = {
    "first_week": "2026-12-07",
    "areas": [{"code": "kitazawa", "names": {"ja": "北沢", "en": "Kitazawa"}}],
    "districts": [
        {
            "code": "kitazawa-ekimae",
            "names": {"ja": "北沢駅前", "en": "Kitazawa station"},
            "area": "kitazawa",
        }
    ],
    "categories": [
        {"code": "food", "names": {"ja": "食品", "ja_plain": "たべもの", "en": "Food"}},
        {"code": "books", "names": {"ja": "書籍", "ja_plain": "ほん", "en": "Books"}},
    ],
    "merges": {"categories": {"books": "food"}},
}


class PlanRoute(ClosedRoute):
    """A route whose body may have the outlines of a town in it."""

    async def read(self, request: Request) -> Request:
        """The request with its whole body."""
        seconds = state_of(request).settings.body_seconds
        return await read_whole(request, seconds, LARGEST_BYTES + 4_096)


router = v1_router("administrators: statistics", PlanRoute)
public = v1_router("statistics")


class StatisticsPlanBody(Body):
    """The lists, and why they should hold."""

    plan: StatisticsPlan = Field(examples=[_EXAMPLE])
    reason: Reason = Field(examples=["来年度の統計計画"])


class StatisticsPlanAnswer(Answer):
    """A plan as it stands."""

    plan_id: UUID
    version: int = Field(examples=[1])
    digest: str = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )
    """SHA-256 of the plan's document, in hex; each release names it."""
    plan: StatisticsPlan = Field(examples=[_EXAMPLE])
    drafted_by: str = Field(examples=["admin:0192f0c1-2d3e-7f4a-8b5c-6d7e8f901234"])
    drafted_at: datetime
    approved_by: str | None = Field(examples=["admin:0192f0c1-2d3e-7f4a-8b5c-6d7e8f905678"])
    """Null while it is a draft, which holds nowhere."""
    approved_at: datetime | None


class PublicPlanAnswer(Answer):
    """The lists that a region's statistics go by."""

    region: str = Field(examples=["setagaya"])
    first_week: date
    plan: StatisticsPlan = Field(examples=[_EXAMPLE])
    digest: str = Field(
        examples=["9f86d081884c7d659a2feaa0c55ad015a3bf4f1b2b0b822cd15d6c15b0f00a08"]
    )


@router.put(
    "/admin/statistics/plans/{plan_id}",
    operation_id="askForStatisticsPlan",
    summary="Draft a plan of statistics and ask for its approval",
    status_code=201,
)
async def put_plan(
    request: Request,
    admin: Drafter,
    plan_id: Annotated[UUID, new_id("plan_id")],
    body: StatisticsPlanBody,
) -> RequestAnswer:
    """Its first week must not have begun, also when it is approved.

    An approver, who is another person at another device, decides within 30 days on the request,
    which has the plan's id. A plan is never changed: for other lists draft another one.
    """
    state, region = state_of(request), admin.region
    today = region.day_of(state.clock.now())
    async with state.database.transaction(region.region_id) as db:
        asked = await ask_for_plan(
            db, region.region_id, plan_id, body.plan, body.reason, today, doer_of(admin)
        )
    return request_answer(region, asked)


@router.get(
    "/admin/statistics/plans/{plan_id}",
    operation_id="getStatisticsPlan",
    summary="One plan of statistics",
)
async def get_plan(request: Request, admin: Reader, plan_id: Uuid) -> StatisticsPlanAnswer:
    """A draft, or one that holds from its first week on."""
    region = admin.region
    database = state_of(request).database
    async with database.snapshot(region.region_id, as_role=admin.database_role) as db:
        found = await find_plan(db, region.region_id, plan_id)
    if found is None:
        raise Problem(PLAN_UNKNOWN)
    return _answer(region, found)


@router.get(
    "/admin/statistics/plans",
    operation_id="listStatisticsPlans",
    summary="Plans of statistics, newest first",
)
async def list_all_plans(
    request: Request,
    admin: Reader,
    paging: Paged,
    *,
    approved: Annotated[bool, Query(description="Only those that hold or will.")] = False,
) -> Page[StatisticsPlanAnswer]:
    """Drafts too, unless only those are asked for that were approved."""
    region, start = admin.region, PLANS.start(paging)
    database = state_of(request).database
    async with database.snapshot(region.region_id, as_role=admin.database_role) as db:
        plans = await list_plans(
            db, region.region_id, before=start[0] if start else None, limit=paging.limit + 1,
            only_approved=approved,
        )  # fmt: skip
    return PLANS.page(
        plans, paging, lambda plan: (plan.version,), lambda plan: _answer(region, plan)
    )


@public.get(
    "/regions/{region}/statistics-plan",
    operation_id="getPublicStatisticsPlan",
    summary="The public lists that a region's statistics go by",
)
async def get_public_plan(request: Request, region: RegionCode) -> PublicPlanAnswer:
    """For anybody. The plan of this week, or the first one to come where none holds yet."""
    state, found = state_of(request), public_region(request, region, READS)
    today = found.day_of(state.clock.now())
    async with state.database.snapshot(found.region_id) as db:
        plan = await plan_for(db, found.region_id, today - timedelta(days=today.weekday()))
        plan = plan or await plan_for(db, found.region_id, date.max)
    if plan is None:
        raise Problem(NO_PLAN_YET)
    return PublicPlanAnswer(
        region=region, first_week=plan.lists.first_week, plan=plan.lists, digest=plan.digest.hex()
    )


def _answer(region: Region, plan: Plan) -> StatisticsPlanAnswer:
    approved_at = plan.approved_at
    return StatisticsPlanAnswer(
        plan_id=plan.plan_id,
        version=plan.version,
        digest=plan.digest.hex(),
        plan=plan.lists,
        drafted_by=plan.drafted_by,
        drafted_at=in_zone(plan.drafted_at, region),
        approved_by=plan.approved_by,
        approved_at=in_zone_if(approved_at, region),
    )
