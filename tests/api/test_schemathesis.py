"""The API against its own description: no 5xx, no undocumented answer, none of another shape.

Requests are made from the schemas: some name things that exist, some name anything, some are wrong.
TEST_SCALE makes more of them, other ones each time.
"""

from collections.abc import AsyncIterator, Iterator
from copy import deepcopy
from typing import Any

import pytest
import requests
import schemathesis
from fastapi import FastAPI
from hypothesis import HealthCheck, given
from hypothesis import settings as examples
from hypothesis import strategies as st
from schemathesis import GenerationMode
from schemathesis.checks import not_a_server_error
from schemathesis.core.result import Ok
from schemathesis.schemas import APIOperation
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    negative_data_rejection,
    response_headers_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from access.open_vault import open_vault_of
from api.openapi_tags import SIGN_IN
from core.database import Database
from core.errors import REGISTRY
from core.settings import Settings, load_settings
from tests.api.described import DOCUMENT
from tests.api.furnished import Furnished, furnish
from tests.api.server import serving
from tests.conftest import PROVIDER, PROVIDER_SECRET
from tests.notifications.upstream_builder import signed_for
from tests.servers import Place, Servers
from tests.sizes import SCALE
from tests.town_builder import Town, new_id, open_region, running_engine

EXAMPLES = 3 * SCALE
"""For each operation and plan."""
PLANS = {
    "real": GenerationMode.POSITIVE,
    "refused": GenerationMode.POSITIVE,
    "unknown": GenerationMode.POSITIVE,
    "wrong": GenerationMode.NEGATIVE,
}
"""Requests that name what exists or was refused, that name anything, that break the schema."""

CHECKS = [
    not_a_server_error,
    status_code_conformance,
    content_type_conformance,
    response_schema_conformance,
    response_headers_conformance,
]
SCHEMA = schemathesis.openapi.from_dict(deepcopy(DOCUMENT))
OPERATIONS: dict[str, APIOperation[Any, Any, Any, Any]] = {
    found.ok().label: found.ok() for found in SCHEMA.get_all_operations() if isinstance(found, Ok)
}
A_FORM = DOCUMENT["components"]["schemas"]["CampaignBody"]["properties"]["terms"]["examples"][0]
A_BENEFIT = DOCUMENT["components"]["schemas"]["BenefitBody"]["properties"]["terms"]["examples"][0]
WITH_A_CODE = "POST /v1/password-changes"
"""An authenticator's code is good once; tests/api/test_staff_resets.py shows one."""
SIGNED = {
    "POST /v1/authenticator-changes",
    "POST /v1/authenticator-changes/{enrolment_id}/confirmations",
    "POST /v1/password-removals",
    "GET /v1/me/device",
    "PATCH /v1/me/devices/{device_id}",
    "POST /v1/me/devices/{device_id}/approvals",
    "POST /v1/me/devices/{device_id}/revocations",
    "POST /v1/me/exports",
    "POST /v1/me/number-changes",
    "POST /v1/me/number-changes/{challenge_id}/answers",
    "POST /v1/me/number-changes/{change_id}/cancellations",
    "POST /v1/me/passkeys",
    "POST /v1/me/passkeys/challenges",
    "POST /v1/staff-passkeys",
    "POST /v1/staff-passkeys/challenges",
    "POST /v1/staff-passkeys/{device_id}/revocations",
    "POST /v1/admin/people/looks",
    "PUT /v1/admin/recoveries/{request_id}",
    "PUT /v1/merchant/bank-account-changes/{change_id}",
}
"""What is good here takes a session of a device, its signature, or a person in trouble: the tests
of these routes have them. Here they are asked everything that is wrong."""
OF_A_DRAFT = {
    "GET /v1/admin/campaigns/{campaign_id}/approvals/{request_id}",
    "PUT /v1/admin/campaigns/{campaign_id}/approvals/{request_id}",
    "POST /v1/admin/campaigns/{campaign_id}/approvals/{request_id}/withdrawals",
    "GET /v1/admin/benefits/{benefit_id}/approvals/{request_id}",
    "PUT /v1/admin/benefits/{benefit_id}/approvals/{request_id}",
    "POST /v1/admin/benefits/{benefit_id}/approvals/{request_id}/withdrawals",
    "POST /v1/admin/benefits/{benefit_id}/lists/{list_id}/parts",
    "PUT /v1/admin/benefits/{benefit_id}/lists/{list_id}",
}
"""Good for what nobody approved yet, and with numbers of phones: test_campaign_approvals.py,
test_admin_benefits.py and test_benefit_lists.py have such."""
OF_A_RUN = {
    "GET /v1/admin/settlement-runs/{run_id}/approvals/{request_id}",
    "GET /v1/admin/settlements/{settlement_id}/rejections/{rejection_id}",
    "GET /v1/admin/settlements/{settlement_id}/returns/{return_id}",
    "GET /v1/admin/transfer-files/{file_id}/content",
    "POST /v1/admin/transfer-files/{file_id}/sending",
    "POST /v1/admin/transfer-files/{file_id}/payment",
    *(f"GET /v1/admin/papers/{{paper_id}}{part}" for part in ("", "/paper.json", "/paper.pdf")),
    *(f"GET /v1/merchant/papers/{{paper_id}}{part}" for part in ("", "/paper.json", "/paper.pdf")),
    "GET /v1/admin/papers/{paper_id}/corrections/{correction_id}",
    "PUT /v1/admin/papers/{paper_id}/corrections/{correction_id}",
    *(f"GET /v1/admin/campaigns/{{campaign_id}}/evidence{part}" for part in ("", ".html")),
}
"""Good for what comes of a run that was approved, or of a campaign that is over: others test it."""
OF_A_DEBT_OR_OFFER = {
    "GET /open-data/{region}/{kind}/{first_day}/{file}",  # test_open_data.py has released weeks
    "PUT /v1/admin/debit-notes/{note_id}",
    "GET /v1/admin/debit-notes/{note_id}/corrections/{request_id}",
    "GET /v1/admin/debit-notes/{note_id}/payments/{payment_id}",
    "GET /v1/merchant/debit-notes/{note_id}",
    "GET /v1/merchant/debit-notes/{note_id}/note.pdf",
    "GET /v1/merchant/settlement-offer",
    "PUT /v1/merchant/settlements/{settlement_id}",
}
"""Good for a shop that owes or is offered: test_debit_notes.py, test_settlements.py have such."""
ENDLESS = {"GET /v1/stores/{store_id}/feed"}
"""It streams until its token expires; tests/api/test_feed.py reads it."""


