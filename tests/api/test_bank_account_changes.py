"""Where a shop is paid to changes by an owner's factor, another person's yes, and a wait."""

import asyncio
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from access.posts import Reach
from tests.api.owners_shop import Shop, open_shop
from tests.api.probe import is_problem
from tests.api.staff_world import World
from tests.town_builder import new_id

HOURS = timedelta(hours=1)


@pytest.fixture
async def shop(world: World) -> Shop:
    """A shop of this test alone."""
    return await open_shop(world)


async def test_another_account_is_paid_to_only_after_a_yes_and_a_wait(shop: Shop):
    change_id = new_id()
    asked = await shop.ask(change_id)
    assert asked.status_code == 201, asked.text
    assert (asked.json()["state"], asked.json()["ends_with"]) == ("asked", "345")
    assert "12345" not in asked.text
    now = datetime.now(UTC)
    assert await shop.paid_to(now + 999 * HOURS) is None
    assert (await shop.decide(change_id, shop.approver)).status_code == 200
    assert await shop.paid_to(now + 71 * HOURS) is None
    assert await shop.paid_to(now + 73 * HOURS) == "0012345"
    emails = sorted([shop.owner.email, shop.other.email])
    letters = await shop.letters()
    assert [purpose for purpose, _ in letters] == [
        *("bank account asked",) * 2,
        *("bank account approved",) * 2,
    ]
    assert [sorted(to for _, to in pair) for pair in (letters[:2], letters[2:])] == [emails] * 2
    is_problem(await shop.decide(change_id, shop.approver), 409, "request-over")


async def test_without_a_factor_of_the_moment_nothing_is_asked_for(shop: Shop):
    for wrong in ({"totp": "000000"}, {"recovery_code": "ABCD-EFGH-IJKL-MNOP"}):
        is_problem(await shop.ask(new_id(), wrong), 403, "factor-wrong")
    is_problem(await shop.ask(new_id(), {}), 422, "malformed-request")
    others = {"totp": shop.other.code()}
    is_problem(await shop.ask(new_id(), others), 403, "factor-wrong")
    assert await shop.letters() == []


async def test_a_replay_is_one_change_and_needs_no_second_code(shop: Shop):
    change_id = new_id()
    first = await shop.ask(change_id)
    again = await shop.ask(change_id, {"totp": "000000"})
    assert (again.status_code, again.json()) == (201, first.json())
    assert again.headers["idempotent-replay"] == "true"
    is_problem(await shop.ask(change_id, account_number="7654321"), 409, "id-in-use")
    assert len(await shop.letters()) == 2


async def test_only_one_change_waits_for_its_approval(shop: Shop):
    first, second = new_id(), new_id()
    assert (await shop.ask(first)).status_code == 201
    is_problem(await shop.ask(second, account_number="7654321"), 409, "request-pending")
    assert (await shop.decide(first, shop.approver, "refused")).status_code == 200
    is_problem(await shop.cancel(first, shop.owner), 409, "bank-account-over")
    assert (await shop.ask(second, account_number="7654321")).status_code == 201


async def test_any_owner_cancels_until_it_applies(shop: Shop):
    asked, approved = new_id(), new_id()
    await shop.ask(asked)
    for _ in range(2):
        assert (await shop.cancel(asked, shop.other)).json()["state"] == "cancelled"
    is_problem(await shop.decide(asked, shop.approver), 409, "request-over")
    await shop.ask(approved)
    await shop.decide(approved, shop.approver)
    assert (await shop.cancel(approved, shop.other)).json()["state"] == "cancelled"
    assert await shop.paid_to(datetime.now(UTC) + 999 * HOURS) is None
    assert [purpose for purpose, _ in await shop.letters()].count("bank account cancelled") == 4


async def test_what_applies_already_is_not_cancelled(shop: Shop):
    change_id = new_id()
    await shop.ask(change_id)
    await shop.decide(change_id, shop.approver)
    await shop.world.superuser.execute(
        "UPDATE merchants.bank_account SET approved_at = approved_at - interval '4 days',"
        " applies_from = applies_from - interval '4 days' WHERE version_id = $1",
        change_id,
    )
    is_problem(await shop.cancel(change_id, shop.owner), 409, "bank-account-in-force")
    assert await shop.paid_to(datetime.now(UTC)) == "0012345"


