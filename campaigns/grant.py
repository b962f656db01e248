"""Read the headrooms of live campaigns from the books, and post what they grant."""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final
from uuid import UUID

from campaigns.decide import (
    Grant,
    Headroom,
    LiveCampaign,
    PaymentFacts,
    decide_all,
)
from core.months import end_of_month_after
from ledger.books import ENDLESS, Account, Books, CounterKey, Holder
from ledger.draft import Draft

DAY: Final = "rebate.day"
MONTH: Final = "rebate.month"
CAMPAIGN: Final = "rebate.campaign"


def plan_grants(books: Books, person_id: UUID, facts: PaymentFacts) -> tuple[Grant, ...]:
    """What every live campaign grants for a payment by this person, as the books stand."""
    live = [
        campaign
        for campaign_id, campaign in books.campaigns.items()
        if books.holders[campaign_id].state == "live"
    ]
    headrooms = {
        campaign.campaign_id: _headroom(books, campaign, person_id, facts.business_date)
        for campaign in live
    }
    return decide_all(live, facts, headrooms)


def post_grants(
    books: Books, draft: Draft, wallet: Holder, merchant_id: UUID, grants: Iterable[Grant]
) -> int:
    """Post what was granted; returns how many points went to settle what the resident owes.

    Points go first to the resident's receivables (`settle_receivable`).
    """
    settled = 0
    for grant in grants:
        if grant.spent_yen == 0:
            continue
        campaign: LiveCampaign = books.campaigns[grant.campaign_id]
        draft.debit(books.account(grant.campaign_id, "budget"), grant.spent_yen)
        points = grant.rebate_points
        if points:
            netted = _settle_receivables(books, draft, wallet.holder_id, points)
            lot = points_lot(books, wallet.holder_id, campaign, books.today)
            draft.credit(lot, points - netted)
            settled += netted
            assert wallet.subject_id is not None, "a wallet has a person"
            count_rebate(draft, campaign, wallet.subject_id, books.today, points)
        draft.credit(books.account(merchant_id, "cashback"), grant.cashback_yen)
    return settled


def points_lot(books: Books, wallet_id: UUID, campaign: LiveCampaign, day: date) -> Account:
    """The lot for points that `campaign` grants to this wallet on `day`."""
    expires_on = end_of_month_after(day, campaign.terms.points_expire_months)
    return books.account(wallet_id, "points", campaign.campaign_id, expires_on)


def count_rebate(
    draft: Draft, campaign: LiveCampaign, person_id: UUID, day: date, points: int
) -> None:
    """Use up the person's caps by `points`, or open them again where it is negative.

    A cap is used in the period of the payment itself, whenever it is opened again.
    """
    for key, cap in cap_keys(campaign, person_id, day):
        draft.count(key, points, cap)


def cap_keys(
    campaign: LiveCampaign, person_id: UUID, day: date
) -> Sequence[tuple[CounterKey, int]]:
    """The counters of the caps per person that these terms have, each with its cap in points."""
    caps = campaign.terms.caps
    wanted = (
        (DAY, day, caps.per_person_day_points),
        (MONTH, day.replace(day=1), caps.per_person_month_points),
        (CAMPAIGN, ENDLESS, caps.per_person_campaign_points),
    )
    return [
        (CounterKey(person_id, name, campaign.campaign_id, period), cap)
        for name, period, cap in wanted
        if cap is not None
    ]


def settle_receivable(books: Books, draft: Draft, owed: Account, points: int) -> int:
    """Let up to `points` settle one receivable of a resident; returns how many it took.

    What a campaign claims back through it was due to that campaign's budget, and goes into it.
    """
    part = min(points, draft.held(owed))  # this draft may have settled some already
    if part == 0:
        return 0  # what is settled was not followed: its campaign need not be loaded
    draft.credit(owed, part)
    if owed.source_id is not None:
        draft.debit(books.account(owed.source_id, "budget_due"), part)
        draft.credit(books.account(owed.source_id, "budget"), part)
    return part


def _headroom(books: Books, campaign: LiveCampaign, person_id: UUID, day: date) -> Headroom:
    left: dict[str, int] = {
        key.name: max(0, cap - books.used(key)) for key, cap in cap_keys(campaign, person_id, day)
    }
    budget_yen = books.account(campaign.campaign_id, "budget").balance
    return Headroom(budget_yen, left.get(DAY), left.get(MONTH), left.get(CAMPAIGN))


def _settle_receivables(books: Books, draft: Draft, wallet_id: UUID, points: int) -> int:
    left = points
    for owed in books.accounts_of(wallet_id, "resident_receivable"):
        left -= settle_receivable(books, draft, owed, left)
    return points - left
