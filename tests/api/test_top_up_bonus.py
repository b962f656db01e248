"""A bonus on a top-up, as the counter, the history and the resident's explanation tell it."""

from typing import Any
from uuid import UUID, uuid4

import pytest

from tests.api.admin_office import Office
from tests.api.phone import Phone, Token, phone_of
from tests.api.probe import is_problem
from tests.api.test_explanations import codes
from tests.payments.test_reverse_top_up import reversing
from tests.town_builder import Town, Wallet, new_id


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def explained(phone: Phone, top_up_id: UUID | str) -> dict[str, Any]:
    answer = await phone.get(f"top-ups/{top_up_id}/explanation")
    assert answer.status_code == 200, answer.text
    told: dict[str, Any] = answer.json()
    return told


async def test_counter_history_and_explanation_tell_the_bonus(
    office: Office, app_client, token: Token, town: Town
):
    wallet = await town.open_wallet()
    phone = phone_of(app_client, token, wallet)
    campaign_id = await town.live_campaign(
        bonus={"rate_bp": 1000}, per_payment_points=500, per_person_month_points=700
    )
    path, body = f"top-ups/{new_id()}", {"wallet_id": str(wallet.wallet_id), "amount_yen": 6_000}
    told = (await office.put("desk", path, body)).json()
    assert told["bonus_points"] == 500
    [grant] = told["grants"]
    assert grant["campaign_id"] == str(campaign_id)
    assert codes(grant["reasons"]) == [("rate-applied", 1000), ("cut-by-payment-cap", 500)]
    assert "top-up" in grant["reasons"][1]["en"]
    history = (await phone.get(f"wallets/{wallet.wallet_id}/entries")).json()["items"]
    assert (history[0]["kind"], history[0]["coin_change_yen"]) == ("top_up", 6_000)
    assert history[0]["points_change"] == 500
    why = await explained(phone, told["top_up_id"])
    assert codes(why["outcome"]) == [("points-granted", 500)]
    assert (why["bonus_points"], why["kept_points"], why["is_reversed"]) == (500, 500, False)
    [campaign] = why["campaigns"]
    assert codes(campaign["steps"]) == [("rate-applied", 1000), ("cut-by-payment-cap", 500)]
    assert codes(campaign["headrooms"]) == [("month", 700)]
    assert campaign["kept"] is None

    back = {"top_up_id": told["top_up_id"], "reason": "stolen"}
    undone = (await office.put("finance", f"top-up-reversals/{new_id()}", back)).json()
    assert (undone["bonus_points"], undone["bonus_owed_yen"]) == (500, 0)
    why = await explained(phone, told["top_up_id"])
    assert (why["kept_points"], why["is_reversed"]) == (0, True)
    assert codes(why["outcome"]) == [("points-granted", 500), ("all-refunded", None)]


async def test_money_that_was_placed_is_explained_by_its_placement(
    office: Office, app_client, token: Token, town: Town
):
    wallet = await town.open_wallet()
    phone = phone_of(app_client, token, wallet)
    item = await town.top_up(Wallet(uuid4(), uuid4()), 700)
    await town.live_campaign(bonus={"rate_bp": 1000}, minimum_amount_yen=1_000)
    body = {"item_id": str(item.entry_id), "wallet_id": str(wallet.wallet_id), "reason": "found"}
    placement = (await office.put("finance", f"suspense-placements/{new_id()}", body)).json()
    assert placement["bonus_points"] == 0
    why = await explained(phone, placement["placement_id"])
    assert codes(why["outcome"]) == [("nothing-granted", None)]
    assert codes(why["campaigns"][0]["steps"]) == [("below-minimum", 1_000)]
    is_problem(await phone.get(f"top-ups/{item.entry_id}/explanation"), 404, "top-up-unknown")
    (await town.submit(reversing(item.entry_id))).accepted()
    assert (await explained(phone, placement["placement_id"]))["is_reversed"]


async def test_only_the_wallets_own_resident_is_told_and_no_campaign_is_said(
    app_client, token: Token, town: Town
):
    mine, other = await town.open_wallet(), await town.open_wallet()
    top_up = await town.top_up(mine, 700)
    why = await explained(phone_of(app_client, token, mine), top_up.entry_id)
    assert (codes(why["outcome"]), why["campaigns"]) == ([("no-campaign", None)], [])
    stranger = phone_of(app_client, token, other)
    for top_up_id in (top_up.entry_id, mine.wallet_id, uuid4()):
        answer = await stranger.get(f"top-ups/{top_up_id}/explanation")
        is_problem(answer, 404, "top-up-unknown")
