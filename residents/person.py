"""A person (利用者) in the ledger, by id alone: tier, attributes, and from where on to confirm.

Whoever was never verified, and never said or limited anything, is no holder: unverified.
"""

from abc import abstractmethod
from dataclasses import dataclass
from datetime import date
from typing import Any, Final, Literal, get_args
from uuid import UUID

from core.errors import Problem, problem
from ledger.books import Books, Facts, Holder
from ledger.command import Command, Reads
from ledger.draft import Draft

PERSON_UNKNOWN: Final = problem("person-unknown", 404, "There is no such person.")
PERSON_CLOSED: Final = problem("person-closed", 409, "The person has closed the account.")
PERSON_ID_TAKEN: Final = problem("person-id-taken", 409, "Something else stands under this id.")
CONFIRMATION_NEEDED: Final = problem(
    "confirmation-needed", 403, "This must be confirmed: by a device's signature, or by the PIN."
)

Tier = Literal["unverified", "verified_resident", "verified_visitor"]
"""How far it is known who somebody is (本人確認区分)."""
Attribute = Literal["area", "age_band"]
"""What campaigns may ask of a person."""
OwnLimit = Literal["confirm_above_yen", "unconfirmed_per_day_yen"]
"""What a resident may limit: one payment, or those of a day, without a confirmation; in yen."""
OWN_LIMITS: Final[tuple[OwnLimit, ...]] = get_args(OwnLimit)
AgeBand = Literal["0-17", "18-29", "30-44", "45-64", "65-74", "75+"]
"""Ages in years, both ends included."""

NOBODY: Final[Facts] = {
    "tier": "unverified",
    "tier_until": None,
    "confirm_above_yen": None,
    "unconfirmed_per_day_yen": None,
    "area": None,
    "is_area_verified": False,
    "age_band": None,
    "is_age_band_verified": False,
}
"""What is known of a person at first. `tier_until` is the last day of the tier."""


def known_of(books: Books, person_id: UUID) -> Facts:
    """What is known of the person."""
    person = books.holder(person_id, "person")
    return NOBODY if person is None else person.facts


def tier_of(books: Books, person_id: UUID) -> Tier:
    """The tier that holds today: after its last day a person is unverified again."""
    return tier_on(known_of(books, person_id), books.today)


def tier_on(facts: Facts, day: date) -> Tier:
    """The tier that these facts give on a day."""
    until: str | None = facts["tier_until"]
    tier: Tier = facts["tier"]
    return "unverified" if until is None or until < day.isoformat() else tier


def has_closed(books: Books, person_id: UUID | None) -> bool:
    """Whether the person has closed the account: nobody is there any more."""
    person = books.holder(person_id, "person") if person_id is not None else None
    return person is not None and person.state == "closed"


def lower_of(facts: Facts, name: OwnLimit, regions: int | None) -> int | None:
    """The region's limit, or the person's own if that is lower; None where neither has one."""
    own: int | None = facts[name]
    if own is None or regions is None:
        return regions if own is None else own
    return min(own, regions)


def is_verified(facts: Facts, attribute: Attribute, day: date) -> bool:
    """Whether an attribute was seen by somebody, and the verification is not over."""
    return bool(facts[f"is_{attribute}_verified"]) and tier_on(facts, day) != "unverified"


@dataclass(frozen=True, slots=True, kw_only=True)
class ChangePerson(Command):
    """What the changes of a person share: the first makes the holder."""

    person_id: UUID

    def reads(self) -> Reads:
        """The person."""
        return Reads(holders=(self.person_id,))

    def draft(self, books: Books) -> Draft:
        """It stands in the person's own history."""
        return Draft(holder_id=self.person_id)

    def decide(self, books: Books) -> Draft:
        """Refuses person-id-taken, person-closed, and what `change` refuses."""
        found = books.holders.get(self.person_id)
        if found is not None and found.kind != "person":
            raise Problem(PERSON_ID_TAKEN)
        if found is not None and found.state != "open":
            raise Problem(PERSON_CLOSED)
        before = found.facts if found is not None else NOBODY
        facts = {**before, **self.change(books, before)}
        draft = self.draft(books)
        version = found.version + 1 if found is not None else 1
        draft.put(Holder(self.person_id, "person", self.state, facts, version=version))
        draft.facts = {"state": self.state, "person": facts, **self.said()}
        return draft

    @property
    def state(self) -> str:
        """The state that the change brings."""
        return "open"

    @abstractmethod
    def change(self, books: Books, before: Facts) -> Facts:
        """The facts that become others; raises what refuses that."""

    def said(self) -> dict[str, Any]:
        """What the entry tells beside the person's facts."""
        return {}
