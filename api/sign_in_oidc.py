"""Staff and administrators sign in at the city's own OpenID Connect provider, and come back.

Three steps: the browser is sent there with a state of one use; it comes back with the provider's
code; what the code told becomes a code of ours, which is changed for tokens. Each step wants the
cookie of the browser that began, so nobody is signed in by a link of somebody else.
"""

import secrets
import time
from datetime import timedelta
from hashlib import sha256
from typing import Annotated, Any, Final
from urllib.parse import urlencode
from uuid import UUID

from fastapi import Query
from jwt.utils import base64url_encode
from pydantic import Field
from sqlalchemy.ext.asyncio import AsyncSession
from starlette.requests import Request
from starlette.responses import RedirectResponse

from access.challenges import Asked, Kind, answer, ask
from access.id_tokens import Expected, IdTokenRefusedError, KeyUnknownError, Upstream, read_id_token
from access.logins import Login, find_login
from access.post_choices import SignIn
from access.providers import CodeRefusedError, Provider, ProviderAwayError
from access.upstreams import login_of
from access.vault import Vault
from api.answers import Answer
from api.closed_route import ClosedRoute, v1_router
from api.device_tokens import DeviceToken
from api.envelope import add_header
from api.fields import Body, Uuid
from api.session_tokens import home_of
from api.sign_in_region import SignInRegion
from api.staff_fields import Client
from api.staff_signed_in import StaffSignedIn, staff_signed_in
from api.state import State, state_of
from core.errors import Problem, ProblemType, problem
from ledger.regions import Region

OIDC_NOT_OFFERED: Final = problem(
    "oidc-not-offered", 404, "This region has no provider to sign in at."
)
OIDC_REFUSED: Final = problem(
    "oidc-refused", 401, "This signs nobody in: begin again, or ask who invites to this region."
)
OIDC_UNAVAILABLE: Final = problem(
    "oidc-unavailable", 503, "The provider of this region does not answer as it should."
)

AWAY: Final = Kind("oidc sign-in", timedelta(minutes=10), 1)
ARRIVED: Final = Kind("oidc arrival", timedelta(minutes=2), 1)

COOKIE: Final = "__Host-meguri-sign-in"
_RETRY_S: Final = 10

Said = Annotated[str | None, Query(max_length=4096)]


class _Return(ClosedRoute):
    """Providers add what they like to the address of a return."""

    knows_every_name = False


router = v1_router("sign in")
comers = v1_router("sign in", _Return)


class OidcBody(Body):
    """Nothing: the region has one provider."""


class OidcBegun(Answer):
    """Where the browser signs in. It must keep the cookie of this answer."""

    authorization_url: str = Field(examples=["https://id.example.jp/authorize?response_type=code"])


class OidcSignInBody(Body):
    """The code of who came back, in the browser that it came back to."""

    code: str = Field(
        strict=True,
        max_length=100,
        pattern=r"^[0-9a-f-]{36}\.[A-Za-z0-9_-]{43}$",
        examples=["0192f0c1-2222-7000-8000-000000000001." + "c" * 43],
    )
    post_id: Uuid | None = None
    device_token: DeviceToken | None = None
    client: Client | None = None


class OidcArrived(Answer):
    """Somebody came back who may sign in: the code is for `signInByOidc`, once, in two minutes."""

    code: str = Field(examples=["0192f0c1-2222-7000-8000-000000000001." + "c" * 43])


@router.post(
    "/regions/{region}/sign-in/oidc/challenges",
    operation_id="beginOidcSignIn",
    summary="Begin to sign in at the city's provider",
)
async def begin(
    request: Request,
    region: SignInRegion,
    body: OidcBody,  # noqa: ARG001  an unknown member is refused
) -> OidcBegun:
    """The answer's cookie names this browser until the sign-in is over."""
    state, provider = state_of(request), _provider(request, region)
    try:
        page = await provider.page()
    except ProviderAwayError as error:
        raise Problem(OIDC_UNAVAILABLE, retry_after=_RETRY_S) from error
    browser, secret = secrets.token_urlsafe(32), secrets.token_urlsafe(32)
    async with state.database.transaction(region.region_id) as db:
        asked = await ask(db, region.region_id, state.vault, AWAY, f"{secret}.{browser}")
    _keep_cookie(request, browser, AWAY.lasts)
    verifier = _derived(state.vault, "oidc verifier", asked, browser)
    acr = {"acr_values": " ".join(provider.settings.acr)} if provider.settings.acr else {}
    url = provider.address(
        page,
        response_type="code",
        client_id=provider.settings.client_id,
        redirect_uri=_redirect_uri(state, region),
        scope="openid email profile",
        state=f"{asked}.{secret}",
        nonce=_derived(state.vault, "oidc nonce", asked, browser),
        code_challenge=base64url_encode(sha256(verifier.encode()).digest()).decode(),
        code_challenge_method="S256",
        **acr,
    )
    return OidcBegun(authorization_url=url)


@router.post(
    "/regions/{region}/sign-in/oidc",
    operation_id="signInByOidc",
    summary="Sign in by what the city's provider said",
)
async def sign_in(request: Request, region: SignInRegion, body: OidcSignInBody) -> StaffSignedIn:
    """Tokens, or a choice where several posts are held and no `post_id` names one."""
    state, home = state_of(request), home_of(region)
    browser = request.cookies.get(COOKIE, "")
    arrived, secret = _split(body.code)
    told: StaffSignedIn | ProblemType = OIDC_REFUSED
    async with state.database.transaction(region.region_id) as db:
        asked = await answer(
            db, region.region_id, state.vault, ARRIVED, arrived, f"{secret}.{browser}"
        )
        login = None if asked is None else await _active(db, region, asked)
        if asked is not None and login is not None:
            since = asked.made_at
            signed = SignIn(login.login_id, "oidc", since, client=body.client or "")
            told = await staff_signed_in(
                state, db, home, signed, post_id=body.post_id, device_token=body.device_token
            )
    if isinstance(told, ProblemType):
        raise Problem(told)
    return told


