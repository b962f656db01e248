"""HEAD: what GET would answer, without the content."""

import httpx
import pytest
from fastapi import FastAPI
from fastapi.routing import APIRoute

from core.settings import Settings
from ledger.regions import Region
from tests.api.phone import phone_of
from tests.api.server import serving
from tests.conftest import Token
from tests.town_builder import Town, new_id

OF_ONE_ANSWER = {"request-id", "ratelimit"}


def said(answer: httpx.Response) -> dict[str, str]:
    """The headers that do not differ from one answer to the next."""
    return {name: value for name, value in answer.headers.items() if name not in OF_ONE_ANSWER}


PATHS = ["/", "/docs", "/docs/begin.js", "/healthz", "/openapi.json", "/problems/token-missing"]


@pytest.mark.parametrize("path", [*PATHS, "/v1/wallets", "/nowhere"])
async def test_head_is_get_without_its_content(client: httpx.AsyncClient, path: str):
    get, head = await client.get(path), await client.head(path)
    assert (head.status_code, said(head)) == (get.status_code, said(get))
    assert path == "/openapi.json" or head.content == b"", "the framework's own"


async def test_the_same_token_and_the_same_quota_are_needed(
    town: Town, app_client: httpx.AsyncClient, token: Token
):
    phone = phone_of(app_client, token, await town.open_wallet())
    left = ""
    for path, status in (
        (f"/v1/wallets/{phone.wallet.wallet_id}", 200),
        (f"/v1/wallets/{new_id()}", 404),
        ("/v1/wallets?limit=0", 422),
    ):
        head = await app_client.head(path, headers=phone.headers)
        assert (head.status_code, head.content) == (status, b"")
        assert head.headers["ratelimit-policy"] == '"resident";q=240;w=60'
        left = head.headers["ratelimit"]
    assert left.startswith('"resident";r=237')


async def test_every_get_has_its_head_but_the_feed(app: FastAPI, app_client: httpx.AsyncClient):
    gets = {r.path for r in app.routes if isinstance(r, APIRoute) and "GET" in (r.methods or ())}
    for path in sorted(gets):
        answer = await app_client.request("TRACE", path.replace("{", "").replace("}", ""))
        has_head = "HEAD" in answer.headers["allow"].split(", ")
        assert has_head == (path != "/v1/stores/{store_id}/feed"), path


def test_a_server_keeps_the_connection_after_head(settings: Settings, region: Region):
    with serving(settings) as (url, _), httpx.Client(base_url=url) as client:
        for path in ("/healthz", "/v1/wallets", "/docs/swagger-ui.css"):
            assert client.head(path).headers["content-length"] != "0"
            assert client.get("/healthz").json() == {"status": "ok"}
