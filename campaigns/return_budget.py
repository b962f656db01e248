"""Return what is left of an ended campaign to its funders, each by what is theirs in it."""

from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from campaigns.campaign import campaign_in
from campaigns.funders import borne_by, money_of, shares, spent_of
from campaigns.life import state_wrong
from campaigns.terms import Terms
from core.errors import Problem, problem
from ledger.books import Books
from ledger.command import Command, Reads
from ledger.draft import Draft

CAMPAIGN_NOTHING_LEFT = problem("campaign-nothing-left", 409, "Nothing is left to be returned.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ReturnBudget(Command):
    """What stands on the budget, and what refunds brought back, goes to those who put it in.

    Their promise becomes so much smaller. What is collected after that can be returned by another
    command.
    """

    kind: ClassVar[str] = "campaign.returned"
    campaign_id: UUID
    reason: str

    def reads(self) -> Reads:
        """The campaign with its accounts, its fundings, and what was returned before."""
        return Reads(holders=(self.campaign_id,), referring=(self.campaign_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the campaign's history."""
        return Draft(holder_id=self.campaign_id, refers_to=self.campaign_id)

    def decide(self, books: Books) -> Draft:
        """Refuses campaign-unknown, campaign-state-wrong before the end, campaign-nothing-left."""
        campaign = campaign_in(books, self.campaign_id)
        if campaign.state != "ended":
            raise state_wrong(campaign.state)
        budget, kept = (books.account(self.campaign_id, kind) for kind in ("budget", "budget_kept"))
        left_yen = budget.balance + kept.balance
        if left_yen == 0:
            raise Problem(CAMPAIGN_NOTHING_LEFT)
        theirs = _theirs(books, self.campaign_id)
        parts = dict(zip(theirs, shares(left_yen, list(theirs.values())), strict=True))
        draft = self.draft(books)
        draft.amount = left_yen
        draft.debit(budget, budget.balance)
        draft.debit(kept, kept.balance)
        for part_yen in parts.values():
            draft.credit(books.account(self.campaign_id, "funder_receivable"), part_yen)
        draft.facts = {
            "reason": self.reason,
            "returned_to": [
                {"funder": funder, "amount_yen": part_yen}
                for funder, part_yen in parts.items()
                if part_yen
            ],
        }
        return draft


def _theirs(books: Books, campaign_id: UUID) -> dict[str, int]:
    """What is each funder's: what it has in it; less what it bears, where the form says how much.

    Who put in less than it bears has nothing left.
    """
    terms: Terms = books.campaigns[campaign_id].terms
    money = money_of(books, campaign_id)
    if terms.funders is None:
        return {name: theirs.in_it_yen for name, theirs in money.items()}
    borne = borne_by(terms.funders, money, spent_of(books, campaign_id))
    return {name: max(0, theirs.in_it_yen - borne[name]) for name, theirs in money.items()}
