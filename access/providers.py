"""The OpenID Connect providers of regions, asked over HTTPS: where to, for which code, which keys.

Asked is nobody but the configured issuer's host, and those that are configured beside it. Every
answer has a size and a time, is JSON, and redirects are not followed.
"""

import asyncio
import time
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final
from urllib.parse import urlencode, urlsplit

import httpx
import orjson

from access.outside import UnreadableAnswerError, client_of_outside, read_within
from core.sign_in_settings import OidcProvider

WITHIN_S: Final = 5.0
"""How long a provider has for one whole answer."""
MOST_BYTES: Final = 256 * 1024
MOST_KEYS: Final = 100
PAGE_LASTS_S: Final = 3600.0
KEYS_LAST_S: Final = 600.0
PAUSE_S: Final = 30.0
"""How often at most keys are looked for anew because a token names one that is not known."""
REST_S: Final = 3.0
"""How long a provider is left alone that did not answer."""

_BASIC: Final = "client_secret_basic"
_POST: Final = "client_secret_post"


class ProviderAwayError(Exception):
    """The provider does not answer, or not as a provider does. Later it may."""


class CodeRefusedError(Exception):
    """The provider did not take the code."""


@dataclass(frozen=True, slots=True)
class Page:
    """What a provider says of itself (OpenID Connect Discovery 1.0, section 3)."""

    authorization_endpoint: str
    token_endpoint: str
    jwks_uri: str
    says_its_name: bool
    """Whether each answer must name the issuer (RFC 9207)."""
    secret_by_post: bool


@dataclass(frozen=True, slots=True)
class Exchanged:
    """What a code was changed for."""

    id_token: str
    access_token: object


