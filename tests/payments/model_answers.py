"""What the second opinion answers: done, refused by a rule, or missing."""

from typing import Any

Answer = tuple[str, Any]
"""("done", facts), ("refused", slug) or ("missing", slug)."""


class NoError(Exception):
    """An answer other than "done"."""


def refuse(slug: str) -> NoError:
    """A rule says no, for ever."""
    return NoError("refused", slug)


def miss(slug: str) -> NoError:
    """It is not there, or not yours."""
    return NoError("missing", slug)
