"""What each funder owes of a campaign or benefit once the journal had come to some number."""

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import Row, text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.funders import FunderShare, Money, borne_by
from campaigns.terms import parse
from core.ids import NIL
from ledger.past_balances import past_balances

Funded = Literal["campaign", "benefit"]
"""What a funder puts money into."""

_SPENDS: Final = ("budget", "budget_due", "budget_kept")
"""What is not spent of a promise, or not any more, stands on one of these accounts."""

# Of campaigns and benefits no account is ever closed. Few entries are about one itself.
_ACCOUNTS: Final = text("""
    SELECT h.holder_id, h.kind AS funded, h.state, h.facts ->> 'name' AS name, t.form,
           a.account_no, a.kind
      FROM ledger.holder h
      JOIN ledger.account a ON a.region_id = h.region_id AND a.holder_id = h.holder_id
       AND a.is_open AND a.version > 0
      LEFT JOIN campaigns.terms t
        ON t.region_id = h.region_id AND t.terms_hash = h.terms_hash
     WHERE h.region_id = :region AND h.kind IN ('campaign', 'benefit')
       AND a.kind IN ('funder_receivable', 'funder_payable', 'budget', 'budget_due', 'budget_kept')
""")
_ENTRIES: Final = text("""
    SELECT e.entry_id, e.kind, e.holder_id, e.refers_to, e.amount, e.facts
      FROM ledger.entry e
     WHERE e.region_id = :region AND e.holder_id = ANY (CAST(:holders AS uuid[]))
       AND e.seq <= :seq AND e.refusal IS NULL
       AND e.kind IN ('campaign.funded', 'benefit.funded', 'campaign.returned', 'benefit.returned',
                      'funding.paid', 'funding.payment_reversed')
     ORDER BY e.seq
""")


@dataclass(frozen=True, slots=True)
class Owed:
    """What a funder promised and what became of it, in yen."""

    promised_yen: int = 0
    """By its fundings."""
    returned_yen: int = 0
    """Of its promise, after the end: it owes so much less."""
    paid_yen: int = 0
    """What bank lines brought, less matches that were undone."""
    spent_yen: int = 0
    """What it bears of all that was granted and not taken back, as a settlement would say it."""
    expired_yen: int = 0
    """Of that, points which nobody used until they were over: they are owed back to it."""

    @property
    def owed_yen(self) -> int:
        """What it promised and has neither got back nor paid: below zero it is due so much."""
        return self.promised_yen - self.returned_yen - self.paid_yen

    @property
    def net_yen(self) -> int:
        """What it still owes, less what expired."""
        return self.owed_yen - self.expired_yen


@dataclass(frozen=True, slots=True)
class FunderPart:
    """A funder's part in one campaign or benefit, or in all of them."""

    funder: str
    owed: Owed
    funded: Funded | None = None
    """None where it is in all of them, and so are the three after it."""
    funded_id: UUID = NIL
    name: str | None = None
    """As it is called now."""
    state: str | None = None
    """As it is now."""
    parts: int = 1
    """How many campaigns and benefits these are."""


async def owed_by_funders(session: AsyncSession, region_id: int, seq: int) -> list[FunderPart]:
    """Every funder's part in every campaign and benefit once the entry of that number was written;
    also of who is named by a form and promised nothing yet.

    What is spent and what expired is parted as settlements do it, so the parts come to what stands
    on the accounts, to the yen.
    """
    given: dict[str, Any] = {"region": region_id}
    holders: defaultdict[UUID, list[Row[Any]]] = defaultdict(list)
    for row in await session.execute(_ACCOUNTS, given):
        holders[UUID(int=row.holder_id.int)].append(row)
    places = [(row.account_no, seq) for rows in holders.values() for row in rows]
    held = await past_balances(session, region_id, places)
    assert len(held) == len(places), "the journal of that day is there"
    entries: defaultdict[UUID, list[Row[Any]]] = defaultdict(list)
    given |= {"holders": list(holders), "seq": seq}
    for row in await session.execute(_ENTRIES, given):
        entries[UUID(int=row.holder_id.int)].append(row)
    return [
        part
        for holder_id in entries
        for part in _parts(
            holders[holder_id],
            {row.kind: held[row.account_no, seq] for row in holders[holder_id]},
            entries[holder_id],
        )
    ]


def by_funder(parts: Iterable[FunderPart]) -> list[FunderPart]:
    """What each funder owes of all of these together."""
    theirs: defaultdict[str, list[Owed]] = defaultdict(list)
    for part in parts:
        theirs[part.funder].append(part.owed)
    return [FunderPart(name, total_of(each), parts=len(each)) for name, each in theirs.items()]


def total_of(parts: Iterable[Owed]) -> Owed:
    """All of them together."""
    parts = list(parts)
    return Owed(
        sum(part.promised_yen for part in parts),
        sum(part.returned_yen for part in parts),
        sum(part.paid_yen for part in parts),
        sum(part.spent_yen for part in parts),
        sum(part.expired_yen for part in parts),
    )


def _parts(
    holder: list[Row[Any]], held: Mapping[str, int], entries: list[Row[Any]]
) -> list[FunderPart]:
    """Of one campaign or benefit, from what its accounts held and what was said about it."""
    terms = None if holder[0].form is None else parse(holder[0].form)
    named = None if terms is None else terms.funders
    money, paid = _money(named, entries)
    spent_yen = held["funder_receivable"] - sum(held.get(kind, 0) for kind in _SPENDS)
    spent = borne_by(named, money, spent_yen)
    expired = borne_by(named, money, held.get("funder_payable", 0))
    return [
        FunderPart(
            funder=name,
            owed=Owed(
                theirs.put_in_yen,
                theirs.returned_yen,
                paid.get(name, 0),
                spent[name],
                expired[name],
            ),
            funded=holder[0].funded,
            funded_id=UUID(int=holder[0].holder_id.int),
            name=holder[0].name if terms is None else terms.name,
            state=holder[0].state,
        )
        for name, theirs in money.items()
    ]


def _money(
    named: Iterable[FunderShare] | None, entries: Iterable[Row[Any]]
) -> tuple[dict[str, Money], dict[str, int]]:
    """What each funder put in and got back, and what it paid, by name; those of the form first."""
    money = {funder.name: Money() for funder in named or ()}
    paid: defaultdict[str, int] = defaultdict(int)
    whose: dict[UUID, str] = {}
    for entry in entries:
        if entry.kind.endswith(".funded"):
            funder = whose[entry.entry_id] = entry.facts["funder"]
            money.setdefault(funder, Money()).put_in_yen += entry.amount
        elif entry.kind.endswith(".returned"):
            for part in entry.facts["returned_to"]:
                money[part["funder"]].returned_yen += part["amount_yen"]
        else:  # of a funding, or of the entry that it takes off again
            funder = whose[entry.entry_id] = whose[entry.refers_to]
            paid[funder] += entry.amount if entry.kind == "funding.paid" else -entry.amount
    return money, paid
