"""Names of things: UUIDv7 made by clients, UUIDv8 derived by jobs, both ordered by time."""

import hashlib
import os
from datetime import UTC, datetime, timedelta
from uuid import UUID

NIL = UUID(int=0)
"""The issuer of a region: the holder that is the region itself."""

CLIENT_ID_AGE = timedelta(hours=24)
"""How far from now the time inside a client's id may lie, either way."""

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def uuid7(at: datetime) -> UUID:
    """A new random id whose first 48 bits are `at` in milliseconds (RFC 9562, version 7)."""
    return _layout(at, 7, int.from_bytes(os.urandom(10)))


def uuid8(at: datetime, *parts: str | bytes | UUID) -> UUID:
    """The id that always belongs to `at` and `parts`: the time, then a hash of the parts.

    A job that runs twice derives the same id twice, so it acts once (RFC 9562, version 8).
    """
    digest = hashlib.blake2b(digest_size=10)
    for part in parts:
        raw = part.bytes if isinstance(part, UUID) else part
        raw = raw.encode() if isinstance(raw, str) else raw
        digest.update(len(raw).to_bytes(4) + raw)
    return _layout(at, 8, int.from_bytes(digest.digest()))


def time_of(name: UUID) -> datetime:
    """The instant that an id begins with, to the millisecond."""
    return _EPOCH + (name.int >> 80) * _MILLISECOND


def is_client_id(name: UUID, now: datetime) -> bool:
    """Whether `name` is a UUIDv7 of the last or next 24 hours."""
    milliseconds = (now - _EPOCH) // _MILLISECOND
    return (
        name.version == 7 and abs((name.int >> 80) - milliseconds) <= CLIENT_ID_AGE // _MILLISECOND
    )


def _layout(at: datetime, version: int, low80: int) -> UUID:
    milliseconds = (at - _EPOCH) // _MILLISECOND
    assert 0 <= milliseconds < 1 << 48, "the time does not fit into an id"
    bits = milliseconds << 80 | low80
    bits = bits & ~(0xF << 76) | version << 76
    bits = bits & ~(0x3 << 62) | 0x2 << 62
    return UUID(int=bits)
