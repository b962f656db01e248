"""Where somebody signs in: the region that the address names, and the network that is asked from.

Nobody has a token yet, so requests count against their address.
"""

from ipaddress import IPv6Address, ip_address, ip_network
from typing import Annotated, Final

from fastapi import Depends, Path
from starlette.requests import HTTPConnection, Request

from api.admin_regions import REGION_UNKNOWN
from api.rate_limit import Quota, address_of
from api.state import state_of
from core.errors import Problem
from ledger.regions import Region

SIGN_INS: Final = Quota("sign-ins", 600, 60)
"""Per address: many people may share one."""


async def _region(
    request: Request, region: Annotated[str, Path(max_length=40, examples=["setagaya"])]
) -> Region:
    state = state_of(request)
    state.limiter.limit(request, SIGN_INS, address_of(request))
    found = await state.regions.look_for(region)
    if found is None:
        raise Problem(REGION_UNKNOWN)
    return found


SignInRegion = Annotated[Region, Depends(_region)]
"""The region of a route that begins with /v1/regions/{region}/sign-in. Refuses region-unknown."""


def network_of(connection: HTTPConnection) -> str:
    """The network that a request came from: an IPv4 /24, or an IPv6 /56, which a household has."""
    host = address_of(connection)
    try:
        address = ip_address(host)
    except ValueError:
        return host
    bits = 56 if isinstance(address, IPv6Address) else 24
    return str(ip_network(f"{address}/{bits}", strict=False))
