"""Fund a benefit, and return what nobody used of it to its funders once it is closed."""

from collections import Counter
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from campaigns.benefit import benefit_in, state_wrong
from campaigns.campaign import MOST_FUNDED_YEN
from campaigns.funders import shares
from core.errors import Problem, problem
from ledger.books import Books
from ledger.command import Command, Reads
from ledger.draft import Draft

BENEFIT_OVERFUNDED = problem("benefit-overfunded", 409, "No benefit may have that much.")
BENEFIT_NOTHING_LEFT = problem("benefit-nothing-left", 409, "Nothing is left to be returned.")


@dataclass(frozen=True, slots=True, kw_only=True)
class FundBenefit(Command):
    """A funder promises `amount_yen`: it is the benefit's own budget, and no other's."""

    kind: ClassVar[str] = "benefit.funded"
    benefit_id: UUID
    funder: str
    amount_yen: int

    def reads(self) -> Reads:
        """The benefit with its accounts."""
        return Reads(holders=(self.benefit_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the benefit's history, and is found again when its budget is returned."""
        return Draft(holder_id=self.benefit_id, refers_to=self.benefit_id, amount=self.amount_yen)

    def decide(self, books: Books) -> Draft:
        """Refuses benefit-unknown, benefit-state-wrong once it is closed, benefit-overfunded."""
        benefit = benefit_in(books, self.benefit_id)
        if benefit.state == "closed":
            raise state_wrong(benefit.state)
        owed = books.account(self.benefit_id, "funder_receivable")
        if owed.balance + self.amount_yen > MOST_FUNDED_YEN:
            raise Problem(BENEFIT_OVERFUNDED, most_yen=MOST_FUNDED_YEN)
        draft = self.draft(books)
        draft.debit(owed, self.amount_yen)
        draft.credit(books.account(self.benefit_id, "budget"), self.amount_yen)
        draft.facts = {"funder": self.funder}
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnBenefit(Command):
    """What stands on the budget goes to those who put it in, to the yen."""

    kind: ClassVar[str] = "benefit.returned"
    benefit_id: UUID
    reason: str

    def reads(self) -> Reads:
        """The benefit with its accounts, its fundings, and what was returned before."""
        return Reads(holders=(self.benefit_id,), referring=(self.benefit_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the benefit's history."""
        return Draft(holder_id=self.benefit_id, refers_to=self.benefit_id)

    def decide(self, books: Books) -> Draft:
        """Refuses benefit-unknown, benefit-state-wrong unless closed, benefit-nothing-left."""
        benefit = benefit_in(books, self.benefit_id)
        if benefit.state != "closed":
            raise state_wrong(benefit.state)
        budget = books.account(self.benefit_id, "budget")
        if budget.balance == 0:
            raise Problem(BENEFIT_NOTHING_LEFT)
        theirs = _theirs(books, self.benefit_id)
        parts = dict(zip(theirs, shares(budget.balance, list(theirs.values())), strict=True))
        draft = self.draft(books)
        draft.amount = budget.balance
        draft.debit(budget, budget.balance)
        for part_yen in parts.values():
            draft.credit(books.account(self.benefit_id, "funder_receivable"), part_yen)
        draft.facts = {
            "reason": self.reason,
            "returned_to": [
                {"funder": funder, "amount_yen": part_yen}
                for funder, part_yen in parts.items()
                if part_yen
            ],
        }
        return draft


def _theirs(books: Books, benefit_id: UUID) -> Counter[str]:
    """What each funder put in, in the order in which they came. It is returned once, whole."""
    theirs: Counter[str] = Counter()
    for entry in sorted(books.entries.values(), key=lambda entry: entry.seq):
        is_funding = entry.kind == FundBenefit.kind and entry.refusal is None
        if is_funding and entry.refers_to == benefit_id:
            theirs[entry.facts["funder"]] += entry.amount
    return theirs
