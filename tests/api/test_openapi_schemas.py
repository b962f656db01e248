"""The shapes that the API describes: words, all used, whole numbers, an example of each problem."""

import json
import re

from core.errors import REGISTRY
from tests.api.described import DOCUMENT, OPERATIONS, SCHEMAS, bodies, validator
from tests.every_module import load_every_module
from tests.for_each import wrong

NAME = re.compile(r"[A-Z][A-Za-z]+")


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


def has_all_its_members(name: str) -> None:
    schema = SCHEMAS[name]
    assert schema.get("required", []) == list(schema["properties"])


def test_an_answer_has_all_its_members_always():
    assert wrong(sorted(ANSWERS_ALONE), has_all_its_members) == []


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


def has_valid_examples(label: str) -> None:
    name, _, member = label.partition(".")
    part = SCHEMAS[name]["properties"][member]
    for example in part.get("examples", []):
        assert [str(error) for error in validator(part).iter_errors(example)] == []


def test_every_example_of_a_member_is_valid():
    members = [f"{name}.{each}" for name in SCHEMAS for each in SCHEMAS[name].get("properties", {})]
    assert wrong(members, has_valid_examples) == []


def test_every_problem_has_its_example():
    load_every_module()  # a problem is known once its module is
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
    as_described = validator(SCHEMAS["Problem"])
    for slug, value in told.items():
        assert (value["type"], value["status"]) == (f"/problems/{slug}", REGISTRY[slug].status)
        assert as_described.is_valid(value), slug


def test_bounds_are_said_in_the_words_of_json_schema():
    paging = OPERATIONS["get /v1/admin/journal"]["parameters"]
    limit = next(parameter["schema"] for parameter in paging if parameter["name"] == "limit")
    assert (limit["minimum"], limit["maximum"]) == (1, 200)
    assert re.findall(r'"[gl][et]": ', json.dumps(DOCUMENT)) == [], "pydantic's own words"
