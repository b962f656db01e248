"""Whoever finds no place is turned away at once, unread; and every place comes back."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final
from uuid import UUID, uuid4

import asyncpg
import pytest

from api.metrics import turned_away
from api.places import Places, give_back
from api.state import State
from api.tokens import issue
from core.settings import Settings
from ledger.engine import BUSY
from tests.api.phone import qr_of
from tests.api.server import serving
from tests.api.shop import feed_of
from tests.town_builder import Store, Town, Wallet, new_id

MOST: Final = 2
SURPLUS: Final = 6
Answer = tuple[int, dict[str, str], dict[str, Any]]


@dataclass
class Caller:
    """A connection to the server."""

    reader: asyncio.StreamReader
    writer: asyncio.StreamWriter

    def send(self, line: str, *headers: str, body: bytes = b"") -> None:
        """Send a request, or so much of it."""
        lines = [f"{line} HTTP/1.1", "Host: meguri.test", *headers, "", ""]
        self.writer.write("\r\n".join(lines).encode() + body)

    async def answer(self) -> Answer:
        """Status, headers and body of the next answer."""
        head = (await self.reader.readuntil(b"\r\n\r\n")).decode().splitlines()
        headers = dict(line.lower().split(": ", 1) for line in head[1:] if line)
        content = await self.reader.readexactly(int(headers["content-length"]))
        told = json.loads(content) if "json" in headers["content-type"] else {}
        return int(head[0].split()[1]), headers, told

    async def asked(self, line: str, *headers: str) -> int:
        """The status of the answer to a request without a body."""
        self.send(line, *headers)
        return (await self.answer())[0]


@dataclass
class Counter:
    """A process with two places, one who pays there, and what holds up payments."""

    url: str
    state: State
    town: Town
    wallet: Wallet
    store: Store

    @asynccontextmanager
    async def caller(self) -> AsyncIterator[Caller]:
        """A new connection."""
        port = int(self.url.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        try:
            yield Caller(reader, writer)
        finally:
            writer.close()

    @asynccontextmanager
    async def held_up(self) -> AsyncIterator[None]:
        """Nothing moves in the region meanwhile."""
        superuser = await asyncpg.connect(self.town.place.superuser_url)
        try:
            async with superuser.transaction():
                await superuser.execute("SELECT FROM ledger.head FOR UPDATE")
                yield
        finally:
            await superuser.close()

    @property
    def bearer(self) -> str:
        """The token of who pays."""
        sub = self.wallet.person_id
        return f"Authorization: Bearer {issue(self.state.keys, 'resident', sub, 'setagaya')}"

    def pay(self, caller: Caller, payment_id: UUID, *more: str) -> None:
        """Send a payment of one yen."""
        wish = {"wallet_id": str(self.wallet.wallet_id), "qr": qr_of(self.store), "amount_yen": 1}
        body = json.dumps(wish).encode()
        length = f"Content-Length: {len(body)}"
        json_type = "Content-Type: application/json"
        line = f"PUT /v1/payments/{payment_id}"
        caller.send(line, self.bearer, json_type, length, *more, body=body)

    async def until_taken(self, count: int) -> None:
        """Wait until so many places are taken."""
        async with asyncio.timeout(20):
            while len(self.state.places) != count:
                await asyncio.sleep(0.005)


@pytest.fixture
async def counter(settings: Settings, town: Town) -> AsyncIterator[Counter]:
    """A served process, where whoever waits keeps the place for as long as it takes."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 1000)
    with serving(settings.model_copy(update={"requests_at_once": MOST})) as (url, app):
        state: State = app.state.meguri
        state.places.longest_held_s = 3600
        yield Counter(url, state, town, wallet, store)


@asynccontextmanager
async def full(counter: Counter) -> AsyncIterator[list[tuple[UUID, Caller]]]:
    """Payments that are under way have all places; they go on when the block ends."""
    async with AsyncExitStack() as open_still:
        async with counter.held_up():
            waiting = [
                (new_id(), await open_still.enter_async_context(counter.caller()))
                for _ in range(MOST)
            ]
            for payment_id, caller in waiting:
                counter.pay(caller, payment_id)
            await counter.until_taken(MOST)
            yield waiting
        for payment_id, caller in waiting:
            status, _, told = await caller.answer()
            assert (status, told["payment_id"]) == (201, str(payment_id))
    await counter.until_taken(0)


def is_busy(answer: Answer) -> bool:
    """Whether it is the problem that the engine tells too, as every other problem is told."""
    status, headers, told = answer
    if status != 503:
        return False
    assert headers["content-type"] == "application/problem+json"
    assert (headers["retry-after"], headers["cache-control"]) == ("1", "no-store")
    assert "date" in headers
    assert told == {
        "type": "/problems/busy",
        "title": BUSY.title,
        "status": 503,
        "instance": f"urn:uuid:{UUID(headers['request-id'])}",
    }
    return True


