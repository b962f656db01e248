"""Webhooks of top-up providers: signed or nothing, told twice is once, and no money is refused."""

import asyncio
import logging
import time
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest

from core.settings import Settings, SettingsError, load_settings
from tests.api.probe import is_problem
from tests.api.provider import reversed_, signed, succeeded, tell
from tests.conftest import PROVIDER, PROVIDER_SECRET
from tests.town_builder import Town

OTHER = "tsubame-pay"
OTHER_SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"


@pytest.fixture
def settings(settings: Settings) -> Settings:
    """Two providers, each of a region of its own, and one whose region is not there."""
    known = {
        name: {"secret": provider.secret.get_secret_value(), "region": provider.region}
        for name, provider in settings.top_up_providers.items()
    }
    known[OTHER] = {"secret": OTHER_SECRET, "region": "tsubame"}
    known["nowhere"] = {"secret": OTHER_SECRET, "region": "atlantis"}
    urls = {
        name: getattr(settings, name)
        for name in ("database_url", "owner_database_url", "redis_url", "data_dir")
    }
    return load_settings(environment="test", top_up_providers=known, **urls)


def outcome(answer: httpx.Response) -> Any:
    """What became of an event that was taken."""
    assert answer.status_code == 200, answer.text
    return answer.json()["outcome"]


async def test_money_reaches_its_wallet_and_can_be_taken_back(
    town: Town, app_client: httpx.AsyncClient
):
    wallet = await town.open_wallet()
    event = succeeded(wallet.wallet_id, 5_000)
    first = await tell(app_client, event)
    assert (outcome(first), UUID(first.json()["entry_id"]).version) == ("credited", 8)
    assert await town.balances(wallet.wallet_id) == {"coin": 5_000}
    taken = await tell(app_client, reversed_(event))
    assert outcome(taken) == "reversed"
    assert await town.balances(wallet.wallet_id) == {}


async def test_a_retry_of_any_delivery_is_harmless(town: Town, app_client: httpx.AsyncClient):
    wallet = await town.open_wallet()
    event = succeeded(wallet.wallet_id)
    first = await tell(app_client, event, webhook_id="msg_1")
    assert "idempotent-replay" not in first.headers
    for webhook_id in ("msg_1", "msg_2"):
        again = await tell(app_client, event, webhook_id=webhook_id)
        assert (again.status_code, again.content) == (200, first.content)
        assert again.headers["idempotent-replay"] == "true"
    back = reversed_(event)
    answers = await asyncio.gather(*(tell(app_client, back) for _ in range(5)))
    assert {(answer.status_code, answer.content) for answer in answers} == {
        (200, answers[0].content)
    }
    assert await town.balances(wallet.wallet_id) == {}


async def test_a_reference_stands_for_one_top_up(town: Town, app_client: httpx.AsyncClient):
    wallet = await town.open_wallet()
    event = succeeded(wallet.wallet_id)
    await tell(app_client, event)
    later = event | {"occurred_at": "2025-11-23T09:30:00+09:00"}
    is_problem(await tell(app_client, later), 409, "top-up-known")
    is_problem(await tell(app_client, event | {"amount_yen": 5001}), 409, "id-in-use")
    same_instant = event | {"occurred_at": "2025-11-22T00:30:00Z"}
    assert outcome(await tell(app_client, same_instant)) == "credited"
    assert await town.balances(wallet.wallet_id) == {"coin": 5_000}


async def test_money_that_cannot_be_placed_waits_in_suspense(
    town: Town, second_town: Town, app_client: httpx.AsyncClient
):
    frozen, abroad = await town.open_wallet(), await second_town.open_wallet()
    await town.change_wallet(frozen, "frozen")
    full = await town.open_wallet()
    await town.top_up(full, 100_000)
    store = await town.open_store()
    names = [
        uuid4(), frozen.wallet_id, abroad.wallet_id, full.wallet_id, store.store_id,
        "", "Yamada", "0" * 100, "\u0000", "a\u202eb\n", "０１", "💴", "{}", "' OR 1=1",
    ]  # fmt: skip
    for name in names:
        event = succeeded(name, 100)
        first = await tell(app_client, event)
        assert outcome(first) == "suspense", name
        assert (await tell(app_client, event)).content == first.content
    [held] = await town.rows("SELECT sum(balance) FROM ledger.account WHERE kind = 'suspense'")
    assert held == (100 * len(names),)
    kept = await town.rows("SELECT facts ->> 'wallet' FROM ledger.entry WHERE kind = 'top_up'")
    assert all(name is None or name.isprintable() for (name,) in kept), "the desk reads it"
    assert await second_town.balances(abroad.wallet_id) == {}


