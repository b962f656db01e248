"""Which address a webhook endpoint may have: by its text, and by what its name stands for."""

import re
from dataclasses import dataclass
from typing import Final, Literal

from access.public_addresses import AddressRefusedError, PublicAddresses
from core.errors import Problem, problem

WEBHOOK_ADDRESS_REFUSED: Final = problem(
    "webhook-address-refused", 422, "Webhooks are not sent to this address."
)

LONGEST: Final = 500
PORTS: Final = (443, 8443)
PATTERN: Final = (
    r"^https?://([A-Za-z0-9.-]{1,253}|\[[0-9A-Fa-f:.]{2,45}\])(:[0-9]{1,5})?"
    r"([/?][A-Za-z0-9._~:/?@!$&'()*+,;=%-]*)?$"
)
"""No user, no fragment, and a name in ASCII: what no two programs read in different ways."""

_PARTS: Final = re.compile(
    r"(?P<scheme>https?)://(?P<host>[^/?:\[]+|\[[^\]]+\])(?::(?P<port>\d+))?(?P<rest>.*)"
)
_LOOPBACK: Final = frozenset({"127.0.0.1", "[::1]", "localhost"})


@dataclass(frozen=True, slots=True)
class Target:
    """An address in its parts."""

    scheme: Literal["http", "https"]
    host: str
    port: int
    rest: str
    """Path and query."""

    @property
    def authority(self) -> str:
        """What stands in the Host header."""
        usual = 443 if self.scheme == "https" else 80
        return self.host if self.port == usual else f"{self.host}:{self.port}"

    @property
    def origin(self) -> str:
        """As RFC 6454 writes it."""
        return f"{self.scheme}://{self.authority}"

    @property
    def name(self) -> str:
        """The host as resolvers and certificates know it."""
        return self.host.strip("[]")


def target_of(url: str, *, allows_loopback: bool) -> Target:
    """The parts of an address that `PATTERN` fits.

    https at one of two ports; where loopback is allowed, this machine by http and any port too.
    Raises webhook-address-refused with `why`: `scheme` or `port`.
    """
    found = _PARTS.fullmatch(url)
    assert found is not None, "its shape was looked at"
    scheme: Literal["http", "https"] = "https" if found["scheme"] == "https" else "http"
    port = int(found["port"] or (443 if scheme == "https" else 80))
    target = Target(scheme, found["host"].lower(), port, _path(found["rest"]))
    if allows_loopback and target.host in _LOOPBACK and 0 < port < 65536:
        return target
    if scheme != "https":
        raise Problem(WEBHOOK_ADDRESS_REFUSED, why="scheme")
    if port not in PORTS:
        raise Problem(WEBHOOK_ADDRESS_REFUSED, why="port", ports=tuple(map(str, PORTS)))
    return target


async def check_url(addresses: PublicAddresses, url: str) -> None:
    """Refuse what nothing would be sent to: webhook-address-refused with `why`.

    `why` is `scheme`, `port`, `unresolved` or `private`. It is looked at again at each attempt.
    """
    target = target_of(url, allows_loopback=addresses.allows_loopback)
    try:
        await addresses.find(target.name, target.port)
    except AddressRefusedError as error:
        raise Problem(WEBHOOK_ADDRESS_REFUSED, why=error.why) from error


def _path(rest: str) -> str:
    return rest if rest.startswith("/") else f"/{rest}"
