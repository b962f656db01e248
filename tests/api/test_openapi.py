"""The description of the API: whole, with valid examples, and kind to generated clients."""

import json
import re
from collections import Counter
from itertools import chain
from typing import Any

from fastapi.routing import APIRoute
from pydantic import TypeAdapter

from api.claims import ROLES, SCOPES
from api.openapi_tags import TAGS
from api.routers import ROUTERS
from cli.openapi import document
from merchants.qr import parse
from tests.api.described import (
    AS_IT_STANDS,
    DOCUMENT,
    OF_V1,
    OPERATIONS,
    TELL_OF_RELEASES,
    bodies,
    examples,
    validator,
)
from tests.every_module import load_every_module
from tests.for_each import wrong

VERB_NOUN = re.compile(r"[a-z]+([A-Z][a-z]*)+")


def says_what_it_is(label: str) -> None:
    operation = OPERATIONS[label]
    assert VERB_NOUN.fullmatch(operation["operationId"])
    assert operation["summary"][0].isupper()
    assert not operation["summary"].endswith(".")
    assert operation["description"].endswith(".")
    assert len(operation["tags"]) == 1
    for parameter in operation.get("parameters", []):
        assert parameter["schema"], parameter


def test_an_operation_says_what_it_is():
    assert wrong(OPERATIONS, says_what_it_is) == []


def has_valid_examples(label: str) -> None:
    for where, content in bodies(OPERATIONS[label]):
        assert examples(content), where
        for example in examples(content):
            errors = [str(error) for error in validator(content["schema"]).iter_errors(example)]
            assert errors == [], where


def test_every_body_has_an_example_and_every_example_is_valid():
    assert wrong(OPERATIONS, has_valid_examples) == []


def test_an_example_of_a_request_is_one_that_its_route_takes():
    for route in chain.from_iterable(router.routes for router in ROUTERS):
        if isinstance(route, APIRoute) and route.body_field is not None:
            asked = next(o for o in OPERATIONS.values() if o["operationId"] == route.operation_id)
            taken: TypeAdapter[Any] = TypeAdapter(route.body_field.field_info.annotation or Any)
            for example in examples(asked["requestBody"]["content"]["application/json"]):
                taken.validate_json(json.dumps(example))


def describes_its_parameters(label: str) -> None:
    for parameter in OPERATIONS[label].get("parameters", []):
        assert parameter["description"].endswith("."), parameter["name"]
        schema = parameter["schema"]
        shown = [parameter["example"]] if "example" in parameter else schema["examples"]
        assert shown, parameter["name"]
        for example in shown:
            assert validator(schema).is_valid(example), parameter["name"]


def test_every_parameter_says_what_it_is_and_shows_a_valid_example():
    assert wrong(OPERATIONS, describes_its_parameters) == []


def tells_its_problems(label: str) -> None:
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


def test_an_operation_tells_its_problems():
    assert wrong(OF_V1, tells_its_problems) == []


def is_of_a_put(label: str) -> bool:
    path = label.removeprefix("get ").removesuffix("/explanation")
    return f"put {path}" in OF_V1


TOKEN = re.compile(r"\n\nToken: face `(\w+)`(?:, role (any|`[`\w ]+`))?, scope `([a-z:]+)`\.$")


def tells_who_may(label: str) -> None:
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


def test_an_operation_tells_who_may():
    assert wrong(OF_V1, tells_who_may) == []


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


def has_a_bearer_where_it_must(label: str) -> None:
    security = OF_V1[label].get("security")
    if "/webhooks/" in label:
        names = {parameter["name"] for parameter in OF_V1[label]["parameters"]}
        assert security is None
        assert names >= {"webhook-id", "webhook-timestamp", "webhook-signature"}
    elif OF_V1[label]["tags"] in (["sign in"], ["applications"]):
        assert security is None, "whoever signs in, or applies, has no token yet"
    else:
        assert security in [[{face: []}] for face in ("resident", "merchant", "admin", "any")]


def test_only_a_webhook_and_a_sign_in_have_no_bearer():
    assert wrong(OF_V1, has_a_bearer_where_it_must) == []


def test_names_of_operations_are_unique():
    names = Counter(operation["operationId"] for operation in OPERATIONS.values())
    assert [name for name, count in names.items() if count > 1] == []


def test_every_tag_is_described_and_used():
    used = {tag for operation in OPERATIONS.values() for tag in operation["tags"]}
    assert used == TAGS.keys()
    assert DOCUMENT["tags"] == [{"name": name, "description": said} for name, said in TAGS.items()]


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


def test_it_is_the_same_when_every_module_is_loaded():
    load_every_module()  # tests/cli/test_commands.py has it of a process that loads no more
    assert document() == DOCUMENT
