"""The lives of past campaigns: when each was live, under which terms, and what its budget got."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Final
from uuid import UUID

import asyncpg
import orjson

from campaigns.rules import LiveCampaign
from campaigns.terms import Terms, parse
from core.database import Connection

_JOURNAL: Final = """
    SELECT e.seq, e.holder_id, e.kind, e.amount, e.facts
      FROM ledger.holder c
      JOIN ledger.entry e ON e.region_id = $1 AND e.holder_id = c.holder_id
     WHERE c.region_id = $1 AND c.kind = 'campaign' AND e.seq <= $2 AND e.refusal IS NULL
       AND e.kind LIKE 'campaign.%'
     ORDER BY e.seq
"""
_TERMS: Final = """
    SELECT terms_hash, form FROM campaigns.terms WHERE region_id = $1 AND terms_hash = ANY ($2)
"""
# What was owed and came in. Few postings stand there: one for each debt of a refund, and each
# settlement.
_COLLECTED: Final = """
    SELECT p.seq, a.holder_id, sum(p.amount)::bigint
      FROM ledger.account a
      JOIN ledger.posting p ON p.region_id = $1 AND p.account_no = a.account_no
     WHERE a.region_id = $1 AND a.holder_id = ANY ($2) AND a.kind = 'budget_due' AND p.is_debit
       AND p.seq <= $3
     GROUP BY 1, 2
"""


@dataclass(slots=True)
class Step:
    """A change of a campaign at one number of the journal."""

    seq: int
    is_live: bool | None = None
    """None where that stays as it was."""
    funded_yen: int = 0
    collected_yen: int = 0


@dataclass(slots=True)
class Life:
    """One campaign, from its beginning to the end of what is looked at."""

    campaign: LiveCampaign
    steps: list[Step] = field(default_factory=list)

    @property
    def first_live(self) -> int | None:
        """The number at which it went live for the first time."""
        return next((step.seq for step in self.steps if step.is_live), None)

    def is_live_within(self, first: int, last: int) -> bool:
        """Whether it was live at `first`, or went live after it, up to `last`."""
        said = [(step.seq, step.is_live) for step in self.steps if step.is_live is not None]
        at_first = next((is_live for seq, is_live in reversed(said) if seq <= first), False)
        return at_first or any(is_live and first < seq <= last for seq, is_live in said)


async def read_lives(connection: Connection, region_id: int, last: int) -> dict[UUID, Life]:
    """Every campaign that had begun when the journal had come to `last`."""
    rows = await connection.fetch(_JOURNAL, region_id, last)
    hashes = {
        _id(row): bytes.fromhex(orjson.loads(row["facts"])["terms"])
        for row in rows
        if row["kind"] == "campaign.created"
    }
    terms = await _read_terms(connection, region_id, set(hashes.values()))
    lives = {
        campaign_id: Life(LiveCampaign(campaign_id, digest, terms[digest]))
        for campaign_id, digest in hashes.items()
    }
    for row in rows:
        for step in _steps(row):
            lives[_id(row)].steps.append(step)
    for seq, campaign_id, yen in await connection.fetch(_COLLECTED, region_id, list(lives), last):
        lives[UUID(int=campaign_id.int)].steps.append(Step(seq, collected_yen=yen))
    for life in lives.values():
        life.steps.sort(key=lambda step: step.seq)
    return lives


def _steps(row: asyncpg.Record) -> Iterator[Step]:
    kind, amount = row["kind"], row["amount"]
    if kind == "campaign.changed":
        yield Step(row["seq"], is_live=orjson.loads(row["facts"])["state"] == "live")
    elif kind == "campaign.funded":
        yield Step(row["seq"], funded_yen=amount)
    elif kind == "campaign.returned":
        yield Step(row["seq"], funded_yen=-amount)


def _id(row: asyncpg.Record) -> UUID:
    return UUID(int=row["holder_id"].int)


async def _read_terms(
    connection: Connection, region_id: int, hashes: Collection[bytes]
) -> Mapping[bytes, Terms]:
    rows: Sequence[asyncpg.Record] = await connection.fetch(_TERMS, region_id, list(hashes))
    return {row["terms_hash"]: parse(row["form"]) for row in rows}
