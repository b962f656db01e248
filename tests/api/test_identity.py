"""Identity: who gets in, who does not, and what is told about it."""

from uuid import uuid4

import pytest

from core.ids import uuid7
from tests.api.probe import is_problem

SHOP = uuid4()
STORE = uuid4()


async def test_a_resident_gets_in_with_person_and_region(client, bearer, state):
    person, payment = uuid4(), uuid7(state.clock.now())
    answer = await client.get(f"/v1/probe/payments/{payment}", headers=bearer(sub=person))
    assert answer.json() == {
        "who": f"resident:{person}",
        "payment_id": str(payment),
        "region": "tsubame",
    }


@pytest.mark.parametrize(
    ("header", "slug", "challenge"),
    [
        (None, "token-missing", "Bearer"),
        ("", "token-missing", "Bearer"),
        ("Basic dGFybzpzZWNyZXQ=", "token-missing", "Bearer"),
        ("Bearer", "token-invalid", 'Bearer error="invalid_token"'),
        ("Bearer ", "token-invalid", 'Bearer error="invalid_token"'),
        ("Bearer x.y.z", "token-invalid", 'Bearer error="invalid_token"'),
        ("Bearer \xe5\xb7\xa1", "token-invalid", 'Bearer error="invalid_token"'),
    ],
)
async def test_without_a_good_token_nobody_gets_in(client, header, slug, challenge):
    headers = {} if header is None else {b"Authorization": header.encode("latin-1")}
    answer = await client.get("/v1/probe/books", headers=headers)
    is_problem(answer, 401, slug)
    assert answer.headers["www-authenticate"] == challenge


async def test_the_scheme_is_written_in_any_case(client, bearer):
    token = bearer("admin", role="finance")["Authorization"].removeprefix("Bearer ")
    for scheme in ("bearer", "BEARER", "Bearer"):
        headers = {"Authorization": f"{scheme} {token}"}
        assert (await client.get("/v1/probe/books", headers=headers)).status_code == 200


async def test_two_authorization_headers_are_one_too_many(client, bearer):
    token = bearer("admin", role="finance")["Authorization"]
    headers = [("Authorization", token), ("Authorization", token)]
    is_problem(await client.get("/v1/probe/books", headers=headers), 401, "token-invalid")


async def test_an_expired_token_is_told_so(client, bearer, state):
    headers = bearer("admin", role="finance", at=int(state.clock.now().timestamp()) - 400)
    is_problem(await client.get("/v1/probe/books", headers=headers), 401, "token-expired")


async def test_a_token_of_another_face_is_refused(client, bearer):
    merchant = bearer("merchant", merchant=SHOP, role="owner", scope="refund")
    for headers in (bearer(), merchant):
        told = is_problem(await client.get("/v1/probe/books", headers=headers), 403, "wrong-face")
        assert told["face"] == "admin"


async def test_a_merchant_needs_the_scope_and_one_of_the_roles(client, bearer):
    async def look(**said):
        return await client.get(
            "/v1/probe/refunds", headers=bearer("merchant", merchant=SHOP, **said)
        )

    answer = await look(role="manager", scope="read refund", stores=[STORE])
    assert answer.json()["merchant"] == str(SHOP)
    assert answer.json()["stores"] == [str(STORE)]
    assert (await look(role="owner", scope="refund")).json()["stores"] is None

    refused = await look(role="owner", scope="read")
    assert is_problem(refused, 403, "scope-missing")["scopes"] == ["refund"]
    assert refused.headers["www-authenticate"] == 'Bearer error="insufficient_scope"'
    refused = await look(role="clerk", scope="refund")
    assert is_problem(refused, 403, "role-missing")["roles"] == ["manager", "owner"]


async def test_an_administrator_needs_the_role(client, bearer):
    headers = bearer("admin", role="finance")
    assert (await client.get("/v1/probe/books", headers=headers)).json()["role"] == "finance"
    for role in ("desk", "city", "auditor", "campaigns", "approver"):
        headers = bearer("admin", role=role)
        is_problem(await client.get("/v1/probe/books", headers=headers), 403, "role-missing")


async def test_an_operator_runs_regions_and_sees_into_none(client, bearer):
    operator = bearer("admin", role="operator", region="*")
    assert (await client.get("/v1/probe/regions", headers=operator)).status_code == 200
    is_problem(await client.get("/v1/probe/books", headers=operator), 403, "role-missing")
    finance = bearer("admin", role="finance")
    is_problem(await client.get("/v1/probe/regions", headers=finance), 403, "role-missing")


async def test_identity_comes_before_the_shape_of_the_body(client, state):
    address = f"/v1/probe/payments/{uuid7(state.clock.now())}"
    is_problem(await client.put(address, json={"amount_yen": "x"}), 401, "token-missing")


@pytest.mark.parametrize(
    "tail", ["?never_heard_of=1", "?limit=0", "?limit=1&limit=2", "?cursor=x", ""]
)
async def test_identity_comes_before_the_shape_of_the_query(client, tail):
    is_problem(await client.get(f"/v1/probe/books{tail}"), 401, "token-missing")


@pytest.mark.parametrize("content", [b"{", b"", b"\xff", b" " * 70_000, b'{"a": 1, "a": 1}'])
@pytest.mark.parametrize("media_type", ["application/json", "text/plain"])
async def test_identity_comes_before_everything_about_a_body(client, state, content, media_type):
    address = f"/v1/probe/payments/{uuid7(state.clock.now())}"
    headers = {"Content-Type": media_type}
    answer = await client.put(address, headers=headers, content=content)
    is_problem(answer, 401, "token-missing")


async def test_a_request_is_counted_once_whatever_its_query(client, bearer):
    headers = bearer("admin", role="finance")
    left = [
        (await client.get(f"/v1/probe/books{tail}", headers=headers)).headers["ratelimit"]
        for tail in ("", "?x=1", "")
    ]
    assert [said.partition(";t")[0] for said in left] == [
        f'"admin";r={rest}' for rest in (599, 598, 597)
    ]
