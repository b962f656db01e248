"""Messages are taken once, sent, tried again, put off and given up, and never lost."""

import asyncio
import logging
from collections import deque
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from email.utils import format_datetime
from typing import Any
from uuid import UUID

import httpx
import pytest
from pydantic import SecretStr
from sqlalchemy import text

from access.messages import Channel, put_message
from access.outbox import take_letters
from core.database import Database
from core.senders import SmsProvider
from core.settings import Settings, SettingsError
from tests.servers import Servers
from tests.town_builder import open_region
from tests.worker.other_side import OK, SmsSide, listening
from worker.carry_sms import SmsCarrier, sms_client
from worker.send import LEASE, Sender, sender_of

PHONE, CODE = "+819012345678", "確認コード 314159 {id}"
LEAVE = timedelta(days=2)


def status(code: int, *headers: str) -> bytes:
    lines = [f"HTTP/1.1 {code} So", "Content-Length: 0", *headers]
    return "\r\n".join([*lines, "", ""]).encode()


@pytest.fixture(scope="module")
async def one_database(servers: Servers) -> AsyncIterator[Database]:
    """A database with a region, for all these tests."""
    place = await servers.clone()
    made = Database(place.app_url)
    await open_region(made, "setagaya", "Asia/Tokyo")
    yield made
    await made.close()
    await servers.leave(place)


@pytest.fixture
async def database(one_database: Database) -> Database:
    """The same with nothing in its outbox."""
    async with one_database.transaction(1) as db:
        await db.execute(text("DELETE FROM access.message"))
    return one_database


@pytest.fixture
async def provider() -> AsyncIterator[SmsSide]:
    """A provider of SMS on loopback."""
    side = SmsSide()
    async with listening(side):
        yield side


@pytest.fixture
async def sender(database: Database, provider: SmsSide) -> AsyncIterator[Sender]:
    """A sender that has this provider and nobody else."""
    named = SmsProvider(
        url=provider.url,
        token=SecretStr("a-token"),
        body={"to": "{to}", "message": {"text": "{text}"}, "ref": ["{id}"], "n": 1},
    )
    async with sms_client() as client:
        yield Sender(database, {"sms": SmsCarrier(named, client)})


async def put(
    database: Database, channel: Channel = "sms", address: str = PHONE, lasts: timedelta = LEAVE
) -> UUID:
    async with database.transaction(1) as db:
        return await put_message(
            db, 1, channel=channel, purpose="test", address=address, body=CODE, lasts=lasts
        )


async def state_of(database: Database, message_id: UUID) -> Any:
    async with database.transaction(1) as db:
        rows = await db.execute(
            text(
                "SELECT state, failure, tries, address, body, ended_at IS NOT NULL AS is_over,"
                " extract(epoch FROM not_before - clock_timestamp())::float AS in_s"
                " FROM access.message WHERE message_id = :id"
            ),
            {"id": message_id},
        )
        return rows.one()


async def due_now(database: Database) -> None:
    async with database.transaction(1) as db:
        await db.execute(text("UPDATE access.message SET not_before = clock_timestamp()"))


async def test_a_message_is_sent_once_and_forgotten(sender: Sender, provider: SmsSide):
    message_id = await put(sender.database)
    await sender.round()
    await sender.round()
    [body] = provider.bodies
    assert body == {"to": PHONE, "message": {"text": CODE}, "ref": [str(message_id)], "n": 1}
    head = provider.heads[0].lower()
    assert "authorization: bearer a-token" in head
    assert f"idempotency-key: {message_id}" in head
    found = await state_of(sender.database, message_id)
    assert (found.state, found.failure, found.is_over) == ("sent", None, True)
    assert (found.address, found.body) == ("", "")


@pytest.mark.parametrize(
    ("answer", "why"),
    [
        (status(500), "status-500"),
        (status(503), "status-503"),
        (status(401), "status-401"),
        (status(404), "status-404"),
        (status(429), "status-429"),
        (status(302, "Location: http://127.0.0.1:1/"), "status-302"),
        (b"", "RemoteProtocolError"),
        (b"HTTP/1.1 2", "RemoteProtocolError"),
        (b"not HTTP at all\r\n\r\n", "RemoteProtocolError"),
        ("close", "RemoteProtocolError"),
    ],
)
async def test_what_the_other_side_may_mend_is_tried_again_later(
    sender: Sender, provider: SmsSide, answer: bytes | str, why: str
):
    message_id = await put(sender.database)
    provider.answers.extendleft([answer])
    await sender.round()
    found = await state_of(sender.database, message_id)
    assert (found.state, found.failure, found.tries) == ("waiting", why, 1)
    assert (found.address, found.body) == (PHONE, CODE)
    assert 2 < found.in_s <= 6
    await sender.round()
    assert len(provider.bodies) == 1, "not before its time"
    await due_now(sender.database)
    await sender.round()
    assert (await state_of(sender.database, message_id)).state == "sent"


