"""The lives of past campaigns: when each was live, under which terms, and what its budget got."""

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from itertools import chain
from typing import Final
from uuid import UUID

import asyncpg
import orjson

from campaigns.life import Plan, instant_of
from campaigns.near_end import LAST_DAY
from campaigns.rules import LiveCampaign
from campaigns.terms import Terms, parse
from core.database import Connection, Database
from ledger.books import LARGEST_YEN, Facts
from ledger.find_seq import find_seq

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


_CHANGES: Final = frozenset({"campaign.created", "campaign.changed", "campaign.version_changed"})
"""Entries that say how the campaign stands; an announced end changes neither state nor plan."""


@dataclass(slots=True)
class Step:
    """A change of a campaign at one number of the journal: one of these, the others are empty."""

    seq: int
    is_live: bool | None = None
    terms: LiveCampaign | None = None
    """Those of a version that applies from then on."""
    last_day: date | None = None
    """Announced."""
    funded_yen: int = 0
    collected_yen: int = 0


@dataclass(frozen=True, slots=True)
class _Standing:
    """How an entry of the journal left a campaign, and what it said would come by itself."""

    seq: int
    is_live: bool
    terms_hash: bytes
    plan: Plan


@dataclass(slots=True)
class Life:
    """One campaign, from its beginning to the end of what is looked at."""

    campaign: LiveCampaign
    steps: list[Step] = field(default_factory=list)

    def all_terms(self) -> Iterator[LiveCampaign]:
        """Of each of its versions."""
        yield self.campaign
        for step in self.steps:
            if step.terms is not None:
                yield step.terms

    @property
    def first_live(self) -> int | None:
        """The number at which it went live for the first time."""
        return next((step.seq for step in self.steps if step.is_live), None)

    def is_live_within(self, first: int, last: int) -> bool:
        """Whether it was live at `first`, or went live after it, up to `last`."""
        said = [(step.seq, step.is_live) for step in self.steps if step.is_live is not None]
        at_first = next((is_live for seq, is_live in reversed(said) if seq <= first), False)
        return at_first or any(is_live and first < seq <= last for seq, is_live in said)


async def read_lives(
    database: Database, connection: Connection, region_id: int, last: int
) -> dict[UUID, Life]:
    """Every campaign that had begun when the journal had come to `last`.

    Starts and versions that were planned hold from the first entry at or after their instant, as
    they did live (campaigns/life.py), whenever a job wrote them down.
    """
    rows = await connection.fetch(_JOURNAL, region_id, last)
    entries: dict[UUID, list[tuple[int, str, int, Facts]]] = {}
    for seq, campaign_id, kind, amount, told in rows:
        of = entries.setdefault(UUID(int=campaign_id.int), [])
        of.append((seq, kind, amount, orjson.loads(told)))
    standings = {campaign_id: list(_standings(of)) for campaign_id, of in entries.items()}
    each_of = list(chain.from_iterable(standings.values()))
    hashes = {*(each.terms_hash for each in each_of), *_planned(each_of)}
    terms = await _read_terms(connection, region_id, hashes)
    seqs = await _seqs_before(database, region_id, _instants(each_of))
    lives: dict[UUID, Life] = {}
    for campaign_id, stood in standings.items():
        known = {
            digest: LiveCampaign(campaign_id, digest, terms[digest])
            for digest in {*(each.terms_hash for each in stood), *_planned(stood)}
        }
        life = lives[campaign_id] = Life(known[stood[0].terms_hash])
        life.steps += _steps_of_standings(stood, known, seqs)
        for entry in entries[campaign_id]:
            life.steps += _steps_of_entry(*entry)
    for seq, campaign_id, yen in await connection.fetch(_COLLECTED, region_id, list(lives), last):
        lives[UUID(int=campaign_id.int)].steps.append(Step(seq, collected_yen=yen))
    for life in lives.values():
        life.steps.sort(key=lambda step: step.seq)
    return lives


def _standings(entries: Iterable[tuple[int, str, int, Facts]]) -> Iterator[_Standing]:
    is_live, digest = False, b""
    for seq, kind, _, facts in entries:
        if kind not in _CHANGES:
            continue
        if kind == "campaign.changed":
            is_live = facts["state"] == "live"
        elif "campaign_state" in facts:
            is_live = facts["campaign_state"] == "live"
        digest = bytes.fromhex(facts["terms"]) if "terms" in facts else digest
        yield _Standing(seq, is_live, digest, facts.get("plan", {}))


def _planned(standings: Iterable[_Standing]) -> Iterator[bytes]:
    return (bytes.fromhex(each.plan["next"]["terms"]) for each in standings if "next" in each.plan)


def _instants(standings: Iterable[_Standing]) -> set[str]:
    """All that were planned, as plans say them."""
    instants = set()
    for each in standings:
        if "starts_at" in each.plan:
            instants.add(each.plan["starts_at"])
        if "next" in each.plan:
            instants.add(each.plan["next"]["applies_from"])
    return instants


def _steps_of_standings(
    standings: Sequence[_Standing],
    known: Mapping[bytes, LiveCampaign],
    seqs: Mapping[str, int],
) -> Iterator[Step]:
    """What each entry brought, and what came due before the next one."""
    later = [*(each.seq for each in standings[1:]), LARGEST_YEN]
    for each, until in zip(standings, later, strict=True):
        yield Step(each.seq, is_live=each.is_live)
        yield Step(each.seq, terms=known[each.terms_hash])
        if "starts_at" in each.plan and seqs[each.plan["starts_at"]] < until:
            yield Step(max(each.seq, seqs[each.plan["starts_at"]]), is_live=True)
        if "next" in each.plan and seqs[each.plan["next"]["applies_from"]] < until:
            seq = max(each.seq, seqs[each.plan["next"]["applies_from"]])
            yield Step(seq, terms=known[bytes.fromhex(each.plan["next"]["terms"])])


def _steps_of_entry(seq: int, kind: str, amount: int, facts: Facts) -> Iterator[Step]:
    if kind == "campaign.funded":
        yield Step(seq, funded_yen=amount)
    elif kind == "campaign.returned":
        yield Step(seq, funded_yen=-amount)
    elif kind == "campaign.end_announced":
        yield Step(seq, last_day=date.fromisoformat(facts[LAST_DAY]))


async def _seqs_before(
    database: Database, region_id: int, instants: Iterable[str]
) -> dict[str, int]:
    """The newest entry before each instant."""
    async with database.snapshot(region_id) as session:
        return {
            text: await find_seq(session, region_id, instant_of(text) - timedelta(microseconds=1))
            for text in instants
        }


async def _read_terms(
    connection: Connection, region_id: int, hashes: Collection[bytes]
) -> Mapping[bytes, Terms]:
    rows: Sequence[asyncpg.Record] = await connection.fetch(_TERMS, region_id, list(hashes))
    return {row["terms_hash"]: parse(row["form"]) for row in rows}
