"""Vest pending points: on their day they become points, which first settle what the wallet owes."""

from dataclasses import dataclass
from datetime import date, datetime, time
from typing import ClassVar
from uuid import UUID

from campaigns.grant import credit_points, points_lot
from campaigns.rules import LiveCampaign
from core.errors import Problem, problem
from core.ids import uuid8
from ledger.books import PENDING, Account, Books
from ledger.command import Command, Reads
from ledger.draft import Draft
from ledger.regions import Region
from payments.held import free_points
from payments.owe import owed_to

NOT_DUE = problem("points-not-due", 503, "The points are not due yet, or are credited already.")


@dataclass(frozen=True, slots=True, kw_only=True)
class VestPoints(Command):
    """The points of one pending lot are credited, whatever became of their campaign since."""

    kind: ClassVar[str] = "vesting"
    account_no: int
    campaign_id: UUID
    wallet_id: UUID

    def reads(self) -> Reads:
        """The wallet with its lots, the pending one, and the campaign."""
        return Reads(holders=(self.wallet_id, self.campaign_id), accounts=(self.account_no,))

    def follow(self, books: Books) -> Reads | None:
        """What is held of the lot, and the campaigns that the resident owes points to: what vests
        settles that first.
        """
        pending = books.by_no[self.account_no]
        assert pending.expires_on is not None, "pending points have a day"
        return Reads(
            holders=owed_to(books, self.wallet_id) - books.holders.keys(),
            subjects=(self.wallet_id,),
            periods=(pending.expires_on,),
        )

    def draft(self, books: Books) -> Draft:
        """It stands in the wallet's history."""
        return Draft(holder_id=self.wallet_id)

    def decide(self, books: Books) -> Draft:
        """Refuses a lot whose day has not come, or of which nothing is due any more.

        It is no 409: a job that came too early must not be refused for ever under the same id.
        """
        pending = books.by_no.get(self.account_no)
        assert pending is not None, "the job names a lot"
        assert (pending.kind, pending.holder_id) == (PENDING, self.wallet_id), "and its wallet"
        assert pending.source_id == self.campaign_id, "and its campaign"
        draft = self.draft(books)
        points = due_points(books, draft, pending)
        if not points:
            raise Problem(NOT_DUE, retry_after=3600)
        lot = _lot_to_vest_in(books, pending)
        draft.amount = points
        draft.debit(pending, points)
        settled = credit_points(books, draft, lot, points)
        assert pending.expires_on is not None, "pending points have a day"
        assert lot.expires_on is not None, "and points do"
        draft.facts = {
            "campaign_id": str(self.campaign_id),
            "credited_on": pending.expires_on.isoformat(),
            "expires_on": lot.expires_on.isoformat(),
            "points_settled": settled,
        }
        return draft


def due_points(books: Books, draft: Draft, pending: Account) -> int:
    """How much of a pending lot is credited today: from its day on all of it but what is held,
    nothing before.
    """
    assert pending.expires_on is not None, "pending points have a day"
    return free_points(books, draft, pending) if pending.expires_on <= books.today else 0


def vesting_of(region: Region, account_no: int, credited_on: date, version: int) -> UUID:
    """The id of the command that vests this lot as it stands: a second run finds it done.

    What was held and is released vests later, under another version of the lot.
    """
    day_begins = datetime.combine(credited_on, time.min, region.zone)
    return uuid8(day_begins, VestPoints.kind, region.code, f"{account_no} {version}")


def _lot_to_vest_in(books: Books, pending: Account) -> Account:
    """Points last from the day of which the resident was told, whenever the job comes.

    Where it comes so late that they would be over, they last from today: nobody loses them by it.
    """
    assert pending.expires_on is not None, "pending points have a day"
    assert pending.source_id is not None, "and a campaign"
    campaign: LiveCampaign = books.campaigns[pending.source_id]
    lot = points_lot(books, pending.holder_id, campaign, pending.expires_on)
    if books.is_over(lot):
        lot = points_lot(books, pending.holder_id, campaign, books.today)
    return lot
