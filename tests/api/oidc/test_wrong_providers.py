"""A provider that answers as none does: nothing is believed, awaited or followed."""

import gzip
import json
import time
from typing import Any

import httpx
import pytest
from cryptography.hazmat.primitives.asymmetric import ec

from access.posts import Reach
from access.providers import MOST_BYTES
from tests.api.oidc.browsing import HANAKO, PATH, comes_back
from tests.api.oidc.city_provider import CityProvider, send
from tests.api.probe import is_problem
from tests.api.staff_office import Office

PAGE = "/.well-known/openid-configuration"
DESK = Reach("admin", "desk")


async def test_new_keys_are_looked_for_but_not_without_end(
    office: Office, provider: CityProvider, browser: httpx.AsyncClient
):
    await office.invited(DESK, HANAKO)
    assert (await comes_back(browser, provider)).status_code == 200
    provider.key, provider.kid = ec.generate_private_key(ec.SECP256R1()), "two"
    for _ in range(3):
        await comes_back(browser, provider)
    assert provider.asked.count("/keys") == 1, "the first ones are some seconds old"
    assert provider.asked.count(PAGE) == 1


def gzipped(handler: Any) -> None:
    send(handler, 200, gzip.compress(b" " * 10**7), content_encoding="gzip")


def huge(handler: Any) -> None:
    body = json.dumps({"issuer": "x" * (MOST_BYTES + 1)}).encode()
    send(handler, 200, body)


def elsewhere(handler: Any) -> None:
    send(handler, 302, b"{}", location="/other")


WRONG_ANSWERS = {
    "a redirect": elsewhere,
    "a huge answer": huge,
    "a compressed one": gzipped,
    "no JSON": lambda handler: send(handler, 200, b"<html>"),
    "no object": lambda handler: send(handler, 200, b"[]"),
    "a bug": lambda handler: send(handler, 500, b"{}"),
    "nothing": lambda handler: handler.connection.close(),
}


@pytest.mark.parametrize("what", WRONG_ANSWERS)
@pytest.mark.parametrize("path", [PAGE, "/token", "/keys"])
async def test_a_provider_that_does_not_answer_as_one_is_away(
    office: Office, provider: CityProvider, browser: httpx.AsyncClient, path: str, what: str
):
    await office.invited(DESK, HANAKO)
    provider.sends[path] = WRONG_ANSWERS[what]
    answer = await browser.post(f"{PATH}/challenges", json={})
    if path != PAGE:
        query = provider.sign_in(answer.json()["authorization_url"])
        answer = await browser.get(f"{PATH}/callback", params=query)
    is_problem(answer, 503, "oidc-unavailable")
    assert answer.headers["retry-after"] == "10"
    assert "/other" not in provider.asked, "no redirect is followed"


@pytest.mark.parametrize(
    "page",
    [
        {"issuer": "https://evil.example"},
        {"token_endpoint": "http://169.254.169.254/token"},
        {"jwks_uri": "http://127.0.0.1:1/keys"},
        {"authorization_endpoint": "https://evil.example/authorize"},
        {"token_endpoint": "file:///etc/passwd"},
        {"jwks_uri": None},
    ],
    ids=str,
)
async def test_a_page_leads_to_no_other_host(
    provider: CityProvider, browser: httpx.AsyncClient, page: dict[str, Any]
):
    provider.page = page
    answer = await browser.post(f"{PATH}/challenges", json={})
    is_problem(answer, 503, "oidc-unavailable")
    assert provider.asked == [PAGE]


async def test_a_provider_that_drips_is_not_waited_for(
    provider: CityProvider, browser: httpx.AsyncClient
):
    def drip(handler: Any) -> None:
        handler.send_response(200)
        handler.send_header("content-length", "100000")
        handler.end_headers()
        try:
            while True:
                handler.wfile.write(b" ")
                time.sleep(0.2)
        except OSError:
            return

    provider.sends[PAGE] = drip
    is_problem(await browser.post(f"{PATH}/challenges", json={}), 503, "oidc-unavailable")
    is_problem(await browser.post(f"{PATH}/challenges", json={}), 503, "oidc-unavailable")
    assert provider.asked == [PAGE], "nobody waits a second time at once"


async def test_a_region_without_a_provider_says_so(
    browser: httpx.AsyncClient, provider: CityProvider, second_region: Any
):
    path = PATH.replace("setagaya", "tsubame")
    is_problem(await browser.post(f"{path}/challenges", json={}), 404, "oidc-not-offered")
    is_problem(await browser.get(f"{path}/callback"), 404, "oidc-not-offered")
