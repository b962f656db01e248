"""Marks of a budget: record that one is reached, and announce the end that a form has at one."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import ClassVar, Final
from uuid import UUID

from campaigns.campaign import facts_of_step
from campaigns.life import plan_of, with_plan, written_state
from campaigns.near_end import LAST_DAY, is_used
from campaigns.terms import Terms
from core.errors import Problem, problem
from ledger.books import Books, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft

MARK_NOT_REACHED = problem(
    "mark-not-reached", 503, "The budget of the campaign is not used so far, or not any more."
)

TOLD_BP: Final = (8_000, 9_500, 10_000)
"""Of every campaign; the last is the budget's end."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReachMark(Command):
    """So much of a budget is used: administrators see it, and whoever reads events.

    Once for each mark and each sum that was funded: money put in begins another round.
    """

    kind: ClassVar[str] = "campaign.threshold"
    campaign_id: UUID
    used_bp: int
    funded_yen: int

    def reads(self) -> Reads:
        """The campaign with its accounts."""
        return Reads(holders=(self.campaign_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the campaign's history."""
        return Draft(holder_id=self.campaign_id)

    def decide(self, books: Books) -> Draft:
        """Refuses mark-not-reached where money was put in or came back meanwhile.

        It is no 409: the job that comes again must not find a refusal under the same id.
        """
        _job_names_a_campaign(books, self.campaign_id)
        funded_yen, left_yen = budget_of(books, self.campaign_id)
        if funded_yen != self.funded_yen or not is_used(funded_yen, left_yen, self.used_bp):
            raise Problem(MARK_NOT_REACHED, retry_after=60)
        draft = self.draft(books)
        draft.facts = {
            "used_bp": self.used_bp,
            "funded_yen": funded_yen,
            "used_yen": funded_yen - left_yen,
        }
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class AnnounceEnd(Command):
    """The mark of a scheduled end is reached: the day of the notice fixes the campaign's last.

    It stays, whatever is funded or comes back later.
    """

    kind: ClassVar[str] = "campaign.end_announced"
    campaign_id: UUID

    def reads(self) -> Reads:
        """The campaign with its accounts."""
        return Reads(holders=(self.campaign_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the campaign's history."""
        return Draft(holder_id=self.campaign_id)

    def decide(self, books: Books) -> Draft:
        """Refuses mark-not-reached, also where the campaign is not live or ends before anyway."""
        campaign = _job_names_a_campaign(books, self.campaign_id)
        terms: Terms = books.campaigns[self.campaign_id].terms
        last_day = last_day_from(terms, books.today, *budget_of(books, self.campaign_id))
        if last_day is None or LAST_DAY in campaign.facts or campaign.state != "live":
            raise Problem(MARK_NOT_REACHED, retry_after=60)
        facts = {LAST_DAY: last_day.isoformat()}
        draft = self.draft(books)
        plan, state = plan_of(campaign), written_state(campaign)
        announced = replace(campaign, state=state, facts={**campaign.facts, **facts})
        draft.put(with_plan(announced, plan))
        kept = facts_of_step(campaign, plan)
        draft.facts = {"state": kept.pop("before"), **kept, **facts}
        return draft


def _job_names_a_campaign(books: Books, campaign_id: UUID) -> Holder:
    campaign = books.holder(campaign_id, "campaign")
    assert campaign is not None, "the job names a campaign"
    return campaign


def budget_of(books: Books, campaign_id: UUID) -> tuple[int, int]:
    """What funders promised and did not get back, and what is left of it to be granted, in yen."""
    kinds = ("funder_receivable", "budget")
    funded, left = (books.account(campaign_id, kind).balance for kind in kinds)
    return funded, left


def marks_of(terms: Terms) -> Iterator[int]:
    """The marks that are recorded when a campaign with these terms reaches them."""
    yield from TOLD_BP
    down = terms.near_end.step_down if terms.near_end else None
    if down is not None and down.at_used_bp not in TOLD_BP:
        yield down.at_used_bp


def last_day_from(terms: Terms, today: date, funded_yen: int, left_yen: int) -> date | None:
    """The last day that is to be announced today; None while there is no reason to."""
    end = terms.near_end.scheduled_end if terms.near_end else None
    if end is None or not is_used(funded_yen, left_yen, end.at_used_bp):
        return None
    last_day = today + timedelta(days=end.notice_days)
    return last_day if last_day < terms.ends_on else None
