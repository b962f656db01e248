"""What asyncpg asks each new connection of PostgreSQL's own types: asked once in a process.

It knows the shapes of single values, and asks for those of arrays: two recursive queries, 5 ms of
the server's time each, before the first array goes over a connection.
"""

from types import SimpleNamespace
from typing import TYPE_CHECKING, Any, Final

import asyncpg

if TYPE_CHECKING:
    _Connection = asyncpg.Connection[Any]
else:
    _Connection = asyncpg.Connection

FIRST_OF_OTHERS: Final = 10_000
"""Types below are numbered by hand in PostgreSQL's source: the same in every database."""

_known: dict[frozenset[int], Any] = {}
"""By what was asked for; as many as the program has statements with other arrays, a few."""


class KnowingConnection(_Connection):
    """A connection that is told PostgreSQL's own types from memory, and asks for all others."""

    async def _introspect_types(self, typeoids: Any, timeout: Any) -> Any:  # noqa: ASYNC109
        asked = frozenset(typeoids)
        if asked in _known:
            return _known[asked], SimpleNamespace(name="from memory")
        types, statement = await super()._introspect_types(typeoids, timeout)  # type: ignore[misc]
        if max(asked) < FIRST_OF_OTHERS:
            _known[asked] = types
        return types, statement
