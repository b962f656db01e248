"""One webhook on its way, to a receiver in another process that fails in every way."""

import asyncio
import ssl
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import httpx
import pytest
from standardwebhooks import Webhook, WebhookVerificationError

from access.public_addresses import PublicAddresses
from core.ids import uuid7
from merchants.mark_webhook import LONGEST_REST
from merchants.webhook_outbox import Taken
from merchants.webhook_secret import new_secret, shown
from merchants.webhook_url import Target
from tests.worker.webhook_side import NAME, Receiver
from worker.carry_webhook import WebhookCarrier, _why, webhook_client

BODY = '{"type":"ping","timestamp":"2026-11-22T12:34:56.789+09:00","data":{}}'
DAY_S = int(LONGEST_REST.total_seconds())
SECRET, OTHER = new_secret(), new_secret()


class Told(PublicAddresses):
    """A name server that answers as it is told to, another time in another way."""

    def __init__(self, *answers: str, allows_loopback: bool = True) -> None:
        super().__init__(allows_loopback=allows_loopback)
        self.answers = list(answers)

    async def resolve(self, host: str, port: int) -> list[str]:
        """The next answer, and in the end the last one for ever."""
        return [self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]]


@pytest.fixture(scope="module")
async def carrier() -> AsyncIterator[WebhookCarrier]:
    """A carrier that may call this machine, and waits a second."""
    async with webhook_client() as client:
        yield WebhookCarrier(client, PublicAddresses(allows_loopback=True), deadline_s=1)


def one() -> Taken:
    return Taken(uuid7(datetime.now(UTC)), BODY, 1, 1, datetime.now(UTC))


async def test_what_arrives_is_signed_as_the_standard_says(
    carrier: WebhookCarrier, receiver: Receiver
):
    taken = one()
    said = await carrier.carry(receiver.url("/ok?key=a"), [SECRET], taken)
    assert (said.outcome, said.status) == ("ok", 200)
    await receiver.has_got("/ok", 1)
    got = receiver.got[-1]
    assert got["headers"]["webhook-id"] == str(taken.delivery_id)
    assert got["headers"]["content-type"] == "application/json"
    assert got["body"] == BODY
    assert Webhook(shown(SECRET)).verify(got["body"], got["headers"])
    with pytest.raises(WebhookVerificationError):
        Webhook(shown(OTHER)).verify(got["body"], got["headers"])
    with pytest.raises(WebhookVerificationError):
        Webhook(shown(SECRET)).verify(got["body"] + " ", got["headers"])


async def test_two_secrets_make_two_signatures_of_which_either_will_do(
    carrier: WebhookCarrier, receiver: Receiver
):
    said = await carrier.carry(receiver.url("/created"), [SECRET, OTHER], one())
    assert (said.outcome, said.status) == ("ok", 204)
    await receiver.has_got("/created", 1)
    got = receiver.got[-1]
    for secret in (SECRET, OTHER):
        assert Webhook(shown(secret)).verify(got["body"], got["headers"])


@pytest.mark.parametrize(
    ("path", "outcome", "status", "rests_s"),
    [
        ("/500", "status", 500, None),
        ("/404", "status", 404, None),
        ("/410", "status", 410, None),
        ("/429", "status", 429, 3600),
        ("/429-soon", "status", 429, None),
        ("/503-date", "status", 503, DAY_S),
        ("/503-year", "status", 503, None),
        ("/503-second", "status", 503, None),
        ("/503-ago", "status", 503, None),
        ("/000", "broken-off", None, None),
        ("/999", "status", 999, None),
        ("/304", "status", 304, None),
        ("/101", "broken-off", None, None),
        ("/no-end-of-heads", "broken-off", None, None),
        ("/two-lengths", "broken-off", None, None),
        ("/nul-in-head", "broken-off", None, None),
        ("/redirect", "status", 302, None),
        ("/redirect-here", "status", 307, None),
        ("/hang", "timeout", None, None),
        ("/drip", "timeout", None, None),
        ("/reset", "broken-off", None, None),
        ("/half", "broken-off", None, None),
        ("/not-http", "broken-off", None, None),
        ("/huge-head", "broken-off", None, None),
        ("/huge", "ok", 200, None),
        ("/bomb", "ok", 200, None),
        ("/closes-after-head", "ok", 200, None),
        ("/early-hints", "ok", 200, None),
    ],
)
async def test_whatever_the_other_side_does_has_a_name_and_an_end(
    carrier: WebhookCarrier,
    receiver: Receiver,
    path: str,
    outcome: str,
    status: int | None,
    rests_s: int | None,
):
    """Of an answer its status counts: what is huge or a bomb is not even read."""
    async with asyncio.timeout(5):
        said = await carrier.carry(receiver.url(path), [SECRET], one())
    assert (said.outcome, said.status, said.rests_s) == (outcome, status, rests_s)


