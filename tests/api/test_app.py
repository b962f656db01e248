"""The app as a whole: every answer has its envelope, every refusal is a problem, no bug talks."""

import logging
import sys
from datetime import timedelta
from uuid import UUID, uuid4

import pytest
from fastapi import APIRouter

from api.routers import ROUTERS
from api.state import State
from core.ids import uuid7
from tests.api.probe import is_problem
from tests.every_module import load_every_module

BODY = {"amount_yen": 1200, "wallet_id": str(uuid4())}


@pytest.fixture
def address(state: State) -> str:
    return f"/v1/probe/payments/{uuid7(state.clock.now())}"


def test_every_router_of_every_module_is_served():
    load_every_module()
    made = {
        id(value): f"{name}.{word}"
        for name, module in sys.modules.items()
        if name.startswith("api.") and module is not None
        for word, value in vars(module).items()
        if isinstance(value, APIRouter)
    }
    served = {id(router) for router in ROUTERS}
    assert [name for router, name in made.items() if router not in served] == []


async def test_a_route_answers_with_its_envelope(client, bearer, address):
    answer = await client.put(address, headers=bearer(), json=BODY)
    assert answer.status_code == 201, answer.text
    assert answer.json()["payment_id"] == address.rpartition("/")[2]
    assert UUID(answer.headers["request-id"])
    assert answer.headers["cache-control"] == "no-store"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["ratelimit-policy"] == '"resident";q=240;w=60'
    assert answer.headers["ratelimit"] == '"resident";r=239;t=1'


async def test_the_client_does_not_choose_the_request_id(client):
    answers = [await client.get("/healthz", headers={"Request-Id": str(uuid4())}) for _ in range(2)]
    assert answers[0].headers["request-id"] != answers[1].headers["request-id"]
    assert len(answers[0].headers.get_list("request-id")) == 1


async def test_an_unknown_address_is_a_problem(client):
    is_problem(await client.get("/v1/probe/nowhere"), 404, "no-such-route")
    is_problem(await client.get("/v1/probe/numbers/"), 404, "no-such-route")


async def test_a_wrong_method_tells_the_right_ones(client, address):
    answer = await client.delete(address)
    is_problem(answer, 405, "method-not-allowed")
    assert sorted(answer.headers["allow"].replace(" ", "").split(",")) == ["GET", "PUT"]


@pytest.mark.parametrize(
    ("content", "pointer", "reason"),
    [
        (b"{", "", "json-invalid"),
        (b"", "", "missing"),
        (b"\xff\xfe{}", "", "json-invalid"),
        (b'{"amount_yen": ' + b"9" * 5000 + b"}", "", "json-invalid"),
        (b"[" * 20_000, "", "json-invalid"),
        (b"[]", "", "model-attributes-type"),
        (b"{}", "/amount_yen", "missing"),
        (b'{"amount_yen": 1.0}', "/amount_yen", "int-type"),
        (b'{"amount_yen": 1e2}', "/amount_yen", "int-type"),
        (b'{"amount_yen": "100"}', "/amount_yen", "int-type"),
        (b'{"amount_yen": true}', "/amount_yen", "int-type"),
        (b'{"amount_yen": null}', "/amount_yen", "int-type"),
        (b'{"amount_yen": NaN}', "/amount_yen", "int-type"),
        (b'{"amount_yen": 0}', "/amount_yen", "greater-than-equal"),
        (b'{"amount_yen": -1}', "/amount_yen", "greater-than-equal"),
        (b'{"amount_yen": 10000001}', "/amount_yen", "less-than-equal"),
        (b'{"amount_yen": 9223372036854775808}', "/amount_yen", "less-than-equal"),
    ],
)
async def test_a_malformed_body_is_told_where_and_why(
    client, bearer, address, content, pointer, reason
):
    headers = bearer() | {"Content-Type": "application/json"}
    answer = await client.put(address, headers=headers, content=content)
    told = is_problem(answer, 422, "malformed-request")
    assert (pointer, reason) in [(error["pointer"], error["reason"]) for error in told["errors"]]


async def test_nothing_that_was_sent_is_said_back(client, bearer, address):
    secret = "yamada-taro-0901234"
    sent = {
        "amount_yen": secret,
        "wallet_id": secret,
        "reason": secret * 50,
        secret: secret,
        "taro_yamada": 1,
    }
    headers = bearer() | {secret: secret}
    answer = await client.put(address, headers=headers, json=sent)
    told = is_problem(answer, 422, "malformed-request")
    assert secret not in answer.text
    assert "taro" not in answer.text
    known = ["amount_yen", "wallet_id", "reason", "qr"]
    assert told["errors"].count({"pointer": "", "reason": "extra-forbidden", "known": known}) == 2
    assert len(told["errors"]) == 5
    answer = await client.put(f"{address}?{secret}={secret}", headers=headers, json=sent)
    told = is_problem(answer, 422, "malformed-request")
    assert secret not in answer.text
    assert told["errors"] == [{"pointer": "query", "reason": "extra-forbidden", "known": []}]


