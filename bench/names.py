"""Names of everything in a region that was filled for a measurement: from a number, and back.

A name is a UUIDv8: the moment of the filling, then twelve decimal digits, of which the first tells
the kind. So pgbench, whose variables are numbers, can name a wallet as well as Python can.
"""

from dataclasses import dataclass
from datetime import datetime
from typing import Final, Self
from uuid import UUID

from core.ids import uuid8

WALLET: Final = 100_000_000_000
PERSON: Final = 200_000_000_000
MERCHANT: Final = 300_000_000_000
STORE: Final = 400_000_000_000
OPENING: Final = 500_000_000_000
ACT: Final = 600_000_000_000


@dataclass(frozen=True, slots=True)
class Names:
    """The names of one filling."""

    prefix: str
    """The first 24 characters of every name: `0192d3a4-b5c6-8000-8000-`."""

    @classmethod
    def at(cls, moment: datetime) -> Self:
        """Names that begin with this moment, so that they stand in its month's partition."""
        return cls(str(uuid8(moment))[:13] + "-8000-8000-")

    def name(self, kind: int, number: int) -> UUID:
        """The name of the `number`-th (from 0) of a kind."""
        return UUID(f"{self.prefix}{kind + number}")
