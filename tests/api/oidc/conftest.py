"""An app whose region has a provider that a test can make answer wrongly, and a browser."""

from collections.abc import AsyncIterator, Iterator

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from access.sessions import Home
from core.database import Database
from core.settings import Settings
from core.sign_in_settings import OidcProvider
from tests.api.oidc.browsing import HANAKO
from tests.api.oidc.city_provider import CityProvider, running_provider
from tests.api.staff_office import Office


@pytest.fixture
def provider() -> Iterator[CityProvider]:
    """The provider of setagaya, where Hanako has an account."""
    with running_provider() as provider:
        provider.claims = {"email": HANAKO, "name": "世田谷 花子"}
        yield provider


@pytest.fixture
def settings(settings: Settings, provider: CityProvider) -> Settings:
    """A deployment that knows it."""
    own = OidcProvider(
        issuer=provider.issuer, client_id=provider.client_id,
        client_secret=SecretStr(provider.secret), email_domains=["example.jp"],
    )  # fmt: skip
    said = {"oidc_providers": {"setagaya": own}, "public_url": "https://api.example.jp"}
    return settings.model_copy(update=said)


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    """A browser that keeps its cookies, over TLS as it must be."""
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.example.jp") as client:
        yield client


@pytest.fixture
def office(browser: httpx.AsyncClient, database: Database) -> Office:
    """Who invites."""
    return Office(browser, database, Home(1, "setagaya"))
