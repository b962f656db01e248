"""Bring the terms of loaded campaigns into the books; each is read from the database once."""

from uuid import UUID

from campaigns.decide import LiveCampaign
from campaigns.terms import parse
from core.database import Connection
from ledger.books import Books

_KNOWN: dict[tuple[UUID, bytes], LiveCampaign] = {}
"""Terms are known by their hash and never change, so a copy is never stale."""


async def load_terms(connection: Connection, books: Books) -> None:
    """Fill `books.campaigns` for every campaign among the holders of `books`."""
    wanted = {
        (holder.holder_id, holder.terms_hash)
        for holder in books.holders.values()
        if holder.terms_hash is not None
    }
    missing = wanted - _KNOWN.keys()
    if missing:
        rows = await connection.fetch(
            "SELECT terms_hash, form FROM campaigns.terms"
            " WHERE region_id = $1 AND terms_hash = ANY ($2)",
            books.region_id,
            [terms_hash for _, terms_hash in missing],
        )
        forms = {row["terms_hash"]: parse(row["form"].encode()) for row in rows}
        for campaign_id, terms_hash in missing:
            _KNOWN[campaign_id, terms_hash] = LiveCampaign(
                campaign_id, terms_hash, forms[terms_hash]
            )
    for key in wanted:
        books.campaigns[key[0]] = _KNOWN[key]
