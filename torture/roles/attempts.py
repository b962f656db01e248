"""Attempts in direct SQL, made from the catalog: every role, relation, function and column."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final, Literal

import asyncpg

from torture.roles.allowed import (
    FUNCTIONS,
    OF_ALL_REGIONS,
    OF_NO_REGION,
    OF_THE_APPLICATION,
    ROLES,
    may,
)

Due = Literal["done", "refused", "nothing", "raised"]
"""It must be carried out; or have no right to it; or that, or find no row; or be refused by the
function itself, which the role may execute."""
Region = Literal["own", "none", "no number"]
"""Which region a session says that it is of."""
REGIONS: Final[tuple[Region, ...]] = ("own", "none", "no number")

_RELATIONS: Final = """
    SELECT c.oid::regclass::text AS name, array_agg(a.attname ORDER BY attnum) AS columns,
           array_agg(format_type(a.atttypid, NULL) ORDER BY attnum) AS types,
           array_agg(a.attidentity <> '' OR a.attgenerated <> '' ORDER BY attnum) AS made
      FROM pg_class c JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0
     WHERE c.relkind IN ('r', 'p', 'v', 'm', 'f') AND NOT a.attisdropped
       AND c.relnamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
     GROUP BY c.oid ORDER BY 1
"""
_FUNCTIONS: Final = """
    SELECT p.oid::regproc::text AS name, coalesce(p.proargnames, '{}')::text[] AS names,
           ARRAY(SELECT format_type(t, NULL) FROM unnest(p.proargtypes) t) AS types
      FROM pg_proc p
     WHERE p.pronamespace::regnamespace::text NOT IN ('pg_catalog', 'information_schema')
     ORDER BY p.oid::regprocedure::text
"""


@dataclass(frozen=True, slots=True)
class Attempt:
    """One statement of a role, in a session that is of such a region."""

    role: str
    region: Region
    statement: str
    due: Due


@dataclass(frozen=True, slots=True)
class Relation:
    """A table, a part of one, or a view."""

    name: str
    columns: tuple[tuple[str, str], ...]
    """Name and type; without those that PostgreSQL fills in itself."""
    is_regional: bool


async def attempts(superuser: "asyncpg.Connection[Any]", other: int) -> list[Attempt]:
    """All of them; `other` is the region whose rows are no business of the session."""
    relations = [_relation(row) for row in await superuser.fetch(_RELATIONS)]
    functions = await superuser.fetch(_FUNCTIONS)
    rows = await superuser.fetch("SELECT rolname FROM pg_roles WHERE rolsuper")
    above = ["meguri_owner", *(row["rolname"] for row in rows)]
    made: list[Attempt] = []
    for role in ROLES:
        for relation in relations:
            made += _with_own(role, relation)
            made += _with_others(role, relation, other)
        for function in functions:
            made += _of_function(role, function, other)
        made += _of_becoming(role, [*above, *(each for each in ROLES if each != role)])
    return made


def _relation(row: "asyncpg.Record") -> Relation:
    columns = zip(row["columns"], row["types"], row["made"], strict=True)
    kept = tuple((name, kind) for name, kind, is_made in columns if not is_made)
    return Relation(row["name"], kept, "region_id" in row["columns"])


def _of_becoming(role: str, others: Sequence[str]) -> Iterator[Attempt]:
    """Somebody else: the application's login may become each of the roles that have none."""
    for other in others:
        yield Attempt(role, "own", f"SET SESSION AUTHORIZATION {other}", "refused")
        is_one_login = {role, other} <= OF_THE_APPLICATION
        yield Attempt(role, "own", f"SET ROLE {other}", "done" if is_one_login else "refused")


def _with_own(role: str, relation: Relation) -> Iterator[Attempt]:
    """What the role may do at all: nothing is touched, but the right to it is asked for."""
    for operation in ("SELECT", "INSERT", "UPDATE", "DELETE", "TRUNCATE"):
        by_column = operation in ("SELECT", "INSERT", "UPDATE")
        for columns in (relation.columns, *([each] for each in relation.columns if by_column)):
            asked = [column for column, _ in columns] if by_column else [None]
            is_allowed = all(may(role, relation.name, operation, column) for column in asked)
            due: Due = "done" if is_allowed else "refused"
            yield Attempt(role, "own", _idle(operation, relation, columns), due)


def _idle(operation: str, relation: Relation, columns: Sequence[tuple[str, str]]) -> str:
    names = ", ".join(f'"{name}"' for name, _ in columns)
    if operation == "SELECT":
        return f"SELECT {names} FROM {relation.name} LIMIT 0"  # noqa: S608
    if operation == "INSERT":
        nulls = ", ".join(f"NULL::{kind}" for _, kind in columns)
        return f"INSERT INTO {relation.name} ({names}) SELECT {nulls} WHERE false"
    if operation == "UPDATE":
        changed = ", ".join(f'"{name}" = NULL' for name, _ in columns)
        return f"UPDATE {relation.name} SET {changed} WHERE false"  # noqa: S608
    if operation == "DELETE":
        return f"DELETE FROM {relation.name} WHERE false"  # noqa: S608
    return f"TRUNCATE {relation.name}"


def _with_others(role: str, relation: Relation, other: int) -> Iterator[Attempt]:
    """What no role may do: see, make, change, take or move rows of another region."""
    if not relation.is_regional:
        return
    name, theirs = relation.name, f"region_id = {other}"
    column = next(
        (each for each, _ in relation.columns if may(role, name, "UPDATE", each)), "region_id"
    )
    sees_all = "SELECT" in OF_ALL_REGIONS.get(name, ()) and may(role, name, "SELECT")
    for region in REGIONS:
        if not sees_all:
            yield Attempt(role, region, f"SELECT FROM {name} WHERE {theirs}", "nothing")
        for statement in (
            f"UPDATE {name} SET {column} = NULL WHERE {theirs}",  # noqa: S608
            f"DELETE FROM {name} WHERE {theirs}",  # noqa: S608
        ):
            yield Attempt(role, region, statement, "nothing")
        for statement in (
            f"INSERT INTO {name} (region_id) VALUES ({other})",  # noqa: S608
            f"TRUNCATE {name}",
        ):
            yield Attempt(role, region, statement, "refused")
        yield Attempt(role, region, f"UPDATE {name} SET {theirs}", "nothing")  # noqa: S608


def _of_function(role: str, function: "asyncpg.Record", other: int) -> Iterator[Attempt]:
    """Functions, asked for another region where they know regions."""
    name, names = function["name"], [*function["names"]]
    arguments = [
        f"{other}"
        if kind == "integer" and names[nth : nth + 1] == ["p_region"]
        else f"NULL::{kind}"
        for nth, kind in enumerate(function["types"])
    ]
    is_open = name in FUNCTIONS[role]
    for region in REGIONS:
        call = f"SELECT {name}({', '.join(arguments)})"
        if not is_open:
            yield Attempt(role, region, call, "refused")
        elif name not in OF_NO_REGION:
            yield Attempt(role, region, call, "raised")
        elif not arguments and region == "own":
            yield Attempt(role, region, call, "done")
