"""A phone is told by FCM that there is something, whatever Google answers; a token serves many."""

import asyncio
import logging
import time
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import orjson
import pytest

from core.settings import SettingsError, load_settings
from notifications.deliveries import RESTS, Delivery
from notifications.kinds import Kind
from notifications.service_account import BadServiceAccountError, read_service_account
from tests.notifications.fcm_side import Answer, FcmSide, error, google, key_file
from worker.carry_fcm import FcmCarrier, fcm_carrier, message_of
from worker.notice_carriers import Handed

ITEM = UUID("018f0000-0000-7000-8000-000000000001")


@pytest.fixture
async def side() -> AsyncIterator[FcmSide]:
    async with google() as side:
        yield side


@pytest.fixture
async def carrier(side: FcmSide, tmp_path: Path) -> AsyncIterator[FcmCarrier]:
    async with fcm_carrier(side.named(tmp_path)) as carrier:
        yield carrier


def later(carrier: FcmCarrier, seconds: int) -> None:
    """So many seconds pass for whoever keeps its token."""
    clock = carrier._token._clock
    carrier._token._clock = lambda: clock() + seconds


def delivery(phone: str = "phone", kind: Kind = "public_service", lasts_s: int = 600) -> Delivery:
    return Delivery(
        region_id=1, delivery_id=1, item_id=ITEM, kind=kind, channel="fcm", address_id=ITEM,
        tries=1, made_at=datetime(2026, 11, 10, tzinfo=UTC), lasts_s=lasts_s, address=phone,
        language="ja", p256dh=None, auth=None, secret=None,
        texts={"ja": {"title": "夏祭り", "body": "土曜日"}},
    )  # fmt: skip


async def test_a_message_names_the_item_and_says_nothing_else(side: FcmSide, carrier: FcmCarrier):
    assert await carrier.carry(delivery()) == Handed("sent")
    assert await carrier.carry(delivery(kind="emergency", lasts_s=10**9)) == Handed("sent")
    now, (notice, alarm) = int(time.time()), side.got
    assert notice["data"] == alarm["data"] == {"item_id": str(ITEM)}
    assert "夏" not in orjson.dumps(side.got).decode()
    assert notice.keys() == {"token", "data", "android", "apns"}, "the app says what there is"
    assert notice["android"] == {"priority": "NORMAL", "ttl": "600s"}
    assert alarm["android"] == {"priority": "HIGH", "ttl": "2419200s"}
    heads = notice["apns"]["headers"], alarm["apns"]["headers"]
    assert [head["apns-push-type"] for head in heads] == ["alert", "alert"]
    assert [head["apns-priority"] for head in heads] == ["5", "10"]
    assert abs(int(heads[0]["apns-expiration"]) - now - 600) < 60
    shown = [message["apns"]["payload"]["aps"]["alert"] for message in (notice, alarm)]
    assert shown == [{"loc-key": "notice"}, {"loc-key": "emergency"}], "words of the app's own"


TAKEN = {"name": "projects/kitazawa-app/messages/1"}


@pytest.mark.parametrize(
    ("answer", "handed"),
    [
        ((200, TAKEN), Handed("sent")),
        ((200, b"<html>Welcome to our hotel</html>"), Handed("again", "garbage")),
        ((200, []), Handed("again", "garbage")),
        ((200, {"name": 1}), Handed("again", "garbage")),
        (error(400, "INVALID_ARGUMENT", "message.token"), Handed("gone", "invalid-argument")),
        (error(400, "INVALID_ARGUMENT"), Handed("refused", "invalid-argument")),
        (error(400, "INVALID_ARGUMENT", "message.data"), Handed("failed", "invalid-argument")),
        (error(400, "", "message.token"), Handed("failed", "status-400")),
        ((400, b"{"), Handed("failed", "status-400")),
        ((413, {}), Handed("failed", "status-413")),
        (error(403, "SENDER_ID_MISMATCH"), Handed("refused", "sender-id-mismatch")),
        (error(403), Handed("again", "status-403")),  # the account may not: our own fault
        (error(404, "UNREGISTERED"), Handed("gone", "unregistered")),
        (error(404), Handed("again", "status-404")),  # there is no such project
        ((404, b"<html>no such page</html>"), Handed("again", "status-404")),
        (error(500, "UNREGISTERED"), Handed("again", "unregistered")),
        (error(401, "THIRD_PARTY_AUTH_ERROR"), Handed("again", "third-party-auth-error")),
        ((429, {}, "7"), Handed("again", "status-429", 7)),
        ((429, {}), Handed("again", "status-429", 60)),
        (error(429, "QUOTA_EXCEEDED"), Handed("again", "quota-exceeded", 60)),
        ((503, {}, "999999999"), Handed("again", "status-503", 3_600)),
        ((503, {}, "soon"), Handed("again", "status-503")),
        (error(500, "INTERNAL"), Handed("again", "internal")),
        (error(500, "夏祭り <script>"), Handed("again", "status-500")),
        ((500, {"error": {"details": [1, {"@type": []}]}}), Handed("again", "status-500")),
        ((500, {"error": []}), Handed("again", "status-500")),
        ((302, {}), Handed("again", "status-302")),
        ("close", Handed("again", "RemoteProtocolError")),
        ("silent", Handed("again", "timeout")),
        ("endless", Handed("again", "garbage")),
    ],
)
async def test_each_answer_comes_to_what_it_says_of_the_phone(
    answer: Answer, handed: Handed, side: FcmSide, carrier: FcmCarrier
):
    side.answers["phone"] = answer
    carrier._deadline_s = 0.3 if answer == "silent" else 10.0
    assert await carrier.carry(delivery()) == handed
    assert side.exchanges == 1