async def test_a_wallet_may_be_spelled_in_another_way(town: Town, app_client: httpx.AsyncClient):
    wallet = await town.open_wallet()
    for name in (str(wallet.wallet_id).upper(), wallet.wallet_id.hex, f"{{{wallet.wallet_id}}}"):
        assert outcome(await tell(app_client, succeeded(name, 100))) == "credited"
    assert await town.balances(wallet.wallet_id) == {"coin": 300}


async def test_a_reversal_needs_its_top_up(town: Town, app_client: httpx.AsyncClient):
    wallet = await town.open_wallet()
    event = succeeded(wallet.wallet_id)
    back = reversed_(event)
    is_problem(await tell(app_client, back), 404, "top-up-unknown")
    await tell(app_client, event)
    assert outcome(await tell(app_client, back)) == "reversed", "a 404 leaves nothing behind"
    is_problem(await tell(app_client, reversed_(event)), 409, "top-up-reversed")
    is_problem(await tell(app_client, back | {"reason": "other"}), 409, "id-in-use")
    dated_anew = reversed_(event, top_up_occurred_at="2025-11-22T09:30:01+09:00")
    is_problem(await tell(app_client, dated_anew), 404, "top-up-unknown")


async def test_what_was_spent_is_owed(town: Town, app_client: httpx.AsyncClient):
    wallet, store = await town.open_wallet(), await town.open_store()
    event = succeeded(wallet.wallet_id, 1_000)
    await tell(app_client, event)
    await town.pay(wallet, store, 400)
    await tell(app_client, reversed_(event))
    assert await town.balances(wallet.wallet_id) == {"resident_receivable": 400}


async def test_a_provider_has_no_part_in_anothers_top_ups(
    town: Town, second_town: Town, app_client: httpx.AsyncClient
):
    mine = succeeded((await town.open_wallet()).wallet_id)
    await tell(app_client, mine)
    theirs = {"provider": OTHER, "secret": OTHER_SECRET}
    is_problem(await tell(app_client, reversed_(mine), **theirs), 404, "top-up-unknown")
    wallet = await second_town.open_wallet()
    same_reference = mine | {"wallet_id": str(wallet.wallet_id)}
    assert outcome(await tell(app_client, same_reference, **theirs)) == "credited"
    assert await second_town.balances(wallet.wallet_id) == {"coin": 5_000}


async def test_a_provider_that_is_not_known_is_told_nothing(app_client: httpx.AsyncClient):
    for provider in ("nobody", "nowhere", "HINODE-BANK", "%00", "a" * 64):
        answer = await tell(app_client, succeeded(uuid4()), provider, secret=OTHER_SECRET)
        is_problem(answer, 404, "provider-unknown")


async def test_a_secret_is_changed_without_a_gap(town: Town, app_client: httpx.AsyncClient):
    wallet = await town.open_wallet()
    old = "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="
    for around in ({"before": f"{old} "}, {"after": f" {old}"}, {"before": "v1a,xyz v1, "}):
        assert outcome(await tell(app_client, succeeded(wallet.wallet_id), **around)) == "credited"


FORGERIES: list[dict[str, str | bytes]] = [
    {"webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="},
    {"webhook-signature": ""},
    {"webhook-signature": "v1,"},
    {"webhook-signature": "v1,not base64"},
    {"webhook-signature": b"v1,\xe9\xff"},
    {"webhook-signature": "v2,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="},
    {"webhook-id": "msg_other"},
    {"webhook-timestamp": str(int(time.time()) - 1)},
    {"webhook-timestamp": "-1"},
    {"webhook-timestamp": "1e9"},
    {"webhook-timestamp": "²"},
    {"webhook-timestamp": "9" * 20},
    {"webhook-timestamp": ""},
]


async def test_what_is_not_signed_so_moves_nothing(town: Town, app_client: httpx.AsyncClient):
    wallet = await town.open_wallet()
    content = httpx.Request("POST", "/", json=succeeded(wallet.wallet_id)).content
    for change in FORGERIES:
        headers = {name.encode(): value.encode() for name, value in signed(content).items()}
        for name, value in change.items():
            headers[name.encode()] = value if isinstance(value, bytes) else value.encode()
        path = f"/v1/webhooks/top-ups/{PROVIDER}"
        answer = await app_client.post(path, content=content, headers=headers)
        is_problem(answer, 401, "signature-invalid")
    assert await town.balances(wallet.wallet_id) == {}


async def test_the_body_belongs_to_the_signature(town: Town, app_client: httpx.AsyncClient):
    wallet = await town.open_wallet()
    event = succeeded(wallet.wallet_id, 100)
    first = httpx.Request("POST", "/", json=event).content
    swapped = first.replace(b"100", b"999")
    answer = await tell(app_client, swapped, headers=signed(first))
    is_problem(answer, 401, "signature-invalid")
    other = await tell(app_client, event, secret=OTHER_SECRET)
    is_problem(other, 401, "signature-invalid")


