"""Regions: an operator opens them, finance sees and changes the settings of its own."""

from datetime import UTC, datetime
from functools import cache
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import available_timezones

from fastapi import Path
from pydantic import Field, field_validator
from pydantic_core import PydanticCustomError
from sqlalchemy.exc import DBAPIError
from starlette.requests import Request

from api.answers import Answer, accepted, in_zone
from api.closed_route import v1_router
from api.fields import Body, Label, Uuid, new_id
from api.identity import AdminIdentity, Operator, administrator
from api.look_up import look_up
from api.pages import Listing, Page, Paged
from api.state import State, state_of
from core.errors import Problem, problem
from core.ids import uuid8
from ledger.books import Entry
from ledger.command import ID_IN_USE
from ledger.open_region import REGION_OPEN, ChangeRegion, OpenRegion, make_region
from ledger.regions import Region
from payments.reads import read_settings
from payments.settings import RegionSettings

ZONE_UNKNOWN: Final = problem("zone-unknown", 422, "No time zone has this name.")
REGION_UNKNOWN: Final = problem("region-unknown", 404, "There is no region with this code.")

OPENING_DAY: Final = datetime(2000, 1, 1, tzinfo=UTC)
"""The day in the id of a region's first entry: it depends on the region's code alone."""
UNKNOWN_ZONE_STATE: Final = "MG009"

REGIONS: Final = Listing("regions", (str,))

router = v1_router("administrators: regions")

Code = Annotated[
    str,
    Path(
        pattern=r"^[a-z][a-z0-9-]{1,30}[a-z0-9]$",
        description="Small letters, digits and hyphens; it stands in tokens.",
        examples=["setagaya"],
    ),
]
Finance = Annotated[AdminIdentity, administrator("finance")]
AnyOffice = Annotated[
    AdminIdentity, administrator("campaigns", "approver", "finance", "desk", "auditor")
]


class RegionBody(Body):
    """A new region. Settings that are left out start at their defaults."""

    name: Label = Field(examples=["世田谷区"])
    zone: str = Field(
        strict=True, max_length=64, examples=["Asia/Tokyo"], description="An IANA time zone."
    )
    settings: RegionSettings = Field(default_factory=RegionSettings)


class RegionAnswer(Answer):
    """A region with its settings; amounts in yen."""

    code: str = Field(examples=["setagaya"])
    name: str = Field(examples=["世田谷区"])
    zone: str = Field(examples=["Asia/Tokyo"])
    settings: RegionSettings


class ListedRegion(Answer):
    """A region of this deployment."""

    code: str = Field(examples=["setagaya"])
    name: str = Field(examples=["世田谷区"])
    zone: str = Field(examples=["Asia/Tokyo"])


class SettingsBody(Body):
    """All settings anew: none may be left out, so that none changes unseen."""

    settings: RegionSettings

    @field_validator("settings")
    @classmethod
    def _is_whole(cls, settings: RegionSettings) -> RegionSettings:
        if settings.model_fields_set != RegionSettings.model_fields.keys():
            raise PydanticCustomError("settings_missing", "every setting is needed")
        return settings


class SettingsChange(Answer):
    """A change of a region's settings, as it was made."""

    change_id: UUID
    changed_at: datetime
    settings: RegionSettings
    seq: int = Field(examples=[4711])
    """Its number in the journal of the region."""


@router.put(
    "/admin/regions/{code}", operation_id="openRegion", summary="Open a region", status_code=201
)
async def open_region(
    request: Request, operator: Operator, code: Code, body: RegionBody
) -> RegionAnswer:
    """Once a code: the same body of the same operator has the same answer again, any other is
    refused with region-open-already.
    """
    state = state_of(request)
    if body.zone not in _zones():
        raise Problem(ZONE_UNKNOWN)
    region_id = await _make(state, code, body)
    await state.regions.refresh()
    region = state.regions.find(code)
    assert region is not None, "it was made before the regions were read"
    if (region.name, region.zone.key) != (body.name, body.zone):
        raise Problem(REGION_OPEN)
    command = OpenRegion(
        entry_id=uuid8(OPENING_DAY, OpenRegion.kind, code),
        actor=operator.actor,
        settings=body.settings.model_dump(),
    )
    try:
        receipt = await state.engines.of(region_id).submit(command)
    except Problem as refused:
        # The id is the code's: whatever else stands under it opened this very region.
        raise (Problem(REGION_OPEN) if refused.type is ID_IN_USE else refused) from None
    entry = accepted(request, receipt)
    return _answer(region, RegionSettings.model_validate(entry.facts["settings"]))


