"""What the API says of itself: OpenAPI, keys, metrics."""

import asyncio
import re
from uuid import uuid4

from jwt import PyJWKSet, decode


async def test_the_openapi_page_tells_every_operation_its_problems(client):
    page = (await client.get("/openapi.json")).json()
    assert page["info"]["title"] == "Meguri"
    assert set(page["components"]["securitySchemes"]) >= {"resident", "merchant", "admin"}
    pay = page["paths"]["/v1/probe/payments/{payment_id}"]["put"]
    assert pay["security"] == [{"resident": []}]
    for status in (401, 403, 404, 409, 413, 415, 422, 429, 503):
        assert pay["responses"][str(status)] == {"$ref": f"#/components/responses/Problem{status}"}
        shared = page["components"]["responses"][f"Problem{status}"]
        told = shared["content"]["application/problem+json"]
        assert told["schema"] == {"$ref": "#/components/schemas/Problem"}
    assert [p["name"] for p in pay["parameters"]] == ["payment_id"]
    assert "HTTPValidationError" not in str(page)
    amount = page["components"]["schemas"]["Wish"]["properties"]["amount_yen"]
    assert (amount["type"], amount["minimum"], amount["maximum"]) == ("integer", 1, 10_000_000)


async def test_every_operation_of_v1_has_its_path_parameters_described(client):
    page = (await client.get("/openapi.json")).json()
    for path, operations in page["paths"].items():
        for method, operation in operations.items():
            named = {p["name"] for p in operation.get("parameters", []) if p["in"] == "path"}
            assert named == set(re.findall(r"{(\w+)}", path)), (method, path)


async def test_anybody_can_verify_a_token_with_the_public_keys(client, bearer):
    answer = await client.get("/.well-known/jwks.json")
    assert answer.headers["cache-control"] == "public, max-age=300"
    assert answer.headers["content-type"] == "application/jwk-set+json"
    assert "d" not in answer.json()["keys"][0]
    keys = PyJWKSet.from_dict(answer.json())
    sub = uuid4()
    token = bearer(sub=sub)["Authorization"].removeprefix("Bearer ")
    assert decode(token, keys.keys[0], audience="resident")["sub"] == str(sub)


async def test_metrics_count_by_template_and_never_by_what_a_client_made_up(client, bearer):
    secret = f"x{uuid4().hex}"
    path = f"/v1/probe/payments/{uuid4()}"
    # After a test that kept the loop busy for long, revocations are read anew first.
    while (probed := await client.get(path, headers=bearer())).status_code == 503:
        await asyncio.sleep(0.1)
    assert probed.status_code == 200, probed.text
    await client.get(f"/v1/{secret}")
    await client.request("BREW", "/healthz", headers={"X": secret})
    answer = await client.get("/metrics")
    assert answer.headers["content-type"].startswith("text/plain")
    text = answer.text
    assert secret not in text
    assert "BREW" not in text
    assert (
        'meguri_http_requests_total{method="GET",route="/v1/probe/payments/{payment_id}",'
        'status="200"}' in text
    )
    assert 'meguri_http_requests_total{method="GET",route="none",status="404"}' in text
    assert 'meguri_http_requests_total{method="other",route="' in text
    assert 'meguri_http_problems_total{slug="no-such-route"}' in text
    for instrument in (
        "meguri_http_seconds_bucket",
        "meguri_engine_queue_length",
        "meguri_engine_batch_size",
        "meguri_engine_batch_seconds",
        "meguri_rate_limit_unshared_total",
    ):
        assert instrument in text
