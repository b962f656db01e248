"""Profiles of statements that a region made itself, beside those that come with the program."""

from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.errors import Problem, problem
from ledger.command import ID_IN_USE
from merchants.statement_profile import SHIPPED, STATEMENT_PROFILE_UNKNOWN, StatementProfile
from merchants.statement_tables import statement_profile

PROFILE_NAME_TAKEN: Final = problem(
    "statement-profile-name-taken", 409, "A profile that comes with the program has this name."
)
PROFILE_VERSION_WRONG: Final = problem(
    "statement-profile-version-wrong", 409, "The next version of this profile has another number."
)

_ROW: Final = statement_profile.c


async def keep_profile(
    db: AsyncSession, region_id: int, profile_id: UUID, wished: StatementProfile, doer: Doer
) -> StatementProfile:
    """Keep a profile, or the next version of one; the same id and content are one.

    Refuses id-in-use, statement-profile-name-taken, statement-profile-version-wrong.
    """
    known = await find_own_profile(db, region_id, profile_id)
    if known is not None:
        if known != wished:
            raise Problem(ID_IN_USE)
        return known
    if any(name == wished.name for name, _ in SHIPPED):
        raise Problem(PROFILE_NAME_TAKEN)
    last = await db.scalar(
        select(func.max(_ROW.version)).where(_ROW.region_id == region_id, _ROW.name == wished.name)
    )
    if wished.version != (last or 0) + 1:
        raise Problem(PROFILE_VERSION_WRONG, expected=(last or 0) + 1)
    row = {
        "region_id": region_id,
        "profile_id": profile_id,
        "name": wished.name,
        "version": wished.version,
        "document": wished.model_dump_json(),
        "made_by": doer.actor,
    }
    made = await db.scalars(
        insert(statement_profile).values(row).on_conflict_do_nothing().returning(_ROW.profile_id)
    )
    if made.one_or_none() is None:  # somebody else made this version at the same time
        raise Problem(PROFILE_VERSION_WRONG, expected=wished.version + 1)
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="statement_profile.made",
        object_id=profile_id, version=wished.version,
    )  # fmt: skip
    return wished


async def find_own_profile(
    db: AsyncSession, region_id: int, profile_id: UUID
) -> StatementProfile | None:
    """The profile that was made under this id."""
    document = await db.scalar(
        select(_ROW.document).where(_ROW.region_id == region_id, _ROW.profile_id == profile_id)
    )
    return None if document is None else _read(document)


async def list_own_profiles(db: AsyncSession, region_id: int) -> list[StatementProfile]:
    """All versions of all of them, by name."""
    query = select(_ROW.document).where(_ROW.region_id == region_id)
    return [_read(each) for each in await db.scalars(query.order_by(_ROW.name, _ROW.version))]


async def profile_called(
    db: AsyncSession, region_id: int, name: str, version: int | None = None
) -> StatementProfile:
    """This version of a profile, or the newest: of the region, or of those that come along.

    Refuses statement-profile-unknown.
    """
    shipped = [each for each in SHIPPED.values() if each.name == name]
    if shipped:
        found = shipped
    else:
        query = select(_ROW.document).where(_ROW.region_id == region_id, _ROW.name == name)
        found = [_read(each) for each in await db.scalars(query.order_by(_ROW.version))]
    fitting = [each for each in found if version in {None, each.version}]
    if not fitting:
        raise Problem(STATEMENT_PROFILE_UNKNOWN)
    return fitting[-1]


def _read(document: str) -> StatementProfile:
    return StatementProfile.model_validate_json(document)
