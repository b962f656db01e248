"""What a browser does that signs in at the city's provider."""

from typing import Any

import httpx

from tests.api.oidc.city_provider import CityProvider

PATH = "/v1/regions/setagaya/sign-in/oidc"
HANAKO = "hanako@example.jp"


async def begun(browser: httpx.AsyncClient) -> str:
    """Where the browser is sent."""
    answer = await browser.post(f"{PATH}/challenges", json={})
    assert answer.status_code == 200, answer.text
    return str(answer.json()["authorization_url"])


async def comes_back(
    browser: httpx.AsyncClient, provider: CityProvider, sub: str = "hanako", **claims: Any
) -> httpx.Response:
    """It goes there, somebody signs in, and it comes back."""
    query = provider.sign_in(await begun(browser), sub, **claims)
    return await browser.get(f"{PATH}/callback", params=query)
