"""Claw back what campaigns would not have granted for what remains of a payment."""

from collections import Counter
from collections.abc import Iterable
from datetime import date
from typing import NamedTuple
from uuid import UUID

from campaigns.due_back import DueBack
from campaigns.grant import collected_by, keys_of, pending_lot
from campaigns.rules import LiveCampaign
from ledger.books import LARGEST_YEN, Account, Books, Entry, Facts, Holder
from ledger.draft import Draft
from payments.expired import count_expired
from payments.held import free_points, take_held, take_rejected
from payments.kept import grants_due_back
from payments.lots import POINTS
from payments.of_funder import granted_by, of_same_funders
from payments.owe import RESIDENT_OWES_TOO_MUCH, collect, owe
from payments.settings import settings_of


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
    undone = _Undone(books, draft, payment, wallet, merchant_id, is_capped)
    all_due = grants_due_back(payment, books.versions, refunded)
    grants = payment.facts["grants"]
    back = [_take_back(undone, *each) for each in zip(all_due, grants, strict=True)]
    return [told for told in back if told is not None]


class _Undone(NamedTuple):
    """The payment or top-up that is given back, and who had what of it."""

    books: Books
    draft: Draft
    payment: Entry
    wallet: Holder
    merchant_id: UUID
    is_capped: bool


def _take_back(undone: _Undone, due: DueBack, grant: Facts) -> Facts | None:
    """Take back what is due of one grant; returns what the entry keeps of it, if anything is."""
    books, draft, payment = undone.books, undone.draft, undone.payment
    campaign_id = due.campaign.campaign_id
    _count_less(undone, due)
    rejected = take_rejected(books, draft, payment.entry_id, campaign_id, due.points)
    taken = _take_points(undone, grant, due.points - rejected)
    cashback = books.account(undone.merchant_id, "cashback")
    owed = taken.owed + collect(books, draft, cashback, campaign_id, due.cashback_yen)
    collected = due.points - rejected + due.cashback_yen - owed - taken.with_funder
    draft.credit(books.account(campaign_id, "budget_due"), owed)
    draft.credit(collected_by(books, campaign_id), collected)
    reopened = due.reopened | _reopen_day(draft, payment, due.campaign, collected)
    if not (due.points or due.cashback_yen or reopened):
        return None
    return {
        "campaign_id": str(campaign_id),
        "points": due.points,
        "cashback_yen": due.cashback_yen,
        "owed_yen": owed,
        **({"expired_points": taken.expired} if taken.expired else {}),
        **({"of_funder": taken.of_funder} if taken.of_funder else {}),
        **({"held_points": taken.held} if taken.held else {}),
        **({"rejected_points": rejected} if rejected else {}),
        **({"reopened": reopened} if reopened else {}),
    }


def _count_less(undone: _Undone, due: DueBack) -> None:
    """Open the counters of the person again, in the period of the payment."""
    person_id = undone.wallet.subject_id
    assert person_id is not None, "a wallet has a person"
    day = undone.payment.business_date
    for key, amount, most in keys_of(due.campaign, due.less, person_id, undone.merchant_id, day):
        undone.draft.count(key, -min(amount, undone.books.used(key)), most)


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


def _take_points(undone: _Undone, grant: Facts, points: int) -> _Taken:
    """Debit the campaign's points of this wallet; what is not there becomes a receivable.

    What is pending comes first, then the lot to which the payment's points are credited, on the
    day that `grant`, as the journal keeps it, tells of, swept or not once it is over; then the
    campaign's other lots that are still good, and those of campaigns of the same funders whose form
    allows it.
    """
    books, draft, wallet_id = undone.books, undone.draft, undone.wallet.holder_id
    campaign_id = UUID(grant["campaign_id"])
    held, free = _take_pending(undone, grant, points)
    left = points - held - free
    last_day = date.fromisoformat(grant["points_expire_on"])
    own = books.account(wallet_id, POINTS, campaign_id, last_day)
    left -= _take(draft, own, left)
    expired = count_expired(books, draft, own, left)
    with_funder = expired - _take(draft, books.account(campaign_id, "funder_payable"), expired)
    left -= expired
    lots = _lots_of(undone)
    for lot in lots:
        if lot.source_id == campaign_id and not books.is_over(lot):
            left -= _take(draft, lot, left)
    of_funder = _take_of_funder(undone, lots, campaign_id, left) if left else []
    left -= sum(taken["points"] for taken in of_funder)
    owed = books.account(wallet_id, "resident_receivable", campaign_id)
    is_capped = undone.is_capped
    cap_yen = settings_of(books).resident_receivable_cap_yen if is_capped else LARGEST_YEN
    owe(draft, owed, left, cap_yen, RESIDENT_OWES_TOO_MUCH)
    return _Taken(held, expired, with_funder, of_funder, left)


def _take_pending(undone: _Undone, grant: Facts, most: int) -> tuple[int, int]:
    """Debit what is not credited yet: what is held of the payment, then what is held of none.

    Returns how much of each; what is held of other payments is left alone.
    """
    if "credited_on" not in grant:
        return 0, 0
    books, draft, day = undone.books, undone.draft, date.fromisoformat(grant["credited_on"])
    lot = pending_lot(books, undone.wallet.holder_id, UUID(grant["campaign_id"]), day)
    held = take_held(books, draft, lot, undone.payment.entry_id, most)
    free = min(most - held, free_points(books, draft, lot) + held)
    draft.debit(lot, free)
    return held, free


def _lots_of(undone: _Undone) -> list[Account]:
    """The wallet's lots of points. What this refund returns is there again, also where it opens a
    successor lot for it.
    """
    in_wallet = undone.books.accounts_of(undone.wallet.holder_id, POINTS)
    returned_to = [
        lot for lot, is_debit, _ in undone.draft.postings if not is_debit and lot.kind == POINTS
    ]
    return list(dict.fromkeys((*in_wallet, *returned_to)))


def _take_of_funder(
    undone: _Undone, lots: Iterable[Account], campaign_id: UUID, points: int
) -> list[Facts]:
    """Debit up to so many points of campaigns of the same funders, the oldest lots first."""
    taken: Counter[str] = Counter()
    granting = granted_by(undone.payment)
    for lot in of_same_funders(undone.books, lots, campaign_id, granting):
        taken[str(lot.source_id)] += _take(undone.draft, lot, points - taken.total())
    return [{"campaign_id": source, "points": part} for source, part in taken.items() if part]


def _take(draft: Draft, account: Account, most: int) -> int:
    """Debit up to `most` of what the account holds; returns how much there was."""
    part = min(most, draft.held(account))
    draft.debit(account, part)
    return part
