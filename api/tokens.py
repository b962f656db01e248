"""Tokens: issue one, and believe one only after every check.

The cost of a signature is paid once a token: what was verified is kept until it expires, under
the SHA-256 of the token and never the token itself. Everything that can change meanwhile (time,
keys, revocation, the wanted face) is checked each time. Verifying waits for nothing.
"""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from hashlib import sha256
from typing import Final, Protocol
from uuid import UUID, uuid4

import jwt
from jwt.types import Options
from pydantic import ValidationError

from api.claims import ALL_REGIONS, Claims, Face, scopes_of
from api.key_file import Keys
from api.keys import ALGORITHM
from core.errors import Problem, problem
from core.revocations import EVERYWHERE, Revocations

TOKEN_MISSING: Final = problem("token-missing", 401, "A bearer token is needed.")
TOKEN_INVALID: Final = problem("token-invalid", 401, "This token is not valid.")
TOKEN_EXPIRED: Final = problem("token-expired", 401, "This token has expired.")
WRONG_FACE: Final = problem("wrong-face", 403, "This token is for another side of the API.")

CHALLENGES: Final = {
    "token-missing": "Bearer",
    "token-invalid": 'Bearer error="invalid_token"',
    "token-expired": 'Bearer error="invalid_token"',
    "token-revoked": 'Bearer error="invalid_token"',
    "scope-missing": 'Bearer error="insufficient_scope"',
}
"""What WWW-Authenticate says beside each of these problems (RFC 6750)."""

DEFAULT_TTL_S: Final = 300
LEEWAY_S: Final = 5
"""How far the clocks of two machines of one deployment may be apart."""
LONGEST_TOKEN: Final = 8192
MOST_REMEMBERED: Final = 16_384

_SIGNATURE_ONLY: Final[Options] = {
    # The claims are checked here, each time and not once.
    "verify_exp": False,
    "verify_nbf": False,
    "verify_iat": False,
    "verify_aud": False,
    "verify_iss": False,
}

ClaimValue = str | int | UUID | list[str] | list[UUID]


class RegionNotKnownError(Problem):
    """The token is one of ours, of a region that this process has not read: it may be new."""

    def __init__(self) -> None:
        super().__init__(TOKEN_INVALID)


class Regions(Protocol):
    """Tells the number of a region from its code; None for a code that is unknown."""

    def id_of(self, code: str) -> int | None: ...


@dataclass(frozen=True, slots=True)
class Identity:
    """A token that was believed: its claims, and the number of its region (0: all regions)."""

    claims: Claims
    kid: str
    region_id: int
    scope: frozenset[str]


def issue(
    keys: Keys,
    face: Face,
    sub: UUID,
    region: str,
    scope: str = "",
    ttl_s: int = DEFAULT_TTL_S,
    at: int | None = None,
    **claims: ClaimValue,
) -> str:
    """A signed token of `ttl_s` seconds (at most 900) for `sub`, from `at` (Unix seconds; now).

    `scope` narrows it to some of its face's scopes; without one it may all that its role may.
    `claims` are those of the face: merchant, role, stores, fam. What does not belong to it, or
    lives too long, is a bug: pydantic.ValidationError.
    """
    now = int(time.time()) if at is None else at
    role = claims.get("role")
    said = {
        "iss": keys.issuer,
        "aud": face,
        "sub": str(sub),
        "region": region,
        "scope": scope or " ".join(scopes_of(face, role if isinstance(role, str) else None)),
        "jti": str(uuid4()),
        "iat": now,
        "exp": now + ttl_s,
    }
    checked = Claims.model_validate(said | claims)
    key = keys.ring.signer(time.time())
    return jwt.encode(
        checked.model_dump(mode="json", exclude_none=True),
        key.private,
        algorithm=ALGORITHM,
        headers={"kid": key.kid},
    )


def name_of(token: str) -> bytes:
    """By what a token is remembered and counted; it cannot be made into the token again."""
    return sha256(token.encode("utf-8", "surrogatepass")).digest()


class TokenVerifier:
    """Believes tokens of this deployment's keys, and remembers which signatures were right."""

    def __init__(
        self,
        keys: Keys,
        regions: Regions,
        revocations: Revocations,
        *,
        capacity: int = MOST_REMEMBERED,
        wall_clock: Callable[[], float] = time.time,
    ) -> None:
        """Tokens live in real time, also in a demo town whose own clock runs faster."""
        assert capacity >= 1
        self._keys = keys
        self._regions = regions
        self._revocations = revocations
        self._capacity = capacity
        self._wall_clock = wall_clock
        self._believed: OrderedDict[bytes, Identity] = OrderedDict()

    def verify(self, token: str, audience: Face) -> Identity:
        """Who holds `token`. Raises 401 token-invalid, token-expired, token-revoked, 403
        wrong-face, 503 revocations-unknown; all but the last say that trying again is no use, and
        so does a RegionNotKnownError once the regions were read again.
        """
        if len(token) > LONGEST_TOKEN:
            raise Problem(TOKEN_INVALID)
        now = self._wall_clock()
        name = name_of(token)
        identity = self._believed.get(name)
        if identity is None:
            identity = self._check_signature(token, now)
            self._check_times(identity.claims, now)
            self._remember(name, identity)
        else:
            self._believed.move_to_end(name)
            self._check_again(name, identity, now)
        claims = identity.claims
        self._revocations.check(
            identity.region_id,
            jti=claims.jti,
            sub=claims.sub,
            family=claims.fam,
            issued_at=claims.iat,
        )
        if claims.aud != audience:
            raise Problem(WRONG_FACE, face=audience)
        return identity

    def _check_signature(self, token: str, now: float) -> Identity:
        try:
            kid = jwt.get_unverified_header(token).get("kid", "")
            public = self._keys.ring.verifier(kid, now)
            if public is None:
                raise Problem(TOKEN_INVALID)
            said = jwt.decode(token, public, algorithms=[ALGORITHM], options=_SIGNATURE_ONLY)
            claims = Claims.model_validate(said)
        except (jwt.PyJWTError, ValidationError) as error:
            raise Problem(TOKEN_INVALID) from error
        if claims.iss != self._keys.issuer:
            raise Problem(TOKEN_INVALID)
        region_id = self._region_id(claims.region)
        return Identity(claims, kid, region_id, frozenset(claims.scope.split()))

    def _region_id(self, code: str) -> int:
        if code == ALL_REGIONS:
            return EVERYWHERE
        region_id = self._regions.id_of(code)
        if region_id is None:
            raise RegionNotKnownError
        return region_id

    def _check_again(self, name: bytes, identity: Identity, now: float) -> None:
        if now >= identity.claims.exp + LEEWAY_S:
            del self._believed[name]
            raise Problem(TOKEN_EXPIRED)
        if self._keys.ring.verifier(identity.kid, now) is None:
            del self._believed[name]
            raise Problem(TOKEN_INVALID)

    def _check_times(self, claims: Claims, now: float) -> None:
        if now >= claims.exp + LEEWAY_S:
            raise Problem(TOKEN_EXPIRED)
        if max(claims.iat, claims.nbf or 0) > now + LEEWAY_S:
            raise Problem(TOKEN_INVALID)

    def _remember(self, name: bytes, identity: Identity) -> None:
        self._believed[name] = identity
        if len(self._believed) > self._capacity:
            self._believed.popitem(last=False)
