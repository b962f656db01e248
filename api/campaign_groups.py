"""Refuse a draft whose group chooses in another way than one that is in force: by its field."""

from collections.abc import Iterable
from typing import Final

from fastapi.exceptions import RequestValidationError
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.groups import Span, who_differs
from campaigns.reads import terms_in_force
from ledger.regions import Region

_HOW: Final = ("body", "terms", "together", "how")


async def refuse_another_way(db: AsyncSession, region: Region, spans: Iterable[Span]) -> None:
    """Raises malformed-request where these days of a draft overlap with a campaign that is
    approved, scheduled or live, and that says another `how` for the group.

    It is looked at again when its approval is asked for, and when it starts: others come meanwhile.
    """
    other_id = who_differs(spans, await terms_in_force(db, region.region_id, region.zone))
    if other_id is not None:
        says = (
            f"must be what campaign {other_id} says of this group, or the group another, or the"
            " days others"
        )
        raise RequestValidationError([{"type": "group_differs", "loc": _HOW, "msg": says}])
