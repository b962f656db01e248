"""Simulations of a campaign's form over past payments: asked for, looked at, cancelled."""

from dataclasses import replace
from datetime import datetime
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Query
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request

from api.admin_campaigns import EXAMPLE_TERMS
from api.answers import Answer, in_zone
from api.closed_route import v1_router
from api.doers import doer_of
from api.fields import Body, Uuid, new_id
from api.identity import AdminIdentity, administrator
from api.pages import Listing, Page, Paged
from api.state import state_of
from core.errors import Problem
from ledger.regions import Region
from simulations.asked import Asked
from simulations.keep import (
    SIMULATION_UNKNOWN,
    Simulation,
    SimulationState,
    ask,
    cancel,
    find,
    list_newest,
)
from simulations.read_public import estimates

SIMULATIONS: Final = Listing("simulations", (UUID,))

router = v1_router("administrators: campaigns")

Asker = Annotated[AdminIdentity, administrator("campaigns", "finance")]
Reader = Annotated[
    AdminIdentity, administrator("campaigns", "city", "approver", "finance", "auditor")
]

_QUESTION: Final = {
    "terms": EXAMPLE_TERMS,
    "from_day": "2026-08-03",
    "to_day": "2026-09-27",
    "budget_yen": 50_000_000,
    "multiplier_bp": 12_000,
}


class SimulationBody(Body):
    """Which form is tried, over which days, with which budget."""

    question: Asked = Field(examples=[_QUESTION])


class SimulationCancellationBody(Body):
    """Nothing: who cancels is known."""


class SimulationAnswer(Answer):
    """A simulation as it stands."""

    simulation_id: UUID
    asked_by: str = Field(examples=["admin:019c8a52-7d10-7c44-8a39-0c6f5f1f2c11"])
    role: str = Field(examples=["campaigns"])
    asked_at: datetime
    form_hash: str = Field(examples=["9f2c" + 60 * "0"])
    """SHA-256 of the form's canonical JSON: a campaign of these terms has the same."""
    question: Asked
    state: SimulationState
    payments: int | None = Field(examples=[182_500])
    """Decided so far; null for *campaigns* and *city*, as the next three."""
    entries: int | None = Field(examples=[412_000])
    """Of the journal, to be looked at: so many payments there are at most. 0 until it begins."""
    started_at: datetime | None
    ended_at: datetime | None
    failure: str | None = Field(examples=[None])
    """Why it failed: the slug of a refusal, or `gave-up`."""
    result: dict[str, Any] | None = Field(examples=[{"cost_yen": 31_000_000, "ends_on": None}])
    """What it came to, field by field as the page on simulations says. Exact for *finance*,
    *approver* and *auditor*; an estimate from released tables for *campaigns* and *city*. Null
    until it is done."""


@router.put(
    "/admin/simulations/{simulation_id}",
    operation_id="askForSimulation",
    summary="Try a form over past payments",
    status_code=201,
)
async def put_simulation(
    request: Request,
    admin: Asker,
    simulation_id: Annotated[UUID, new_id("simulation_id")],
    body: SimulationBody,
) -> SimulationAnswer:
    """The worker carries it out, one at a time in a region. *Campaigns* is told what released
    tables say, *finance* and the approver what payments did.
    """
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        made = await ask(db, region, simulation_id, doer_of(admin), body.question)
        if not _is_exact(admin):
            made = await _found(db, admin, simulation_id)
    return _answer(region, made)


@router.get(
    "/admin/simulations/{simulation_id}",
    operation_id="getSimulation",
    summary="One simulation, with how far it has come",
)
async def get_simulation(request: Request, admin: Reader, simulation_id: Uuid) -> SimulationAnswer:
    """And what it came to, once it is done."""
    region = admin.region
    database = state_of(request).database
    async with database.snapshot(region.region_id, as_role=admin.database_role) as db:
        found = await _found(db, admin, simulation_id)
        [seen] = await _as_seen(db, admin, [found])
    return _answer(region, seen)


@router.get(
    "/admin/simulations", operation_id="listSimulations", summary="All simulations, newest first"
)
async def list_simulations(
    request: Request,
    admin: Reader,
    paging: Paged,
    state: Annotated[SimulationState | None, Query(description="Only in this state.")] = None,
) -> Page[SimulationAnswer]:
    """With their results, as far as this role may see them."""
    region = admin.region
    start = SIMULATIONS.start(paging)
    database = state_of(request).database
    async with database.snapshot(region.region_id, as_role=admin.database_role) as db:
        rows = await list_newest(
            db,
            region.region_id,
            start[0] if start else None,
            paging.limit + 1,
            is_exact=_is_exact(admin),
            state=state,
        )
        rows = await _as_seen(db, admin, rows)
    return SIMULATIONS.page(
        rows, paging, lambda row: (row.simulation_id,), lambda row: _answer(region, row)
    )


@router.post(
    "/admin/simulations/{simulation_id}/cancellations",
    operation_id="cancelSimulation",
    summary="Cancel a simulation that waits or runs",
)
async def post_cancellation(
    request: Request,
    admin: Asker,
    simulation_id: Uuid,
    body: SimulationCancellationBody,  # noqa: ARG001  an unknown member is refused
) -> SimulationAnswer:
    """It ends within a second or two; twice is once."""
    region = admin.region
    async with state_of(request).database.transaction(region.region_id) as db:
        await _found(db, admin, simulation_id)
        await cancel(db, region.region_id, simulation_id, doer_of(admin))
        ended = await _found(db, admin, simulation_id)
    return _answer(region, ended)


async def _found(db: AsyncSession, admin: AdminIdentity, simulation_id: UUID) -> Simulation:
    """As this role may see it; simulation-unknown where it may not."""
    found = await find(db, admin.region.region_id, simulation_id, is_exact=_is_exact(admin))
    if found is None:
        raise Problem(SIMULATION_UNKNOWN)
    return found


def _is_exact(admin: AdminIdentity) -> bool:
    return admin.database_role is None


async def _as_seen(
    db: AsyncSession, admin: AdminIdentity, found: list[Simulation]
) -> list[Simulation]:
    """With an estimate in place of the result, for roles that see no person."""
    if _is_exact(admin):
        return found
    done = [each for each in found if each.state == "done"]
    told = await estimates(db, admin.region.region_id, [each.asked for each in done])
    results = {each.simulation_id: said for each, said in zip(done, told, strict=True)}
    return [replace(each, result=results.get(each.simulation_id)) for each in found]


def _answer(region: Region, made: Simulation) -> SimulationAnswer:
    return SimulationAnswer(
        simulation_id=made.simulation_id,
        asked_by=made.asked_by,
        role=made.role,
        asked_at=in_zone(made.asked_at, region),
        form_hash=made.form_hash.hex(),
        question=made.asked,
        state=made.state,
        payments=made.payments,
        entries=made.entries,
        started_at=in_zone(made.started_at, region) if made.started_at else None,
        ended_at=in_zone(made.ended_at, region) if made.ended_at else None,
        failure=made.failure,
        result=made.result,
    )
