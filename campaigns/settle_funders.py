"""Settle what a campaign spent among its funders: a statement in the journal, when it is asked."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import ClassVar
from uuid import UUID

from campaigns.campaign import campaign_in
from campaigns.funders import borne_by, money_of, spent_of
from campaigns.terms import Terms
from core.errors import Problem, problem
from ledger.books import Books
from ledger.command import Command, Reads
from ledger.draft import Draft

CAMPAIGN_NOTHING_TO_SETTLE = problem(
    "campaign-nothing-to-settle", 409, "What was spent is what the last settlement says."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class SettleFunders(Command):
    """How much of what the campaign spent until now each funder bears, and what it has left.

    It covers all entries before its own number. Each share is one of all that was ever spent, less
    what earlier settlements said: over any number of them nobody is off by more than a yen. Where
    refunds brought back more than was granted since, that is below zero; and by one yen where the
    largest remainder comes to another.
    """

    kind: ClassVar[str] = "campaign.settled"
    campaign_id: UUID
    reason: str

    def reads(self) -> Reads:
        """The campaign with its accounts, its fundings, returns and settlements."""
        return Reads(holders=(self.campaign_id,), referring=(self.campaign_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the campaign's history, and the next settlement goes by it."""
        return Draft(holder_id=self.campaign_id, refers_to=self.campaign_id)

    def decide(self, books: Books) -> Draft:
        """Refuses campaign-unknown, campaign-nothing-to-settle."""
        campaign_in(books, self.campaign_id)
        spent_yen = spent_of(books, self.campaign_id)
        before = _settled(books, self.campaign_id)
        if spent_yen == sum(before.values()):
            raise Problem(CAMPAIGN_NOTHING_TO_SETTLE, spent_yen=spent_yen)
        terms: Terms = books.campaigns[self.campaign_id].terms
        by_form = {funder.name: funder.share_bp for funder in terms.funders or ()}
        money = money_of(books, self.campaign_id)
        borne = borne_by(terms.funders, money, spent_yen)
        draft = self.draft(books)
        draft.amount = spent_yen
        draft.facts = {
            "reason": self.reason,
            "since_yen": spent_yen - sum(before.values()),
            "borne_by": [
                {
                    "funder": name,
                    **({"share_bp": by_form[name]} if name in by_form else {}),
                    "put_in_yen": theirs.put_in_yen,
                    "returned_yen": theirs.returned_yen,
                    "spent_yen": borne[name],
                    "since_yen": borne[name] - before.get(name, 0),
                }
                for name, theirs in money.items()
            ],
        }
        return draft


def _settled(books: Books, campaign_id: UUID) -> Mapping[str, int]:
    """What each funder bore by the last settlement, in yen."""
    before = [
        entry
        for entry in books.entries.values()
        if entry.refers_to == campaign_id
        and entry.kind == SettleFunders.kind
        and entry.refusal is None
    ]
    if not before:
        return {}
    last = max(before, key=lambda entry: entry.seq)
    return {part["funder"]: part["spent_yen"] for part in last.facts["borne_by"]}
