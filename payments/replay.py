"""Replay (再計算): decide stored grants again from what was kept, and say where they differ.

By the very decision that grants, with the headrooms as they were read. What refunds took is
recomputed by the same functions that take it. It changes nothing.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select, text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.decide import Grant
from campaigns.facts import Headroom
from campaigns.grant import plan, told
from campaigns.line_up import LineUp
from campaigns.live_then import Key, LiveThen, read_live_then
from campaigns.record import grant_from_facts
from campaigns.rules import LiveCampaign
from core.database import Database
from ledger import tables
from ledger.books import Entry
from ledger.find_seq import find_seq
from ledger.regions import Region
from ledger.statement import ENTRY_COLUMNS
from ledger.verify import MOST_FAULTS
from payments.kept import kept_grants
from payments.recall import PAYMENT, Recalled, read_apart, read_merchants, recalled

PAGE: Final = 1_000
"""Numbers of the journal that are in memory at once."""
Progress = Callable[[str, int, int], None]
"""Hears the code of a region, how far it has come, and how far it has to go: entries."""

_KINDS: Final = (PAYMENT, "top_up", "suspense.placed", "refund", "void")
_ENTRY = tables.entry.c
_COLUMNS: Final = tuple(_ENTRY[name] for name in ENTRY_COLUMNS)
_UNREADABLE: Final = (
    AssertionError, AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError,
)  # fmt: skip
"""What entries raise that no decision of ours wrote: somebody else did."""
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


@dataclass(slots=True)
class _Page:
    """A stretch of the journal with all that is needed to decide it again."""

    entries: list[Entry]
    payments: Mapping[UUID, Entry]
    """What its refunds refund."""
    apart: Mapping[UUID, dict[str, Any]]
    merchants: Mapping[UUID | None, UUID]
    budgets: Mapping[tuple[UUID, UUID], int]


async def replay(
    database: Database, region: Region, days: tuple[date | None, date | None], progress: Progress
) -> Replayed:
    """Replay what a region granted on business dates from and to, both inclusive; None is no bound.

    In one snapshot, a page at a time: memory does not grow with the journal.
    """
    found = Replayed(region.code)
    async with database.snapshot(region.region_id) as session:
        await session.execute(text("SET LOCAL statement_timeout = 0"))
        from_day, to_day = days
        day_before = None if from_day is None else from_day - timedelta(days=1)
        first = 0 if day_before is None else await find_seq(session, region.region_id, day_before)
        last = await find_seq(session, region.region_id, to_day)
        live_then = await read_live_then(session, region.region_id, last)
        for after in range(first, last, PAGE):
            page = await _read(session, region, after, min(after + PAGE, last))
            for entry in page.entries:
                await _replay_entry(session, region, page, entry, live_then, found)
            progress(region.code, min(after + PAGE, last) - first, last - first)
    return found


async def _replay_entry(
    session: AsyncSession,
    region: Region,
    page: _Page,
    entry: Entry,
    live_then: LiveThen,
    found: Replayed,
) -> None:
    named = f"{entry.kind} {entry.entry_id}, number {entry.seq}"
    try:
        if entry.kind in {"refund", "void"}:
            payment = page.payments[_known(entry.refers_to)]
            keys = {_key(grant) for grant in payment.facts["grants"]}
            campaigns = await live_then.campaigns(session, keys)
            found.refunds += 1
            places = list(_taken_otherwise(entry, payment, campaigns))
        else:
            is_of_top_ups = entry.kind != PAYMENT
            line_up = await live_then.line_up(
                session, entry.seq, entry.at, is_of_top_ups=is_of_top_ups
            )
            if is_of_top_ups and (entry.holder_id is None or not line_up.ordered):
                return  # it went to suspense, or there was nobody to ask
            found.top_ups += is_of_top_ups
            found.payments += not is_of_top_ups
            found.grants += len(entry.facts["grants"])
            known = recalled(region, entry, page.merchants, page.apart)
            if not has_all(line_up, known):
                found.erased += known.is_erased
                found.not_kept += not known.is_erased
                return
            budgets = page.budgets
            places = list(_granted_otherwise(entry, line_up, known, budgets))
    except _UNREADABLE as error:
        places = [f"it cannot be read ({type(error).__name__})"]
    for place in places:
        found.differs(f"{named}: {place}")


def has_all(line_up: LineUp, known: Recalled) -> bool:
    """Whether all was kept that these campaigns ask for."""
    if not known.kept.issuperset(line_up.asked_of_place):
        return False
    return known.kept.issuperset(line_up.here(known.facts).asked_of_person)


class _UntoldError(Exception):
    """The decision asks for the headroom of a campaign that the entry does not tell of."""


def _granted_otherwise(
    entry: Entry, line_up: LineUp, known: Recalled, budgets: Mapping[tuple[UUID, UUID], int]
) -> Iterator[str]:
    stored = entry.facts["grants"]
    originals = {grant.campaign_id: grant for grant in map(grant_from_facts, stored)}

    def headroom_of(campaign: LiveCampaign) -> Headroom:
        if campaign.campaign_id not in originals:
            raise _UntoldError(campaign.campaign_id)
        return originals[campaign.campaign_id].headroom

    try:
        grants = plan(line_up, known.facts, headroom_of)
    except _UntoldError as missing:
        yield f"campaign {missing}: it is not told of"
        return
    campaigns = {each.campaign_id: each for each in line_up.ordered}
    again = [told(campaigns[grant.campaign_id], grant, known.facts) for grant in grants]
    names = [[grant["campaign_id"] for grant in grants] for grants in (stored, again)]
    if names[0] != names[1]:
        yield f"it tells of campaigns {names[0]}, recomputed {names[1]}"
        return
    for was, is_now in zip(stored, again, strict=True):
        yield from _otherwise(was, is_now)
    for grant in originals.values():
        held = budgets.get((entry.entry_id, grant.campaign_id))
        if grant.spent_yen and grant.headroom.budget_yen != held:
            yield (
                f"campaign {grant.campaign_id}: budget read as {grant.headroom.budget_yen},"
                f" its account held {held}"
            )


def _otherwise(stored: Mapping[str, Any], again: Mapping[str, Any]) -> Iterator[str]:
    for name in sorted(stored.keys() | again.keys()):
        if stored.get(name) != again.get(name):
            yield (
                f"campaign {stored['campaign_id']}: {name} {stored.get(name)},"
                f" recomputed {again.get(name)}"
            )


def _taken_otherwise(
    refund: Entry, payment: Entry, campaigns: Mapping[Key, LiveCampaign]
) -> Iterator[str]:
    """What a refund took back of each campaign, against what the refunds before left."""
    originals = [grant_from_facts(facts) for facts in payment.facts["grants"]]
    terms = {each.campaign_id: campaigns[each.campaign_id, each.hash] for each in originals}
    after_yen = refund.facts["refunded_yen"]
    before, after = (
        kept_grants(payment, originals, terms, so_far)
        for so_far in (after_yen - refund.amount, after_yen)
    )
    stored = {UUID(each["campaign_id"]): each for each in refund.facts["clawed_back"]}
    if not stored.keys() <= terms.keys():
        yield "it takes back from a campaign that granted nothing"
    for was, is_left in zip(before, after, strict=True):
        taken = stored.get(was.campaign_id, {"points": 0, "cashback_yen": 0})
        due = _difference(was, is_left)
        if (taken["points"], taken["cashback_yen"]) != due:
            yield (
                f"campaign {was.campaign_id}: {taken['points']} points and ¥{taken['cashback_yen']}"
                f" taken back, recomputed {due[0]} and ¥{due[1]}"
            )


def _difference(was: Grant, is_left: Grant) -> tuple[int, int]:
    points = was.rebate_points - is_left.rebate_points
    return points, was.cashback_yen - is_left.cashback_yen


async def _read(session: AsyncSession, region: Region, after: int, last: int) -> _Page:
    region_id = region.region_id
    of_page = select(*_COLUMNS).where(
        _ENTRY.region_id == region_id,
        _ENTRY.seq > after,
        _ENTRY.seq <= last,
        _ENTRY.kind.in_(_KINDS),
        _ENTRY.refusal.is_(None),
    )
    rows = await session.execute(of_page.order_by(_ENTRY.seq))
    entries = [Entry(*tuple(row)) for row in rows]
    deciding = [entry for entry in entries if "grants" in entry.facts]
    refunded = {entry.refers_to for entry in entries if entry.kind in {"refund", "void"}}
    of_payments = select(*_COLUMNS).where(
        _ENTRY.region_id == region_id, _ENTRY.entry_id.in_(refunded)
    )
    payments = [Entry(*tuple(row)) for row in await session.execute(of_payments)]
    asked = {"region": region_id, "entries": [entry.entry_id for entry in deciding]}
    budgets = await session.execute(_BUDGETS, asked)
    return _Page(
        entries=entries,
        payments={payment.entry_id: payment for payment in payments},
        apart=await read_apart(session, region_id, deciding),
        merchants=await read_merchants(session, region_id, {each.other_id for each in deciding}),
        budgets={(entry_id, holder_id): before for entry_id, holder_id, before in budgets},
    )


def _key(grant: Mapping[str, Any]) -> Key:
    return UUID(grant["campaign_id"]), bytes.fromhex(grant["hash"])


def _known(entry_id: UUID | None) -> UUID:
    assert entry_id is not None, "a refund has a payment"
    return entry_id
