"""Instants in the cursors of lists: whole microseconds, so that a page goes on exactly there."""

from datetime import UTC, datetime, timedelta
from typing import Any, Final
from uuid import UUID

from api.pages import MALFORMED_CURSOR
from core.errors import Problem

_EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND: Final = timedelta(microseconds=1)


def microseconds(at: datetime) -> int:
    """Since 1970: the first step of the sort key of what is told by time."""
    return (at - _EPOCH) // _MICROSECOND


def after_instant(start: tuple[Any, ...] | None) -> tuple[datetime, UUID] | None:
    """The instant and id after which a page begins. Refuses malformed-cursor of no such instant."""
    if start is None:
        return None
    try:
        return _EPOCH + start[0] * _MICROSECOND, start[1]
    except OverflowError:
        raise Problem(MALFORMED_CURSOR) from None
