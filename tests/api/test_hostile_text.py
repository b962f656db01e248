"""Text that PostgreSQL cannot keep, or that nobody could read: malformed in every field it fits."""

import json
import sys
from collections.abc import Iterator
from copy import deepcopy
from dataclasses import replace
from itertools import product
from typing import Any
from uuid import UUID, uuid4

import httpx
import pytest
from fastapi import FastAPI

from access.open_vault import open_vault_of
from api.pages import Listing
from core.settings import Settings
from tests.api.furnished import Furnished, furnish
from tests.api.probe import is_problem
from tests.api.provider import signed
from tests.town_builder import Town, Wallet, new_id

HOSTILE = {"a lone surrogate": "\ud800", "NUL": "a\0b", "50,000 characters": "x" * 50_000}
Place = tuple[str, ...]
GENERAL = {"malformed-request", "zone-unknown"}
OF_A_REFERENCE = {
    "/v1/regions/{region}/applications/{application_id}/amendments",
    "/v1/regions/{region}/applications/{application_id}/documents/{document_id}",
}
"""Whoever has not the reference is told nothing: it is looked at before what one would bring."""
NO_WALLET = {("/v1/webhooks/top-ups/{provider}", ("wallet_id",))}
"""Money that came for what is no wallet is kept, in suspense, whatever that is called."""


@pytest.fixture
async def furnished(town: Town, settings: Settings) -> Furnished:
    """A region with something of every kind."""
    return await furnish(town, open_vault_of(settings))


def schema_of(found: dict[str, Any], document: dict[str, Any]) -> dict[str, Any]:
    """The schema itself where `found` only names it."""
    while "$ref" in found:
        found = document["components"]["schemas"][found["$ref"].rpartition("/")[2]]
    return found


def texts(found: dict[str, Any], document: dict[str, Any]) -> Iterator[Place]:
    """Where in a body of this schema a text can stand."""
    schema = schema_of(found, document)
    if schema.get("type") == "string":
        yield ()
    for choice in (*schema.get("anyOf", ()), *schema.get("oneOf", ()), *schema.get("allOf", ())):
        yield from texts(choice, document)
    for name, below in schema.get("properties", {}).items():
        for place in texts(below, document):
            yield (name, *place)
    if isinstance(more := schema.get("additionalProperties"), dict):
        for place in texts(more, document):
            yield ("x", *place)


def bodies(document: dict[str, Any]) -> Iterator[tuple[str, str, list[Any], set[Place], Any]]:
    """Each operation that takes a body: method, path, its examples, its texts, who may."""
    for path, operations in document["paths"].items():
        for method, operation in operations.items():
            taken = operation.get("requestBody", {}).get("content", {})
            if "application/json" in taken:  # what is XML: tests/notifications/hostile_cap.py
                content = taken["application/json"]
                given = content.get("examples") or {}
                examples = [each["value"] for each in given.values()] or [content["example"]]
                places = set(texts(content["schema"], document))
                yield method, path, examples, places, operation.get("security", [])


def from_elsewhere(app: FastAPI, number: int) -> httpx.AsyncClient:
    """A client at an address of its own: what is asked without a token counts by address."""
    transport = httpx.ASGITransport(app, client=(f"198.51.100.{number % 250 + 1}", 40_000))
    return httpx.AsyncClient(transport=transport, base_url="http://meguri.test")


def required(operation: dict[str, Any]) -> dict[str, str]:
    """What the query of an operation must have, by its examples."""
    return {
        each["name"]: each.get("example") or each["schema"]["examples"][0]
        for each in operation.get("parameters", ())
        if each["in"] == "query" and each.get("required")
    }


OF_AN_OWN_ACCOUNT = {
    "account_number": "account-number-malformed",
    "bank_code": "bank-unknown",
    "branch_code": "bank-unknown",
}
"""Of the region's own accounts, whose fields are looked at one by one."""


