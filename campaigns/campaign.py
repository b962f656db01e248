"""Create, fund, start and stop a campaign."""

from dataclasses import dataclass, replace
from typing import ClassVar, Final, Literal
from uuid import UUID

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.requests import SECOND_PERSON_NEEDED
from campaigns import tables
from campaigns.groups import check_group
from campaigns.live import live_campaigns
from campaigns.terms import Terms, canonical_json, terms_hash
from core.errors import Problem, problem
from ledger.books import Books, Facts, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft

CAMPAIGN_UNKNOWN = problem("campaign-unknown", 404, "There is no such campaign in this region.")
CAMPAIGN_ID_TAKEN = problem("campaign-id-taken", 409, "A campaign cannot be made under this id.")
CAMPAIGN_NOT_FUNDED = problem("campaign-not-funded", 409, "The campaign has no budget to start on.")
CAMPAIGN_STATE_WRONG = problem(
    "campaign-state-wrong", 409, "The campaign cannot go from its state to that one."
)
CAMPAIGN_OVER = problem("campaign-over", 409, "The last day of the campaign is over.")
CAMPAIGN_OVERFUNDED = problem("campaign-overfunded", 409, "No campaign may have that much.")

MOST_FUNDED_YEN: Final = 1_000_000_000_000
"""What all funders of one campaign may promise together."""

CampaignState = Literal["draft", "approved", "live", "stopped", "ended"]

_STEPS: Final = {
    ("draft", "approved"),
    ("approved", "live"),
    ("live", "stopped"),
    ("stopped", "live"),
    *((state, "ended") for state in ("draft", "approved", "live", "stopped")),
}
"""From which state to which. What ended stays ended."""


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
        """Refuses campaign-unknown, campaign-state-wrong after its end, campaign-overfunded."""
        campaign = books.holder(self.campaign_id, "campaign")
        if campaign is None:
            raise Problem(CAMPAIGN_UNKNOWN)
        if campaign.state == "ended":
            raise Problem(CAMPAIGN_STATE_WRONG, state=campaign.state)
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
    """Approve, start, stop or end a campaign; it holds from the next batch on, everywhere."""

    kind: ClassVar[str] = "campaign.changed"
    campaign_id: UUID
    state: Literal["approved", "live", "stopped", "ended"]
    reason: str

    def reads(self) -> Reads:
        """The campaign with its accounts, and who made it."""
        return Reads(holders=(self.campaign_id,), entries=(self.campaign_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the campaign's history."""
        return Draft(holder_id=self.campaign_id)

    def decide(self, books: Books) -> Draft:
        """Refuses a campaign that is unknown, in the wrong state, over, not funded, or of a group
        in which a live one chooses otherwise; and an approval by who made it.
        """
        campaign = books.holder(self.campaign_id, "campaign")
        if campaign is None:
            raise Problem(CAMPAIGN_UNKNOWN)
        if (campaign.state, self.state) not in _STEPS:
            raise Problem(CAMPAIGN_STATE_WRONG, state=campaign.state)
        if self.state == "approved" and books.entries[self.campaign_id].actor == self.actor:
            raise Problem(SECOND_PERSON_NEEDED)
        if self.state == "live":
            terms: Terms = books.campaigns[self.campaign_id].terms
            if terms.ends_on < books.today:
                raise Problem(CAMPAIGN_OVER)
            check_group(terms, ((each.campaign_id, each.terms) for each in live_campaigns(books)))
            if books.account(self.campaign_id, "budget").balance == 0:
                raise Problem(CAMPAIGN_NOT_FUNDED)
        draft = self.draft(books)
        draft.put(replace(campaign, state=self.state, version=campaign.version + 1))
        draft.facts = {"state": self.state, "before": campaign.state, "reason": self.reason}
        return draft