@pytest.mark.parametrize("code", [400, 413, 422])
async def test_a_message_that_is_wrong_itself_is_given_up_and_told_by_id(
    sender: Sender, provider: SmsSide, code: int, caplog: pytest.LogCaptureFixture
):
    message_id = await put(sender.database)
    provider.answers.extendleft([status(code)])
    with caplog.at_level(logging.INFO):
        await sender.round()
    found = await state_of(sender.database, message_id)
    assert (found.state, found.failure) == ("failed", f"status-{code}")
    assert (found.address, found.body) == ("", "")
    assert str(message_id) in caplog.text
    assert PHONE not in caplog.text
    assert "314159" not in caplog.text
    assert "a-token" not in caplog.text


@pytest.mark.parametrize("said", ["7", "date"])
async def test_a_pause_that_is_asked_for_is_kept_for_all_its_messages(
    sender: Sender, provider: SmsSide, said: str
):
    at = datetime.now(UTC) + timedelta(seconds=7)
    pause = format_datetime(at) if said == "date" else said
    ids = [await put(sender.database) for _ in range(12)]
    provider.answers = deque_of(status(429, f"Retry-After: {pause}"))
    await sender.round()
    first = len(provider.bodies)
    assert first <= 8, "those that were on their way, and no more"
    for one in ids:
        assert 3 < (await state_of(sender.database, one)).in_s <= 9
    await due_now(sender.database)
    provider.answers = deque_of(OK)
    await sender.round()
    assert len(provider.bodies) == first
    sender._rests.clear()
    await due_now(sender.database)
    await sender.round()
    assert {(await state_of(sender.database, one)).state for one in ids} == {"sent"}


@pytest.mark.parametrize("said", ["", "soon", "-5", "1e9", "Wed, 99 Foo 2026", "9" * 5000])
async def test_a_pause_that_nobody_understands_is_our_own(
    sender: Sender, provider: SmsSide, said: str
):
    message_id = await put(sender.database)
    provider.answers = deque_of(status(429, f"Retry-After: {said}"))
    await sender.round()
    assert 2 < (await state_of(sender.database, message_id)).in_s <= 6


async def test_what_is_answered_beside_the_status_is_not_read(sender: Sender, provider: SmsSide):
    endless = b"HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n{broken json"
    provider.answers = deque_of(endless)
    message_id = await put(sender.database)
    async with asyncio.timeout(5):
        await sender.round()
    assert (await state_of(sender.database, message_id)).state == "sent"


async def test_a_silent_provider_is_given_up_in_time(sender: Sender, provider: SmsSide):
    provider.answers = deque_of("silent")
    message_id = await put(sender.database)
    carrier = sender.carriers["sms"]
    assert isinstance(carrier, SmsCarrier)
    carrier._client = httpx.AsyncClient(timeout=0.2)
    await sender.round()
    await carrier._client.aclose()
    found = await state_of(sender.database, message_id)
    assert (found.state, found.failure) == ("waiting", "timeout")


async def test_two_workers_send_each_message_once(
    sender: Sender, provider: SmsSide, database: Database
):
    ids = [await put(database) for _ in range(40)]
    second = Sender(database, sender.carriers)
    await asyncio.gather(sender.round(), second.round())
    assert sorted(body["ref"][0] for body in provider.bodies) == sorted(map(str, ids))
    assert provider.most_at_once <= 16


async def test_what_a_dead_worker_had_taken_is_sent_by_the_next(sender: Sender, provider: SmsSide):
    message_id = await put(sender.database)
    async with sender.database.transaction(1) as db:
        [taken] = await take_letters(db, 1, ["sms"], 10, LEASE)
    assert taken.message_id == message_id
    await sender.round()
    assert provider.bodies == [], "somebody may be at it"
    await due_now(sender.database)
    await sender.round()
    assert len(provider.bodies) == 1


async def test_what_nobody_took_in_time_is_over_and_told(
    sender: Sender, provider: SmsSide, caplog: pytest.LogCaptureFixture
):
    message_id = await put(sender.database, lasts=timedelta(seconds=-1))
    unsent = await put(sender.database, "email", "hanako@example.jp", timedelta(seconds=-1))
    await sender.round()
    assert provider.bodies == []
    for one in (message_id, unsent):
        found = await state_of(sender.database, one)
        assert (found.state, found.address, found.body) == ("expired", "", "")
        assert str(one) in caplog.text


async def test_without_a_carrier_messages_wait(database: Database):
    message_id = await put(database)
    await Sender(database, {}).round()
    found = await state_of(database, message_id)
    assert (found.state, found.tries, found.body) == ("waiting", 0, CODE)


async def test_a_worker_without_the_token_of_its_provider_says_so(
    database: Database, settings: Settings
):
    named = settings.model_copy(
        update={"sms_provider": SmsProvider(url="https://sms.example.jp/messages")}
    )
    with pytest.raises(SettingsError, match="MEGURI_SMS_PROVIDER"):
        async with sender_of(database, named):
            pass


def deque_of(answer: bytes | str) -> deque[bytes | str]:
    return deque([answer])
