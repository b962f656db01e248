"""Keep simulations: ask for one, look at it, cancel it, and find one for a campaign's approval."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal, cast
from uuid import UUID

from sqlalchemy import func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from campaigns.simulation_tables import simulation, told
from campaigns.terms import terms_hash
from core.database import now_of
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time
from ledger.command import ID_IN_USE
from ledger.regions import Region
from simulations.asked import Asked
from simulations.result import Json

SIMULATION_UNKNOWN: Final = problem("simulation-unknown", 404, "There is no such simulation.")
SIMULATION_NOT_OVER: Final = problem(
    "simulation-not-over", 409, "Only days that are over can be simulated."
)
SIMULATION_OVER: Final = problem("simulation-over", 409, "The simulation has ended already.")
SIMULATION_OF_TOP_UPS: Final = problem(
    "simulation-of-top-ups", 409, "Bonuses on top-ups cannot be simulated, only payments."
)
SIMULATIONS_ENOUGH: Final = problem(
    "simulations-enough", 409, "No more simulations of this region today, or until one has ended."
)
SIMULATION_NOT_OF_THIS: Final = problem(
    "simulation-not-of-this", 409, "The simulation has not ended, or is of another form."
)

MOST_WAITING: Final = 20
"""Of one region, queued or running."""
MOST_A_DAY: Final = 100

SimulationState = Literal["queued", "running", "done", "failed", "cancelled"]
_OF: Final = simulation.c
_TOLD: Final = (
    *("simulation_id", "asked_by", "role", "asked_at", "form_hash", "question", "state"),
    "failure",
)
_EXACT: Final = ("payments", "entries", "started_at", "ended_at", "exact")


@dataclass(frozen=True, slots=True)
class Simulation:
    """A simulation as it stands."""

    simulation_id: UUID
    asked_by: str
    role: str
    asked_at: datetime
    form_hash: bytes
    asked: Asked
    state: SimulationState
    payments: int | None
    """Decided so far; None for roles that see no person, as all that counts what people did."""
    entries: int | None
    """Of the journal, to be looked at: no more payments are there. 0 until it has begun."""
    started_at: datetime | None
    ended_at: datetime | None
    failure: str | None
    result: Json | None
    """Exact; None also for roles that see no person."""


async def ask(
    db: AsyncSession, region: Region, simulation_id: UUID, doer: Doer, asked: Asked
) -> Simulation:
    """Put a simulation down for the worker; the same id, question and asker are one.

    Refuses id-in-use, simulation-of-top-ups, simulation-not-over, simulations-enough.
    """
    region_id = region.region_id
    await one_at_a_time(db, region_id, "simulations")
    question = asked.model_dump_json(exclude_none=True)
    known = await find(db, region_id, simulation_id, is_exact=True)
    if known is not None:
        if (known.asked_by, known.asked) != (doer.actor, asked):
            raise Problem(ID_IN_USE)
        return known
    if asked.terms.bonus is not None:
        raise Problem(SIMULATION_OF_TOP_UPS)
    assert doer.role is not None, "an administrator of a region has a role"
    now = await now_of(db)
    today = region.day_of(now)
    if asked.to_day >= today:
        raise Problem(SIMULATION_NOT_OVER, today=today.isoformat())
    await _check_limits(db, region_id, today)
    await db.execute(
        insert(simulation).values(
            region_id=region_id,
            simulation_id=simulation_id,
            asked_by=doer.actor,
            role=doer.role,
            asked_at=now,
            asked_on=today,
            form_hash=terms_hash(asked.terms),
            question=question,
        )
    )
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="simulation.asked",
        object_id=simulation_id,
    )  # fmt: skip
    made = await find(db, region_id, simulation_id, is_exact=True)
    assert made is not None, "it was put down just now"
    return made


async def find(
    db: AsyncSession, region_id: int, simulation_id: UUID, *, is_exact: bool
) -> Simulation | None:
    """The simulation; as roles see it that see no person unless `is_exact`."""
    rows = await _select(db, region_id, is_exact, simulation_id=simulation_id)
    return rows[0] if rows else None


async def list_newest(
    db: AsyncSession,
    region_id: int,
    before: UUID | None,
    limit: int,
    *,
    is_exact: bool,
    state: SimulationState | None = None,
) -> list[Simulation]:
    """At most `limit`, newest first, of those before the one called `before`."""
    return await _select(db, region_id, is_exact, before=before, state=state, limit=limit)


async def cancel(db: AsyncSession, region_id: int, simulation_id: UUID, doer: Doer) -> None:
    """End one that waits or runs; twice is once. Raises simulation-unknown, simulation-over."""
    ended = await db.execute(
        update(simulation)
        .where(
            _OF.region_id == region_id,
            _OF.simulation_id == simulation_id,
            _OF.state.in_(("queued", "running")),
        )
        .values(state="cancelled", ended_at=func.clock_timestamp())
        .returning(_OF.simulation_id)
    )
    if ended.first() is not None:
        await enter_act(
            db, region_id, actor=doer.actor, role=doer.role, act="simulation.cancelled",
            object_id=simulation_id,
        )  # fmt: skip
        return
    found = await find(db, region_id, simulation_id, is_exact=True)
    if found is None:
        raise Problem(SIMULATION_UNKNOWN)
    if found.state != "cancelled":
        raise Problem(SIMULATION_OVER, state=found.state)


async def check_simulated(
    db: AsyncSession, region_id: int, simulation_id: UUID, form_hash: bytes
) -> Simulation:
    """The simulation for a request for approval of the form with this hash: it is done.

    Raises simulation-unknown, and simulation-not-of-this for one that is not done or of another
    form. Reads what every role may.
    """
    found = await find(db, region_id, simulation_id, is_exact=False)
    if found is None:
        raise Problem(SIMULATION_UNKNOWN)
    if found.state != "done" or found.form_hash != form_hash:
        raise Problem(SIMULATION_NOT_OF_THIS, state=found.state)
    return found


async def _check_limits(db: AsyncSession, region_id: int, today: date) -> None:
    of_today = (_OF.region_id == region_id) & (_OF.asked_on == today)
    waiting = await db.scalar(
        select(func.count()).where(_OF.region_id == region_id, _OF.state.in_(("queued", "running")))
    )
    by_all = await db.scalar(select(func.count()).where(of_today))
    if (waiting or 0) >= MOST_WAITING or (by_all or 0) >= MOST_A_DAY:
        raise Problem(SIMULATIONS_ENOUGH)


async def _select(
    db: AsyncSession,
    region_id: int,
    is_exact: bool,
    *,
    simulation_id: UUID | None = None,
    before: UUID | None = None,
    state: SimulationState | None = None,
    limit: int = 1,
) -> list[Simulation]:
    source = simulation if is_exact else told
    of = source.c
    seen = [of[name] for name in (*_TOLD, *(_EXACT if is_exact else ()))]
    query = select(*seen).where(of.region_id == region_id)
    if simulation_id is not None:
        query = query.where(of.simulation_id == simulation_id)
    if before is not None:
        query = query.where(of.simulation_id < before)
    if state is not None:
        query = query.where(of.state == state)
    query = query.order_by(of.simulation_id.desc()).limit(limit)
    return [_simulation(row._asdict()) for row in await db.execute(query)]


def _simulation(row: dict[str, Any]) -> Simulation:
    """With a plain UUID: the driver's own compares with no other."""
    return Simulation(
        simulation_id=UUID(int=row["simulation_id"].int),
        asked_by=row["asked_by"],
        role=row["role"],
        asked_at=row["asked_at"],
        form_hash=row["form_hash"],
        asked=Asked.model_validate_json(row["question"]),
        state=cast("SimulationState", row["state"]),
        payments=row.get("payments"),
        entries=row.get("entries"),
        started_at=row.get("started_at"),
        ended_at=row.get("ended_at"),
        failure=row["failure"],
        result=row.get("exact"),
    )