class Provider:
    """One provider, with what it said lately."""

    def __init__(self, settings: OidcProvider, client: httpx.AsyncClient) -> None:
        self.settings = settings
        self._client = client
        self._hosts = {urlsplit(settings.issuer).netloc, *settings.hosts}
        self._turn = asyncio.Lock()
        self._page: tuple[float, Page] | None = None
        self._keys: tuple[float, list[dict[str, Any]]] | None = None
        self._asked_again_from = 0.0

    async def page(self) -> Page:
        """What it says of itself, no older than an hour. Raises ProviderAwayError."""
        async with self._turn:
            if self._page is None or time.monotonic() - self._page[0] > PAGE_LASTS_S:
                self._page = time.monotonic(), await self._read_page()
            return self._page[1]

    async def keys(self, *, anew: bool = False) -> list[dict[str, Any]]:
        """Its keys, no older than ten minutes; `anew`, than half a minute. ProviderAwayError."""
        page = await self.page()
        async with self._turn:
            oldest = PAUSE_S if anew else KEYS_LAST_S
            if self._keys is None or time.monotonic() - self._keys[0] > oldest:
                said = await self._look(page.jwks_uri)
                self._keys = time.monotonic(), _jwks(said)
            return self._keys[1]

    def address(self, page: Page, **asked: str) -> str:
        """Where a browser signs in: the authorization endpoint, with what is asked there."""
        joint = "&" if urlsplit(page.authorization_endpoint).query else "?"
        return f"{page.authorization_endpoint}{joint}{urlencode(asked)}"

    async def exchange(self, code: str, verifier: str, redirect_uri: str) -> Exchanged:
        """Change a code for tokens. Raises CodeRefusedError and ProviderAwayError."""
        page, own = await self.page(), self.settings
        form = {
            "grant_type": "authorization_code",
            "code": code,
            "code_verifier": verifier,
            "redirect_uri": redirect_uri,
        }
        secret = own.client_secret.get_secret_value()
        auth = None if page.secret_by_post else httpx.BasicAuth(_form(own.client_id), _form(secret))
        if page.secret_by_post:
            form |= {"client_id": own.client_id, "client_secret": secret}
        request = self._client.build_request("POST", page.token_endpoint, data=form)
        said = await self._ask(request, auth)
        id_token = said.get("id_token")
        if not isinstance(id_token, str):
            raise CodeRefusedError
        return Exchanged(id_token, said.get("access_token"))

    async def _read_page(self) -> Page:
        url = f"{self.settings.issuer.rstrip('/')}/.well-known/openid-configuration"
        said = await self._look(url)
        if said.get("issuer") != self.settings.issuer:
            raise ProviderAwayError("the page of another issuer")
        methods = said.get("token_endpoint_auth_methods_supported", [_BASIC])
        if not isinstance(methods, list):
            raise ProviderAwayError("no list of methods")
        return Page(
            self._own_url(said, "authorization_endpoint"),
            self._own_url(said, "token_endpoint"),
            self._own_url(said, "jwks_uri"),
            said.get("authorization_response_iss_parameter_supported") is True,
            _BASIC not in methods and _POST in methods,
        )

    async def _look(self, url: str) -> dict[str, Any]:
        """One page. After one that did not come, nobody waits for another one for some seconds."""
        if time.monotonic() < self._asked_again_from:
            raise ProviderAwayError("it did not answer just now")
        try:
            return await self._ask(self._client.build_request("GET", url))
        except ProviderAwayError:
            self._asked_again_from = time.monotonic() + REST_S
            raise

    def _own_url(self, said: dict[str, Any], name: str) -> str:
        """An address of the page, on a host that is configured, and over TLS as the issuer's is."""
        url = said.get(name)
        if isinstance(url, str) and len(url) <= 1000:
            parts, issuer = urlsplit(url), urlsplit(self.settings.issuer)
            if parts.scheme == issuer.scheme and parts.netloc in self._hosts:
                return url
        raise ProviderAwayError(f"no {name} on a host that is configured")

    async def _ask(
        self, request: httpx.Request, auth: httpx.BasicAuth | None = None
    ) -> dict[str, Any]:
        try:
            async with asyncio.timeout(WITHIN_S):
                status, raw = await self._answer(request, auth)
        except (TimeoutError, httpx.HTTPError) as error:
            raise ProviderAwayError("no answer") from error
        except UnreadableAnswerError as error:
            raise ProviderAwayError(str(error)) from error
        if status in {400, 401} and request.method == "POST":
            raise CodeRefusedError
        if status != httpx.codes.OK:
            raise ProviderAwayError(f"it answers {status}")
        return _object(raw)

    async def _answer(
        self, request: httpx.Request, auth: httpx.BasicAuth | None
    ) -> tuple[int, bytes]:
        """Status and body; what is longer than it may be is not read to its end."""
        answer = await self._client.send(request, auth=auth, stream=True)
        try:
            return answer.status_code, await read_within(answer, MOST_BYTES)
        finally:
            await answer.aclose()


class Providers:
    """The providers of all regions that have one."""

    def __init__(self, settings: Mapping[str, OidcProvider]) -> None:
        self._own: dict[str, Provider] = {}
        self._client: httpx.AsyncClient | None = None
        if settings:  # the authorities whom it trusts are megabytes, and take a while to read
            client = self._client = client_of_outside(WITHIN_S, 20, {"accept": "application/json"})
            self._own = {code: Provider(each, client) for code, each in settings.items()}

    def of(self, region_code: str) -> Provider | None:
        """The provider of a region, if it has one."""
        return self._own.get(region_code)

    async def close(self) -> None:
        """End all connections."""
        if self._client is not None:
            await self._client.aclose()


def _object(raw: bytes) -> dict[str, Any]:
    try:
        said = orjson.loads(raw)
    except orjson.JSONDecodeError as error:
        raise ProviderAwayError("no JSON") from error
    if not isinstance(said, dict):
        raise ProviderAwayError("no object")
    return said


def _jwks(said: dict[str, Any]) -> list[dict[str, Any]]:
    keys = said.get("keys")
    if not isinstance(keys, list) or len(keys) > MOST_KEYS:
        raise ProviderAwayError("no keys")
    return [key for key in keys if isinstance(key, dict)]


def _form(text: str) -> str:
    """As RFC 6749, 2.3.1 wants id and secret encoded before they become Basic."""
    return urlencode({"": text})[1:]
