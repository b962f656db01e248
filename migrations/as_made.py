"""Tells whether functions, triggers, rights, keys and views are still as the migrations made them.

What each has to be stands in `as_made.txt`, which comes with the program and not from the database
that is judged. `meguri migrate --check --renew` writes it anew.
"""

import hashlib
from collections.abc import Iterable
from pathlib import Path
from typing import Final

from core.database import APPLICATION_ROLE, CITY_ROLE, MATCHER_ROLE, SENDER_ROLE, Connection
from migrations.digest import revisions

AS_MADE: Final = Path(__file__).with_name("as_made.txt")
"""A line for each object, sorted: its name, and what is said of it, or the digest of that."""

ROLES: Final = (
    "meguri_owner", APPLICATION_ROLE, "meguri_sealer", CITY_ROLE, MATCHER_ROLE, SENDER_ROLE,
)  # fmt: skip

_CATALOG: Final = Path(__file__).with_name("catalog.sql").read_text(encoding="utf-8")
_SCHEMAS: Final = """
    SELECT array_agg(nspname) FROM pg_namespace WHERE nspowner = 'meguri_owner'::regrole
"""
_REVISION: Final = "SELECT version_num FROM meguri.alembic_version"
_LONGEST_AS_IT_IS: Final = 24
_DIGITS: Final = 24
"""96 bits: nobody finds another body with the digest of the true one."""


async def look(connection: Connection, schemas: Iterable[str]) -> set[str]:
    """What the catalogs say of these schemas, and of the roles, as lines of `as_made.txt`."""
    async with connection.transaction():
        # Names are told with their schemas where no other one is looked through.
        await connection.execute("SET LOCAL search_path TO pg_catalog")
        rows = await connection.fetch(_CATALOG, list(schemas), list(ROLES))
    return {f"{row['object']}: {_short(row['said'] or '')}" for row in rows}


async def note(connection: Connection) -> str:
    """What `as_made.txt` has to be, of a database that was just migrated from empty."""
    schemas = await connection.fetchval(_SCHEMAS)
    return "".join(f"{line}\n" for line in sorted(await look(connection, schemas)))


async def differences(connection: Connection) -> list[str]:
    """What was taken away, changed or added since the migrations, by name."""
    found = [row[0] for row in await connection.fetch(_REVISION)]
    if found != [newest := revisions()[-1]]:
        return [f"the database is of revision {', '.join(found)}, and this program of {newest}"]
    made = AS_MADE.read_text(encoding="utf-8").splitlines()
    schemas = [line.split()[1].rstrip(":") for line in made if line.startswith("schema ")]
    return _told(await look(connection, schemas), set(made))


def _told(there: set[str], made: set[str]) -> list[str]:
    names_there, names_made = {_name(line) for line in there}, {_name(line) for line in made}
    return sorted(
        [f"{_name(line)}: no migration made it" for line in there if _name(line) not in names_made]
        + [f"{_name(line)}: is not there" for line in made if _name(line) not in names_there]
        + [
            f"{name}: is not as the migrations made it"
            for name in {_name(line) for line in there - made} & names_made
        ]
    )


def _name(line: str) -> str:
    return line.rpartition(": ")[0]


def _short(said: str) -> str:
    """What is short as it is, and of anything else the digest."""
    said = _as_restored(" ".join(said.split()))
    if len(said) <= _LONGEST_AS_IT_IS and ": " not in said:
        return said
    return hashlib.sha256(said.encode()).hexdigest()[:_DIGITS]


def _as_restored(said: str) -> str:
    """As it reads after a dump and its restore, which change two things that mean nothing.

    They give a constant of a union the name of its type, and make of ((a AND b) AND c) the same
    without the inner pair.
    """
    said = said.replace("::text AS text", "::text")
    at = said.find("((")
    while at >= 0:
        end = _closing(said, at + 1)
        inner = said[at + 2 : end]
        if said.startswith(" AND ", end + 1) and _joins(inner):
            said = said[: at + 1] + inner + said[end + 1 :]
        else:
            at += 1
        at = said.find("((", at)
    return said


def _closing(said: str, opening: int) -> int:
    depth = 0
    for at in range(opening, len(said)):
        depth += (said[at] == "(") - (said[at] == ")")
        if depth == 0:
            return at
    return len(said)


def _joins(inner: str) -> bool:
    """Whether there is an AND outside of all pairs."""
    depth = 0
    for at, letter in enumerate(inner):
        depth += (letter == "(") - (letter == ")")
        if depth == 0 and inner.startswith(" AND ", at):
            return True
    return False
