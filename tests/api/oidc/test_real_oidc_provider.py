"""Sign-in at a provider that others wrote (oidc-provider-mock, on Authlib), over real HTTP."""

import re
import subprocess
import sys
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import contextmanager
from typing import Any

import httpx
import pytest
from fastapi import FastAPI
from pydantic import SecretStr

from access.posts import Reach
from access.sessions import Home
from core.database import Database
from core.settings import Settings
from core.sign_in_settings import OidcProvider
from tests.api.probe import is_problem
from tests.api.staff_office import Office

PATH = "/v1/regions/setagaya/sign-in/oidc"
FRONT_END = "https://console.example.jp/signed-in"
HANAKO = "hanako@example.jp"
LISTENS = re.compile(r"http://127\.0\.0\.1:\d+")


@contextmanager
def real_provider() -> Iterator[str]:
    """The address of the provider, in a process of its own, on a port that is free."""
    command = [sys.executable, "-W", "ignore", "-m", "oidc_provider_mock", "--port", "0"]
    with subprocess.Popen(
        [*command, "--require-nonce"], stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    ) as process:
        assert process.stdout is not None
        try:
            yield _address(process.stdout)
        finally:
            process.terminate()


def _address(told: Any) -> str:
    for line in told:
        if found := LISTENS.search(line):
            # What it says further is read, or it would wait for a reader at some time.
            threading.Thread(target=told.read, daemon=True).start()
            return found[0]
    raise AssertionError("the provider did not start")


@pytest.fixture(scope="module")
def issuer() -> Iterator[str]:
    with real_provider() as address:
        yield address


@pytest.fixture
def settings(settings: Settings, issuer: str) -> Settings:
    own = OidcProvider(issuer=issuer, client_id="meguri", client_secret=SecretStr("a secret"))
    return settings.model_copy(
        update={
            "oidc_providers": {"setagaya": own},
            "public_url": "https://api.example.jp",
            "sign_in_page": FRONT_END,
        }
    )


@pytest.fixture
async def browser(app: FastAPI) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app, raise_app_exceptions=True)
    async with httpx.AsyncClient(transport=transport, base_url="https://api.example.jp") as client:
        yield client


async def signs_in_there(issuer: str, url: str, sub: str, **claims: Any) -> str:
    """Where the provider sends the browser after its form was filled in."""
    async with httpx.AsyncClient() as client:
        await client.put(f"{issuer}/users/{sub}", json=claims)
        answer = await client.post(url, data={"sub": sub})
    assert answer.status_code == 302, answer.text
    return answer.headers["location"]


async def test_somebody_signs_in_from_end_to_end(
    issuer: str, browser: httpx.AsyncClient, database: Database
):
    office = Office(browser, database, Home(1, "setagaya"))
    await office.invited(Reach("admin", "finance"), HANAKO)
    begun = (await browser.post(f"{PATH}/challenges", json={})).json()
    verified = {"email": HANAKO, "email_verified": True}
    back = await signs_in_there(issuer, begun["authorization_url"], "hanako", **verified)
    arrived = await browser.get(back)
    assert arrived.status_code == 303, arrived.text
    goes_on = httpx.URL(arrived.headers["location"])
    assert str(goes_on).startswith(f"{FRONT_END}?")
    assert goes_on.params["region"] == "setagaya"
    assert "ey" not in goes_on.params["code"][:2], "no token stands in an address"
    told = (await browser.post(PATH, json={"code": goes_on.params["code"]})).json()
    headers = {"Authorization": f"Bearer {told['tokens']['access_token']}"}
    books = await browser.get("/v1/admin/trial-balance", headers=headers)
    assert books.status_code == 200, books.text


async def test_somebody_without_an_invitation_stays_out(issuer: str, browser: httpx.AsyncClient):
    begun = (await browser.post(f"{PATH}/challenges", json={})).json()
    verified = {"email": "taro@example.jp", "email_verified": True}
    back = await signs_in_there(issuer, begun["authorization_url"], "taro", **verified)
    is_problem(await browser.get(back), 401, "oidc-refused")
