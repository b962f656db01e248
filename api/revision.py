"""Whether the database is at a revision that this program can serve."""

import asyncio
from importlib.resources import files
from typing import Final, Literal

from alembic.script import ScriptDirectory
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError, SQLAlchemyError

from core.database import Database
from core.errors import Problem

DEADLINE_S: Final = 2.0

DatabaseState = Literal["up", "down", "not migrated"]

_OWN: Final = ScriptDirectory(str(files("migrations")))
_OLDER: Final = frozenset(script.revision for script in _OWN.walk_revisions() if not script.is_head)


async def database_state(database: Database) -> DatabaseState:
    """Asks the database, for two seconds at most.

    A revision that this program does not know is a newer one: migrations run while the old code
    serves, so that is `up`.
    """
    try:
        async with asyncio.timeout(DEADLINE_S), database.everywhere() as session:
            found = await session.scalars(text("SELECT version_num FROM meguri.alembic_version"))
            revision = found.one_or_none()
    except ProgrammingError:  # there is no such table, or it may not be read
        return "not migrated"
    except (Problem, SQLAlchemyError, TimeoutError):
        return "down"
    return "not migrated" if revision is None or revision in _OLDER else "up"
