"""Who carries a message out of the house, and what an attempt comes to."""

from dataclasses import dataclass
from typing import Final, Literal, Protocol

from access.outbox import Letter

DEADLINE_S: Final = 10.0
"""How long one attempt may take in all."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """What one attempt came to."""

    state: Literal["sent", "again", "failed"]
    """`failed`: the message itself is what is wrong, so it would fail each time."""
    why: str = ""
    """A code for the log, never what the other side said: it may quote the message."""
    after_s: int | None = None
    """In how many seconds the other side wants to be asked again, if it said."""


class Carrier(Protocol):
    """One way out: a provider of SMS, a mail server."""

    async def carry(self, letter: Letter) -> Outcome:
        """Hand the message over, within the deadline; never raises for what the other side does."""
        ...


SENT: Final = Outcome("sent")
