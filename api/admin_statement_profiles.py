"""Profiles of bank statements: those that come with the program, and the region's own."""

from typing import Annotated, Final
from uuid import UUID

from pydantic import Field
from starlette.requests import Request

from api.admin_settlements import Finance, Reader
from api.answers import Answer
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Uuid, new_id
from api.state import state_of
from core.errors import Problem, problem
from merchants.own_profile import find_own_profile, keep_profile, list_own_profiles
from merchants.statement_profile import SHIPPED, StatementProfile

OWN_PROFILE_UNKNOWN: Final = problem(
    "own-profile-unknown", 404, "The region has made no profile under this id."
)

router = v1_router("administrators: bank")

_ONE: Final = "/admin/statement-profiles/{profile_id}"
_EXAMPLE: Final = SHIPPED["two-columns", 1].model_copy(update={"name": "mihon-bank"}).model_dump()


class StatementProfileBody(Body):
    """A profile, or the next version of one."""

    profile: StatementProfile = Field(examples=[_EXAMPLE])


class StatementProfileAnswer(Answer):
    """A profile of the region, as it was made."""

    profile_id: UUID
    profile: StatementProfile = Field(examples=[_EXAMPLE])


class StatementProfiles(Answer):
    """How banks write, as documents."""

    items: list[StatementProfile]


@router.put(
    _ONE,
    operation_id="makeStatementProfile",
    summary="Say how a bank writes its statements",
    status_code=201,
)
async def put_profile(
    request: Request,
    admin: Finance,
    profile_id: Annotated[UUID, new_id("profile_id")],
    body: StatementProfileBody,
) -> StatementProfileAnswer:
    """A version is never changed: the next one has the next number, and is read by from then on."""
    region_id = admin.region.region_id
    async with state_of(request).database.transaction(region_id) as db:
        kept = await keep_profile(db, region_id, profile_id, body.profile, doer_of(admin))
    return StatementProfileAnswer(profile_id=profile_id, profile=kept)


@router.get(_ONE, operation_id="getStatementProfile", summary="One profile of the region")
async def get_profile(request: Request, admin: Reader, profile_id: Uuid) -> StatementProfileAnswer:
    """As it was made."""
    async with state_of(request).database.snapshot(admin.region.region_id) as db:
        found = await find_own_profile(db, admin.region.region_id, profile_id)
    if found is None:
        raise Problem(OWN_PROFILE_UNKNOWN)
    return StatementProfileAnswer(profile_id=profile_id, profile=found)


@router.get(
    "/admin/statement-profiles",
    operation_id="listStatementProfiles",
    summary="How banks write their statements",
)
async def list_profiles(request: Request, admin: Reader) -> StatementProfiles:
    """Those that come with this version, then the region's own with all their versions."""
    async with state_of(request).database.snapshot(admin.region.region_id) as db:
        own = await list_own_profiles(db, admin.region.region_id)
    return StatementProfiles(items=[*SHIPPED.values(), *own])
