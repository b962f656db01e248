"""Apply to become a merchant: made, looked at, amended and withdrawn while nobody has decided."""

import secrets
from dataclasses import dataclass
from datetime import datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import Row, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.errors import Problem, problem
from ledger.command import ID_IN_USE
from merchants.application import Application, ApplicationState, check_application
from merchants.application_tables import application

APPLICATION_UNKNOWN: Final = problem(
    "application-unknown", 404, "There is no such application, or the reference is not its."
)
APPLICATION_STATE_WRONG: Final = problem(
    "application-state-wrong", 409, "In its state that cannot be done to the application."
)
MOST_VERSIONS: Final = 50
"""That one application may have: whoever amends more often begins anew."""

_ROW: Final = application.c
_IN_HAND: Final = ("submitted", "more_asked")
"""Of whoever applies; what is recommended stands still until somebody has decided."""


@dataclass(frozen=True, slots=True, repr=False)
class Applied:
    """An application as it stands; it has no repr, lest a name stand in a log."""

    application_id: UUID
    state: ApplicationState
    version: int
    form: Application | None
    """None once it is forgotten."""
    merchant_class: str
    category: str
    area: str
    made_by: str
    written_by: frozenset[UUID]
    made_at: datetime
    changed_at: datetime
    told: str | None
    """What the applicant is told of the last review."""
    merchant_id: UUID | None
    forgotten_at: datetime | None


@dataclass(frozen=True, slots=True, repr=False)
class Made:
    """An application, and its reference if it was made now: it is not known a second time."""

    applied: Applied
    reference: str | None
    is_replay: bool


async def apply(
    db: AsyncSession,
    region_id: int,
    application_id: UUID,
    form: Application,
    doer: Doer | None,
    *,
    is_real: bool,
) -> Made:
    """Enter an application; by its applicant (None), who gets a reference, or by staff.

    The same id and content are one. Refuses what the form refuses, and id-in-use.
    """
    check_application(form, is_real=is_real)
    reference = secrets.token_urlsafe(32) if doer is None else None
    by = f"applicant:{application_id}" if doer is None else doer.actor
    made = await db.scalars(
        insert(application)
        .values(
            region_id=region_id,
            application_id=application_id,
            reference_hash=None if reference is None else _hashed(reference),
            made_by=by,
            written_by=[] if doer is None else [doer.login_id],
            **_said(form),
        )
        .on_conflict_do_nothing(constraint=application.primary_key)
        .returning(_ROW.application_id)
    )
    is_new = made.one_or_none() is not None
    found = await find_application(db, region_id, application_id)
    if not is_new and (found.form, found.version, found.made_by) != (form, 1, by):
        raise Problem(ID_IN_USE)
    if is_new:
        await note(db, region_id, application_id, doer, "made")
    return Made(found, reference if is_new else None, not is_new)


async def amend(
    db: AsyncSession,
    region_id: int,
    found: Applied,
    form: Application,
    doer: Doer | None,
    *,
    is_real: bool,
) -> Applied:
    """Put another form in its place: it is to be reviewed anew. The same form is no change.

    `found` is locked. Refuses what the form refuses, and application-state-wrong.
    """
    check_application(form, is_real=is_real)
    if found.state not in _IN_HAND or found.version >= MOST_VERSIONS:
        raise Problem(APPLICATION_STATE_WRONG, state=found.state)
    if found.form == form and found.state == "submitted":
        return found
    writers = set(found.written_by) | ({doer.login_id} if doer else set())
    changes = {"state": "submitted", "version": found.version + 1, "written_by": sorted(writers)}
    await change(db, region_id, found.application_id, **changes, **_said(form))
    await note(db, region_id, found.application_id, doer, "amended", version=found.version + 1)
    return await find_application(db, region_id, found.application_id)


async def withdraw_application(
    db: AsyncSession, region_id: int, found: Applied, doer: Doer | None
) -> Applied:
    """Take it back; twice is once. `found` is locked. Refuses application-state-wrong."""
    if found.state == "withdrawn":
        return found
    if found.state not in _IN_HAND:
        raise Problem(APPLICATION_STATE_WRONG, state=found.state)
    await change(db, region_id, found.application_id, state="withdrawn")
    await note(db, region_id, found.application_id, doer, "withdrawn")
    return await find_application(db, region_id, found.application_id)


async def find_application(
    db: AsyncSession, region_id: int, application_id: UUID, *, is_to_change: bool = False
) -> Applied:
    """The application, locked if it is to change. Raises application-unknown."""
    query = select(application).where(
        _ROW.region_id == region_id, _ROW.application_id == application_id
    )
    if is_to_change:
        query = query.with_for_update()
    row = (await db.execute(query)).one_or_none()
    if row is None:
        raise Problem(APPLICATION_UNKNOWN)
    return as_applied(row)


async def find_by_reference(
    db: AsyncSession, region_id: int, application_id: UUID, reference: str, *,
    is_to_change: bool = False,
) -> Applied:  # fmt: skip
    """The same for whoever has its reference; application-unknown for any other."""
    kept = await db.scalar(
        select(_ROW.reference_hash).where(
            _ROW.region_id == region_id, _ROW.application_id == application_id
        )
    )
    if kept is None or not secrets.compare_digest(kept, _hashed(reference)):
        raise Problem(APPLICATION_UNKNOWN)
    return await find_application(db, region_id, application_id, is_to_change=is_to_change)


async def change(db: AsyncSession, region_id: int, application_id: UUID, **values: Any) -> None:
    """Write to a row that the caller has locked."""
    await db.execute(
        update(application)
        .where(_ROW.region_id == region_id, _ROW.application_id == application_id)
        .values(changed_at=func.clock_timestamp(), **values)
    )


async def note(
    db: AsyncSession, region_id: int, application_id: UUID, doer: Doer | None, done: str,
    reason: str | None = None, **facts: Any,
) -> None:  # fmt: skip
    """Enter the act; an applicant is nobody but the application."""
    await enter_act(
        db, region_id,
        actor=f"applicant:{application_id}" if doer is None else doer.actor,
        role=None if doer is None else doer.role,
        act=f"application.{done}", object_id=application_id, reason=reason, **facts,
    )  # fmt: skip


def as_applied(row: Row[Any]) -> Applied:
    """The application of a row with all columns."""
    return Applied(
        row.application_id,
        row.state,
        row.version,
        None if row.form is None else Application.model_validate(row.form),
        row.merchant_class,
        row.category,
        row.area,
        row.made_by,
        frozenset(UUID(int=one.int) for one in row.written_by),
        row.made_at,
        row.changed_at,
        row.told,
        row.merchant_id,
        row.forgotten_at,
    )


def _said(form: Application) -> dict[str, Any]:
    return {
        "form": form.model_dump(mode="json"),
        "search": form.search,
        "merchant_class": form.merchant_class,
        "category": form.category,
        "area": form.area,
    }


def _hashed(reference: str) -> bytes:
    return sha256(reference.encode()).digest()