def own_slug(path: str, place: Place, text: str) -> str | None:
    """What is told of a number of a business that is short enough to be looked at, and of so many
    letters that are the base64 of no document.
    """
    if text == HOSTILE["NUL"]:
        of_numbers = {
            "corporate_number": "corporate-number-wrong",
            "registration_number": "registration-number-wrong",
        }
        if len(place) == 1:
            of_numbers |= OF_AN_OWN_ACCOUNT
        return None if place[0] == "settings" else of_numbers.get(place[-1])
    is_document = place == ("content",) and text == HOSTILE["50,000 characters"]
    if is_document and "bank-statements" in path:
        return "bank-statement-encoding-wrong"
    return "document-type-wrong" if is_document else None


def is_no_zone(place: Place, text: str) -> bool:
    """Whether it is short enough to be looked up among the names of zones."""
    return place == ("zone",) and "\0" in text


def with_text(body: Any, place: Place, text: str) -> Any:
    """The body with this text at that place, and all else as it was."""
    changed = deepcopy(body)
    below = changed
    for name in place[:-1]:
        below[name] = below.get(name) or {}
        below = below[name]
    below[place[-1]] = text
    return changed


async def test_no_field_takes_a_text_that_cannot_be_kept(app: FastAPI, furnished: Furnished):
    tried = 0
    for number, (method, path, examples, places, security) in enumerate(bodies(app.openapi())):
        address = path
        for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
            is_new = method == "put" and path.endswith(f"{{{name}}}") and name != "code"
            value = new_id() if is_new else furnished.really(path, name)
            address = address.replace(f"{{{name}}}", str(value))
        somebody = replace(furnished, wallet=replace(furnished.wallet, person_id=uuid4()))
        headers = somebody.headers(app, path, security) | {"Content-Type": "application/json"}
        client = from_elsewhere(app, number)  # as somebody new, from somewhere new: quotas last
        for place, text, example in product(places, HOSTILE.values(), examples):
            content = json.dumps(with_text(example, place, text)).encode()
            more = signed(content) if "webhooks" in path else {}
            answer = await client.request(method, address, content=content, headers=headers | more)
            if (path, place) in NO_WALLET and answer.status_code == 200:
                assert answer.json()["outcome"] == "suspense"
            else:
                slug = "zone-unknown" if is_no_zone(place, text) else "malformed-request"
                slug, status = own_slug(path, place, text) or slug, 422
                if slug not in GENERAL and path in OF_A_REFERENCE:
                    slug, status = "application-unknown", 404  # its reference is looked at first
                assert answer.json()["type"] == f"/problems/{slug}", (path, place)
                is_problem(answer, status, slug)
            tried += 1
    assert tried > 100


def cursors() -> dict[str, str]:
    """A cursor of each kind of list that the API has, by the name of its kind."""
    sample: dict[type, Any] = {int: 1, UUID: uuid4(), str: "2026-01-01"}
    modules = [module for name, module in sys.modules.items() if name.startswith("api.")]
    listings = {
        found.name: found
        for module in modules
        for kept in vars(module).values()
        for found in (kept.values() if isinstance(kept, dict) else (kept,))
        if isinstance(found, Listing)
    }
    return {
        name: found._cursor(tuple(sample[kind] for kind in found.key))
        for name, found in listings.items()
    }


async def test_no_list_takes_the_cursor_of_another(app: FastAPI, app_client, furnished: Furnished):
    lists = 0
    for path, operations in app.openapi()["paths"].items():
        operation = operations.get("get", {})
        if not any(each["name"] == "cursor" for each in operation.get("parameters", ())):
            continue
        lists += 1
        address = path
        for name in [part[1:-1] for part in path.split("/") if part.startswith("{")]:
            address = address.replace(f"{{{name}}}", str(furnished.really(path, name)))
        # Lists that name nothing are anybody's: another person each, whose quota is whole.
        who = furnished if "{" in path else replace(furnished, wallet=Wallet(new_id(), uuid4()))
        headers = who.headers(app, path, operation.get("security", []))
        taken = []
        for kind, cursor in cursors().items():
            params = required(operation) | {"cursor": cursor}
            answer = await app_client.get(address, params=params, headers=headers)
            if answer.status_code == 200:
                taken.append(kind)
            else:
                is_problem(answer, 422, "malformed-cursor")
        assert len(taken) == 1, (path, taken)
    assert lists >= len(cursors()) >= 8
