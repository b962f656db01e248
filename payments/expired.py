"""What a lot held when it expired: whoever would have taken it from the lot counts it, once.

A counter for each lot says how much of that nobody has counted yet. So it makes no difference
whether the job has swept the lot (docs/RULES.md, section 4).
"""

from core.ids import NIL
from ledger.books import Account, Books, CounterKey
from ledger.draft import Draft


def keep_expired(draft: Draft, lot: Account) -> None:
    """Remember what an expiring lot holds, for whoever takes value back from it later."""
    draft.count(_key(lot), lot.balance, lot.balance)


def count_expired(books: Books, draft: Draft, lot: Account, amount_yen: int) -> int:
    """Count up to `amount_yen` of what `lot` held when it expired; returns how much there was.

    Where that value went to, the caller knows. Needs the counters of the wallet in the period of
    the lot's last day.
    """
    left = books.used(_key(lot))
    part = min(amount_yen, left)
    draft.count(_key(lot), -part, left)
    return part


def _key(lot: Account) -> CounterKey:
    assert lot.expires_on is not None, "a lot that has no last day does not expire"
    return CounterKey(lot.holder_id, "expired", lot.source_id or NIL, lot.expires_on)
