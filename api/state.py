"""What one process of the API holds while it runs, made by the lifespan of `api.app`."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import cast

from fastapi import Request
from redis.asyncio import Redis

from access.breached_passwords import BreachedPasswords
from access.providers import Providers
from access.public_addresses import PublicAddresses
from access.vault import Vault
from api.boards import Boards
from api.closing import Closing
from api.engines import Engines
from api.key_file import Keys
from api.packages import Packages
from api.places import Places
from api.rate_limit import RateLimiter
from api.regions import RegionDirectory
from api.screens import Screens
from api.tokens import TokenVerifier
from core.clock import Clock
from core.database import Database
from core.revocations import Revocations
from core.settings import Settings
from residents.verifiers import Verifier


@dataclass(frozen=True, slots=True)
class State:
    """The parts that routes reach through `state_of(request)`."""

    settings: Settings
    database: Database
    redis: Redis
    clock: Clock
    keys: Keys
    vault: Vault
    verifiers: Mapping[str, Verifier]
    providers: Providers
    breached_passwords: BreachedPasswords
    addresses: PublicAddresses
    regions: RegionDirectory
    revocations: Revocations
    tokens: TokenVerifier
    limiter: RateLimiter
    engines: Engines
    screens: Screens
    boards: Boards
    packages: Packages
    closing: Closing
    places: Places


def state_of(request: Request) -> State:
    """The state of the process that serves `request`."""
    return cast(State, request.app.state.meguri)
