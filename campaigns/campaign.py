"""Create and fund a campaign, and lead it from step to step."""

from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import ClassVar, Final
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.requests import SECOND_PERSON_NEEDED
from campaigns import tables
from campaigns.life import (
    CampaignState,
    Plan,
    check_ahead,
    check_step,
    next_version,
    plan_of,
    state_wrong,
    utc_text,
    with_plan,
    written_state,
)
from campaigns.start import check_start
from campaigns.terms import Terms, canonical_json, terms_hash
from core.errors import Problem, problem
from ledger.books import Books, Facts, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft

CAMPAIGN_UNKNOWN = problem("campaign-unknown", 404, "There is no such campaign in this region.")
CAMPAIGN_ID_TAKEN = problem("campaign-id-taken", 409, "A campaign cannot be made under this id.")
FUNDER_NOT_NAMED = problem("funder-not-named", 409, "The form does not name this funder.")
CAMPAIGN_OVERFUNDED = problem("campaign-overfunded", 409, "No campaign may have that much.")
NOT_DUE = problem("campaign-not-due", 503, "What was planned is not due, or was changed.")

MOST_FUNDED_YEN: Final = 1_000_000_000_000
"""What all funders of one campaign may promise together."""

SHORTEST_NOTICE: Final = timedelta(seconds=0)
"""How far ahead a start has to lie."""


async def keep_terms(session: AsyncSession, region_id: int, terms: Terms) -> bytes:
    """Store terms under their hash, which is returned; terms that are there already stay."""
    digest = terms_hash(terms)
    await session.execute(
        insert(tables.terms)
        .values(region_id=region_id, terms_hash=digest, form=canonical_json(terms).decode())
        .on_conflict_do_nothing()
    )
    return digest


