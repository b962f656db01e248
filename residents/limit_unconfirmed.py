"""Limit what a payment may be without a confirmation: by the resident, under the region's limit."""

from dataclasses import dataclass, field
from typing import ClassVar

from core.errors import Problem
from ledger.books import Books, Facts
from residents.person import CONFIRMATION_NEEDED, ChangePerson


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitUnconfirmed(ChangePerson):
    """A resident sets what may be paid without a confirmation; None leaves it to the region.

    `limit_yen` is of one payment, `per_day_yen` of all of a day. To lower them is free. To raise
    one, or to take it away, must be confirmed.
    """

    kind: ClassVar[str] = "person.limited"
    limit_yen: int | None
    per_day_yen: int | None
    confirmed_by: str | None = field(default=None, compare=False)

    def change(self, books: Books, before: Facts) -> Facts:
        """Refuses confirmation-needed, which leaves nothing behind."""
        own: Facts = {
            "confirm_above_yen": self.limit_yen,
            "unconfirmed_per_day_yen": self.per_day_yen,
        }
        is_raised = any(_is_raised(before[name], limit) for name, limit in own.items())
        if is_raised and self.confirmed_by is None:
            raise Problem(CONFIRMATION_NEEDED)
        return own


def _is_raised(before: int | None, after: int | None) -> bool:
    return before is not None and (after is None or after > before)
