"""Whether somebody has ever paid: counted with the first payment and the second, and never again.

The count stops at two, so that everybody's later payments write nothing. A first payment that is
given back whole before there is a second opens again (docs/RULES.md, section 3).
"""

from typing import Final
from uuid import UUID

from core.ids import NIL
from ledger.books import ENDLESS, Books, CounterKey, Facts
from ledger.draft import Draft

NAME: Final = "paid.ever"
ENOUGH: Final = 2
"""With so many nothing can make a payment the first one again."""


def has_paid(books: Books, person_id: UUID) -> bool:
    """Whether the person has made a payment before, in any wallet of the region."""
    return books.used(_key(person_id)) > 0


def count_payment(books: Books, draft: Draft, person_id: UUID) -> Facts:
    """Count a payment that is being made; returns what its entry keeps of that, mostly nothing."""
    if books.used(_key(person_id)) >= ENOUGH:
        return {}
    draft.count(_key(person_id), 1, ENOUGH)
    return {"counted_ever": 1}


def open_again(books: Books, draft: Draft, person_id: UUID) -> Facts:
    """Let a payment that is given back whole not have been, if it is the one that was made."""
    if books.used(_key(person_id)) != 1:
        return {}
    draft.count(_key(person_id), -1, ENOUGH)
    return {"counted_ever": -1}


def _key(person_id: UUID) -> CounterKey:
    return CounterKey(person_id, NAME, NIL, ENDLESS)