@pytest.fixture(scope="module")
async def own_place(servers: Servers) -> AsyncIterator[Place]:
    """One database for the whole file."""
    place = await servers.clone()
    yield place
    await servers.leave(place)


@pytest.fixture(scope="module")
async def furnished(own_place: Place, servers: Servers) -> Furnished:
    """A region in it with something of every kind."""
    database = Database(own_place.app_url)
    region = await open_region(database, "setagaya", "Asia/Tokyo")
    vault = open_vault_of(settings_of(own_place, servers))
    async with running_engine(database, region) as engine:
        made = await furnish(Town(own_place, database, region, engine), vault)
    await database.close()
    return made


@pytest.fixture(scope="module")
def served(
    own_place: Place, servers: Servers, furnished: Furnished
) -> Iterator[tuple[str, FastAPI]]:
    """The deployed app on it."""
    with serving(settings_of(own_place, servers)) as both:
        yield both


def settings_of(place: Place, servers: Servers) -> Settings:
    return load_settings(
        environment="test",
        database_url=place.app_url,
        redis_url=servers.redis_url,
        data_dir=servers.folder,
        verifiers={"jpki": "tests.residents.a_verifier:office"},
        top_up_providers={PROVIDER: {"secret": PROVIDER_SECRET, "region": "setagaya"}},
        webhooks_to_loopback=True,
    )


@pytest.fixture(scope="module")
def session() -> Iterator[requests.Session]:
    """One connection that stays open."""
    with requests.Session() as session:
        yield session


def checks_of(plan: str, status: int) -> list[Any]:
    """What must hold of an answer. A body that is too large is refused unread."""
    return [*CHECKS, negative_data_rejection] if plan == "wrong" and status != 413 else [*CHECKS]


