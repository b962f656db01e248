"""Describe oneself: area and age band as the resident declares them, which nobody has seen."""

from dataclasses import dataclass
from typing import ClassVar

from core.errors import Problem, problem
from ledger.books import Books, Facts
from residents.person import Attribute, ChangePerson, is_verified

ATTRIBUTE_VERIFIED = problem(
    "attribute-verified", 409, "This was verified: another verification changes it."
)


@dataclass(frozen=True, slots=True, kw_only=True)
class DescribePerson(ChangePerson):
    """A resident declares attributes, or takes them back."""

    kind: ClassVar[str] = "person.described"
    declared: tuple[tuple[Attribute, str | None], ...]
    """What is declared anew; None takes it back. The others stay as they are."""

    def change(self, books: Books, before: Facts) -> Facts:
        """Refuses attribute-verified: what was declared never stands in place of what was seen."""
        changed: Facts = {}
        for attribute, value in self.declared:
            if is_verified(before, attribute, books.today):
                raise Problem(ATTRIBUTE_VERIFIED, attribute=attribute)
            changed |= {attribute: value, f"is_{attribute}_verified": False}
        return changed
