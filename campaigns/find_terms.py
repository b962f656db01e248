"""Find the terms under which grants were decided, by the hashes that grants keep."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns import tables
from campaigns.rules import LiveCampaign
from campaigns.terms import Terms, parse

Key = tuple[UUID, bytes]
"""A campaign, and the hash of the terms that held."""

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


async def find_campaigns(
    session: AsyncSession, region_id: int, keys: Collection[Key]
) -> dict[Key, LiveCampaign]:
    """These campaigns under these terms, made ready to decide again."""
    if not keys:
        return {}
    terms = await find_terms(session, region_id, {digest for _, digest in keys})
    return {key: LiveCampaign(*key, terms[key[1]]) for key in keys}