@pytest.mark.parametrize("label", sorted(OPERATIONS.keys() - ENDLESS))
def test_it_answers_as_described(
    label: str, served: tuple[str, FastAPI], furnished: Furnished, session: requests.Session
):
    url, app = served
    operation = OPERATIONS[label]
    security = operation.definition.raw.get("security", [])
    statuses = set()

    for each, mode in PLANS.items():
        if each == "wrong" and not can_be_wrong(operation):
            continue
        if each == "refused" and not names_what_was_refused(operation, furnished):
            continue

        @examples(
            max_examples=EXAMPLES,
            deadline=None,
            database=None,
            derandomize=SCALE == 1,
            suppress_health_check=list(HealthCheck),
        )
        @given(case=operation.as_strategy(generation_mode=mode), plan=st.just(each))
        def knock(case: Any, plan: str) -> None:
            if plan in {"real", "refused"}:
                name_real_things(case, furnished, is_refused=plan == "refused")
            elif plan == "unknown" and "provider" in (case.path_parameters or {}):
                case.path_parameters["provider"] = PROVIDER  # who did not sign
            content = as_a_provider(case) if plan == "real" else {}
            headers = furnished.headers(app, operation.path, security)
            answer = case.call(base_url=url, session=session, headers=headers, **content)
            checks = checks_of(plan, answer.status_code)
            case.validate_response(answer, checks=checks)
            statuses.add(answer.status_code)
            if operation.path.startswith("/v1/") and answer.status_code >= 400:
                is_known_problem(answer.status_code, answer.json())

        knock()
    if operation.definition.raw["tags"] == [SIGN_IN] or label in {
        WITH_A_CODE,
        *(SIGNED | OF_A_DRAFT | OF_A_RUN | OF_A_DEBT_OR_OFFER),
    }:
        return  # what is shown there is good once: the tests of signing in have it
    reached = {200} if operation.method == "get" else {200, 201, 409}
    assert statuses & reached, f"no request was good enough: {statuses}"
    assert 409 in statuses or not tells_refusals(operation), "none told"


def is_known_problem(status: int, told: dict[str, Any]) -> None:
    """Asserts that a refusal is one of ours."""
    known = REGISTRY[told["type"].removeprefix("/problems/")]
    assert (known.status, known.title) == (told["status"], told["title"])
    assert told["status"] == status


def names_what_was_refused(
    operation: APIOperation[Any, Any, Any, Any], furnished: Furnished
) -> bool:
    """Whether it looks up an id, and one of that kind was refused."""
    names = [parameter.name for parameter in operation.path_parameters]
    return operation.method == "get" and any(
        furnished.really_refused(operation.path, name) != furnished.really(operation.path, name)
        for name in names
    )


def tells_refusals(operation: APIOperation[Any, Any, Any, Any]) -> bool:
    """Whether it looks up an id under which a refusal may stand."""
    looks_up = operation.method == "get" and len(operation.path_parameters) > 0
    return looks_up and "409" in operation.definition.raw["responses"]


def can_be_wrong(operation: APIOperation[Any, Any, Any, Any]) -> bool:
    """Whether it takes anything at all."""
    return bool(list(operation.iter_parameters())) or bool(operation.body)


def name_real_things(case: Any, furnished: Furnished, *, is_refused: bool) -> None:
    """Let the request name what exists, or what was refused, and new things by a new id."""
    find = furnished.really_refused if is_refused else furnished.really
    for place in (case.path_parameters or {}, case.body if isinstance(case.body, dict) else {}):
        place |= {name: real for name in place if (real := find(case.path, name))}
    if "from" in (case.query or {}) and "to" in case.query:
        case.query |= {"from": "2026-01-01", "to": "2026-12-31"}
    if isinstance(case.body, dict) and "terms" in case.body and "versions" not in case.path:
        # Few forms that are made up agree with themselves.
        case.body["terms"] = A_BENEFIT if "benefits" in case.path else A_FORM
    if case.method == "PUT":
        last = case.path.rpartition("{")[2].rstrip("}")
        if last != "code":
            case.path_parameters[last] = str(new_id())


def as_a_provider(case: Any) -> dict[str, Any]:
    """The body of a webhook, signed; nothing for any other operation."""
    if "webhooks" not in case.path:
        return {}
    content, headers = signed_for(case.path, case.body)
    case.headers.update(headers)
    return {"data": content}


def test_there_is_an_operation_for_every_face():
    faces = {
        face
        for operation in OPERATIONS.values()
        for choice in operation.definition.raw.get("security", [])
        for face in choice
    }
    assert faces == {"resident", "merchant", "admin", "any"}
    assert len(OPERATIONS) > 50