async def test_many_at_once_share_one_token_until_shortly_before_its_end(
    side: FcmSide, carrier: FcmCarrier
):
    async def hundred() -> set[str]:
        told = [carrier.carry(delivery(f"phone-{nth}")) for nth in range(100)]
        return {handed.state for handed in await asyncio.gather(*told)}

    assert await hundred() == {"sent"}
    assert side.exchanges == 1
    later(carrier, 3_200)
    assert await hundred() == {"sent"}
    assert side.exchanges == 1
    later(carrier, 200)
    assert await hundred() == {"sent"}
    assert side.exchanges == 2
    assert len(set(side.phones())) == 100


async def test_a_token_that_is_refused_is_changed_once_for_all(side: FcmSide, carrier: FcmCarrier):
    assert (await carrier.carry(delivery())).state == "sent"
    side.withdrawn = {"t1"}
    told = await asyncio.gather(*(carrier.carry(delivery(str(nth))) for nth in range(50)))
    assert {handed.state for handed in told} == {"sent"}
    assert side.exchanges == 2
    side.withdrawn = {f"t{nth}" for nth in range(1_000)}
    told = await asyncio.gather(*(carrier.carry(delivery(str(nth))) for nth in range(50)))
    assert set(told) == {Handed("again", "status-401", 60)}
    assert side.exchanges == 3, "who refuses what he gave just now is left alone"


@pytest.mark.parametrize(
    ("exchange", "why", "after_s"),
    [
        ((400, {"error": "invalid_grant"}), "status-400", 30),
        ((429, {}, "90"), "status-429", 90),
        ((500, b"oh"), "status-500", 30),
        ((200, b"<html>"), "garbage", 30),
        ((200, []), "garbage", 30),
        ((200, {"access_token": "a b", "token_type": "Bearer", "expires_in": 9}), "garbage", 30),
        ((200, {"access_token": "a", "token_type": "Bearer", "expires_in": "9"}), "garbage", 30),
        ((200, {"access_token": "a", "token_type": "mac", "expires_in": 9}), "garbage", 30),
        ("close", "RemoteProtocolError", 30),
        ("silent", "timeout", 30),
        ("endless", "garbage", 30),
    ],
)
async def test_without_a_token_nothing_is_tried_and_google_is_left_alone(
    exchange: Answer, why: str, after_s: int, side: FcmSide, carrier: FcmCarrier,
    caplog: pytest.LogCaptureFixture,
):  # fmt: skip
    caplog.set_level(logging.ERROR, logger="worker")
    carrier._token._within_s = 0.3 if exchange == "silent" else 10.0
    side.exchange = exchange
    told = await asyncio.gather(*(carrier.carry(delivery(str(nth))) for nth in range(20)))
    assert {(handed.state, handed.why) for handed in told} == {("again", RESTS)}
    assert {handed.after_s for handed in told} == {after_s}
    assert (side.exchanges, side.got) == (1, [])
    assert caplog.messages == [f"no access token for FCM, again in {after_s} s: {why}"]
    side.exchange = None
    later(carrier, after_s + 1)
    assert await carrier.carry(delivery()) == Handed("sent")


async def test_a_token_that_holds_for_a_minute_is_kept_for_half_of_it(
    side: FcmSide, carrier: FcmCarrier
):
    side.lasts_s = 60
    for pause_s, exchanges in ((0, 1), (20, 1), (20, 2)):
        later(carrier, pause_s)
        assert (await carrier.carry(delivery())).state == "sent"
        assert side.exchanges == exchanges


@pytest.mark.parametrize(
    ("given", "words"),
    [
        (b"{", "it is not JSON"),
        (b"[]", "it is wrong"),
        (b"{}" + b" " * 70_000, "it is too large"),
        ({"type": "authorized_user"}, "type is wrong"),
        ({"project_id": "../other"}, "project_id is wrong"),
        ({"client_email": None}, "client_email is wrong"),
        ({"token_uri": "http://token.example"}, "token_uri is wrong"),
        ({"private_key": "hunter2"}, "holds no private key in PEM"),
        ({"private_key": ""}, "holds no private key in PEM"),
    ],
)
def test_a_file_that_is_no_key_is_said_without_what_it_holds(
    given: dict[str, Any] | bytes, words: str, tmp_path: Path
):
    path = tmp_path / "fcm.json"
    path.write_bytes(given if isinstance(given, bytes) else orjson.dumps(key_file(1, **given)))
    with pytest.raises(BadServiceAccountError, match=words) as refused:
        read_service_account(path)
    assert str(path) in str(refused.value)
    assert "hunter2" not in str(refused.value)
    assert "BEGIN" not in str(refused.value)


def test_the_setting_wants_an_address_that_nobody_reads_on_the_way():
    settings = load_settings(environment="test", fcm={"key_file": "/k.json"})
    assert settings.fcm is not None
    assert settings.fcm.url == "https://fcm.googleapis.com"
    for wrong in ("http://fcm.example", "fcm.example"):
        with pytest.raises(SettingsError, match=r"MEGURI_FCM\[url\]: .*https"):
            load_settings(environment="test", fcm={"key_file": "/k.json", "url": wrong})


def test_what_is_over_lasts_for_no_second():
    over = message_of(replace(delivery(), lasts_s=-5), 100)
    assert over["android"]["ttl"] == "0s"
    assert over["apns"]["headers"]["apns-expiration"] == "100"