async def _active(db: AsyncSession, region: Region, asked: Asked) -> Login | None:
    assert asked.subject_id is not None
    login = await find_login(db, region.region_id, UUID(int=asked.subject_id.int))
    return login if login is not None and login.state == "active" else None


@comers.get(
    "/regions/{region}/sign-in/oidc/callback",
    operation_id="returnFromOidc",
    summary="Come back from the city's provider",
    response_model=OidcArrived,
)
async def come_back(
    request: Request,
    region: SignInRegion,
    code: Annotated[Said, Query(description="The provider's code.", examples=["a1b2"])] = None,
    state: Annotated[Said, Query(description="As it was sent there.", examples=["0192"])] = None,
    iss: Annotated[
        Said, Query(description="The issuer (RFC 9207).", examples=["https://id.example.jp"])
    ] = None,
) -> Any:
    """The browser is sent here by the provider. With a front end set, it goes on there."""
    parts, provider = state_of(request), _provider(request, region)
    asked, browser = await _answered(request, parts, region, state or "")
    who = await _who(parts, region, provider, asked, browser, (code, iss))
    async with parts.database.transaction(region.region_id) as db:
        login_id = await login_of(db, region.region_id, who, list(provider.settings.email_domains))
        if login_id is None:
            raise Problem(OIDC_REFUSED)
        secret = secrets.token_urlsafe(32)
        arrived = await ask(
            db, region.region_id, parts.vault, ARRIVED, f"{secret}.{browser}", subject_id=login_id
        )
    ours = f"{arrived}.{secret}"
    page = parts.settings.sign_in_page
    if page is None:
        return OidcArrived(code=ours)
    return RedirectResponse(f"{page}?{urlencode({'region': region.code, 'code': ours})}", 303)


async def _answered(
    request: Request, state: State, region: Region, given: str
) -> tuple[Asked, str]:
    """The sign-in that this browser began, and the browser. It is over now, whatever comes."""
    browser = request.cookies.get(COOKIE, "")
    challenge_id, secret = _split(given)
    async with state.database.transaction(region.region_id) as db:
        asked = await answer(
            db, region.region_id, state.vault, AWAY, challenge_id, f"{secret}.{browser}"
        )
    if asked is None or not browser:
        raise Problem(OIDC_REFUSED)
    return asked, browser


async def _who(
    state: State,
    region: Region,
    provider: Provider,
    asked: Asked,
    browser: str,
    said: tuple[str | None, str | None],
) -> Upstream:
    """Who signed in there. Raises oidc-refused and oidc-unavailable."""
    code, iss = said
    own = provider.settings
    expected = Expected(
        own.issuer,
        own.client_id,
        _derived(state.vault, "oidc nonce", asked.challenge_id, browser),
        frozenset(own.acr),
        frozenset(own.amr),
    )
    verifier = _derived(state.vault, "oidc verifier", asked.challenge_id, browser)
    try:
        page = await provider.page()
        if code is None or iss != (own.issuer if page.says_its_name or iss is not None else None):
            raise Problem(OIDC_REFUSED)
        changed = await provider.exchange(code, verifier, _redirect_uri(state, region))
        try:
            return _read(changed.id_token, await provider.keys(), expected, changed.access_token)
        except KeyUnknownError:
            keys = await provider.keys(anew=True)
            return _read(changed.id_token, keys, expected, changed.access_token)
    except (CodeRefusedError, IdTokenRefusedError) as error:
        raise Problem(OIDC_REFUSED) from error
    except ProviderAwayError as error:
        raise Problem(OIDC_UNAVAILABLE, retry_after=_RETRY_S) from error


def _read(
    token: str, keys: list[dict[str, Any]], expected: Expected, access_token: object
) -> Upstream:
    return read_id_token(token, keys, expected, access_token, time.time())


def _provider(request: Request, region: Region) -> Provider:
    provider = state_of(request).providers.of(region.code)
    if provider is None:
        raise Problem(OIDC_NOT_OFFERED)
    return provider


def _redirect_uri(state: State, region: Region) -> str:
    """Where the provider sends a browser back: fixed, and another one for each region."""
    return f"{state.settings.public_url}/v1/regions/{region.code}/sign-in/oidc/callback"


def _derived(vault: Vault, purpose: str, challenge_id: UUID, browser: str) -> str:
    """A secret of one sign-in in one browser, that is kept nowhere."""
    return base64url_encode(vault.mac(purpose, challenge_id.bytes, browser)).decode()


def _keep_cookie(request: Request, browser: str, lasts: timedelta) -> None:
    age = int(lasts.total_seconds())
    said = f"{COOKIE}={browser}; Path=/; Max-Age={age}; Secure; HttpOnly; SameSite=Lax"
    add_header(request, "set-cookie", said)


def _split(text: str) -> tuple[UUID, str]:
    """The id and the secret of `<id>.<secret>`; for anything else an id that nothing has."""
    name, _, secret = text.partition(".")
    try:
        return UUID(name), secret
    except ValueError:
        return UUID(int=0), secret
