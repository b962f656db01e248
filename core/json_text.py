"""JSON as we write it: compact, and the same for every kind of UUID."""

from uuid import UUID

import orjson


def json_bytes(value: object) -> bytes:
    """`value` as JSON. The driver's own UUIDs are written like any other.

    Raises TypeError for what is no JSON: that is a bug.
    """
    return orjson.dumps(value, default=_plain)


def json_text(value: object) -> str:
    """The same as text, for a column or a parameter."""
    return json_bytes(value).decode()


def _plain(value: object) -> str:
    # asyncpg returns a subclass of UUID, and orjson writes exact types only.
    if isinstance(value, UUID):
        return str(value)
    raise TypeError(type(value).__name__)
