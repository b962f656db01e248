"""The description of the API: whole, with valid examples, and kind to generated clients."""

import json
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from itertools import chain
from typing import Any

import jsonschema_rs
import pytest
from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from api.claims import ROLES, SCOPES
from api.openapi_tags import TAGS
from api.routers import ROUTERS
from cli.openapi import document
from core.errors import REGISTRY
from merchants.qr import parse
from tests.api.described import AS_IT_STANDS, DOCUMENT, TELL_OF_RELEASES
from tests.cli.served import ROOT
from tests.every_module import load_every_module

load_every_module()  # problems are known once their modules are: see the last test
SCHEMAS = DOCUMENT["components"]["schemas"]
OPERATIONS: dict[str, dict[str, Any]] = {
    f"{method} {path}": operation
    for path, methods in DOCUMENT["paths"].items()
    for method, operation in methods.items()
}
OF_V1 = {label: found for label, found in OPERATIONS.items() if " /v1/" in label}
for _public in ("campaigns", "stores", "stores.geojson", "statistics-plan"):
    OF_V1.pop(f"get /v1/regions/{{region}}/{_public}")  # for anybody: no token, none refused
NAME = re.compile(r"[A-Z][A-Za-z]+")
VERB_NOUN = re.compile(r"[a-z]+([A-Z][a-z]*)+")