async def test_finance_cancels_what_waits_and_says_why(shop: Shop):
    change_id = new_id()
    path, client = f"/v1/admin/bank-accounts/{change_id}/cancellations", shop.world.office.client
    why = {"reason": "申請の覚えがない"}
    unknown = await client.post(path, json=why, headers=shop.finance.headers)
    is_problem(unknown, 404, "bank-account-unknown")
    await shop.ask(change_id)
    await shop.decide(change_id, shop.approver)
    for body, by, status in (({}, shop.finance, 422), (why, shop.approver, 403)):
        assert (await client.post(path, json=body, headers=by.headers)).status_code == status
    for _ in range(2):
        done = await client.post(path, json=why, headers=shop.finance.headers)
        assert (done.status_code, done.json()["state"]) == (200, "cancelled"), done.text
    assert await shop.paid_to(datetime.now(UTC) + 999 * HOURS) is None
    assert [purpose for purpose, _ in await shop.letters()].count("bank account cancelled") == 2
    acts = await shop.world.superuser.fetch(
        "SELECT role, reason FROM access.act WHERE object_id = $1 AND act = $2",
        change_id,
        "bank_account.cancelled",
    )
    assert [tuple(act) for act in acts] == [("finance", why["reason"])]


async def test_an_owner_who_is_also_of_the_issuer_does_not_approve_the_own_change(shop: Shop):
    change_id, office = new_id(), shop.world.office
    await shop.ask(change_id)
    _, name, secret = await office.invited(Reach("admin", "approver"), shop.owner.email)
    await office.forget_steps()
    shown = {"invitation_id": str(name), "secret": secret}
    begun = (await shop.owner.sign_in(invitation=shown)).json()
    assert begun is not None
    await office.forget_steps()
    choice = (await shop.owner.sign_in()).json()["choice"]
    [post] = [each for each in choice["posts"] if each["role"] == "approver"]
    body = {"secret": choice["secret"], "post_id": post["post_id"]}
    signed_in = (await office.post(f"posts/{choice['choice_id']}/answers", body)).json()
    headers = {"Authorization": f"Bearer {signed_in['tokens']['access_token']}"}
    answer = await office.client.post(
        f"/v1/admin/requests/{change_id}/decisions",
        json={"decision": "approved"},
        headers=headers,
    )
    is_problem(answer, 409, "second-person-needed")


async def test_an_approval_and_a_cancellation_at_once_are_one_after_the_other(shop: Shop):
    change_id = new_id()
    await shop.ask(change_id)
    decided, cancelled = await asyncio.gather(
        shop.decide(change_id, shop.approver), shop.cancel(change_id, shop.other)
    )
    assert cancelled.json()["state"] == "cancelled"
    assert decided.status_code in {200, 409}
    assert await shop.paid_to(datetime.now(UTC) + 999 * HOURS) is None


@pytest.mark.parametrize(
    ("wrong", "slug"),
    [
        ({"account_number": "12345678"}, "account-number-malformed"),
        ({"holder_kana": "髙島屋"}, "kana-unwritable"),
        ({"bank_code": "8888"}, "bank-unknown"),
        ({"branch_code": "000"}, "branch-unknown"),
    ],
)
async def test_an_account_that_no_bank_has_is_refused(shop: Shop, wrong: dict[str, Any], slug: str):
    is_problem(await shop.ask(new_id(), **wrong), 422, slug)


async def test_another_shop_neither_sees_nor_cancels_it(shop: Shop, token_of_a_stranger: str):
    change_id = new_id()
    await shop.ask(change_id)
    client = shop.world.office.client
    headers = {"Authorization": f"Bearer {token_of_a_stranger}"}
    path = f"/v1/merchant/bank-account-changes/{change_id}"
    is_problem(await client.get(path, headers=headers), 404, "bank-account-unknown")
    answer = await client.post(f"{path}/cancellations", json={}, headers=headers)
    is_problem(answer, 404, "bank-account-unknown")
    listed = await client.get("/v1/merchant/bank-account-changes", headers=headers)
    assert listed.json()["items"] == []


@pytest.fixture
async def token_of_a_stranger(world: World) -> str:
    """Of the owner of another shop."""
    person = await world.office.hire(Reach("merchant", "owner", new_id()))
    return person.access_token
