"""What a malformed request is told: the names that are known, bounds and choices; never input."""

from typing import Any, get_args
from uuid import uuid4

import pytest

from api.admin_journal import EntryKind
from ledger.command import Command
from payments.expire import ExpireLot
from tests.api.admin_office import Office
from tests.api.phone import phone_of, qr_of
from tests.api.probe import is_problem
from tests.api.provider import signed
from tests.conftest import PROVIDER
from tests.terms_builder import terms_of
from tests.town_builder import Town, new_id


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


def errors_of(answer: Any) -> list[dict[str, Any]]:
    errors: list[dict[str, Any]] = is_problem(answer, 422, "malformed-request")["errors"]
    return errors


async def test_a_name_that_a_query_does_not_know_is_refused(office: Office, town: Town, token):
    path = "journal"
    known = errors_of(await office.get("auditor", path, kin_d="payment"))[0]["known"]
    assert set(known) == {
        "limit", "cursor", "kind", "from", "to", "holder_id", "actor", "refused", "refers_to",
        "min_yen", "max_yen",
    }  # fmt: skip
    errors = errors_of(await office.get("auditor", path, begins="2026-01-01", taro=1, limit=2))
    assert [(error["pointer"], error["reason"]) for error in errors] == [
        ("query", "extra-forbidden")
    ] * 2
    phone = phone_of(office.client, token, await town.open_wallet())
    paid = await office.client.put(
        f"/v1/payments/{new_id()}?dry_run=true", json={}, headers=phone.headers
    )
    assert errors_of(paid) == [{"pointer": "query", "reason": "extra-forbidden", "known": []}]
    assert (await office.get("auditor", "journal?")).status_code == 200


def kinds_below(command: Any) -> set[str]:
    """The kinds of our own commands that are made of this one."""
    is_ours = not command.__module__.startswith("tests") and "kind" in vars(command)
    own = {command.kind} if is_ours else set()
    return own.union(*(kinds_below(below) for below in command.__subclasses__()))


async def test_a_search_has_the_kinds_of_every_command_and_says_them(office: Office, town: Town):
    # Commands of the worker alone, which no face of the API imports.
    import payments.expire
    import payments.vest  # noqa: F401

    known = kinds_below(Command)
    assert ExpireLot.kind in known, "the worker's commands are in the journal too"
    assert known == set(get_args(EntryKind))
    [error] = errors_of(await office.get("auditor", "journal", kind="salary"))
    assert (error["pointer"], error["reason"]) == ("query:kind", "literal-error")
    assert error["choices"] == list(get_args(EntryKind))


async def test_a_body_is_told_the_names_that_it_has_where_it_has_them(office: Office, town: Town):
    terms = terms_of(await town.today()).model_dump(mode="json")
    path = f"campaigns/{new_id()}"
    [error] = errors_of(await office.put("campaigns", path, {"terms": terms, "colour": "red"}))
    assert (error["pointer"], error["known"]) == ("/colour", ["terms"])
    terms["caps"]["per_week"] = 1
    terms["rebate"]["rates_bp"]["kiosk"] = 1
    rates, caps = errors_of(await office.put("campaigns", path, {"terms": terms}))
    assert rates["pointer"] == "/terms/rebate/rates_bp/kiosk"
    assert rates["known"] == ["street_member", "small", "convenience", "large"]
    assert (caps["pointer"], caps["known"][0]) == ("/terms/caps/per_week", "per_payment_points")


async def test_a_webhook_is_told_the_names_of_its_own_type(app_client, town: Town):
    content = b'{"type": "top_up.reversed", "ref": "1"}'
    headers = signed(content) | {"Content-Type": "application/json"}
    path = f"/v1/webhooks/top-ups/{PROVIDER}"
    errors = errors_of(await app_client.post(path, content=content, headers=headers))
    [unknown] = [error for error in errors if "known" in error]
    assert unknown["known"][:2] == ["type", "top_up_ref"]
    content = b'{"type": "payment"}'
    headers = signed(content) | {"Content-Type": "application/json"}
    [error] = errors_of(await app_client.post(path, content=content, headers=headers))
    assert error["choices"] == ["top_up.succeeded", "top_up.reversed"]
    assert "payment" not in str(error)


@pytest.mark.parametrize(
    ("change", "told"),
    [
        ({"amount_yen": 0}, {"reason": "greater-than-equal", "minimum": 1}),
        ({"amount_yen": 10_000_001}, {"reason": "less-than-equal", "maximum": 10_000_000}),
        ({"qr": "x" * 513}, {"reason": "string-too-long", "max_length": 512}),
        ({"qr": ""}, {"reason": "string-too-short", "min_length": 1}),
        ({"coin_only": 1}, {"reason": "bool-type"}),
    ],
)
async def test_a_bound_is_told(app_client, token, town: Town, change, told):
    wallet, store = await town.open_wallet(), await town.open_store()
    phone = phone_of(app_client, token, wallet)
    body = {"wallet_id": str(wallet.wallet_id), "qr": qr_of(store), "amount_yen": 1} | change
    [name] = change
    [error] = errors_of(await phone.put(f"payments/{new_id()}", body))
    assert error == {"pointer": f"/{name}"} | told


async def test_choices_are_told(office: Office):
    body = {"state": "gone", "reason": "lost"}
    [error] = errors_of(
        await office.put("desk", f"wallets/{uuid4()}/state-changes/{new_id()}", body)
    )
    assert error == {
        "pointer": "/state",
        "reason": "literal-error",
        "choices": ["frozen", "open", "closed"],
    }


async def test_what_is_wrong_with_terms_has_names(office: Office, town: Town):
    terms = terms_of(await town.today()).model_dump(mode="json")
    wrong = terms | {"ends_on": "2020-01-01", "form_version": 2, "name": " x"}
    errors = errors_of(await office.put("campaigns", f"campaigns/{new_id()}", {"terms": wrong}))
    assert errors == [
        {
            "pointer": "/terms/form_version",
            "reason": "literal-error",
            "choices": [1],
            "says": "must be one of: 1",
        },
        {
            "pointer": "/terms/name",
            "reason": "outer-space",
            "says": "must not begin or end with a space",
        },
        {
            "pointer": "/terms/ends_on",
            "reason": "ends-before-it-starts",
            "says": "must not be before starts_on",
        },
    ]
    early = terms | {"starts_on": "1999-12-31"}
    [error] = errors_of(await office.put("campaigns", f"campaigns/{new_id()}", {"terms": early}))
    assert (error["reason"], error["minimum"]) == ("greater-than-equal", "2000-01-01")
