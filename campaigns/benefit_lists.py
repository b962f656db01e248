"""Lists of benefits: brought in parts, each whole or not; kept by keyed hashes; forgotten."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final
from uuid import UUID, uuid4

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.vault import Vault
from campaigns.benefit_tables import benefit_line, benefit_list
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time

MOST_LINES: Final = 200_000
"""Of one list."""
MOST_OF_A_PART: Final = 500
"""Lines that are brought at once."""
MOST_TOLD: Final = 20

LIST_UNKNOWN = problem("list-unknown", 404, "There is no such list of this benefit.")
LIST_IN_USE = problem("list-in-use", 409, "This list is of another benefit or administrator.")
LIST_IN_FORCE = problem(
    "list-in-force", 409, "The list is in force and cannot grow: bring another one in its place."
)
LIST_PART_DIFFERS = problem(
    "list-part-differs", 409, "Some of these lines were brought before, and said otherwise."
)
LIST_INCOMPLETE = problem(
    "list-incomplete", 409, "The lines that were brought are not one to the last that was said."
)
LIST_LINE_REPEATED = problem(
    "list-line-repeated", 409, "A reference or a person stands on the list already."
)

_LINE: Final = benefit_line.c


@dataclass(frozen=True, slots=True)
class Line:
    """One line as it is kept: the city's reference, whom it is about by the hash, and the group."""

    line: int
    reference: str
    mac: bytes
    group: str | None


@dataclass(frozen=True, slots=True)
class GroupCount:
    """How many lines a list has of one group."""

    group: str | None
    lines: int
    last_line: int


def phone_mac(vault: Vault, list_id: UUID, phone: str) -> bytes:
    """What stands for a number (E.164) on this list; on another list it is another hash."""
    return vault.mac("benefit list: phone", list_id.bytes, phone)


def person_mac(vault: Vault, list_id: UUID, person_id: UUID) -> bytes:
    """What stands for a person's id on this list."""
    return vault.mac("benefit list: person", list_id.bytes, person_id.bytes)


async def lock_lists(db: AsyncSession, region_id: int, benefit_id: UUID) -> None:
    """Let whoever brings, puts in force or forgets a list of this benefit wait for each other."""
    await one_at_a_time(db, region_id, f"benefit lists {benefit_id}")


async def put_lines(
    db: AsyncSession,
    region_id: int,
    benefit_id: UUID,
    list_id: UUID,
    login_id: UUID,
    lines: Sequence[Line],
) -> bool:
    """Keep lines that follow on each other; False where the very same were brought before.

    The caller has `lock_lists`. Refuses list-in-use, list-part-differs, list-line-repeated, and
    then keeps none of them.
    """
    assert lines, "a part has lines"
    await _begin(db, region_id, benefit_id, list_id, login_id)
    kept = await db.execute(
        select(_LINE.line, _LINE.reference, _LINE.mac, _LINE.group_name)
        .where(
            _LINE.region_id == region_id,
            _LINE.list_id == list_id,
            _LINE.line.between(lines[0].line, lines[-1].line),
        )
        .order_by(_LINE.line)
    )
    before = [Line(*row) for row in kept]
    if before == list(lines):
        return False
    if before:
        raise Problem(LIST_PART_DIFFERS, line=before[0].line)
    await _refuse_repeats(db, region_id, list_id, lines)
    await db.execute(
        insert(benefit_line),
        [
            {
                "region_id": region_id,
                "line_id": uuid4(),
                "list_id": list_id,
                "line": each.line,
                "reference": each.reference,
                "mac": each.mac,
                "group_name": each.group,
            }
            for each in lines
        ],
    )
    return True


async def count_lines(
    db: AsyncSession, region_id: int, benefit_id: UUID, list_id: UUID
) -> list[GroupCount]:
    """What has been brought of a list so far, by group. Raises list-unknown."""
    owner = await db.scalar(
        select(benefit_list.c.benefit_id).where(
            benefit_list.c.region_id == region_id, benefit_list.c.list_id == list_id
        )
    )
    if owner != benefit_id:
        raise Problem(LIST_UNKNOWN)
    rows = await db.execute(
        select(_LINE.group_name, func.count(), func.max(_LINE.line))
        .where(_LINE.region_id == region_id, _LINE.list_id == list_id)
        .group_by(_LINE.group_name)
        .order_by(_LINE.group_name)
    )
    return [GroupCount(*row) for row in rows]


async def is_made_by(db: AsyncSession, region_id: int, list_id: UUID, login_id: UUID) -> bool:
    """Whether this login began the list; all of a list is brought by one."""
    made_by = await db.scalar(
        select(benefit_list.c.made_by).where(
            benefit_list.c.region_id == region_id, benefit_list.c.list_id == list_id
        )
    )
    return bool(made_by == login_id)


async def forget_other_lists(
    db: AsyncSession, region_id: int, benefit_id: UUID, list_id: UUID | None
) -> None:
    """Delete what was brought for a benefit beside the list that is in force."""
    others = select(benefit_list.c.list_id).where(
        benefit_list.c.region_id == region_id,
        benefit_list.c.benefit_id == benefit_id,
        benefit_list.c.list_id.is_distinct_from(list_id),
    )
    await db.execute(
        delete(benefit_line).where(_LINE.region_id == region_id, _LINE.list_id.in_(others))
    )
    await db.execute(
        delete(benefit_list).where(
            benefit_list.c.region_id == region_id,
            benefit_list.c.benefit_id == benefit_id,
            benefit_list.c.list_id.is_distinct_from(list_id),
        )
    )


async def forget_people(db: AsyncSession, region_id: int, list_id: UUID) -> None:
    """Erase whom the lines of a list are about; the city's references stay."""
    await db.execute(
        update(benefit_line)
        .where(_LINE.region_id == region_id, _LINE.list_id == list_id, _LINE.mac.is_not(None))
        .values(mac=None)
    )


async def _begin(
    db: AsyncSession, region_id: int, benefit_id: UUID, list_id: UUID, login_id: UUID
) -> None:
    """The list's own row, made with its first part. Refuses list-in-use."""
    row = {"region_id": region_id, "list_id": list_id}
    made = {"benefit_id": benefit_id, "made_by": login_id}
    await db.execute(insert(benefit_list).values(row | made).on_conflict_do_nothing())
    found = await db.execute(
        select(benefit_list.c.benefit_id, benefit_list.c.made_by).where(
            benefit_list.c.region_id == region_id, benefit_list.c.list_id == list_id
        )
    )
    if tuple(found.one()) != (benefit_id, login_id):
        raise Problem(LIST_IN_USE)


async def _refuse_repeats(
    db: AsyncSession, region_id: int, list_id: UUID, lines: Sequence[Line]
) -> None:
    """Raise list-line-repeated with the numbers of the lines, and of those that they repeat."""
    kept = await db.execute(
        select(_LINE.line, _LINE.reference, _LINE.mac).where(
            _LINE.region_id == region_id,
            _LINE.list_id == list_id,
            _LINE.reference.in_([each.reference for each in lines])
            | _LINE.mac.in_([each.mac for each in lines]),
        )
    )
    seen: dict[str | bytes, int] = {}
    for row in kept:
        seen |= {row.reference: row.line, row.mac: row.line}
    repeated = []
    for each in lines:
        for what, value in (("reference", each.reference), ("person", each.mac)):
            first = seen.setdefault(value, each.line)
            if first != each.line:
                repeated.append(f"line {each.line}: {what} of line {first}")
    if repeated:
        raise Problem(LIST_LINE_REPEATED, repeated=tuple(repeated[:MOST_TOLD]))
