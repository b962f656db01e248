"""The region that anybody asks about without a token, so often from one address."""

from typing import Annotated

from fastapi import Path, Request

from api.admin_regions import REGION_UNKNOWN
from api.rate_limit import Quota, address_of
from api.state import state_of
from core.errors import Problem
from ledger.regions import Region

RegionCode = Annotated[str, Path(max_length=40, examples=["setagaya"])]


def public_region(request: Request, code: str, reads: Quota) -> Region:
    """Refuses the rate limit's 429, which is asked first, and region-unknown."""
    state = state_of(request)
    state.limiter.limit(request, reads, address_of(request))
    found = state.regions.find(code)
    if found is None:
        raise Problem(REGION_UNKNOWN)
    return found