async def test_an_old_delivery_is_not_believed(town: Town, app_client: httpx.AsyncClient):
    wallet = await town.open_wallet()
    event = succeeded(wallet.wallet_id)
    for seconds in (-310, 310):
        answer = await tell(app_client, event, at=time.time() + seconds)
        is_problem(answer, 401, "signature-expired")
    for seconds in (-280, 280):
        assert outcome(await tell(app_client, event, at=time.time() + seconds)) == "credited"


async def test_a_header_that_is_missing_is_named(app_client: httpx.AsyncClient):
    content = httpx.Request("POST", "/", json=succeeded(uuid4())).content
    for name in ("webhook-id", "webhook-timestamp", "webhook-signature"):
        headers = signed(content)
        del headers[name]
        answer = await tell(app_client, content, headers=headers)
        told = is_problem(answer, 422, "malformed-request")
        assert told["errors"] == [{"pointer": f"header:{name}", "reason": "missing"}]


MALFORMED: list[tuple[dict[str, Any], str]] = [
    ({"type": "top_up.maybe"}, ""),
    ({"amount_yen": 0}, "/amount_yen"),
    ({"amount_yen": 1.0}, "/amount_yen"),
    ({"amount_yen": 10_000_001}, "/amount_yen"),
    ({"top_up_ref": ""}, "/top_up_ref"),
    ({"top_up_ref": "a\nb"}, "/top_up_ref"),
    ({"wallet_id": None}, "/wallet_id"),
    ({"wallet_id": "a" * 101}, "/wallet_id"),
    ({"wallet_id": "\ud800"}, "/wallet_id"),
    ({"occurred_at": "2025-11-22T09:30:00"}, "/occurred_at"),
    ({"occurred_at": "2025-11-22"}, "/occurred_at"),
    ({"occurred_at": "2025-13-22T09:30:00Z"}, "/occurred_at"),
    ({"occurred_at": 1700000000}, "/occurred_at"),
    ({"occurred_at": "1700000000"}, "/occurred_at"),
    ({"occurred_at": "1969-12-31T23:59:59Z"}, "/occurred_at"),
    ({"occurred_at": "0001-01-01T00:00:00+14:00"}, "/occurred_at"),
    ({"occurred_at": "9999-12-31T23:59:59-14:00"}, "/occurred_at"),
    ({"surprise": 1}, ""),
]


async def test_a_malformed_event_is_told_where(app_client: httpx.AsyncClient):
    for change, pointer in MALFORMED:
        answer = await tell(app_client, succeeded(uuid4()) | change)
        [error] = is_problem(answer, 422, "malformed-request")["errors"]
        assert error["pointer"].endswith(pointer), change
    old = reversed_(succeeded(uuid4()), top_up_occurred_at="1960-01-01T00:00:00Z")
    is_problem(await tell(app_client, old), 422, "malformed-request")


async def test_nothing_occurs_in_the_future(app_client: httpx.AsyncClient):
    event = succeeded(uuid4(), occurred_at="2199-01-01T00:00:00Z")
    is_problem(await tell(app_client, event), 422, "occurred-later")


async def test_go_tells_nanoseconds(app_client: httpx.AsyncClient):
    event = succeeded(uuid4(), occurred_at="2025-11-22T09:30:00.123456789+09:00")
    assert outcome(await tell(app_client, event)) == "suspense"


async def test_a_body_that_is_no_event_is_malformed(app_client: httpx.AsyncClient):
    for body in (b"", b"{", b"\xff\xfe", b"[]", b"null", b"{}", b"1" * 5000):
        is_problem(await tell(app_client, body), 422, "malformed-request")


async def test_no_secret_reaches_a_log(
    town: Town, app_client: httpx.AsyncClient, caplog: pytest.LogCaptureFixture
):
    caplog.set_level(logging.DEBUG)
    wallet = await town.open_wallet()
    event = succeeded(wallet.wallet_id)
    answers = [await tell(app_client, event), await tell(app_client, event, secret=OTHER_SECRET)]
    answers.append(await tell(app_client, b"\xff"))
    said = caplog.text + "".join(answer.text + repr(answer.headers) for answer in answers)
    for secret in (PROVIDER_SECRET, OTHER_SECRET, event["top_up_ref"]):
        assert secret.removeprefix("whsec_") not in said


@pytest.mark.parametrize("secret", ["whsec_", "", "whsec_c2hvcnQ=", "whsec_?", "hunter2" * 8])
def test_a_secret_that_can_be_guessed_is_refused_in_production(settings: Settings, secret: str):
    provider = {"secret": secret, "region": "setagaya"}
    given = {"keys_file": settings.data_dir / "keys.json", "data_dir": settings.data_dir}
    with pytest.raises(SettingsError, match="TOP_UP_PROVIDERS") as refused:
        load_settings(environment="production", top_up_providers={"bank": provider}, **given)
    assert len(secret) < 8 or secret not in str(refused.value)
