"""What a person says that a bank line stands for, on its way to being kept."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import date, datetime
from uuid import UUID

from access.acts import Doer
from merchants.line_match import MatchKind


@dataclass(frozen=True, slots=True)
class WishedMatch:
    """What a person says that a line stands for."""

    match_id: UUID
    line_id: UUID
    kind: MatchKind
    target_id: UUID | None
    fee_yen: int
    """What the bank kept: it made a line of money that went out larger, of a return smaller."""
    reason: str


@dataclass(frozen=True, slots=True)
class Asked:
    """A wish with what its line comes to."""

    region_id: int
    wished: WishedMatch
    target_id: UUID
    amount_yen: int
    """What the target is given."""
    booked_on: date
    reference: str
    """The bank's own number of the line; empty where it has none."""
    doer: Doer
    now: datetime


@dataclass(frozen=True, slots=True)
class Fit:
    """What follows from a match that fits."""

    then: Callable[[], Awaitable[None]] | None = None
    """What is done once the match is kept."""
    entry_id: UUID | None = None
    """The entry of the money that the line brings."""
    is_linked: bool = False
    """All was entered before, and nothing follows."""
