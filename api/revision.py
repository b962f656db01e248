"""Whether the database is at a revision that this program can serve."""

import asyncio
from typing import Final, Literal

from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from core.database import Database
from core.errors import Problem
from migrations.digest import TABLE, digest, is_made_by_these, revisions

DEADLINE_S: Final = 2.0

DatabaseState = Literal["up", "down", "not migrated", "made otherwise"]

_DIGESTS: Final = {revision: digest(revision) for revision in revisions()}
_OLDER: Final = frozenset(revisions()[:-1])


async def database_state(database: Database) -> DatabaseState:
    """Asks the database, for two seconds at most.

    A revision that this program does not know is a newer one: migrations run while the old code
    serves, so that is `up`. One that it knows with other SQL is `made otherwise`: before their
    release migrations are edited in place, and nothing leads from the old ones to the new.
    """
    revision = None
    try:
        async with asyncio.timeout(DEADLINE_S), database.everywhere() as session:
            found = await session.scalars(text("SELECT version_num FROM meguri.alembic_version"))
            if (revision := found.one_or_none()) is None:
                return "not migrated"
            rows = await session.execute(text(f"TABLE {TABLE}"))
            digests = {row.revision: row.digest for row in rows}
    except ProgrammingError:  # there is no such table, or it may not be read
        return "not migrated" if revision is None else "made otherwise"
    except (Problem, SQLAlchemyError, TimeoutError):
        return "down"
    if not is_made_by_these(digests, _DIGESTS):
        return "made otherwise"
    return "not migrated" if revision in _OLDER else "up"
