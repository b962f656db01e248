"""Points that are held: pending, and not credited before somebody has looked and decided.

They stay on their pending lot. Counters say how many of it are held, and which payment or top-up
earned them (`earned_by`; of money that was placed later, the placement). So the engine sees both at
once: what a hold has taken does not vest, and what has vested is not held.
"""

from uuid import UUID

from ledger.books import ENDLESS, LARGEST_YEN, Account, Books, CounterKey
from ledger.draft import Draft


def held_of_lot(lot: Account) -> CounterKey:
    """How many points of a pending lot are held, in the period of the day of their credit."""
    assert lot.source_id is not None, "points have a campaign"
    assert lot.expires_on is not None, "and pending ones a day"
    return CounterKey(lot.holder_id, "held", lot.source_id, lot.expires_on)


def held_of(earned_by: UUID, campaign_id: UUID) -> CounterKey:
    """How many points are held that this campaign granted for this payment or top-up."""
    return CounterKey(earned_by, "held", campaign_id, ENDLESS)


def rejected_of(earned_by: UUID, campaign_id: UUID) -> CounterKey:
    """How many of these points were rejected: they are with the budget already."""
    return CounterKey(earned_by, "rejected", campaign_id, ENDLESS)


def free_points(books: Books, draft: Draft, lot: Account) -> int:
    """What of a pending lot is not held, whatever earned it."""
    return draft.held(lot) - books.used(held_of_lot(lot))


def count_held(draft: Draft, lot: Account, earned_by: UUID, change: int) -> None:
    """Hold so many points more of a payment or top-up, or so many less."""
    assert lot.source_id is not None, "points have a campaign"
    draft.count(held_of_lot(lot), change, LARGEST_YEN)
    draft.count(held_of(earned_by, lot.source_id), change, LARGEST_YEN)


def take_held(books: Books, draft: Draft, lot: Account, earned_by: UUID, most: int) -> int:
    """Debit up to `most` of what is held of a payment or top-up; returns how much there was.

    Needs its counters, and those of the wallet in the period of the lot's day.
    """
    assert lot.source_id is not None, "points have a campaign"
    part = min(most, books.used(held_of(earned_by, lot.source_id)))
    draft.debit(lot, part)
    count_held(draft, lot, earned_by, -part)
    return part


def take_rejected(books: Books, draft: Draft, earned_by: UUID, campaign_id: UUID, most: int) -> int:
    """Count up to `most` of what was rejected as taken back with its payment; returns how much."""
    rejected = rejected_of(earned_by, campaign_id)
    part = min(most, books.used(rejected))
    draft.count(rejected, -part, LARGEST_YEN)
    return part