async def test_the_surplus_is_turned_away_while_others_are_worked_on(counter: Counter):
    before = turned_away._value.get()
    async with full(counter), counter.caller() as caller:
        refused = [new_id() for _ in range(SURPLUS)]
        for payment_id in refused:
            counter.pay(caller, payment_id)
            assert is_busy(await caller.answer())
        for path in ("/healthz", "/readyz", "/metrics"):
            assert await caller.asked(f"GET {path}") == 200
        assert turned_away._value.get() - before == SURPLUS
    async with counter.caller() as caller:
        for payment_id in refused:
            assert await caller.asked(f"GET /v1/payments/{payment_id}", counter.bearer) == 404
        counter.pay(caller, refused[0])
        assert (await caller.answer())[0] == 201


async def test_who_is_turned_away_is_answered_as_http_wants_it(counter: Counter):
    line, length = f"PUT /v1/payments/{new_id()}", "Content-Length: 10"
    async with full(counter), counter.caller() as caller, counter.caller() as other:
        caller.send(line, length, body=b"12345")
        assert is_busy(await caller.answer())
        caller.writer.write(b"67890")  # the rest of a body that nobody reads
        caller.send("HEAD /v1/wallets")
        head = await caller.reader.readuntil(b"\r\n\r\n")
        assert head.startswith(b"HTTP/1.1 503 ")
        caller.send(line, "Transfer-Encoding: chunked", body=b"3\r\nabc\r\n0\r\n\r\n")
        assert is_busy(await caller.answer())
        caller.send(line, length, "Connection: close")
        answer = await caller.answer()
        assert is_busy(answer)
        assert answer[1]["connection"] == "close"
        other.send(line, length, "Expect: 100-continue")
        assert is_busy(await other.answer())
        assert (await caller.reader.read(), await other.reader.read()) == (b"", b"")


async def test_answers_come_in_the_order_of_requests_also_without_a_place(counter: Counter):
    async with full(counter) as waiting:
        first, caller = waiting[0]
        second = new_id()
        counter.pay(caller, second)
        await counter.until_taken(MOST + 1)
        waiting.append((second, caller))
        assert first != second


async def test_who_hangs_up_leaves_the_place_when_the_work_is_done(counter: Counter):
    payments = [new_id() for _ in range(MOST)]
    async with counter.held_up():
        for payment_id in payments:
            async with counter.caller() as caller:
                counter.pay(caller, payment_id)
                await caller.writer.drain()
        await counter.until_taken(MOST)
        async with counter.caller() as caller:
            counter.pay(caller, new_id())
            assert is_busy(await caller.answer())
    await counter.until_taken(0)
    async with counter.caller() as caller:
        for payment_id in payments:
            assert await caller.asked(f"GET /v1/payments/{payment_id}", counter.bearer) == 200


async def test_a_body_that_does_not_come_takes_no_place(counter: Counter):
    async with AsyncExitStack() as open_still:
        dripping = [await open_still.enter_async_context(counter.caller()) for _ in range(SURPLUS)]
        for caller in dripping:
            line = f"PUT /v1/payments/{new_id()}"
            caller.send(line, counter.bearer, "Content-Length: 2", body=b"{")
        async with counter.caller() as caller:
            assert await caller.asked("GET /v1/wallets", counter.bearer) == 200
        dripping[0].writer.write(b"}")
        assert (await dripping[0].answer())[0] == 415
        await counter.until_taken(0)
    async with counter.caller() as caller:
        assert await caller.asked("GET /v1/wallets", counter.bearer) == 200


async def test_an_error_gives_the_place_back(counter: Counter):
    async with counter.caller() as caller:
        for line, status in (
            ("GET /v1/wallets", 401),
            ("GET /nothing/here", 404),
            ("DELETE /healthz", 405),
            (f"PUT /v1/payments/{uuid4()}", 401),
        ) * MOST:
            assert await caller.asked(line) == status
    await counter.until_taken(0)


async def test_a_feed_takes_no_place_once_it_has_begun(counter: Counter):
    store = counter.store
    token = issue(
        counter.state.keys, "merchant", store.staff_id, "setagaya",
        merchant=store.merchant_id, role="owner",
    )  # fmt: skip
    async with AsyncExitStack() as open_still:
        for _ in range(2 * MOST):
            caller = await open_still.enter_async_context(counter.caller())
            caller.send(f"GET {feed_of(store)}", f"Authorization: Bearer {token}")
            assert (await caller.reader.readline()).startswith(b"HTTP/1.1 200")
        await counter.until_taken(0)
        async with counter.caller() as caller:
            assert await caller.asked("GET /v1/wallets", counter.bearer) == 200


def test_a_place_that_is_held_for_too_long_is_free_for_others():
    places = Places(MOST)
    scopes: list[dict[str, Any]] = [{}, {}, {}]
    for scope in scopes[:MOST]:
        places.take(scope)
    assert places.are_taken()
    places.longest_held_s = 0
    assert not places.are_taken()
    places.longest_held_s = 3600
    places.take(scopes[MOST])
    for scope in scopes:
        give_back(scope)
        give_back(scope)
    assert len(places) == 0
