"""Recompute from the postings what sales were added up to."""

from collections.abc import Mapping
from typing import Final

from sqlalchemy.ext.asyncio import AsyncSession

from ledger.regions import Region
from ledger.verify import MOST_FAULTS, Check
from merchants.recompute_sales import differences


async def _added_up(session: AsyncSession, region: Region) -> list[str]:
    return (await differences(session, region))[:MOST_FAULTS]


SALES: Final[Mapping[str, Check]] = {"sales are added up as the postings say": _added_up}
