"""Forget the identity documents of merchants that joined: nobody needs them any more."""

from datetime import timedelta

from sqlalchemy import func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from merchants.application_tables import application, document

_OF = application.c
_ROW = document.c


async def forget_identity_documents(
    db: AsyncSession, region_id: int, most: int, after: timedelta
) -> int:
    """Forget the content of up to `most` so long after the approval; how many. Twice is once.

    What each was, its SHA-256 and who saw it stay.
    """
    due = (
        select(_ROW.document_id)
        .join(
            application,
            (_OF.region_id == _ROW.region_id) & (_OF.application_id == _ROW.application_id),
        )
        .where(
            _ROW.region_id == region_id,
            _ROW.kind == "identity",
            _ROW.forgotten_at.is_(None),
            _OF.state == "approved",
            # Nothing changes an application after its approval.
            _OF.changed_at < func.clock_timestamp() - after,
        )
        .limit(most)
        .with_for_update(skip_locked=True, of=document)
    )
    found = (await db.scalars(due)).all()
    if found:
        await db.execute(
            update(document)
            .where(_ROW.region_id == region_id, _ROW.document_id.in_(found))
            .values(content=None, forgotten_at=func.clock_timestamp())
        )
    return len(found)
