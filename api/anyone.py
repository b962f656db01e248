"""Anyone who is signed in: what all faces do alike is asked with a token of whichever face."""

from dataclasses import dataclass
from typing import Annotated, Final
from uuid import UUID
from zoneinfo import ZoneInfo

from fastapi import Depends
from fastapi.openapi.models import HTTPBearer
from starlette.requests import Request

from access.sessions import Face, Home
from api.claims import WAITING_SCOPE
from api.identity import SCOPE_MISSING, Bearer
from api.session_tokens import OPERATORS, home_of
from api.state import State
from api.tokens import WRONG_FACE, Identity
from core.errors import Problem
from core.revocations import EVERYWHERE

FACES: Final[tuple[Face, ...]] = ("resident", "merchant", "admin")
UTC_ZONE: Final = ZoneInfo("UTC")


@dataclass(frozen=True, slots=True)
class AnyIdentity:
    """Who is signed in, on whichever face."""

    face: Face
    subject_id: UUID
    session_id: UUID | None
    """The sign-in that the token descends from, if it does."""
    home: Home
    zone: ZoneInfo
    role: str | None
    """Of the post; residents have none."""

    @property
    def actor(self) -> str:
        """How the ledger names who did it."""
        return f"{self.face}:{self.subject_id}"


class AnyBearer(Bearer):
    """Takes a token of any face, unless a device that still waits is all that it comes from."""

    def __init__(self) -> None:
        super().__init__("resident")
        said = "A token of any face: resident, merchant or admin (JWT, ES256)."
        self.model = HTTPBearer(bearerFormat="JWT", description=said)
        self.scheme_name = "any"

    async def who(self, request: Request) -> AnyIdentity:
        """Raises what `found` raises, but for wrong-face."""
        state, identity = await self.found(request)
        if identity.scope == {WAITING_SCOPE}:
            raise Problem(SCOPE_MISSING, scopes=())
        claims = identity.claims
        if identity.region_id == EVERYWHERE:
            return AnyIdentity(claims.aud, claims.sub, claims.fam, OPERATORS, UTC_ZONE, claims.role)
        region = state.regions.find(claims.region)
        assert region is not None
        home = home_of(region)
        return AnyIdentity(claims.aud, claims.sub, claims.fam, home, region.zone, claims.role)

    def believed(self, state: State, token: str) -> Identity:
        """The identity of a token of whichever face."""
        for face in FACES[:-1]:
            try:
                return state.tokens.verify(token, face)
            except Problem as refused:
                if refused.type is not WRONG_FACE:
                    raise
        return state.tokens.verify(token, FACES[-1])


Anyone = Annotated[AnyIdentity, Depends(AnyBearer())]
"""Whoever is signed in."""
