"""What was known when campaigns decided about an entry, recalled from what was kept of it."""

import json
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.facts import OF_THE_PERSON, OF_THE_PLACE, PaymentFacts
from ledger import tables
from ledger.books import Entry
from ledger.commit_facts import COMMITMENT
from ledger.regions import Region
from payments.kept import what_remains

_APART = tables.person_facts.c
_HOLDER = tables.holder.c
PAYMENT: Final = "payment"


@dataclass(frozen=True, slots=True)
class Recalled:
    """The facts of a payment or top-up as far as they were kept."""

    facts: PaymentFacts
    """What was not kept is None here, as if it had not been known: ask `kept` first."""
    kept: frozenset[str]
    """The facts of place and person that were kept, known or not."""
    is_erased: bool
    """Something was kept about the person, and went when the account was closed."""


async def recall(session: AsyncSession, region: Region, entry: Entry) -> Recalled:
    """The facts of one entry."""
    apart = await read_apart(session, region.region_id, [entry])
    merchants = await read_merchants(session, region.region_id, {entry.other_id})
    return recalled(region, entry, merchants, apart)


def recalled(
    region: Region,
    entry: Entry,
    merchants: Mapping[UUID | None, UUID],
    apart: Mapping[UUID, dict[str, Any]],
) -> Recalled:
    """The same from what was read: the merchants of stores, and what stands apart of entries."""
    whole = what_remains(entry, 0)
    of_place: dict[str, Any] = entry.facts.get("asked", {})
    of_person = apart.get(entry.entry_id, {})
    is_payment = entry.kind == PAYMENT
    facts = PaymentFacts(
        amount_yen=whole.amount_yen,
        coin_yen=whole.coin_yen,
        business_date=whole.business_date,
        merchant_class=whole.merchant_class,
        clock=entry.at.astimezone(region.zone).time().replace(second=0, microsecond=0),
        merchant_id=merchants[entry.other_id] if is_payment else None,
        **of_place,
        **of_person,
    )
    # A top-up is made at no shop: what is not known of one was kept.
    kept = frozenset(of_person) | frozenset(of_place if is_payment else OF_THE_PLACE)
    assert kept <= {*OF_THE_PLACE, *OF_THE_PERSON}, "an entry keeps facts that campaigns ask for"
    return Recalled(facts, kept, COMMITMENT in entry.facts and entry.entry_id not in apart)


async def read_apart(
    session: AsyncSession, region_id: int, entries: Collection[Entry]
) -> dict[UUID, dict[str, Any]]:
    """What stands apart of these entries, by their ids; of an erased one nothing."""
    committed = [entry.entry_id for entry in entries if COMMITMENT in entry.facts]
    if not committed:
        return {}
    query = select(_APART.entry_id, _APART.facts).where(
        _APART.region_id == region_id, _APART.entry_id.in_(committed)
    )
    rows = await session.execute(query)
    return {UUID(int=entry_id.int): json.loads(facts) for entry_id, facts in rows}


async def read_merchants(
    session: AsyncSession, region_id: int, stores: Collection[UUID | None]
) -> dict[UUID | None, UUID]:
    """The merchants of stores."""
    query = select(_HOLDER.holder_id, _HOLDER.parent_id).where(
        _HOLDER.region_id == region_id, _HOLDER.holder_id.in_(filter(None, stores))
    )
    rows = await session.execute(query)
    return {UUID(int=store.int): UUID(int=parent.int) for store, parent in rows if parent}
