"""Who is asking: dependencies that turn a bearer token into the identity of one face.

    async def pay(resident: Annotated[ResidentIdentity, resident("pay")], ...): ...
    async def refund(staff: Annotated[MerchantIdentity, merchant("refund")], ...): ...
    async def close(finance: Annotated[AdminIdentity, administrator("finance")], ...): ...

Each counts the request against its subject's quota. `api.closed_route` asks it before anything
else is read of the request; the dependency then finds the answer there. Nothing here is a `yield`
dependency: such a one would run its last lines after the answer was sent.
"""

from abc import ABC, abstractmethod
from dataclasses import dataclass
from typing import Annotated, Any, Final
from uuid import UUID

from fastapi import Depends
from fastapi.dependencies.models import Dependant
from fastapi.openapi.models import HTTPBearer
from fastapi.security.base import SecurityBase
from starlette.requests import Request

from api.claims import Face
from api.fields import REGION_ID
from api.rate_limit import Quota, address_of
from api.state import State, state_of
from api.tokens import TOKEN_INVALID, TOKEN_MISSING, Identity, RegionNotKnownError, name_of
from core.database import CITY_ROLE
from core.errors import Problem, problem
from ledger.regions import Region

SCOPE_MISSING: Final = problem("scope-missing", 403, "This token does not allow that.")
ROLE_MISSING: Final = problem("role-missing", 403, "Your role does not allow that.")

QUOTAS: Final[dict[Face, Quota]] = {
    "resident": Quota("resident", 240, 60),
    "merchant": Quota("merchant", 1200, 60),
    "admin": Quota("admin", 600, 60),
}
"""Per subject of a token; a till that is shared by a store's staff is one subject."""
NOBODY: Final = Quota("no-valid-token", 1200, 60)
"""Per address. Many may share one, and none of their valid tokens is ever refused for it."""
SPENT: Final = Quota("spent-token", 120, 60)
"""Per token that is expired, revoked or of another face: whoever holds it, from any address."""


@dataclass(frozen=True, slots=True)
class ResidentIdentity:
    """A resident: the person, in one region."""

    person_id: UUID
    region: Region
    session_id: UUID | None = None
    """The sign-in that the token descends from, if it does."""

    @property
    def actor(self) -> str:
        """How the ledger names who did it."""
        return f"resident:{self.person_id}"


@dataclass(frozen=True, slots=True)
class MerchantIdentity:
    """Staff of a merchant. `stores` None means every store of it."""

    staff_id: UUID
    merchant_id: UUID
    role: str
    stores: frozenset[UUID] | None
    region: Region

    @property
    def actor(self) -> str:
        """How the ledger names who did it."""
        return f"merchant:{self.staff_id}"

    def may_act_for(self, store_id: UUID) -> bool:
        """Whether this token reaches a store; that it is the merchant's own is known elsewhere."""
        return self.stores is None or store_id in self.stores


@dataclass(frozen=True, slots=True)
class AdminIdentity:
    """An administrator of one region, in one role."""

    admin_id: UUID
    role: str
    region: Region

    @property
    def actor(self) -> str:
        """How the ledger names who did it."""
        return f"admin:{self.admin_id}"

    @property
    def database_role(self) -> str | None:
        """As whom PostgreSQL runs this administrator's queries; None is the application's role."""
        return CITY_ROLE if self.role in _SEE_NO_PERSON else None


@dataclass(frozen=True, slots=True)
class OperatorIdentity:
    """Who runs the deployment. Belongs to no region and sees into none."""

    admin_id: UUID

    @property
    def actor(self) -> str:
        """How the ledger names who did it."""
        return f"admin:{self.admin_id}"


class Bearer(SecurityBase, ABC):
    """What all faces share; FastAPI reads `model` and `scheme_name` for the OpenAPI page."""

    def __init__(
        self, face: Face, scopes: tuple[str, ...] = (), roles: tuple[str, ...] = ()
    ) -> None:
        self.face = face
        self.scopes = frozenset(scopes)
        self.roles = frozenset(roles)
        self.model = HTTPBearer(bearerFormat="JWT", description=_DESCRIPTIONS[face])
        self.scheme_name = face

    async def __call__(self, request: Request) -> Any:
        """Whose token it is; asked once a request, before its route reads anything else of it."""
        who = request.scope.get(_WHO)
        if who is None:
            who = request.scope[_WHO] = await self.who(request)
        return who

    @abstractmethod
    async def who(self, request: Request) -> Any:
        """The identity of this face; raises what `found` raises."""

    async def found(self, request: Request) -> tuple[State, Identity]:
        """401, 403 or 503 as `api.tokens` says; scope-missing, role-missing; then 429."""
        state = state_of(request)
        try:
            identity = await self._verified(request, state)
        except Problem as refused:
            _count(request, state, refused)
            raise
        state.limiter.limit(request, QUOTAS[identity.claims.aud], str(identity.claims.sub))
        if self.roles and identity.claims.role not in self.roles:
            raise Problem(ROLE_MISSING, roles=tuple(sorted(self.roles)))
        scopes = self.scopes_for(request.method)
        if not scopes <= identity.scope:
            raise Problem(SCOPE_MISSING, scopes=tuple(sorted(scopes)))
        return state, identity

    async def _verified(self, request: Request, state: State) -> Identity:
        token = _bearer_token(request)
        try:
            return self.believed(state, token)
        except RegionNotKnownError:  # another process may have opened it just now
            await state.regions.look_again()
        return self.believed(state, token)

    def believed(self, state: State, token: str) -> Identity:
        """What the token says, if it is to be believed and of the wanted face."""
        return state.tokens.verify(token, self.face)

    def scopes_for(self, method: str) -> frozenset[str]:
        """What the token must have among its scopes."""
        assert method
        return self.scopes


