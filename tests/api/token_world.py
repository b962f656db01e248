"""Keys, a verifier and a clock set by hand, for tests of tokens."""

import time
from collections.abc import Callable
from typing import Any
from uuid import uuid4

import jwt
import pytest

from api.claims import Face
from api.key_file import Keys
from api.keys import KeyRing, new_key, write_ring
from api.tokens import TokenVerifier, issue
from core.errors import Problem
from core.revocations import Revocations

SUB = uuid4()
SHOP = uuid4()


class OneRegion:
    """The regions of a deployment that has one."""

    def __init__(self) -> None:
        self.codes = {"tsubame": 7}

    def id_of(self, code: str) -> int | None:
        return self.codes.get(code)


class Hand:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = float(int(time.time()))

    def __call__(self) -> float:
        return self.now


def fresh_revocations() -> Revocations:
    revocations = Revocations()
    revocations._fresh_at = time.monotonic()
    return revocations


class World:
    """Keys, a verifier and a clock of one test."""

    def __init__(self, capacity: int = 100) -> None:
        self.clock = Hand()
        self.keys = Keys("meguri", write_ring(KeyRing([new_key(int(self.clock.now) - 100)])))
        self.revocations = fresh_revocations()
        self.regions = OneRegion()
        self.verifier = TokenVerifier(
            self.keys, self.regions, self.revocations, capacity=capacity, wall_clock=self.clock
        )

    def token(self, **said: Any) -> str:
        said.setdefault("region", "tsubame")
        return issue(self.keys, "resident", SUB, at=int(self.clock.now), **said)

    def forged(
        self, change: Callable[[dict[str, Any]], None] = lambda _: None, **header: Any
    ) -> str:
        """A token that the right key signed, though `issue` would not have made it."""
        claims = jwt.decode(self.token(), options={"verify_signature": False})
        change(claims)
        key = self.keys.ring.signer(self.clock.now)
        return jwt.encode(claims, key.private, "ES256", headers={"kid": key.kid} | header)

    def refused(self, token: str, face: Face = "resident") -> str:
        with pytest.raises(Problem) as refusal:
            self.verifier.verify(token, face)
        return refusal.value.type.slug
