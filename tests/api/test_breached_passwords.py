"""A password that leaked elsewhere is refused, and the service that knows it learns five digits."""

import logging
import threading
from collections.abc import AsyncIterator, Callable, Iterator
from dataclasses import dataclass, field
from hashlib import sha1
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import httpx
import pytest
from prometheus_client import REGISTRY

from access.breached_passwords import WITHIN_S
from access.posts import Reach
from tests.api.staff_office import PASSWORD, is_refused
from tests.api.staff_world import World, open_world
from tests.servers import Servers

DIGEST = sha1(PASSWORD.encode(), usedforsecurity=False).hexdigest().upper()
LEAKED = f"{'0' * 34}1:7\r\n{DIGEST[5:]}:42\r\n"


@dataclass
class RangeService:
    """What it answers, and what it was asked."""

    answer: Callable[[BaseHTTPRequestHandler], None]
    asked: list[tuple[str, str | None]] = field(default_factory=list)
    url: str = ""


def says(body: str, status: int = 200, **headers: str) -> Callable[[BaseHTTPRequestHandler], None]:
    def send(handler: BaseHTTPRequestHandler) -> None:
        handler.send_response(status)
        for name, value in headers.items():
            handler.send_header(name, value)
        handler.end_headers()
        handler.wfile.write(body.encode())

    return send


@pytest.fixture(scope="module")
def service() -> Iterator[RangeService]:
    """A range service on loopback."""
    service = RangeService(says(""))

    class Answers(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            service.asked.append((self.path, self.headers["add-padding"]))
            service.answer(self)

        def log_message(self, *_said: object) -> None:
            """Say nothing."""

    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    service.url = f"http://127.0.0.1:{server.server_port}/range"
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield service
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.fixture(scope="module")
async def world(servers: Servers, service: RangeService) -> AsyncIterator[World]:
    """One deployment for this file, which asks it."""
    async with open_world(servers, breached_passwords_url=service.url) as world:
        yield world


async def chooses(world: World, password: str = PASSWORD) -> httpx.Response:
    _, name, secret = await world.office.invited(Reach("admin", "desk"))
    said = {"secret": secret, "name": "花子", "password": password}
    return await world.office.post(f"invitations/{name}/acceptances", said)


def counted(outcome: str) -> float:
    name = "meguri_breached_password_checks_total"
    return REGISTRY.get_sample_value(name, {"outcome": outcome}) or 0.0


async def test_a_leaked_password_is_refused_and_five_digits_are_sent(
    world: World, service: RangeService
):
    service.answer, service.asked[:] = says(LEAKED), []
    told = await chooses(world)
    assert is_refused(told, "password-easily-guessed")
    assert told.json()["why"] == "breached"
    assert service.asked == [(f"/range/{DIGEST[:5]}", "true")]
    assert (await chooses(world, PASSWORD + "、きのう")).status_code == 200, "another one"


async def test_what_is_easily_guessed_is_not_asked_about(world: World, service: RangeService):
    service.asked[:] = []
    assert (await chooses(world, "passwordpassword")).json()["why"] == "common"
    assert service.asked == []


def hangs(_handler: BaseHTTPRequestHandler) -> None:
    """Answers nothing, for longer than anybody waits."""
    threading.Event().wait(WITHIN_S + 0.3)


@pytest.mark.parametrize(
    ("answer", "outcome"),
    [
        (says(f"{DIGEST[5:]}:0\r\n"), "clean"),
        (says(""), "clean"),
        (says(LEAKED, 503), "unknown"),
        (says(LEAKED, 302, location="/range/elsewhere"), "unknown"),
        (says(LEAKED + "0:1\r\n" * 200_000), "unknown"),
        (says("夕焼け"), "unknown"),
        (hangs, "unknown"),
    ],
    ids=["padding", "nothing", "away", "redirect", "huge", "garbage", "slow"],
)
async def test_who_gets_no_clear_answer_is_let_through(
    world: World,
    service: RangeService,
    answer: Callable[[BaseHTTPRequestHandler], None],
    outcome: str,
    caplog: pytest.LogCaptureFixture,
):
    service.answer, before = answer, counted(outcome)
    with caplog.at_level(logging.WARNING):
        assert (await chooses(world)).status_code == 200
    assert counted(outcome) == before + 1
    said = [line for line in caplog.messages if "breached passwords" in line]
    assert len(said) == (outcome == "unknown")
    assert not any(PASSWORD in line or DIGEST[:5] in line for line in caplog.messages)
