"""Read a stretch of the journal with all that is needed to decide it again."""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import ColumnElement, or_, select, text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.offered_then import Listed, read_lines
from ledger import tables
from ledger.books import Entry, Facts
from ledger.regions import Region
from ledger.statement import ENTRY_COLUMNS, UNDOING
from payments.recall import PAYMENT, read_apart, read_merchants
from payments.reverse_top_up import ReverseTopUp, credited
from payments.suspense import PlaceSuspense
from payments.use_benefit import UseBenefit

_KINDS: Final = (
    *(PAYMENT, "top_up", PlaceSuspense.kind, *UNDOING, ReverseTopUp.kind, UseBenefit.kind),
)
_UUID: Final = re.compile("[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ENTRY: Final = tables.entry.c
_COLUMNS: Final = tuple(_ENTRY[name] for name in ENTRY_COLUMNS)
# What each budget held before the entry: the first posting on it tells.
_BUDGETS: Final = text("""
    SELECT DISTINCT ON (p.entry_id, a.holder_id) p.entry_id, a.holder_id,
           p.balance_after + CASE WHEN p.is_debit THEN p.amount ELSE -p.amount END
      FROM ledger.posting p
      JOIN ledger.account a
        ON a.region_id = :region AND a.account_no = p.account_no AND a.kind = 'budget'
     WHERE p.region_id = :region AND p.entry_id = ANY (:entries)
     ORDER BY p.entry_id, a.holder_id, p.line
""")
# What was known of the person of the wallet, as the last entry about the person before left it.
_PEOPLE: Final = text("""
    SELECT e.entry_id, p.person
      FROM ledger.entry e
      JOIN ledger.holder w ON w.region_id = :region AND w.holder_id = e.holder_id
      JOIN LATERAL (SELECT facts -> 'person' AS person
                      FROM ledger.entry
                     WHERE region_id = :region AND holder_id = w.subject_id AND seq < e.seq
                       AND refusal IS NULL AND facts ? 'person'
                     ORDER BY seq DESC
                     LIMIT 1) p ON true
     WHERE e.region_id = :region AND e.entry_id = ANY (:entries)
""")


@dataclass(slots=True)
class Page:
    """Entries in the order of the journal, and by their ids what they were decided from."""

    entries: list[Entry]
    undone: Mapping[UUID, Entry]
    """By the ids that refunds, voids and reversals refer to: the payment, or the entry that
    brought a top-up into its wallet. A top-up that lay in suspense is not among them."""
    apart: Mapping[UUID, dict[str, Any]]
    merchants: Mapping[UUID | None, UUID]
    budgets: Mapping[tuple[UUID, UUID], int]
    lines: Mapping[UUID, Listed]
    """Of benefits' lists, those that were used."""
    people: Mapping[UUID, Facts]
    """What was known of those who used them, by the ids of these entries; of some nothing."""


async def read_page(session: AsyncSession, region: Region, after: int, last: int) -> Page:
    """The entries that granted, took back or gave, of numbers beyond `after` and up to `last`."""
    region_id = region.region_id
    numbered = (_ENTRY.seq > after) & (_ENTRY.seq <= last) & _ENTRY.kind.in_(_KINDS)
    entries = await _entries(session, region_id, numbered)
    deciding = [entry for entry in entries if "grants" in entry.facts]
    used = [entry for entry in entries if entry.kind == UseBenefit.kind]
    asked = {"region": region_id, "entries": [entry.entry_id for entry in deciding]}
    budgets = await session.execute(_BUDGETS, asked)
    asked = {"region": region_id, "entries": [entry.entry_id for entry in used]}
    people = await session.execute(_PEOPLE, asked) if used else ()
    return Page(
        entries=entries,
        undone=await _read_undone(session, region_id, entries),
        apart=await read_apart(session, region_id, deciding),
        merchants=await read_merchants(session, region_id, {each.other_id for each in deciding}),
        budgets={(entry_id, holder_id): before for entry_id, holder_id, before in budgets},
        lines=await read_lines(session, region_id, set(filter(None, map(offer_of, used)))),
        people={UUID(int=entry_id.int): person for entry_id, person in people},
    )


def offer_of(used: Entry) -> UUID | None:
    """The line that was used; None where the entry names no such thing, as ours all do."""
    named = used.facts.get("offer_id")
    return UUID(named) if isinstance(named, str) and _UUID.fullmatch(named) else None


async def _read_undone(
    session: AsyncSession, region_id: int, entries: Collection[Entry]
) -> dict[UUID, Entry]:
    back = {entry.refers_to for entry in entries if entry.kind in UNDOING}
    reversed_ids = {entry.refers_to for entry in entries if entry.kind == ReverseTopUp.kind}
    if not back | reversed_ids:
        return {}
    is_placement = _ENTRY.refers_to.in_(reversed_ids) & (_ENTRY.kind == PlaceSuspense.kind)
    is_named = or_(_ENTRY.entry_id.in_(back | reversed_ids), is_placement)
    found = {entry.entry_id: entry for entry in await _entries(session, region_id, is_named)}
    undone = {entry_id: found[entry_id] for entry_id in back if entry_id in found}
    for entry_id in reversed_ids:
        top_up = found.get(entry_id) if entry_id is not None else None
        brought = credited(top_up, found.values()) if top_up is not None else None
        if entry_id is not None and brought is not None:
            undone[entry_id] = brought
    return undone


async def _entries(
    session: AsyncSession, region_id: int, which: ColumnElement[bool]
) -> list[Entry]:
    of_region = select(*_COLUMNS).where(_ENTRY.region_id == region_id, _ENTRY.refusal.is_(None))
    rows = await session.execute(of_region.where(which).order_by(_ENTRY.seq))
    return [Entry(*tuple(row)) for row in rows]
