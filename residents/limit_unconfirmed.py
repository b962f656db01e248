"""Limit what a payment may be without a confirmation: by the resident, under the region's limit."""

from dataclasses import dataclass, field
from typing import ClassVar

from core.errors import Problem
from ledger.books import Books, Facts
from residents.person import CONFIRMATION_NEEDED, ChangePerson


@dataclass(frozen=True, slots=True, kw_only=True)
class LimitUnconfirmed(ChangePerson):
    """A resident sets above what each payment must be confirmed; None leaves it to the region.

    To lower it is free. To raise it, or to take it away, must be confirmed.
    """

    kind: ClassVar[str] = "person.limited"
    limit_yen: int | None
    confirmed_by: str | None = field(default=None, compare=False)

    def change(self, books: Books, before: Facts) -> Facts:
        """Refuses confirmation-needed, which leaves nothing behind."""
        own: int | None = before["confirm_above_yen"]
        is_raised = own is not None and (self.limit_yen is None or self.limit_yen > own)
        if is_raised and self.confirmed_by is None:
            raise Problem(CONFIRMATION_NEEDED)
        return {"confirm_above_yen": self.limit_yen}