class _ResidentBearer(Bearer):
    async def who(self, request: Request) -> ResidentIdentity:
        state, identity = await self.found(request)
        region = _region(request, state, identity)
        return ResidentIdentity(identity.claims.sub, region, identity.claims.fam)


class _MerchantBearer(Bearer):
    async def who(self, request: Request) -> MerchantIdentity:
        state, identity = await self.found(request)
        claims = identity.claims
        assert claims.merchant is not None
        assert claims.role is not None
        region = _region(request, state, identity)
        return MerchantIdentity(claims.sub, claims.merchant, claims.role, claims.stores, region)


class _OfficeBearer(Bearer):
    def scopes_for(self, method: str) -> frozenset[str]:
        """An administrator's role says where, and the scope whether more than looking."""
        return _LOOKING if method in _LOOKS else _ACTING


class _AdminBearer(_OfficeBearer):
    async def who(self, request: Request) -> AdminIdentity:
        state, identity = await self.found(request)
        claims = identity.claims
        assert claims.role is not None
        return AdminIdentity(claims.sub, claims.role, _region(request, state, identity))


class _OperatorBearer(_OfficeBearer):
    async def who(self, request: Request) -> OperatorIdentity:
        _, identity = await self.found(request)
        return OperatorIdentity(identity.claims.sub)


_WHO: Final = "meguri.who"
_LOOKS: Final = frozenset({"GET", "HEAD"})
_LOOKING: Final = frozenset({"admin:read"})
_ACTING: Final = frozenset({"admin:write"})
_DESCRIPTIONS: Final[dict[Face, str]] = {
    "resident": "A resident's token (JWT, ES256, aud resident).",
    "merchant": "A token of a merchant's staff or terminal (JWT, ES256, aud merchant).",
    "admin": "An administrator's token (JWT, ES256, aud admin).",
}
_SEE_NO_PERSON: Final = frozenset({"campaigns", "city"})
"""Roles whose queries run as a role of PostgreSQL that no person can be seen by."""
_REGIONAL_ROLES: Final = ("campaigns", "approver", "finance", "desk", "city", "auditor")


def resident(*scopes: str) -> Any:
    """A resident whose token has these scopes: stands in Annotated[ResidentIdentity, ...]."""
    return Depends(_ResidentBearer("resident", scopes))


def merchant(*scopes: str, roles: tuple[str, ...] = ()) -> Any:
    """Staff whose token has these scopes, and one of these roles if any are named."""
    return Depends(_MerchantBearer("merchant", scopes, roles))


def administrator(*roles: str) -> Any:
    """An administrator of a region in one of these roles; in any of them if none is named."""
    assert set(roles) <= set(_REGIONAL_ROLES), roles
    return Depends(_AdminBearer("admin", roles=roles or _REGIONAL_ROLES))


def operator() -> Any:
    """An operator of the deployment."""
    return Depends(_OperatorBearer("admin", roles=("operator",)))


Resident = Annotated[ResidentIdentity, resident("wallet:read")]
"""A resident who looks."""
Operator = Annotated[OperatorIdentity, operator()]


def bearer_of(dependant: Dependant) -> Bearer | None:
    """The check of a token among what a route depends on; a route has one of them, or none."""
    check: object = dependant.call
    own = [check] if isinstance(check, Bearer) else []
    found = {*own, *filter(None, map(bearer_of, dependant.dependencies))}
    assert len(found) <= 1, "a request has one identity"
    return next(iter(found), None)


def _count(request: Request, state: State, refused: Problem) -> None:
    """Count a token that was refused, so that none is tried without end; 429 when it is too often.

    What was never ours counts against the address it comes from. What once was counts against the
    token itself: nobody else at that address is to hear 429 instead of token-expired.
    """
    if refused.type in {TOKEN_MISSING, TOKEN_INVALID}:
        state.limiter.limit(request, NOBODY, address_of(request))
    elif refused.type.status in {401, 403}:
        state.limiter.limit(request, SPENT, name_of(_bearer_token(request)).hex())


def _bearer_token(request: Request) -> str:
    given = request.headers.getlist("authorization")
    if not given:
        raise Problem(TOKEN_MISSING)
    scheme, _, token = given[0].partition(" ")
    if scheme.lower() != "bearer":
        raise Problem(TOKEN_MISSING)
    if len(given) > 1 or not token:
        raise Problem(TOKEN_INVALID)
    return token


def _region(request: Request, state: State, identity: Identity) -> Region:
    """The region as it is named and set now; a token believed earlier may outlive its region."""
    region = state.regions.find(identity.claims.region)
    if region is None:
        raise Problem(TOKEN_INVALID)
    request.scope[REGION_ID] = region.region_id
    return region
