"""Templates (ひな形) of notices: a name, a kind, and words in three languages with variables."""

from dataclasses import dataclass
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import Row, func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.errors import Problem, problem
from core.one_at_a_time import one_at_a_time
from ledger.command import ID_IN_USE
from notifications.kinds import NoticeKind
from notifications.notice_tables import template, template_told
from notifications.render import check_variables
from notifications.texts import Texts

TEMPLATE_UNKNOWN: Final = problem("notice-template-unknown", 404, "There is no such template.")
TEMPLATE_RETIRED: Final = problem(
    "notice-template-retired", 409, "This template is not used any more: make another one."
)
_OF: Final = template_told.c


@dataclass(frozen=True, slots=True)
class Template:
    """A template as it stands; it is never changed, only retired."""

    template_id: UUID
    name: str
    kind: NoticeKind
    texts: Texts
    made_by: str
    made_at: datetime
    retired_at: datetime | None


async def make_template(
    db: AsyncSession, region_id: int, template_id: UUID, name: str, kind: NoticeKind, texts: Texts,
    doer: Doer,
) -> Template:  # fmt: skip
    """Keep a template; the same id and content are one.

    Refuses notice-variable-unknown, id-in-use.
    """
    check_variables(texts)
    await one_at_a_time(db, region_id, f"notice template {template_id}")
    known = await find_template(db, region_id, template_id)
    if known is not None:
        if (known.name, known.kind, known.texts) != (name, kind, texts):
            raise Problem(ID_IN_USE)
        return known
    await db.execute(
        insert(template).values(
            region_id=region_id, template_id=template_id, name=name, kind=kind,
            texts=texts.model_dump(mode="json"), made_by=doer.actor,
        )
    )  # fmt: skip
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="notice_template.made",
        object_id=template_id,
    )  # fmt: skip
    made = await find_template(db, region_id, template_id)
    assert made is not None, "it was made just now"
    return made


async def retire_template(
    db: AsyncSession, region_id: int, template_id: UUID, doer: Doer
) -> Template:
    """Let nothing more be drafted from it; twice is once. Refuses notice-template-unknown."""
    of = template.c
    retired = await db.scalars(
        update(template)
        .where(of.region_id == region_id, of.template_id == template_id, of.retired_at.is_(None))
        .values(retired_at=func.clock_timestamp())
        .returning(of.template_id)
    )
    if retired.one_or_none() is not None:
        await enter_act(
            db, region_id, actor=doer.actor, role=doer.role, act="notice_template.retired",
            object_id=template_id,
        )  # fmt: skip
    found = await find_template(db, region_id, template_id)
    if found is None:
        raise Problem(TEMPLATE_UNKNOWN)
    return found


async def find_template(db: AsyncSession, region_id: int, template_id: UUID) -> Template | None:
    """The template under this id."""
    rows = await db.execute(
        select(template_told).where(_OF.region_id == region_id, _OF.template_id == template_id)
    )
    row = rows.one_or_none()
    return None if row is None else _template(row)


async def list_templates(
    db: AsyncSession, region_id: int, *, before: UUID | None, limit: int,
    kind: NoticeKind | None = None, is_used: bool = False,
) -> list[Template]:  # fmt: skip
    """At most `limit`, newest first; with `is_used`, only those that are not retired."""
    query = select(template_told).where(_OF.region_id == region_id)
    if kind is not None:
        query = query.where(_OF.kind == kind)
    if before is not None:
        query = query.where(_OF.template_id < before)
    if is_used:
        query = query.where(_OF.retired_at.is_(None))
    rows = await db.execute(query.order_by(_OF.template_id.desc()).limit(limit))
    return [_template(row) for row in rows]


def _template(row: Row[tuple[object, ...]]) -> Template:
    return Template(
        UUID(int=row.template_id.int), row.name, row.kind, Texts.model_validate(row.texts),
        row.made_by, row.made_at, row.retired_at,
    )  # fmt: skip
