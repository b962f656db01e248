"""Draft a benefit, put a list in force for it, and approve, offer, stop and close it."""

import json
from dataclasses import dataclass, field, replace
from datetime import date
from typing import ClassVar, Final, Literal
from uuid import UUID

from access.requests import SECOND_PERSON_NEEDED
from campaigns.benefit_terms import benefit_hash
from core.errors import Problem, problem
from ledger.books import Books, Facts, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft

BENEFIT_UNKNOWN = problem("benefit-unknown", 404, "There is no such benefit in this region.")
BENEFIT_ID_TAKEN = problem("benefit-id-taken", 409, "A benefit cannot be made under this id.")
BENEFIT_STATE_WRONG = problem(
    "benefit-state-wrong", 409, "This cannot be done with the benefit in its state."
)
BENEFIT_LIST_DIFFERS = problem(
    "benefit-list-differs", 409, "Another list is in force than the one that was to be approved."
)
BENEFIT_NOT_FUNDED = problem(
    "benefit-not-funded", 409, "The budget does not cover everybody on the list."
)
OFFER_OVER = problem("offer-over", 409, "The last day of the offer is over.")

BenefitState = Literal["draft", "listed", "approved", "offered", "stopped", "closed"]

_STEPS: Final = {
    ("listed", "approved"),
    ("approved", "offered"),
    ("offered", "stopped"),
    ("stopped", "offered"),
    *((state, "closed") for state in ("draft", "listed", "approved", "offered", "stopped")),
}
"""From which state to which, beside `ListBenefit`. What was closed stays closed."""
LISTABLE: Final = frozenset({"draft", "listed"})
"""Where a list can be put in force: before the approval, which is of that list."""


def state_wrong(state: str) -> Problem:
    """The refusal of what cannot be done to a benefit in this state, with where it may go."""
    possible = sorted(after for before, after in _STEPS if before == state)
    if state in LISTABLE:
        possible.append("listed")
    return Problem(BENEFIT_STATE_WRONG, state=state, possible=tuple(possible))


def benefit_in(books: Books, benefit_id: UUID) -> Holder:
    """The benefit as it stands. Raises benefit-unknown."""
    benefit = books.holder(benefit_id, "benefit")
    if benefit is None:
        raise Problem(BENEFIT_UNKNOWN)
    return benefit


def is_past(benefit: Holder, day: date) -> bool:
    """Whether the last day of the offer is over."""
    until: str = benefit.facts["form"]["offer_until"]
    return until < day.isoformat()


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateBenefit(Command):
    """Make a benefit, as a draft without list or money, under the command's id."""

    kind: ClassVar[str] = "benefit.created"
    form: str
    """Its terms, in canonical JSON."""

    def reads(self) -> Reads:
        """Whether something else has the id."""
        return Reads(holders=(self.entry_id,))

    def decide(self, books: Books) -> Draft:
        """Refuses an id that a holder has, and offer-over: nobody could take it any more."""
        if self.entry_id in books.holders:
            raise Problem(BENEFIT_ID_TAKEN)
        form: Facts = json.loads(self.form)
        if form["offer_until"] < books.today.isoformat():
            raise Problem(OFFER_OVER, offer_until=form["offer_until"])
        facts = {
            "name": form["name"],
            "form": form,
            "terms": benefit_hash(self.form).hex(),
            "list_id": None,
            "lines": 0,
            "needed_yen": 0,
        }
        draft = Draft(holder_id=self.entry_id, facts={"state": "draft", "benefit": facts})
        draft.put(Holder(self.entry_id, "benefit", "draft", facts))
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ListBenefit(Command):
    """Put a list in force that was brought before, in place of the one before it.

    The command's id is the list's. `lines` people are on it, who may take `needed_yen` together.
    """

    kind: ClassVar[str] = "benefit.listed"
    benefit_id: UUID
    lines: int
    reason: str
    needed_yen: int = field(compare=False)
    """As it was counted; a retry need not count again."""

    def reads(self) -> Reads:
        """The benefit."""
        return Reads(holders=(self.benefit_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the benefit's history."""
        return Draft(holder_id=self.benefit_id)

    def decide(self, books: Books) -> Draft:
        """Refuses benefit-unknown, and benefit-state-wrong once it was approved."""
        benefit = benefit_in(books, self.benefit_id)
        if benefit.state not in LISTABLE:
            raise state_wrong(benefit.state)
        facts = benefit.facts | {
            "list_id": str(self.entry_id),
            "lines": self.lines,
            "needed_yen": self.needed_yen,
        }
        draft = self.draft(books)
        draft.put(replace(benefit, state="listed", facts=facts, version=benefit.version + 1))
        draft.facts = {"state": "listed", "reason": self.reason, "benefit": facts}
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeBenefit(Command):
    """Approve, offer, stop or close a benefit; it holds from the next batch on, everywhere."""

    kind: ClassVar[str] = "benefit.changed"
    benefit_id: UUID
    state: Literal["approved", "offered", "stopped", "closed"]
    reason: str
    list_id: UUID | None = None
    """Of an approval: the list that was looked at."""

    def reads(self) -> Reads:
        """The benefit with its accounts, and who made it and its list."""
        entries = (self.benefit_id,) if self.list_id is None else (self.benefit_id, self.list_id)
        return Reads(holders=(self.benefit_id,), entries=entries)

    def draft(self, books: Books) -> Draft:
        """It stands in the benefit's history."""
        return Draft(holder_id=self.benefit_id)

    def decide(self, books: Books) -> Draft:
        """Refuses a benefit that is unknown or in the wrong state; to approve it: who made it or
        its list, and another list; to offer it: after its last day, or without all the money.
        """
        benefit = benefit_in(books, self.benefit_id)
        if (benefit.state, self.state) not in _STEPS:
            raise state_wrong(benefit.state)
        if self.state == "approved":
            self._check_approval(books, benefit)
        if self.state == "offered":
            self._check_offer(books, benefit)
        draft = self.draft(books)
        draft.put(replace(benefit, state=self.state, version=benefit.version + 1))
        draft.facts = {
            "state": self.state,
            "before": benefit.state,
            "reason": self.reason,
            "benefit": benefit.facts,
        }
        return draft

    def _check_approval(self, books: Books, benefit: Holder) -> None:
        if self.list_id is None or str(self.list_id) != benefit.facts["list_id"]:
            raise Problem(BENEFIT_LIST_DIFFERS, list_id=benefit.facts["list_id"])
        makers = {books.entries[each].actor for each in (self.benefit_id, self.list_id)}
        if self.actor in makers:
            raise Problem(SECOND_PERSON_NEEDED)

    def _check_offer(self, books: Books, benefit: Holder) -> None:
        if is_past(benefit, books.today):
            raise Problem(OFFER_OVER, offer_until=benefit.facts["form"]["offer_until"])
        # What was put in, and not what is left: after a stop some have used theirs already.
        funded_yen = books.account(self.benefit_id, "funder_receivable").balance
        needed_yen: int = benefit.facts["needed_yen"]
        if funded_yen < needed_yen:
            raise Problem(BENEFIT_NOT_FUNDED, needed_yen=needed_yen, funded_yen=funded_yen)
