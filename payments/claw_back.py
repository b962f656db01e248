"""Claw back what campaigns would not have granted for what remains of a payment."""

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import date
from typing import NamedTuple
from uuid import UUID

from campaigns.grant import amounts_counted, collected_by, keys_of, pending_lot
from campaigns.meters import Meter
from campaigns.record import grant_from_facts
from campaigns.rules import LiveCampaign
from ledger.books import LARGEST_YEN, Account, Books, Entry, Facts, Holder
from ledger.draft import Draft
from payments.expired import count_expired
from payments.held import free_points, take_held, take_rejected
from payments.kept import kept_grants, what_remains
from payments.lots import POINTS
from payments.of_funder import granted_by, of_same_funders
from payments.owe import RESIDENT_OWES_TOO_MUCH, collect, owe
from payments.settings import settings_of

Counted = Sequence[tuple[Meter, int]]


def claw_back(
    books: Books,
    draft: Draft,
    payment: Entry,
    wallet: Holder,
    merchant_id: UUID,
    refunded: tuple[int, int],
    *,
    is_capped: bool = True,
) -> list[Facts]:
    """Take back what the campaigns would not have granted for what remains of the payment.

    `refunded` is how many yen of it were refunded before this refund, and how many are with it.
    Of a top-up that is reversed the resident may come to owe any amount (`is_capped` is false).
    Returns what the entry keeps of each campaign that something was taken from, points and yen.
    Raises resident-owes-too-much, merchant-owes-too-much (docs/RULES.md, section 4).
    """
    assert wallet.subject_id is not None, "a wallet has a person"
    originals = [grant_from_facts(facts) for facts in payment.facts["grants"]]
    campaigns: dict[UUID, LiveCampaign] = {
        grant.campaign_id: books.versions[grant.campaign_id, grant.hash] for grant in originals
    }
    left_before, left_after = (what_remains(payment, so_far) for so_far in refunded)
    kept_before, kept_after = (
        kept_grants(payment, originals, campaigns, so_far) for so_far in refunded
    )
    clawed: list[Facts] = []
    told = payment.facts["grants"]
    for was, remains, grant in zip(kept_before, kept_after, told, strict=True):
        points = was.rebate_points - remains.rebate_points
        cashback_yen = was.cashback_yen - remains.cashback_yen
        assert min(points, cashback_yen) >= 0, "a refund never grants more"
        campaign = campaigns[was.campaign_id]
        less = _less(
            amounts_counted(campaign, was, left_before),
            amounts_counted(campaign, remains, left_after),
        )
        for key, amount, most in keys_of(
            campaign, less, wallet.subject_id, merchant_id, payment.business_date
        ):
            draft.count(key, -min(amount, books.used(key)), most)
        rejected = take_rejected(books, draft, payment.entry_id, was.campaign_id, points)
        taken = _claw_back_points(
            books, draft, payment, wallet, grant, points - rejected, is_capped=is_capped
        )
        cashback = books.account(merchant_id, "cashback")
        owed = taken.owed + collect(books, draft, cashback, was.campaign_id, cashback_yen)
        collected = points - rejected + cashback_yen - owed - taken.with_funder
        draft.credit(books.account(was.campaign_id, "budget_due"), owed)
        draft.credit(collected_by(books, was.campaign_id), collected)
        reopened = {meter.name: amount for meter, amount in less if meter.unit != "points"}
        reopened |= _reopen_day(draft, payment, campaign, collected)
        if points or cashback_yen or reopened:
            clawed.append(
                {
                    "campaign_id": str(was.campaign_id),
                    "points": points,
                    "cashback_yen": cashback_yen,
                    "owed_yen": owed,
                    **({"expired_points": taken.expired} if taken.expired else {}),
                    **({"of_funder": taken.of_funder} if taken.of_funder else {}),
                    **({"held_points": taken.held} if taken.held else {}),
                    **({"rejected_points": rejected} if rejected else {}),
                    **({"reopened": reopened} if reopened else {}),
                }
            )
    return clawed


def _less(before: Counted, after: Counted) -> Counted:
    """What of a person is counted no more. A day's budget is not: `_reopen_day` opens that."""
    still = dict(after)
    less = [(meter, amount - still.get(meter, 0)) for meter, amount in before]
    return [(meter, amount) for meter, amount in less if amount and meter.unit != "budget"]