@pytest.mark.parametrize(
    ("media_type", "is_json"),
    [
        ("application/json", True),
        ("Application/JSON; charset=utf-8", True),
        ("application/json;charset=UTF-8", True),
        ("", False),
        ("text/plain", False),
        ("text/json", False),
        ("application/problem+json", False),
        ("application/json; charset=shift_jis", False),
        ("application/x-www-form-urlencoded", False),
        ("multipart/form-data; boundary=x", False),
    ],
)
async def test_only_json_is_taken(client, bearer, address, media_type, is_json):
    headers = bearer() | ({"Content-Type": media_type} if media_type else {})
    content = b'{"amount_yen": 1, "wallet_id": "01930d5e-8b00-7c3a-9d5e-2f6a7b8c9d0e"}'
    answer = await client.put(address, headers=headers, content=content)
    if is_json:
        assert answer.status_code == 201
    else:
        is_problem(answer, 415, "unsupported-media-type")


async def _pieces(size: int):
    for _ in range(0, size, 1000):
        yield b" " * 1000


async def test_a_body_is_limited_whether_its_length_is_told_or_not(client, bearer, address):
    headers = bearer() | {"Content-Type": "application/json"}
    told = await client.put(address, headers=headers, content=b" " * 65_537)
    is_problem(told, 413, "body-too-large")
    chunked = await client.put(address, headers=headers, content=_pieces(66_000))
    is_problem(chunked, 413, "body-too-large")
    fits = await client.put(address, headers=headers, content=_pieces(65_000))
    is_problem(fits, 422, "malformed-request")
    lied = headers | {"Content-Length": "10"}
    is_problem(
        await client.put(address, headers=lied, content=b" " * 70_000), 413, "body-too-large"
    )


async def test_a_body_where_none_is_wanted_is_limited_too_or_not_read(client, bearer):
    path = f"/v1/probe/payments/{uuid4()}"
    answer = await client.request("GET", path, headers=bearer(), content=b" " * 70_000)
    is_problem(answer, 413, "body-too-large")
    answer = await client.request("GET", "/healthz", content=b" " * 70_000)
    assert answer.status_code == 200


@pytest.mark.parametrize(
    "content", [b'{"amount_yen": 1, "amount_yen": 2}', b'{"a": {"b": 1, "b": 1}}']
)
async def test_a_name_that_stands_twice_is_malformed(client, bearer, address, content):
    headers = bearer() | {"Content-Type": "application/json"}
    told = is_problem(
        await client.put(address, headers=headers, content=content), 422, "malformed-request"
    )
    assert told["errors"] == [{"pointer": "", "reason": "name-repeated"}]


async def test_a_name_that_stands_twice_in_a_query_is_malformed(client, bearer):
    answer = await client.get(
        "/v1/probe/numbers?limit=1&min_yen=1&limit=2&x=1&x=2", headers=bearer()
    )
    told = is_problem(answer, 422, "malformed-request")
    assert [(error["pointer"], error["reason"]) for error in told["errors"]] == [
        ("query", "extra-forbidden"),
        ("query:limit", "name-repeated"),
    ]


@pytest.mark.parametrize("hours", [-25, 25])
async def test_an_id_that_is_too_old_or_too_new_is_malformed(client, bearer, state, hours):
    stale = uuid7(state.clock.now() + timedelta(hours=hours))
    answer = await client.put(f"/v1/probe/payments/{stale}", headers=bearer(), json=BODY)
    told = is_problem(answer, 422, "malformed-id")
    assert told["parameter"] == "payment_id"


@pytest.mark.parametrize(
    "name", ["1", "81d80b6b-1a54-4ff2-80ed-3675446c7179", "x" * 5000, "%00", "%F0%9F%92%B4"]
)
async def test_an_id_that_is_no_uuid7_is_malformed(client, bearer, name):
    answer = await client.put(f"/v1/probe/payments/{name}", headers=bearer(), json=BODY)
    is_problem(answer, 422, "malformed-id")


async def test_an_id_has_one_spelling_but_for_its_case(client, bearer, state):
    name = uuid7(state.clock.now())
    for spelling, status in (
        (str(name), 201),
        (str(name).upper(), 201),
        (name.hex, 422),
        (f"{{{name}}}", 422),
        (name.urn, 422),
    ):
        answer = await client.put(f"/v1/probe/payments/{spelling}", headers=bearer(), json=BODY)
        assert answer.status_code == status, spelling
        body = BODY | {"wallet_id": spelling}
        answer = await client.put(f"/v1/probe/payments/{name}", headers=bearer(), json=body)
        assert answer.status_code == status, spelling


async def test_a_bug_says_nothing_but_its_request_id(client, caplog):
    with caplog.at_level(logging.DEBUG):
        answer = await client.get("/v1/probe/bug")
    told = is_problem(answer, 500, "internal-error")
    assert set(told) == {"type", "title", "status", "instance"}
    everything = caplog.text + answer.text
    assert "Yamada" not in everything
    assert "500 yen" not in everything
    assert answer.headers["request-id"] in caplog.text
    assert "builtins.RuntimeError at" in caplog.text
    assert "probe.py" in caplog.text
    assert " bug" in caplog.text


async def test_every_problem_type_leads_to_a_page(client):
    page = await client.get("/problems/token-expired")
    assert page.status_code == 200
    assert page.headers["content-type"] == "text/html; charset=utf-8"
    assert "This token has expired." in page.text
    is_problem(await client.get("/problems/never-heard-of"), 404, "no-such-route")
    is_problem(await client.get("/problems/<script>"), 404, "no-such-route")
