"""Replay (再計算): decide stored grants again from what was kept, and say where they differ.

By the very decisions that grant and give, with the headrooms as they were read. What refunds and
reversals took is recomputed by the same functions that take it. It changes nothing.
"""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Final
from uuid import UUID

from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.as_left import AsLeft
from campaigns.find_terms import Key
from campaigns.line_up import LineUp
from campaigns.live_then import LiveThen, read_live_then
from campaigns.offered_then import read_offered_then
from campaigns.rules import LiveCampaign
from core.database import Database, allow
from ledger.books import Entry
from ledger.find_seq import find_seq
from ledger.regions import Region
from ledger.statement import UNDOING
from ledger.verify import MOST_FAULTS
from payments.differ import (
    given_otherwise,
    granted_otherwise,
    reversed_otherwise,
    taken_otherwise,
)
from payments.facts import PAYER
from payments.read_to_replay import Page, offer_of, read_page
from payments.recall import PAYMENT, Recalled, recalled
from payments.reverse_top_up import ReverseTopUp
from payments.use_benefit import UseBenefit
from residents.person import NOBODY

PAGE: Final = 1_000
"""Numbers of the journal that are in memory at once."""
Progress = Callable[[str, int, int], None]
"""Hears the code of a region, how far it has come, and how far it has to go: entries."""

_UNREADABLE: Final = (
    AssertionError, AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError,
)  # fmt: skip
"""What entries raise that no decision of ours wrote: somebody else did."""


@dataclass(slots=True)
class Replayed:
    """What the replay of one region came to."""

    region: str
    payments: int = 0
    top_ups: int = 0
    """Those that a bonus was decided for."""
    grants: int = 0
    """That entries tell of, granted or not."""
    refunds: int = 0
    reversed_top_ups: int = 0
    """Whether or not a bonus had been granted for them."""
    benefits: int = 0
    """Offers of benefits that were used."""
    erased: int = 0
    """Payments and top-ups that cannot be decided again: the person closed the account."""
    not_kept: int = 0
    """The same, of a time when not all was kept that a decision needs."""
    differences: int = 0
    places: list[str] = field(default_factory=list)
    """Where the first of them are, and what was stored and recomputed."""

    def differs(self, place: str) -> None:
        """Note a difference."""
        self.differences += 1
        if len(self.places) < MOST_FAULTS:
            self.places.append(place)


async def replay(
    database: Database, region: Region, days: tuple[date | None, date | None], progress: Progress
) -> Replayed:
    """Replay what a region granted on business dates from and to, both inclusive; None is no bound.

    In one snapshot, a page at a time: memory does not grow with the journal.
    """
    found = Replayed(region.code)
    async with database.snapshot(region.region_id) as session:
        await allow(session, None)
        from_day, to_day = days
        day_before = None if from_day is None else from_day - timedelta(days=1)
        first = 0 if day_before is None else await find_seq(session, region.region_id, day_before)
        last = await find_seq(session, region.region_id, to_day)
        again = _Again(
            session,
            region,
            await read_live_then(session, region.region_id, last),
            await read_offered_then(session, region.region_id, last),
            found,
        )
        for after in range(first, last, PAGE):
            page = await read_page(session, region, after, min(after + PAGE, last))
            for entry in page.entries:
                await again.decide(page, entry)
            progress(region.code, min(after + PAGE, last) - first, last - first)
    return found


@dataclass(frozen=True, slots=True)
class _Again:
    """What it takes to decide a region's entries again, in the order of its journal."""

    session: AsyncSession
    region: Region
    live_then: LiveThen
    offered_then: AsLeft
    found: Replayed

    async def decide(self, page: Page, entry: Entry) -> None:
        """Note where the entry differs."""
        try:
            places = await self._differences(page, entry)
        except _UNREADABLE as error:
            places = [f"it cannot be read ({type(error).__name__})"]
        for place in places:
            self.found.differs(f"{entry.kind} {entry.entry_id}, number {entry.seq}: {place}")

    async def _differences(self, page: Page, entry: Entry) -> list[str]:
        if entry.kind in UNDOING:
            return await self._taken(page, entry)
        if entry.kind == ReverseTopUp.kind:
            return await self._reversed(page, entry)
        if entry.kind == UseBenefit.kind:
            return self._given(page, entry)
        if PAYER in entry.facts:
            self.found.payments += 1
            return ["a shop was granted something"] if entry.facts["grants"] else []
        return await self._granted(page, entry)

    async def _granted(self, page: Page, entry: Entry) -> list[str]:
        is_of_top_ups = entry.kind != PAYMENT
        line_up = await self.live_then.line_up(
            self.session, entry.seq, entry.at, is_of_top_ups=is_of_top_ups
        )
        if is_of_top_ups and (entry.holder_id is None or not line_up.ordered):
            return []  # it went to suspense, or there was nobody to ask
        found = self.found
        found.top_ups += is_of_top_ups
        found.payments += not is_of_top_ups
        found.grants += len(entry.facts["grants"])
        known = recalled(self.region, entry, page.merchants, page.apart)
        if not has_all(line_up, known):
            found.erased += known.is_erased
            found.not_kept += not known.is_erased
            return []
        return list(granted_otherwise(entry, line_up, known, page.budgets))

    async def _taken(self, page: Page, refund: Entry) -> list[str]:
        self.found.refunds += 1
        payment = page.undone[_known(refund.refers_to)]
        after_yen = refund.facts["refunded_yen"]
        refunded = (after_yen - refund.amount, after_yen)
        campaigns = await self._campaigns_of(payment)
        return list(taken_otherwise(refund, payment, refunded, campaigns))

    async def _reversed(self, page: Page, reversal: Entry) -> list[str]:
        self.found.reversed_top_ups += 1
        credited = page.undone.get(_known(reversal.refers_to))
        campaigns = {} if credited is None else await self._campaigns_of(credited)
        return list(reversed_otherwise(reversal, credited, campaigns))

    def _given(self, page: Page, used: Entry) -> list[str]:
        self.found.benefits += 1
        benefit = self.offered_then.before(used.seq).get(_known(used.other_id))
        offer_id = offer_of(used)
        line = None if offer_id is None else page.lines.get(offer_id)
        person = page.people.get(used.entry_id, NOBODY)
        return list(given_otherwise(used, benefit, line, person))

    async def _campaigns_of(self, entry: Entry) -> dict[Key, LiveCampaign]:
        grants = entry.facts.get("grants", ())
        keys = {(UUID(grant["campaign_id"]), bytes.fromhex(grant["hash"])) for grant in grants}
        return await self.live_then.campaigns(self.session, keys)


def has_all(line_up: LineUp, known: Recalled) -> bool:
    """Whether all was kept that these campaigns ask for."""
    if not known.kept.issuperset(line_up.asked_of_place):
        return False
    return known.kept.issuperset(line_up.here(known.facts).asked_of_person)


def _known(holder_or_entry: UUID | None) -> UUID:
    assert holder_or_entry is not None, "a refund has a payment, and an offer a benefit"
    return holder_or_entry
