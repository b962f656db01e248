"""The chain of releases: each is known by a hash that covers it and the hash of the one before."""

import json
from dataclasses import dataclass
from datetime import UTC, date, datetime
from hashlib import sha256
from typing import Final

NOTHING: Final = bytes(32)
"""What the first one names as the one before."""
_TAG: Final = b"\x04"


@dataclass(frozen=True, slots=True)
class Header:
    """What is hashed of a release."""

    region: str
    """Its code: the number of a region changes where it moves."""
    number: int
    table: str
    first_day: date
    last_day: date
    query: bytes
    table_hash: bytes
    sigma_yen: int
    sigma_payers_milli: int
    cost: int
    output: bytes
    """SHA-256 of what was released."""
    previous: bytes
    released_at: datetime

    def text(self) -> str:
        """As PostgreSQL writes it too: `insights.header_of`."""
        told = {
            "cost": self.cost,
            "first_day": self.first_day.isoformat(),
            "last_day": self.last_day.isoformat(),
            "number": self.number,
            "output": self.output.hex(),
            "previous": self.previous.hex(),
            "query": self.query.hex(),
            "region": self.region,
            "released_at": self.released_at.astimezone(UTC).isoformat(timespec="microseconds"),
            "sigma_payers_milli": self.sigma_payers_milli,
            "sigma_yen": self.sigma_yen,
            "table": self.table,
            "table_hash": self.table_hash.hex(),
        }
        return json.dumps(told, separators=(",", ":"))

    @property
    def hash(self) -> bytes:
        """Of this release and, through `previous`, of all before it."""
        return sha256(_TAG + self.text().encode()).digest()
