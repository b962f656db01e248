"""The settings of signing in: passkeys, a provider of the city's own, breached passwords."""

import re
from typing import Annotated, Final, Literal, Self
from urllib.parse import urlsplit

from pydantic import (
    AfterValidator,
    BaseModel,
    ConfigDict,
    Field,
    SecretStr,
    model_validator,
)
from pydantic_settings import BaseSettings

_LOOPBACK: Final = frozenset({"localhost", "127.0.0.1", "::1"})
_DOMAIN: Final = r"^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$"
_ANDROID: Final = re.compile(r"android:apk-key-hash:[A-Za-z0-9_-]{43}")


def is_loopback(url: str) -> bool:
    """Whether a URL leads no further than this machine."""
    return urlsplit(url).hostname in _LOOPBACK


def _web(url: str) -> str:
    """A URL over TLS; without it only on this machine. No user, query or fragment stands in it."""
    parts = urlsplit(url)
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and is_loopback(url))
    if not is_safe or not parts.hostname or parts.username or parts.query or parts.fragment:
        raise ValueError("an https:// URL is needed, without a user, a query or a fragment")
    return url


def _without_end(url: str) -> str:
    return _web(url).rstrip("/")


def _origin(text: str) -> str:
    if not _ANDROID.fullmatch(text) and urlsplit(_web(text)).path.strip("/"):
        raise ValueError("an origin is https://host, or android:apk-key-hash:…")
    return text.rstrip("/")


Issuer = Annotated[str, Field(max_length=500), AfterValidator(_web)]
"""As it is written in each token, with or without a slash at its end."""
WebUrl = Annotated[str, Field(max_length=500), AfterValidator(_without_end)]
"""Where something is served; no slash at its end."""
Origin = Annotated[str, Field(max_length=300), AfterValidator(_origin)]
"""Of a page that may ask for passkeys, or of an Android app by the hash of its signing key."""
Domain = Annotated[str, Field(max_length=253, pattern=_DOMAIN)]
Code = Annotated[str, Field(min_length=1, max_length=200)]


class OidcProvider(BaseModel):
    """The OpenID Connect provider of one region: who works for the city signs in there."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    issuer: Issuer
    """As it names itself in `/.well-known/openid-configuration`."""
    client_id: Code
    """As whom the deployment is known there."""
    client_secret: SecretStr
    """What it shows to be that."""
    email_domains: list[Domain] = Field(default=[], max_length=50)
    """If any: only e-mail of these is believed when a login comes from there for the first time."""
    acr: list[Code] = Field(default=[], max_length=20)
    """Values of `acr` that stand for a second factor."""
    amr: list[Code] = Field(default=[], max_length=20)
    """Values of `amr` that do. Where `acr` or `amr` is set, whoever has none of them is refused."""
    hosts: list[Domain] = Field(default=[], max_length=10)
    """Further hosts that the issuer's own page may send us to for tokens and keys."""


class SignInSettings(BaseSettings):
    """What `core.settings.Settings` has of them."""

    public_url: WebUrl | None = None
    """Where this API is reached from outside: sign-in at other providers comes back there, and
    catalogues of open data and the feed of alerts name their files by it."""

    sign_in_page: WebUrl | None = None
    """Page of a front end that sign-in at another provider goes on with, by a code in its query."""

    oidc_providers: dict[str, OidcProvider] = Field(default={}, max_length=1000)
    """JSON object: code of a region -> its OpenID Connect provider, for all who work there."""

    passkey_rp_id: Domain | Literal[""] = ""
    """Domain that passkeys are made for. Once in use it never changes. Empty: there are none."""

    verifiers: dict[str, str] = Field(default={}, max_length=20)
    """JSON object: name of a provider that verifies people -> `module:object` of it."""

    passkey_name: str = Field(default="Meguri", min_length=1, max_length=64)
    """What people read when a passkey is made."""

    passkey_origins: list[Origin] = Field(default=[], max_length=20)
    """JSON list of the origins that may use them: pages, and Android apps by their key's hash."""

    breached_passwords_url: WebUrl | None = None
    """Range service of breached passwords: `<url>/<5 hex digits of a SHA-1>`. None: not asked."""

    @model_validator(mode="after")
    def _signing_in_is_whole(self) -> Self:
        if self.oidc_providers and self.public_url is None:
            raise ValueError("MEGURI_OIDC_PROVIDERS needs MEGURI_PUBLIC_URL beside it")
        if bool(self.passkey_rp_id) != bool(self.passkey_origins):
            raise ValueError("MEGURI_PASSKEY_RP_ID and MEGURI_PASSKEY_ORIGINS need each other")
        for origin in self.passkey_origins:
            host = urlsplit(origin).hostname
            if host not in {None, self.passkey_rp_id} and not str(host).endswith(
                f".{self.passkey_rp_id}"
            ):
                raise ValueError("MEGURI_PASSKEY_ORIGINS must be MEGURI_PASSKEY_RP_ID or below it")
        return self

    def refuse_plain(self) -> None:
        """Refuse addresses that are reached without TLS."""
        issuers = [provider.issuer for provider in self.oidc_providers.values()]
        urls = [
            *issuers, *self.passkey_origins, self.public_url, self.sign_in_page,
            self.breached_passwords_url,
        ]  # fmt: skip
        if any(url is not None and url.startswith("http://") for url in urls):
            raise ValueError("in production every address of signing in begins with https://")