@router.get("/admin/regions", operation_id="listRegions", summary="All regions, by code")
async def list_regions(request: Request, _operator: Operator, paging: Paged) -> Page[ListedRegion]:
    """Without their settings, and without anything that is in them."""
    state = state_of(request)
    await state.regions.refresh()
    start = REGIONS.start(paging)
    after = start[0] if start else ""
    known = sorted(state.regions.all(), key=lambda region: region.code)
    rows = [region for region in known if region.code > after][: paging.limit + 1]
    return REGIONS.page(rows, paging, lambda row: (row.code,), _listed)


@router.get("/admin/regions/{code}", operation_id="getRegion", summary="One region")
async def get_region(request: Request, _operator: Operator, code: Code) -> RegionAnswer:
    """The region with the settings that hold now."""
    state = state_of(request)
    region = state.regions.find(code)
    settings = None if region is None else await _settings(state, region)
    if region is None or settings is None:
        raise Problem(REGION_UNKNOWN)
    return _answer(region, settings)


@router.get("/admin/region", operation_id="getOwnRegion", summary="My region")
async def get_own_region(request: Request, admin: AnyOffice) -> RegionAnswer:
    """The administrator's own region with the settings that hold now."""
    settings = await _settings(state_of(request), admin.region, admin.database_role)
    if settings is None:
        raise Problem(REGION_UNKNOWN)
    return _answer(admin.region, settings)


@router.put(
    "/admin/region/settings/{change_id}",
    operation_id="changeRegionSettings",
    summary="Replace my region's settings",
    status_code=201,
)
async def change_region_settings(
    request: Request,
    admin: Finance,
    change_id: Annotated[UUID, new_id("change_id")],
    body: SettingsBody,
) -> SettingsChange:
    """They hold from the next batch of commands on. What they were before stays in the journal."""
    command = ChangeRegion(
        entry_id=change_id, actor=admin.actor, settings=body.settings.model_dump()
    )
    receipt = await state_of(request).engines.of(admin.region.region_id).submit(command)
    return _change(admin.region, accepted(request, receipt))


@router.get(
    "/admin/region/settings/{change_id}",
    operation_id="getRegionSettingsChange",
    summary="One change of my region's settings",
)
async def get_region_settings_change(
    request: Request, admin: Finance, change_id: Uuid
) -> SettingsChange:
    """As it was made; later changes may have replaced it."""
    return _change(admin.region, await look_up(request, admin.region, change_id, ChangeRegion))


@cache
def _zones() -> set[str]:
    return available_timezones()


async def _make(state: State, code: str, body: RegionBody) -> int:
    try:
        return await make_region(state.database, code, body.name, body.zone)
    except DBAPIError as error:
        # PostgreSQL keeps time zones of its own, and may not have this one.
        if getattr(error.orig, "sqlstate", None) == UNKNOWN_ZONE_STATE:
            raise Problem(ZONE_UNKNOWN) from error
        raise


async def _settings(
    state: State, region: Region, as_role: str | None = None
) -> RegionSettings | None:
    async with state.database.snapshot(region.region_id, as_role=as_role) as session:
        return await read_settings(session, region.region_id)


def _answer(region: Region, settings: RegionSettings) -> RegionAnswer:
    return RegionAnswer(code=region.code, name=region.name, zone=region.zone.key, settings=settings)


def _listed(region: Region) -> ListedRegion:
    return ListedRegion(code=region.code, name=region.name, zone=region.zone.key)


def _change(region: Region, entry: Entry) -> SettingsChange:
    return SettingsChange(
        change_id=entry.entry_id,
        changed_at=in_zone(entry.at, region),
        settings=RegionSettings.model_validate(entry.facts["settings"]),
        seq=entry.seq,
    )
