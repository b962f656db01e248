"""Forgeries are limited by address; what is genuine from the same address never is."""

from uuid import uuid4

import httpx
import pytest
from fastapi import FastAPI

from api.identity import NOBODY, SPENT
from api.state import State
from tests.api.probe import is_problem
from tests.api.provider import succeeded, tell
from tests.conftest import PROVIDER, Token
from tests.town_builder import Town

OTHER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


async def test_forgeries_of_one_address_are_limited_and_signed_deliveries_never(
    town: Town, app_client: httpx.AsyncClient
):
    event = succeeded((await town.open_wallet()).wallet_id)
    forged = [await tell(app_client, event, secret=OTHER_SECRET) for _ in range(60)]
    assert {answer.status_code for answer in forged} == {401}
    assert (await tell(app_client, event)).status_code == 200
    limited = await tell(app_client, event, secret=OTHER_SECRET)
    is_problem(limited, 429, "too-many-requests")
    assert int(limited.headers["retry-after"]) >= 1
    assert limited.headers["ratelimit-policy"] == '"unsigned-webhooks";q=60;w=60'
    is_problem(await tell(app_client, event, "nobody"), 429, "too-many-requests")
    for _ in range(70):
        assert (await tell(app_client, event)).status_code == 200


async def test_tokens_that_are_none_are_limited_and_good_ones_never(
    app: FastAPI, app_client: httpx.AsyncClient, token: Token
):
    state: State = app.state.meguri
    for _ in range(NOBODY.requests - 1):
        assert state.limiter.take(NOBODY, "127.0.0.1") >= 0
    good, forged = token("resident"), f"{token('resident')[:-6]}AAAAAA"
    expired = token("resident", at=1_700_000_000)
    is_problem(await _ask(app_client, forged), 401, "token-invalid")
    limited = await _ask(app_client, forged)
    is_problem(limited, 429, "too-many-requests")
    assert int(limited.headers["retry-after"]) >= 1
    is_problem(await _ask(app_client, expired), 401, "token-expired")
    for person in (good, token("resident", sub=uuid4())):
        assert (await _ask(app_client, person)).status_code == 200


async def test_a_missing_token_counts_too_and_a_spent_one_counts_for_itself_alone(
    app: FastAPI, app_client: httpx.AsyncClient, token: Token
):
    state: State = app.state.meguri
    for _ in range(NOBODY.requests - 1):
        assert state.limiter.take(NOBODY, "127.0.0.1") >= 0
    is_problem(await app_client.get("/v1/wallets?x=1"), 401, "token-missing")
    is_problem(await app_client.get("/v1/wallets?x=1"), 429, "too-many-requests")
    expired, other = (token("resident", at=1_700_000_000) for _ in range(2))
    asked = 0  # on a slow machine some of the quota grows back meanwhile
    while (answer := await _ask(app_client, expired)).status_code == 401 and asked < 5_000:
        is_problem(answer, 401, "token-expired")
        asked += 1
    is_problem(answer, 429, "too-many-requests")
    assert asked >= SPENT.requests
    is_problem(await _ask(app_client, other), 401, "token-expired")
    assert (await _ask(app_client, token("resident"))).status_code == 200


@pytest.mark.parametrize("content", [b"{", b"", b'{"type": "x"}'])
async def test_deliveries_without_any_signature_are_limited_whatever_they_hold(
    app_client: httpx.AsyncClient, content: bytes
):
    path, headers = f"/v1/webhooks/top-ups/{PROVIDER}", {"Content-Type": "application/json"}
    for _ in range(60):
        answer = await app_client.post(path, content=content, headers=headers)
        is_problem(answer, 422, "malformed-request")
    answer = await app_client.post(path, content=content, headers=headers)
    is_problem(answer, 429, "too-many-requests")


async def _ask(client: httpx.AsyncClient, token: str) -> httpx.Response:
    return await client.get("/v1/wallets", headers={"Authorization": f"Bearer {token}"})