@dataclass(frozen=True, slots=True, kw_only=True)
class CreateCampaign(Command):
    """Make a campaign, as a draft, under the command's id; its terms are kept by `keep_terms`."""

    kind: ClassVar[str] = "campaign.created"
    name: str
    terms_hash_hex: str

    def reads(self) -> Reads:
        """Whether something else has the id."""
        return Reads(holders=(self.entry_id,))

    def decide(self, books: Books) -> Draft:
        """Refuses an id that a holder has."""
        if self.entry_id in books.holders:
            raise Problem(CAMPAIGN_ID_TAKEN)
        facts: Facts = {"name": self.name}
        draft = Draft(holder_id=self.entry_id, facts={**facts, "terms": self.terms_hash_hex})
        digest = bytes.fromhex(self.terms_hash_hex)
        draft.put(Holder(self.entry_id, "campaign", "draft", facts, terms_hash=digest))
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class FundCampaign(Command):
    """A funder promises `amount_yen`: it is the budget, and the budget cannot be overspent."""

    kind: ClassVar[str] = "campaign.funded"
    campaign_id: UUID
    funder: str
    amount_yen: int

    def reads(self) -> Reads:
        """The campaign with its accounts."""
        return Reads(holders=(self.campaign_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the campaign's history, and is found again when its budget is returned."""
        return Draft(holder_id=self.campaign_id, refers_to=self.campaign_id, amount=self.amount_yen)

    def decide(self, books: Books) -> Draft:
        """Refuses campaign-unknown, campaign-state-wrong after its end, funder-not-named where the
        form names others, campaign-overfunded.
        """
        campaign = campaign_in(books, self.campaign_id)
        if campaign.state == "ended":
            raise state_wrong(campaign.state)
        terms: Terms = books.campaigns[self.campaign_id].terms
        named = [funder.name for funder in terms.funders or ()]
        if named and self.funder not in named:
            raise Problem(FUNDER_NOT_NAMED, funders=tuple(named))
        owed = books.account(self.campaign_id, "funder_receivable")
        if owed.balance + self.amount_yen > MOST_FUNDED_YEN:
            raise Problem(CAMPAIGN_OVERFUNDED, most_yen=MOST_FUNDED_YEN)
        draft = self.draft(books)
        draft.debit(owed, self.amount_yen)
        draft.credit(books.account(self.campaign_id, "budget"), self.amount_yen)
        draft.facts = {"funder": self.funder}
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangeCampaign(Command):
    """A step in the life of a campaign; it holds from the next batch on, everywhere."""

    kind: ClassVar[str] = "campaign.changed"
    campaign_id: UUID
    state: CampaignState
    reason: str
    starts_at: datetime | None = None
    """For `scheduled`, in UTC: the instant from which it is live."""
    simulation_id: UUID | None = None
    """For `simulated`: what was tried on the past."""

    def reads(self) -> Reads:
        """The campaign with its accounts, and who made it."""
        return Reads(holders=(self.campaign_id,), entries=(self.campaign_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the campaign's history."""
        return Draft(holder_id=self.campaign_id)

    def decide(self, books: Books) -> Draft:
        """Refuses a campaign that is unknown or in the wrong state, an approval by who made it, and
        a start that is past, or that `check_start` refuses.
        """
        campaign = campaign_in(books, self.campaign_id)
        check_step(campaign.state, self.state)
        if self.state == "approved" and books.entries[self.campaign_id].actor == self.actor:
            raise Problem(SECOND_PERSON_NEEDED)
        if self.starts_at is not None:
            check_ahead(books, self.starts_at, SHORTEST_NOTICE)
        if self.state in {"live", "scheduled"}:
            check_start(books, campaign, self.starts_at or books.now)
        draft = self.draft(books)
        plan = _plan_after(self, campaign)
        if self.state == "ended" and (dropped := next_version(campaign, books.now)) is not None:
            draft.refers_to = UUID(dropped["version_id"])
            del plan["next"]
        draft.put(replace(with_plan(campaign, plan), state=self.state))
        draft.facts = {"state": self.state, **facts_of_step(campaign, plan), "reason": self.reason}
        if self.simulation_id is not None:
            draft.facts["simulation_id"] = str(self.simulation_id)
        return draft


@dataclass(frozen=True, slots=True, kw_only=True)
class StartScheduled(Command):
    """Write down that a scheduled campaign has started: it is live since its instant already."""

    kind: ClassVar[str] = ChangeCampaign.kind
    campaign_id: UUID
    starts_at: str
    """As the plan says it."""

    def reads(self) -> Reads:
        """The campaign."""
        return Reads(holders=(self.campaign_id,))

    def decide(self, books: Books) -> Draft:
        """Refuses what is not due, or was changed meanwhile: a job must not be refused for ever."""
        campaign = books.holders[self.campaign_id]
        plan = plan_of(campaign)
        if plan.get("starts_at") != self.starts_at or campaign.state != "live":
            raise Problem(NOT_DUE, retry_after=60)
        rest: Plan = {"next": plan["next"]} if "next" in plan else {}
        draft = Draft(holder_id=self.campaign_id)
        draft.put(with_plan(campaign, rest))
        draft.facts = {"state": "live", **facts_of_step(campaign, rest), "reason": "as scheduled"}
        return draft


def campaign_in(books: Books, campaign_id: UUID) -> Holder:
    """The campaign as it stands. Raises campaign-unknown."""
    campaign = books.holder(campaign_id, "campaign")
    if campaign is None:
        raise Problem(CAMPAIGN_UNKNOWN)
    return campaign


def facts_of_step(campaign: Holder, plan: Plan) -> Facts:
    """What an entry that changes a campaign keeps of it: how it was found, and what is to come."""
    assert campaign.terms_hash is not None, "a campaign has terms"
    before = {"before": written_state(campaign), "terms": campaign.terms_hash.hex()}
    return {**before, "plan": dict(plan)} if plan else dict(before)


def _plan_after(change: ChangeCampaign, campaign: Holder) -> Plan:
    plan: Plan = {}
    if change.starts_at is not None:
        plan["starts_at"] = utc_text(change.starts_at)
    if "next" in plan_of(campaign):
        plan["next"] = plan_of(campaign)["next"]
    return plan
