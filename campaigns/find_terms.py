"""Find the terms under which grants were decided, by the hashes that grants keep."""

from collections.abc import Collection

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import tables
from campaigns.terms import Terms, parse

_OF = tables.terms.c


async def find_terms(
    session: AsyncSession, region_id: int, hashes: Collection[bytes]
) -> dict[bytes, Terms]:
    """The terms with these hashes. They never change, so they are there whatever became of the
    campaign.
    """
    query = select(_OF.terms_hash, _OF.form).where(
        _OF.region_id == region_id, _OF.terms_hash.in_(hashes)
    )
    rows = await session.execute(query)
    return {terms_hash: parse(form) for terms_hash, form in rows}
