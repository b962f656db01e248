"""What a person says that a bank line stands for, on its way to being kept."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import datetime
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
    doer: Doer
    now: datetime


Then = Callable[[], Awaitable[None]]
"""What is done once the match is kept."""
