"""Use an offer: the points of a line of a benefit's list come to the wallet, once and for good."""

from dataclasses import dataclass
from datetime import date
from typing import ClassVar, Final
from uuid import UUID

from campaigns.benefit import OFFER_OVER, benefit_in, is_past
from campaigns.benefit_reads import USED
from campaigns.benefit_terms import BenefitTerms, benefit_terms
from core.errors import Problem, problem
from core.months import end_of_month_after
from ledger.books import ENDLESS, Books, CounterKey, Facts, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft
from payments.lots import POINTS
from residents.person import Tier, tier_of
from residents.wallet import WALLET_UNKNOWN, check_open

OFFER_UNKNOWN: Final = problem("offer-unknown", 404, "There is no such offer.")
OFFER_STOPPED: Final = problem("offer-stopped", 409, "The offer is stopped for now.")
OFFER_USED: Final = problem("offer-used", 409, "The offer was used already.")
OFFER_NEEDS_TIER: Final = problem(
    "offer-needs-tier", 409, "Only people who are verified as the offer says may use it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class UseBenefit(Command):
    """A person takes the points of an offer, which the caller has found to be theirs.

    The points settle no debt: a benefit is for the person, whole (docs/RULES.md, section 3).
    """

    kind: ClassVar[str] = "benefit.used"
    person_id: UUID
    wallet_id: UUID
    benefit_id: UUID
    offer_id: UUID
    """The line of the list, which tells nothing of who stands there."""
    list_id: UUID
    group: str | None

    def reads(self) -> Reads:
        """The wallet with its lots and its person, the benefit with its budget, and whether the
        line was used.
        """
        return Reads(holders=(self.wallet_id, self.benefit_id), subjects=(self.offer_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the wallet's history and in the benefit's."""
        return Draft(holder_id=self.wallet_id, other_id=self.benefit_id)

    def decide(self, books: Books) -> Draft:
        """Refuses wallet-unknown, benefit-unknown, offer-unknown, wallet-frozen, wallet-closed,
        offer-stopped, offer-over, offer-needs-tier, offer-used.
        """
        wallet = books.holder(self.wallet_id, "wallet")
        if wallet is None or wallet.subject_id != self.person_id:
            raise Problem(WALLET_UNKNOWN)
        benefit = benefit_in(books, self.benefit_id)
        terms = benefit_terms(benefit.facts["form"])
        points = points_of_line(benefit, terms, self.list_id, self.group)
        check_open(wallet)
        check_offered(benefit, books.today)
        check_tier(terms, tier_of(books, self.person_id))
        used = [used_key(each, self.benefit_id) for each in (self.offer_id, self.person_id)]
        if any(map(books.used, used)):
            raise Problem(OFFER_USED)
        draft = self.draft(books)
        draft.amount = points
        for key in used:
            draft.count(key, 1, 1)
        draft.debit(books.account(self.benefit_id, "budget"), points)
        draft.facts = {**points_taken(terms, books.today), "offer_id": str(self.offer_id)}
        last_day = date.fromisoformat(draft.facts["expires_on"])
        draft.credit(books.account(self.wallet_id, POINTS, self.benefit_id, last_day), points)
        return draft


def points_of_line(benefit: Holder, terms: BenefitTerms, list_id: UUID, group: str | None) -> int:
    """What a line of this list gives who is in this group. Raises offer-unknown."""
    points = terms.points_of(group)
    if points is None or str(list_id) != benefit.facts["list_id"]:
        raise Problem(OFFER_UNKNOWN)
    return points


def check_offered(benefit: Holder, day: date) -> None:
    """Raises offer-stopped; and offer-over, unless it is offered and its last day is not past."""
    if benefit.state == "stopped":
        raise Problem(OFFER_STOPPED)
    if benefit.state != "offered" or is_past(benefit, day):
        raise Problem(OFFER_OVER, offer_until=benefit.facts["form"]["offer_until"])


def check_tier(terms: BenefitTerms, tier: Tier) -> None:
    """Raises offer-needs-tier."""
    if terms.tiers is not None and tier not in terms.tiers:
        raise Problem(OFFER_NEEDS_TIER)


def points_taken(terms: BenefitTerms, day: date) -> Facts:
    """What an entry keeps of the points that are taken on this day, beside how many."""
    last_day = end_of_month_after(day, terms.points_expire_months)
    return {"kind": POINTS, "expires_on": last_day.isoformat(), "name": terms.name}


def used_key(subject_id: UUID, benefit_id: UUID) -> CounterKey:
    """The counter of a line, or of a person: once for each benefit, ever."""
    return CounterKey(subject_id, USED, benefit_id, ENDLESS)
