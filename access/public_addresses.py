"""Addresses of the public internet: all that this program connects to for somebody outside.

Whoever names an address that we then call could name one inside our own network. So a name is
resolved here, what it stands for is looked at, and the caller connects to that very address: a
name that stands for another one a moment later changes nothing.
"""

import asyncio
import socket
from concurrent.futures import ThreadPoolExecutor
from ipaddress import IPv4Address, IPv6Address, ip_address, ip_network
from typing import Final, Literal

RESOLVE_WITHIN_S: Final = 3.0
_AT_ONCE: Final = 16

# IANA's registries of special purpose, IPv4 and IPv6: written out, since what Python calls global
# differs by its release.
_NOT_PUBLIC_V4: Final = tuple(
    ip_network(block)
    for block in (
        "0.0.0.0/8", "10.0.0.0/8", "100.64.0.0/10", "127.0.0.0/8", "169.254.0.0/16",
        "172.16.0.0/12", "192.0.0.0/24", "192.0.2.0/24", "192.31.196.0/24", "192.52.193.0/24",
        "192.88.99.0/24", "192.168.0.0/16", "192.175.48.0/24", "198.18.0.0/15",
        "198.51.100.0/24", "203.0.113.0/24", "224.0.0.0/4", "240.0.0.0/4",
    )
)  # fmt: skip
_PUBLIC_V6: Final = ip_network("2000::/3")
"""All else of IPv6 is local, mapped from IPv4, translated to it, multicast or not given out."""
_NOT_PUBLIC_V6: Final = tuple(
    ip_network(block)
    for block in (
        "2001::/23", "2001:db8::/32", "2002::/16", "2620:4f:8000::/48", "3ffe::/16", "3fff::/20",
    )
)  # fmt: skip


class AddressRefusedError(Exception):
    """The name stands for nothing that may be connected to; `why` is a code."""

    def __init__(self, why: Literal["unresolved", "private"]) -> None:
        super().__init__(why)
        self.why = why


class PublicAddresses:
    """Resolves names for one process. Its threads are its own: slow names hold nobody else up."""

    def __init__(
        self, *, allows_loopback: bool = False, within_s: float = RESOLVE_WITHIN_S
    ) -> None:
        self.within_s = within_s
        self.allows_loopback = allows_loopback
        """For demo and tests alone: this machine's own addresses pass too."""
        self._threads = ThreadPoolExecutor(_AT_ONCE, thread_name_prefix="resolver")

    def close(self) -> None:
        """Begin no more; what is being asked is not waited for."""
        self._threads.shutdown(wait=False, cancel_futures=True)

    async def find(self, host: str, port: int) -> str:
        """The address that `host` stands for. Connect to it, not to the name.

        Raises AddressRefusedError if it stands for nothing within three seconds, or if any one of
        its addresses is not public.
        """
        found = await self.resolve(host, port)
        if not found:
            raise AddressRefusedError("unresolved")
        for address in found:
            if not self._may_be_called(address):
                raise AddressRefusedError("private")
        # Not every network has a way to IPv6.
        return min(found, key=lambda address: ":" in address)

    async def resolve(self, host: str, port: int) -> list[str]:
        """All addresses of a name, as the system knows them; none if there are none in time."""
        ask = asyncio.get_running_loop().run_in_executor(
            self._threads, socket.getaddrinfo, host, port, 0, socket.SOCK_STREAM
        )
        try:
            async with asyncio.timeout(self.within_s):
                rows = await ask
        except (OSError, UnicodeError):  # TimeoutError is an OSError
            return []
        return list(dict.fromkeys(str(row[4][0]) for row in rows))

    def _may_be_called(self, address: str) -> bool:
        return is_public(address) or (self.allows_loopback and ip_address(address).is_loopback)


def is_public(address: str) -> bool:
    """Whether an address (IPv4, or IPv6 without brackets) is one of the public internet."""
    try:
        found = ip_address(address)
    except ValueError:
        return False
    if isinstance(found, IPv4Address):
        return not any(found in block for block in _NOT_PUBLIC_V4)
    return _is_public_v6(found)


def _is_public_v6(address: IPv6Address) -> bool:
    is_given_out = address in _PUBLIC_V6 and address.scope_id is None
    return is_given_out and not any(address in block for block in _NOT_PUBLIC_V6)