def bodies(operation: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every body that is sent or answered: where, and its media type object."""
    if "requestBody" in operation:
        yield "request", operation["requestBody"]["content"]["application/json"]
    for status, response in operation["responses"].items():
        for content in response.get("content", {}).values():
            yield status, content


def examples(content: dict[str, Any]) -> list[Any]:
    """All examples of a body."""
    found = [example["value"] for example in content.get("examples", {}).values()]
    return found + ([content["example"]] if "example" in content else [])


def validator(schema: dict[str, Any]) -> Any:
    """Of a schema that may refer to the others; formats count."""
    whole = {**schema, "components": DOCUMENT["components"]}
    return jsonschema_rs.Draft202012Validator(whole, validate_formats=True)


@pytest.mark.parametrize("label", OPERATIONS)
def test_an_operation_says_what_it_is(label: str):
    operation = OPERATIONS[label]
    assert VERB_NOUN.fullmatch(operation["operationId"])
    assert operation["summary"][0].isupper()
    assert not operation["summary"].endswith(".")
    assert operation["description"].endswith(".")
    assert len(operation["tags"]) == 1
    for parameter in operation.get("parameters", []):
        assert parameter["schema"], parameter


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_body_has_an_example_and_every_example_is_valid(label: str):
    for where, content in bodies(OPERATIONS[label]):
        assert examples(content), where
        for example in examples(content):
            errors = [str(error) for error in validator(content["schema"]).iter_errors(example)]
            assert errors == [], where


def test_an_example_of_a_request_is_one_that_its_route_takes():
    for route in chain.from_iterable(router.routes for router in ROUTERS):
        if isinstance(route, APIRoute) and route.body_field is not None:
            asked = next(o for o in OPERATIONS.values() if o["operationId"] == route.operation_id)
            taken: TypeAdapter[Any] = TypeAdapter(route.body_field.field_info.annotation or Any)
            for example in examples(asked["requestBody"]["content"]["application/json"]):
                taken.validate_json(json.dumps(example))


@pytest.mark.parametrize("label", OPERATIONS)
def test_every_parameter_says_what_it_is_and_shows_a_valid_example(label: str):
    for parameter in OPERATIONS[label].get("parameters", []):
        assert parameter["description"].endswith("."), parameter["name"]
        schema = parameter["schema"]
        shown = [parameter["example"]] if "example" in parameter else schema["examples"]
        assert shown, parameter["name"]
        for example in shown:
            assert validator(schema).is_valid(example), parameter["name"]


@pytest.mark.parametrize("label", OF_V1)
def test_an_operation_tells_its_problems(label: str):
    operation = OF_V1[label]
    method = label.split(maxsplit=1)[0]
    answers = operation["responses"].keys()
    expected = {"404", "422", "429", "503"}
    expected |= set() if operation["tags"] == ["applications"] else {"401"}
    if operation.get("security"):
        expected.add("403")
    if method != "get":
        expected |= {"408", "409", "413", "415"}
    elif is_of_a_put(label) and operation["operationId"] not in AS_IT_STANDS:
        expected.add("409")
    elif operation["operationId"].endswith(TELL_OF_RELEASES):
        expected.add("409")  # nothing was released of what is asked for
    success = {"201"} if method == "put" else {"200"}
    assert answers == expected | success
    for status in expected:
        reference = {"$ref": f"#/components/responses/Problem{status}"}
        assert operation["responses"][status] == reference


def is_of_a_put(label: str) -> bool:
    path = label.removeprefix("get ").removesuffix("/explanation")
    return f"put {path}" in OF_V1


TOKEN = re.compile(r"\n\nToken: face `(\w+)`(?:, role (any|`[`\w ]+`))?, scope `([a-z:]+)`\.$")


@pytest.mark.parametrize("label", OF_V1)
def test_an_operation_tells_who_may(label: str):
    operation = OF_V1[label]
    told = TOKEN.search(operation["description"])
    if operation.get("security") == [{"any": []}]:
        assert operation["description"].endswith("\n\nToken: of any face.")
        return
    if "security" not in operation:
        assert told is None
        return
    assert told is not None
    face: Any
    face, roles, scope = told.groups()
    assert operation["security"] == [{face: []}]
    assert scope in SCOPES[face]
    named = set() if roles is None else set(re.findall(r"`(\w+)`", roles))
    assert (roles is None) == (face == "resident")
    assert named <= ROLES[face]


def test_who_may_is_what_the_check_demands():
    said = {
        operation["operationId"]: operation["description"].rpartition("Token: ")[2]
        for operation in OF_V1.values()
    }
    assert said["makePayment"] == "face `resident`, scope `pay`."
    assert said["makeRefund"] == "face `merchant`, role `manager` or `owner`, scope `refund`."
    assert said["getOwnMerchant"] == "face `merchant`, role any, scope `sales:read`."
    assert said["openRegion"] == "face `admin`, role `operator`, scope `admin:write`."
    assert said["changeWallet"] == "face `admin`, role `desk` or `finance`, scope `admin:write`."


@pytest.mark.parametrize("label", OF_V1)
def test_only_a_webhook_and_a_sign_in_have_no_bearer(label: str):
    security = OF_V1[label].get("security")
    if "/webhooks/" in label:
        names = {parameter["name"] for parameter in OF_V1[label]["parameters"]}
        assert security is None
        assert names >= {"webhook-id", "webhook-timestamp", "webhook-signature"}
    elif OF_V1[label]["tags"] in (["sign in"], ["applications"]):
        assert security is None, "whoever signs in, or applies, has no token yet"
    else:
        assert security in [[{face: []}] for face in ("resident", "merchant", "admin", "any")]


def test_names_of_operations_are_unique():
    names = Counter(operation["operationId"] for operation in OPERATIONS.values())
    assert [name for name, count in names.items() if count > 1] == []


def test_every_tag_is_described_and_used():
    used = {tag for operation in OPERATIONS.values() for tag in operation["tags"]}
    assert used == TAGS.keys()
    assert DOCUMENT["tags"] == [{"name": name, "description": said} for name, said in TAGS.items()]


def test_names_of_schemas_are_words():
    assert [name for name in SCHEMAS if not NAME.fullmatch(name)] == []
    assert [name for name, schema in SCHEMAS.items() if schema.get("title", name) != name] == []


def test_every_schema_is_used_and_described():
    text = str(DOCUMENT)
    assert [name for name in SCHEMAS if f"'#/components/schemas/{name}'" not in text] == []
    assert [name for name, schema in SCHEMAS.items() if not schema.get("description")] == []


ANSWERS_ALONE = {
    name
    for operation in OPERATIONS.values()
    for where, content in bodies(operation)
    if where != "request"
    for name in [content["schema"].get("$ref", "").rpartition("/")[2]]
    if name
}


@pytest.mark.parametrize("name", sorted(ANSWERS_ALONE))
def test_an_answer_has_all_its_members_always(name: str):
    schema = SCHEMAS[name]
    assert schema.get("required", []) == list(schema["properties"])


def test_amounts_are_whole_numbers_and_times_have_their_format():
    for name, schema in SCHEMAS.items():
        for member, part in schema.get("properties", {}).items():
            types = {option.get("type") for option in part.get("anyOf", [part])} - {"null"}
            if member.endswith("_yen") or member in {"seq", "points", "amount"}:
                assert types == {"integer"}, (name, member)
            if member.endswith("_at") or member == "at":
                assert part.get("anyOf", [part])[0]["format"] == "date-time", (name, member)
            if member.endswith("_id"):
                options = part.get("anyOf", [part])
                is_foreign = (name, member) == ("TopUpSucceeded", "wallet_id")
                assert is_foreign or options[0]["format"] == "uuid", (name, member)


def test_every_problem_has_its_example():
    shared = DOCUMENT["components"]["responses"]
    told = {
        slug: example["value"]
        for response in shared.values()
        for slug, example in response["content"]["application/problem+json"]["examples"].items()
    }
    of_jobs = {
        *("lot-not-expired", "points-not-due", "mark-not-reached", "campaign-not-due"),
        *("settlement-overtaken", "privacy-budget-spent", "release-missing"),
    }
    assert told.keys() == REGISTRY.keys() - of_jobs
    for slug, value in told.items():
        assert (value["type"], value["status"]) == (f"/problems/{slug}", REGISTRY[slug].status)
        assert validator(SCHEMAS["Problem"]).is_valid(value)


def test_bounds_are_said_in_the_words_of_json_schema():
    paging = OPERATIONS["get /v1/admin/journal"]["parameters"]
    limit = next(parameter["schema"] for parameter in paging if parameter["name"] == "limit")
    assert (limit["minimum"], limit["maximum"]) == (1, 200)
    assert re.findall(r'"[gl][et]": ', json.dumps(DOCUMENT)) == [], "pydantic's own words"


def test_whoever_may_retry_is_told_how_a_retry_shows():
    for label, operation in OF_V1.items():
        success = operation["responses"].get("201", operation["responses"].get("200"))
        is_named = label.startswith("put ") or "/webhooks/" in label
        assert ("Idempotent-Replay" in success.get("headers", {})) == is_named, label


def test_whoever_has_a_quota_is_told_how_an_answer_shows_what_is_left():
    told = {"RateLimit", "RateLimit-Policy"}
    assert told <= DOCUMENT["components"]["headers"].keys()
    assert told <= DOCUMENT["components"]["responses"]["Problem429"]["headers"].keys()
    for label, operation in OPERATIONS.items():
        success = operation["responses"].get("201", operation["responses"].get("200"))
        assert (told <= success.get("headers", {}).keys()) == ("security" in operation), label


def test_the_example_of_a_payment_adds_up():
    paid = DOCUMENT["paths"]["/v1/payments/{payment_id}"]["get"]["responses"]["200"]["content"]
    example = paid["application/json"]["example"]
    assert sum(part["amount"] for part in example["paid_with"]) == example["amount_yen"]
    granted = sum(grant["rebate_points"] for grant in example["grants"])
    assert granted == example["rebate_points"]
    assert sum(back["amount_yen"] for back in example["refunds"]) == example["refunded_yen"]
    assert example["state"] == "partly_refunded"
    body = DOCUMENT["paths"]["/v1/quotes"]["post"]["requestBody"]["content"]["application/json"]
    parse(body["example"]["qr"])
    assert body["example"]["amount_yen"] == example["amount_yen"]


def test_it_is_the_same_every_time():
    assert document() == DOCUMENT


DESCRIBED = """
import json
{before}
from cli.openapi import document
print(json.dumps(document()))
"""


@pytest.mark.parametrize("before", ["", "from tests.every_module import *; load_every_module()"])
def test_it_is_the_same_whichever_modules_are_loaded(before: str):
    command = [sys.executable, "-c", DESCRIBED.format(before=before)]
    told = subprocess.run(command, capture_output=True, text=True, check=True, cwd=ROOT)
    assert json.loads(told.stdout) == json.loads(json.dumps(DOCUMENT))