def _reopen_day(
    draft: Draft, payment: Entry, campaign: LiveCampaign, collected_yen: int
) -> dict[str, int]:
    """Give back to the payment's day what is collected to be granted again, and no more: what is
    still owed stays used, so that no day ever grants more than its part of the budget.
    """
    meter = campaign.rules.day_budget
    if meter is None or campaign.terms.on_return == "keep" or not collected_yen:
        return {}
    campaign_id = campaign.campaign_id
    key = meter.key(campaign_id, campaign_id, campaign_id, payment.business_date)
    draft.count(key, -collected_yen, meter.most)
    return {meter.name: collected_yen}


class _Taken(NamedTuple):
    """Points that were taken back, as far as no lot held them any more, or they were held."""

    held: int
    """Waited for a check, and wait no more."""
    expired: int
    """Had expired unspent, and count as collected."""
    with_funder: int
    """The part of `expired` that was paid out to the funder: the budget does not get it again."""
    of_funder: list[Facts]
    """Came from points of other campaigns of the same funders."""
    owed: int
    """Became a receivable."""


def _claw_back_points(
    books: Books,
    draft: Draft,
    payment: Entry,
    wallet: Holder,
    grant: Facts,
    points: int,
    *,
    is_capped: bool,
) -> _Taken:
    """Debit the campaign's points of this wallet; what is not there becomes a receivable.

    What is held of the payment comes first; what is held of others is left alone. Then come the
    lots that the payment's points went to, by the days that `grant`, as the journal
    keeps it, tells of: the one in which they are pending, then the one in which they are credited,
    swept or not once it is over; then the campaign's other lots that are still good, and those of
    campaigns of the same funders whose form allows it.
    """
    campaign_id, left, held = UUID(grant["campaign_id"]), points, 0
    if "credited_on" in grant:
        day = date.fromisoformat(grant["credited_on"])
        pending = pending_lot(books, wallet.holder_id, campaign_id, day)
        held = take_held(books, draft, pending, payment.entry_id, left)
        free = min(left - held, free_points(books, draft, pending) + held)
        draft.debit(pending, free)
        left -= held + free
    last_day = date.fromisoformat(grant["points_expire_on"])
    own = books.account(wallet.holder_id, POINTS, campaign_id, last_day)
    left -= _take(draft, own, left)
    expired = count_expired(books, draft, own, left)
    with_funder = expired - _take(draft, books.account(campaign_id, "funder_payable"), expired)
    left -= expired
    # What this refund returns is there again, also where it opens a successor lot for it.
    returned_to = [lot for lot, is_debit, _ in draft.postings if not is_debit]
    lots = dict.fromkeys((*books.accounts_of(wallet.holder_id, POINTS), *returned_to))
    for lot in lots:
        is_the_campaigns = (lot.kind, lot.source_id) == (POINTS, campaign_id)
        if is_the_campaigns and not books.is_over(lot):
            left -= _take(draft, lot, left)
    of_funder = _take_of_funder(books, draft, payment, lots, campaign_id, left) if left else []
    left -= sum(taken["points"] for taken in of_funder)
    owed = books.account(wallet.holder_id, "resident_receivable", campaign_id)
    cap_yen = settings_of(books).resident_receivable_cap_yen if is_capped else LARGEST_YEN
    owe(draft, owed, left, cap_yen, RESIDENT_OWES_TOO_MUCH)
    return _Taken(held, expired, with_funder, of_funder, left)


def _take_of_funder(
    books: Books,
    draft: Draft,
    payment: Entry,
    lots: Iterable[Account],
    campaign_id: UUID,
    points: int,
) -> list[Facts]:
    """Debit up to so many points of campaigns of the same funders, the oldest lots first."""
    taken: Counter[str] = Counter()
    for lot in of_same_funders(books, lots, campaign_id, granted_by(payment)):
        taken[str(lot.source_id)] += _take(draft, lot, points - taken.total())
    return [{"campaign_id": source, "points": part} for source, part in taken.items() if part]


def _take(draft: Draft, account: Account, most: int) -> int:
    """Debit up to `most` of what the account holds; returns how much there was."""
    part = min(most, draft.held(account))
    draft.debit(account, part)
    return part
