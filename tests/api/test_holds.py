"""Holds, as administrators list and decide them, and as the resident who paid is told."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.admin_office import Office
from tests.api.phone import Phone, Token, phone_of
from tests.api.probe import is_problem
from tests.payments.test_holds import LATER, Winter
from tests.payments.test_reverse_top_up import reversing
from tests.town_builder import Town, new_id


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


@pytest.fixture
async def winter(town: Town) -> Winter:
    campaign_id = await town.live_campaign(credited=LATER, cashback_bp=0, budget_yen=10_000)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 20_000)
    return Winter(town, campaign_id, wallet, await town.open_store())


async def told(
    phone: Phone, earned_by: UUID, what: str = "payments"
) -> tuple[int, list[tuple[str, int | None]]]:
    answer = (await phone.get(f"{what}/{earned_by}/explanation")).json()
    is_checked = "being-checked" in {each["code"] for each in answer["outcome"]}
    for campaign in answer["campaigns"]:
        assert (campaign["credited_in_words"] is None) == (is_checked or not answer["kept_points"])
    for each in answer["outcome"]:
        assert all(each[language] for language in ("ja", "ja_easy", "en"))
    return answer["kept_points"], [(each["code"], each["number"]) for each in answer["outcome"]]


async def listed(office: Office, **query: Any) -> list[str]:
    answer = await office.get("auditor", "holds", **query)
    assert answer.status_code == 200, answer.text
    return [each["hold_id"] for each in answer.json()["items"]]


async def test_holds_are_listed_by_ids_with_filters_and_pages(office: Office, winter: Winter):
    holds = [await winter.hold(await winter.pay()) for _ in range(3)]
    ids = [str(hold.entry_id) for hold in reversed(holds)]
    await winter.release(holds[0])
    assert await listed(office) == ids
    assert await listed(office, state="held") == ids[:2]
    assert await listed(office, state="released") == ids[2:]
    assert await listed(office, rule="standing_out") == []
    assert await listed(office, merchant_id=winter.store.merchant_id) == ids
    assert await listed(office, wallet_id=uuid4()) == []
    page = (await office.get("finance", "holds", limit=2)).json()
    rest = (await office.get("finance", "holds", limit=2, cursor=page["next_cursor"])).json()
    assert [each["hold_id"] for each in page["items"] + rest["items"]] == ids
    one = (await office.get("approver", f"holds/{ids[2]}")).json()
    assert one == rest["items"][0]
    assert (one["rule"], one["figures"]) == ("loops", {"times": 3})
    assert (one["points"], one["held_points"], one["state"]) == (300, 0, "released")
    assert (one["reason"], one["merchant_id"]) == ("seen", str(winter.store.merchant_id))
    assert (await office.get("finance", "holds", rule="colour")).status_code == 422
    is_problem(await office.get("finance", f"holds/{uuid4()}"), 404, "hold-unknown")
    for role in ("desk", "campaigns"):
        assert (await office.get(role, "holds")).status_code == 403


async def test_one_person_releases_with_a_reason_and_the_resident_is_told(
    office: Office, winter: Winter, app_client, token: Token
):
    payment = await winter.pay()
    phone = phone_of(app_client, token, winter.wallet)
    hold = await winter.hold(payment)
    assert await told(phone, payment.entry_id) == (
        300,
        [("points-granted", 300), ("being-checked", 300)],
    )
    wallet = (await phone.get(f"wallets/{winter.wallet.wallet_id}")).json()
    assert (wallet["pending_points"], wallet["checked_points"]) == (300, 300)
    path = f"holds/{hold.entry_id}/releases/{new_id()}"
    assert (await office.put("finance", path, {"reason": ""})).status_code == 422
    assert (await office.put("approver", path, {"reason": "no"})).status_code == 403
    released = await office.puts_once("finance", path, {"reason": "ok"}, {"reason": "why"})
    assert (released["points"], released["reason"]) == (300, "ok")
    one = (await office.get("finance", f"holds/{hold.entry_id}")).json()
    assert (one["state"], one["reason"]) == ("released", "ok")
    assert one["decided_by"].startswith("admin:")
    assert (await office.get("auditor", path)).json() == released
    other = f"holds/{uuid4()}/releases/{released['release_id']}"
    is_problem(await office.get("finance", other), 404, "hold-unknown")
    assert await told(phone, payment.entry_id) == (300, [("points-granted", 300)])
    assert (await phone.get(f"wallets/{winter.wallet.wallet_id}")).json()["checked_points"] == 0


async def test_a_rejection_is_decided_by_another_person(
    office: Office, winter: Winter, app_client, token: Token
):
    payment, refunded = await winter.pay(), await winter.pay()
    phone = phone_of(app_client, token, winter.wallet)
    hold, emptied = await winter.hold(payment), await winter.hold(refunded)
    asked = f"holds/{hold.entry_id}/rejections/{new_id()}"
    answer = await office.put("finance", asked, {"reason": "no sale"})
    assert answer.status_code == 201, answer.text
    request_id = answer.json()["request_id"]
    assert (await office.get("finance", asked)).json()["state"] == "open"
    decide, yes = f"requests/{request_id}/decisions", {"decision": "approved"}
    assert (await office.post("finance", decide, yes)).status_code in {403, 409}
    assert await winter.budget() == 10_000 - 600
    done = await office.post("approver", decide, yes)
    assert (done.status_code, done.json()["state"]) == (200, "approved")
    assert await winter.budget() == 10_000 - 300
    one = (await office.get("finance", f"holds/{hold.entry_id}")).json()
    assert (one["state"], one["reason"], one["held_points"]) == ("rejected", "no sale", 0)
    assert await told(phone, payment.entry_id) == (
        0,
        [("points-granted", 300), ("not-credited", 300)],
    )
    again = f"holds/{hold.entry_id}/rejections/{new_id()}"
    is_problem(await office.put("finance", again, {"reason": "no"}), 409, "hold-decided")
    nobody = f"holds/{uuid4()}/rejections/{new_id()}"
    is_problem(await office.put("finance", nobody, {"reason": "no"}), 404, "hold-unknown")

    other = await office.put(
        "finance", f"holds/{emptied.entry_id}/rejections/{new_id()}", {"reason": "no"}
    )
    await winter.town.refund(refunded.entry_id, winter.store)
    decide = f"requests/{other.json()['request_id']}/decisions"
    is_problem(await office.post("approver", decide, yes), 409, "nothing-held")


async def test_the_bonus_of_a_top_up_that_is_held_is_listed_and_told(
    office: Office, winter: Winter, app_client, token: Token
):
    await winter.town.live_campaign(bonus={"rate_bp": 1000}, credited=LATER)
    top_up = await winter.town.top_up(winter.wallet, 3_000)
    hold = await winter.hold(top_up)
    one = (await office.get("finance", f"holds/{hold.entry_id}")).json()
    assert (one["top_up_id"], one["points"]) == (str(top_up.entry_id), 300)
    assert [one[name] for name in ("payment_id", "store_id", "merchant_id")] == [None] * 3
    assert await listed(office, wallet_id=winter.wallet.wallet_id) == [str(hold.entry_id)]
    assert await listed(office, merchant_id=winter.store.merchant_id) == []
    phone = phone_of(app_client, token, winter.wallet)
    assert await told(phone, top_up.entry_id, "top-ups") == (
        300,
        [("points-granted", 300), ("being-checked", 300)],
    )
    await winter.reject(hold)
    assert await told(phone, top_up.entry_id, "top-ups") == (
        0,
        [("points-granted", 300), ("not-credited", 300)],
    )
    await winter.town.submit(reversing(top_up.entry_id))
    assert await told(phone, top_up.entry_id, "top-ups") == (
        0,
        [("points-granted", 300), ("all-refunded", None)],
    )


async def test_a_shop_learns_nothing_of_a_hold_and_refunds_as_ever(
    office: Office, winter: Winter, app_client, token: Token
):
    payment = await winter.pay()
    await winter.hold(payment)
    phone = phone_of(app_client, token, winter.wallet)
    detail = (await phone.get(f"payments/{payment.entry_id}")).json()
    assert (detail["state"], detail["refunds"]) == ("paid", [])
    [row] = await winter.town.rows("SELECT other_id FROM ledger.entry WHERE kind = 'hold.placed'")
    assert row.other_id is None
    await winter.town.refund(payment.entry_id, winter.store, 500)
    detail = (await phone.get(f"payments/{payment.entry_id}")).json()
    assert detail["refunded_yen"] == 500
    assert await told(phone, payment.entry_id) == (
        150,
        [("points-granted", 300), ("points-kept", 150), ("being-checked", 150)],
    )


async def test_rules_are_settings_that_finance_sees_and_edits(office: Office, town: Town):
    region = (await office.get("finance", "region")).json()
    assert not region["settings"]["holds"]["loops"]["is_on"]
    region["settings"]["holds"]["loops"] |= {"is_on": True, "times": 5}
    path = f"region/settings/{new_id()}"
    body = {"settings": region["settings"]}
    assert (await office.put("finance", path, body)).status_code == 201
    again = (await office.get("finance", "region")).json()
    assert again["settings"]["holds"]["loops"]["times"] == 5
    for name, value in (("times", 0), ("share_bp", 4_999), ("days", 61), ("colour", 1)):
        region["settings"]["holds"]["loops"][name] = value
        answer = await office.put("finance", f"region/settings/{new_id()}", body)
        problem = is_problem(answer, 422, "malformed-request")
        assert "/settings/holds/loops" in problem["errors"][0]["pointer"]
        region["settings"]["holds"]["loops"] = again["settings"]["holds"]["loops"]