async def test_a_redirect_is_followed_nowhere(carrier: WebhookCarrier, receiver: Receiver):
    before = len(receiver.ids("/ok"))
    await carrier.carry(receiver.url("/redirect-here"), [SECRET], one())
    await carrier.carry(receiver.url("/created"), [SECRET], one())
    assert len(receiver.ids("/ok")) == before


async def test_nobody_listens(carrier: WebhookCarrier):
    said = await carrier.carry("http://127.0.0.1:1/", [SECRET], one())
    assert (said.outcome, said.status) == ("unreachable", None)


async def test_what_cannot_be_signed_is_not_sent(carrier: WebhookCarrier, receiver: Receiver):
    said = await carrier.carry(receiver.url("/unsigned"), [], one())
    assert said.outcome == "no-secret"
    assert receiver.ids("/unsigned") == []


@pytest.mark.parametrize(
    ("path", "host", "knows_it", "outcome"),
    [
        ("/tls-known", NAME, True, "ok"),
        ("/tls-stranger", NAME, False, "tls"),
        ("/tls-other-name", "other.example", True, "tls"),
        ("/tls-address", "127.0.0.1", True, "ok"),
    ],
)
async def test_a_certificate_is_for_the_name_though_the_address_is_called(
    receiver: Receiver, path: str, host: str, knows_it: bool, outcome: str
):
    """The name stands for this machine here; its port is looked at elsewhere."""
    trust = ssl.create_default_context()
    if knows_it:
        trust.load_verify_locations(receiver.certificate)
    async with webhook_client(trust) as client:
        carrier = WebhookCarrier(client, Told("127.0.0.1"))
        target = Target("https", host, receiver.https_port, path)
        try:
            outcome_then, _, _ = await carrier._post(target, "127.0.0.1", [SECRET], one())
        except httpx.ConnectError as error:
            outcome_then = _why(error)
    assert outcome_then == outcome
    assert len(receiver.ids(path)) == (outcome == "ok")
    if outcome == "ok":
        assert receiver.got[-1]["headers"]["host"] == f"{host}:{receiver.https_port}"


@pytest.mark.parametrize(
    ("url", "outcome"),
    [
        ("http://shop.example/", "address-private"),
        ("https://shop.example:22/", "address-private"),
        ("https://127.0.0.1/", "address-private"),
        ("https://[::1]/", "address-private"),
        ("https://[::ffff:127.0.0.1]/", "address-private"),
        ("https://169.254.169.254/latest/meta-data/", "address-private"),
        ("https://2130706433/", "address-private"),
        ("https://0x7f.1/", "address-private"),
        ("https://localhost/", "address-private"),
        ("https://nobody.invalid/", "address-unresolved"),
    ],
)
async def test_what_was_stored_once_is_looked_at_each_time(url: str, outcome: str):
    async with webhook_client() as client:
        carrier = WebhookCarrier(client, PublicAddresses())
        said = await carrier.carry(url, [SECRET], one())
    assert said.outcome == outcome


async def test_a_name_that_turns_to_this_machine_is_not_called(receiver: Receiver):
    """As with DNS rebinding: public when it was registered, and when it is called no more."""
    names = Told("8.8.8.8", "127.0.0.1", allows_loopback=False)
    assert await names.find("shop.example", 443) == "8.8.8.8"
    async with webhook_client() as client:
        said = await WebhookCarrier(client, names).carry(
            f"https://shop.example:8443/{receiver.https_port}", [SECRET], one()
        )
    assert said.outcome == "address-private"


async def test_the_address_that_was_looked_at_is_the_one_that_is_called(receiver: Receiver):
    """The name is asked for once: a second answer has no chance."""
    names = Told("127.0.0.1", "192.0.2.1")
    async with webhook_client() as client:
        carrier = WebhookCarrier(client, names, deadline_s=1)
        said = await carrier.carry(
            receiver.url("/ok").replace("127.0.0.1", "localhost"), [SECRET], one()
        )
    assert said.outcome == "ok"
    assert names.answers == ["192.0.2.1"]
