"""Hold the pending points of a payment that a rule found: they do not vest until it is decided."""

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime
from typing import ClassVar
from uuid import UUID

from campaigns.grant import pending_lot
from campaigns.record import grant_from_facts
from core.errors import Problem, problem
from core.ids import uuid8
from ledger.books import Account, Books, Entry, Facts
from ledger.command import Command, Reads
from ledger.draft import Draft
from ledger.regions import Region
from payments.give_back import reads_of_payment, refunded_key
from payments.held import count_held, free_points
from payments.kept import kept_grants

NOTHING_PENDING = problem(
    "nothing-pending", 503, "No points of this payment are pending: there is nothing to hold."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class HoldPayment(Command):
    """The points of one payment that are pending are held, for the reason that a rule gives."""

    kind: ClassVar[str] = "hold.placed"
    payment_id: UUID
    rule: str
    """By the name that it has in the settings."""
    figures: tuple[tuple[str, int], ...]
    """What the rule counted, by name; none of it tells who anybody is."""

    def reads(self) -> Reads:
        """The payment, and what was refunded of it."""
        return Reads(entries=(self.payment_id,), subjects=(self.payment_id,))

    def follow(self, books: Books) -> Reads | None:
        """The wallet, the campaigns, and what is held of their lots."""
        return reads_of_payment(books, self.payment_id)

    def decide(self, books: Books) -> Draft:
        """Refuses nothing-pending: all of it was credited, or taken back, or is held.

        It is no 409: nothing was decided, and a job that comes again finds the same.
        """
        payment = books.entries[self.payment_id]
        # Not in the store's history: a shop learns nothing of it.
        draft = Draft(holder_id=payment.holder_id, refers_to=payment.entry_id)
        held = []
        for lot, points in _pending(books, draft, payment):
            count_held(draft, lot, payment.entry_id, points)
            held.append(_told(lot, points))
        if not held:
            raise Problem(NOTHING_PENDING, retry_after=3600)
        draft.amount = sum(part["points"] for part in held)
        draft.facts = {"rule": self.rule, "figures": dict(self.figures), "held": held}
        return draft


def hold_of(region: Region, payment_id: UUID, paid_at: datetime) -> UUID:
    """The id of the hold of a payment, of which there is one: what was released stays so."""
    return uuid8(paid_at, HoldPayment.kind, region.code, payment_id)


def _pending(books: Books, draft: Draft, payment: Entry) -> Iterator[tuple[Account, int]]:
    """The lots in which what is kept of the payment's points is still pending, and how many are."""
    assert payment.holder_id is not None, "a payment has a wallet"
    told = payment.facts["grants"]
    originals = [grant_from_facts(facts) for facts in told]
    campaigns = {
        grant.campaign_id: books.versions[grant.campaign_id, grant.hash] for grant in originals
    }
    refunded_yen = books.used(refunded_key(payment.entry_id))
    kept = kept_grants(payment, originals, campaigns, refunded_yen)
    for grant, facts in zip(kept, told, strict=True):
        if "credited_on" in facts:
            day = date.fromisoformat(facts["credited_on"])
            lot = pending_lot(books, payment.holder_id, grant.campaign_id, day)
            points = min(grant.rebate_points, free_points(books, draft, lot))
            if points:
                yield lot, points


def _told(lot: Account, points: int) -> Facts:
    assert lot.expires_on is not None, "pending points have a day"
    return {
        "campaign_id": str(lot.source_id),
        "points": points,
        "credited_on": lot.expires_on.isoformat(),
    }
