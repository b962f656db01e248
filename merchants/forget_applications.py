"""Forget what is personal of applications that came to nothing, with their documents."""

from datetime import timedelta

from sqlalchemy import delete, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from merchants.application_tables import application, document

_ROW = application.c
_TO_NOTHING = ("more_asked", "refused", "withdrawn")
"""Who was asked for more and never answered, is taken to have withdrawn."""


async def forget_applications(db: AsyncSession, region_id: int, most: int, after: timedelta) -> int:
    """Forget up to `most` that nothing happened to for `after`; how many it were. Twice is once.

    That there was one, of which class and area, stays; a figure needs no more.
    """
    due = (
        select(_ROW.application_id)
        .where(
            _ROW.region_id == region_id,
            _ROW.forgotten_at.is_(None),
            _ROW.state.in_(_TO_NOTHING),
            _ROW.changed_at < func.clock_timestamp() - after,
        )
        .limit(most)
        .with_for_update(skip_locked=True)
    )
    found = (await db.scalars(due)).all()
    if not found:
        return 0
    of_them = (_ROW.region_id == region_id) & _ROW.application_id.in_(found)
    await db.execute(
        delete(document).where(
            document.c.region_id == region_id, document.c.application_id.in_(found)
        )
    )
    over = {"form": None, "search": "", "told": None, "forgotten_at": func.clock_timestamp()}
    unanswered = _ROW.state == "more_asked"
    await db.execute(
        update(application).where(of_them & unanswered).values(state="withdrawn", **over)
    )
    await db.execute(update(application).where(of_them & ~unanswered).values(**over))
    return len(found)
