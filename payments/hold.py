"""Hold the pending points of a payment or top-up that a rule found, until somebody has decided."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from campaigns.grant import pending_lot
from core.errors import Problem, problem
from core.ids import uuid8
from ledger.books import Account, Books, Entry, Facts
from ledger.command import Command, Reads
from ledger.draft import Draft
from ledger.regions import Region
from payments.bonus import reads_of_bonus
from payments.give_back import reads_of_payment, refunded_key
from payments.held import count_held, free_points
from payments.kept import kept_grants
from payments.reverse_top_up import reversed_key

NOTHING_PENDING = problem(
    "nothing-pending",
    503,
    "No points of this payment or top-up are pending: there is nothing to hold.",
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPoints(Command):
    """The pending points of one payment or top-up are held, for the reason that a rule gives."""

    kind: ClassVar[str] = "hold.placed"
    earned_by: UUID
    """The payment, or the entry that brought a top-up's money into its wallet."""
    rule: str
    """By the name that it has in the settings."""
    figures: tuple[tuple[str, int], ...]
    """What the rule counted, by name; none of it tells who anybody is."""

    def reads(self) -> Reads:
        """What earned the points, and how much of that was undone."""
        return Reads(entries=(self.earned_by,), subjects=(self.earned_by,))

    def follow(self, books: Books) -> Reads | None:
        """The wallet, the campaigns, and what is held of their lots."""
        earner = books.entries[self.earned_by]
        if earner.kind == "payment":
            return reads_of_payment(books, self.earned_by)
        assert earner.holder_id is not None, "what earned points has a wallet"
        bonus = reads_of_bonus(earner)
        return replace(
            bonus,
            holders=(earner.holder_id, *bonus.holders),
            subjects=(earner.holder_id, _top_up_of(earner), *bonus.subjects),
        )

    def decide(self, books: Books) -> Draft:
        """Refuses nothing-pending: all of it was credited, or taken back, or is held.

        It is no 409: nothing was decided, and a job that comes again finds the same.
        """
        earner = books.entries[self.earned_by]
        # Not in the store's history: a shop learns nothing of it.
        draft = Draft(holder_id=earner.holder_id, refers_to=earner.entry_id)
        held = []
        for lot, points in _pending(books, draft, earner):
            count_held(draft, lot, earner.entry_id, points)
            held.append(_told(lot, points))
        if not held:
            raise Problem(NOTHING_PENDING, retry_after=3600)
        draft.amount = sum(part["points"] for part in held)
        draft.facts = {"rule": self.rule, "figures": dict(self.figures), "held": held}
        return draft


def hold_of(region: Region, earned_by: UUID, earned_at: datetime) -> UUID:
    """The id of the one hold of a payment or top-up: what was released stays so."""
    return uuid8(earned_at, HoldPoints.kind, region.code, earned_by)


def _pending(books: Books, draft: Draft, earner: Entry) -> Iterator[tuple[Account, int]]:
    """The lots in which what is kept of the entry's points is still pending, and how many are."""
    assert earner.holder_id is not None, "what earned points has a wallet"
    told = earner.facts["grants"]
    kept = kept_grants(earner, books.versions, _undone_yen(books, earner))
    for grant, facts in zip(kept, told, strict=True):
        if "credited_on" in facts:
            day = date.fromisoformat(facts["credited_on"])
            lot = pending_lot(books, earner.holder_id, grant.campaign_id, day)
            points = min(grant.rebate_points, free_points(books, draft, lot))
            if points:
                yield lot, points


def _undone_yen(books: Books, earner: Entry) -> int:
    """What was refunded of a payment; of a top-up nothing or, once it is reversed, all."""
    if earner.kind == "payment":
        return books.used(refunded_key(earner.entry_id))
    return earner.amount if books.used(reversed_key(_top_up_of(earner))) else 0


def _top_up_of(earner: Entry) -> UUID:
    """A placement refers to the top-up that it placed."""
    return earner.refers_to or earner.entry_id


def _told(lot: Account, points: int) -> Facts:
    assert lot.expires_on is not None, "pending points have a day"
    return {
        "campaign_id": str(lot.source_id),
        "points": points,
        "credited_on": lot.expires_on.isoformat(),
    }
