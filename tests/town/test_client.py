"""The client on a line that loses requests and replies, delays, and refuses for a while."""

import base64
import hashlib
import hmac
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime

import httpx
import pytest

from town.client import Client, UnreachableError, sign
from town.wire import Call


class Line(httpx.AsyncBaseTransport):
    """The outside world between client and server: does to each request what its script says.

    `lost` fails before the server saw it, `unanswered` after, a number is the status it answers.
    """

    def __init__(self, *script: str | int) -> None:
        self.script = list(script)
        self.arrived: list[httpx.Request] = []

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        what = self.script.pop(0)
        if what == "lost":
            raise httpx.ConnectError("no way there", request=request)
        self.arrived.append(request)
        if what == "unanswered":
            raise httpx.ReadError("the reply was lost", request=request)
        assert isinstance(what, int)
        if what >= 400:
            problem = {"type": f"/problems/slug-{what}", "status": what}
            headers = {"content-type": "application/problem+json"}
            if what in (429, 503):
                headers["retry-after"] = "0"
            return httpx.Response(what, json=problem, headers=headers)
        replayed = "true" if len(self.arrived) > 1 else "false"
        return httpx.Response(what, json={"ok": True}, headers={"idempotent-replay": replayed})


@asynccontextmanager
async def client_on(line: Line) -> AsyncIterator[Client]:
    async with httpx.AsyncClient(transport=line, base_url="http://town.test") as http:
        yield Client(http, b"secret")


PAY = Call("PUT", "/v1/payments/1", b'{"amount_yen":1}', "token")


async def test_a_lost_reply_is_asked_for_again_with_the_same_request() -> None:
    line = Line("unanswered", 201)
    async with client_on(line) as client:
        answer = await client.send(PAY)
    assert (answer.status, answer.replayed, answer.attempts) == (201, True, 2)
    first, second = line.arrived
    assert (first.url, first.content) == (second.url, second.content)
    assert client.lost == 1


async def test_a_request_that_never_arrived_is_sent_again() -> None:
    line = Line("lost", "lost", 201)
    async with client_on(line) as client:
        assert (await client.send(PAY)).status == 201


@pytest.mark.parametrize("status", [429, 503])
async def test_a_busy_server_is_asked_again_after_the_pause_it_wants(status: int) -> None:
    async with client_on(Line(status, status, 201)) as client:
        assert (await client.send(PAY)).attempts == 3


@pytest.mark.parametrize("status", [401, 403, 404, 409, 422, 500])
async def test_a_refusal_is_an_answer(status: int) -> None:
    async with client_on(Line(status)) as client:
        answer = await client.send(PAY)
    assert (answer.status, answer.slug, answer.attempts) == (status, f"slug-{status}", 1)


async def test_silence_is_given_up_by_name() -> None:
    async with client_on(Line(*[503] * 6)) as client:
        with pytest.raises(UnreachableError, match="/v1/payments/1"):
            await client.send(PAY)


async def test_the_token_travels_in_its_header() -> None:
    line = Line(201)
    async with client_on(line) as client:
        await client.send(PAY)
    assert line.arrived[0].headers["authorization"] == "Bearer token"


def test_a_signature_is_that_of_standard_webhooks() -> None:
    at = datetime(2026, 4, 1, 3, 0, 0, 999_000, tzinfo=UTC)
    headers = sign(b"secret", "msg_1", at, b'{"a":1}')
    seconds = headers["webhook-timestamp"]
    assert seconds == str(int(datetime(2026, 4, 1, 3, tzinfo=UTC).timestamp()))
    expected = hmac.new(b"secret", f'msg_1.{seconds}.{{"a":1}}'.encode(), hashlib.sha256)
    assert headers["webhook-signature"] == "v1," + base64.b64encode(expected.digest()).decode()


async def test_a_forged_webhook_is_signed_with_another_secret() -> None:
    line = Line(200, 401)
    call = Call("POST", "/v1/webhooks/top-ups/x", json.dumps({"a": 1}).encode())
    async with client_on(line) as client:
        await client.deliver(call, "msg_1")
        await client.deliver(call, "msg_1", forged=True)
    honest, forged = (request.headers["webhook-signature"] for request in line.arrived)
    assert honest != forged
