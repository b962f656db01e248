"""The desk takes cash at the counter; finance reverses top-ups whose money is gone."""

from uuid import uuid4

import pytest

from tests.api.admin_office import Office, is_refused_for_good
from tests.api.probe import is_problem
from tests.town_builder import Town, Wallet, new_id


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


def cash(wallet: Wallet, yen: int) -> dict[str, object]:
    return {"wallet_id": str(wallet.wallet_id), "amount_yen": yen}


async def test_cash_reaches_the_wallet_once(office: Office, town: Town):
    wallet = await town.open_wallet()
    path = f"top-ups/{new_id()}"
    told = await office.puts_once("desk", path, cash(wallet, 10_000), cash(wallet, 9_999))
    assert (told["wallet_id"], told["amount_yen"]) == (str(wallet.wallet_id), 10_000)
    assert told["topped_up_at"].endswith("+09:00")
    assert (await office.get("desk", path)).json() == told
    assert await town.balances(wallet.wallet_id) == {"coin": 10_000}


async def test_cash_that_a_rule_refuses_stays_refused(office: Office, town: Town):
    wallet, frozen = await town.open_wallet(), await town.open_wallet()
    await town.change_wallet(frozen, "frozen")
    await town.top_up(wallet, 90_000)
    for body, slug in (
        (cash(wallet, 50_001), "top-up-over-limit"),
        (cash(wallet, 10_001), "balance-over-limit"),
        (cash(frozen, 100), "wallet-frozen"),
    ):
        await is_refused_for_good(office, "desk", f"top-ups/{new_id()}", body, slug)


async def test_cash_for_a_wallet_that_is_not_there_leaves_nothing(
    office: Office, town: Town, second_town: Town
):
    abroad = await second_town.open_wallet()
    for wallet_id in (uuid4(), abroad.wallet_id):
        path = f"top-ups/{new_id()}"
        body = {"wallet_id": str(wallet_id), "amount_yen": 100}
        is_problem(await office.put("desk", path, body), 404, "wallet-unknown")
        is_problem(await office.get("desk", path), 404, "entry-unknown")


@pytest.mark.parametrize("amount_yen", [0, -1, 1.0, "100", True, 10_000_001, None])
async def test_a_malformed_amount_tops_nothing_up(office: Office, town: Town, amount_yen):
    body = {"wallet_id": str(uuid4()), "amount_yen": amount_yen}
    told = is_problem(
        await office.put("desk", f"top-ups/{new_id()}", body), 422, "malformed-request"
    )
    assert told["errors"][0]["pointer"] == "/amount_yen"


async def test_a_providers_top_up_is_not_the_desks(office: Office, town: Town):
    entry = await town.top_up(await town.open_wallet(), 5_000)
    is_problem(await office.get("desk", f"top-ups/{entry.entry_id}"), 404, "entry-unknown")


async def test_a_reversal_takes_what_is_there_and_the_rest_is_owed(office: Office, town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    top_up = await town.top_up(wallet, 5_000)
    await town.pay(wallet, store, 2_000)
    path = f"top-up-reversals/{new_id()}"
    body = {"top_up_id": str(top_up.entry_id), "reason": "a stolen card"}
    told = await office.puts_once("finance", path, body, body | {"reason": "a whim"})
    assert (told["amount_yen"], told["taken_yen"], told["owed_yen"]) == (5_000, 3_000, 2_000)
    assert (told["wallet_id"], told["top_up_id"]) == (str(wallet.wallet_id), body["top_up_id"])
    assert (await office.get("finance", path)).json() == told
    assert await town.balances(wallet.wallet_id) == {"resident_receivable": 2_000}
    twice = f"top-up-reversals/{new_id()}"
    await is_refused_for_good(office, "finance", twice, body, "top-up-reversed")


async def test_a_reversal_out_of_suspense_concerns_no_wallet(office: Office, town: Town):
    wallet = await town.open_wallet()
    await town.change_wallet(wallet, "frozen")
    top_up = await town.top_up(wallet, 5_000)
    path = f"top-up-reversals/{new_id()}"
    body = {"top_up_id": str(top_up.entry_id), "reason": "a stolen card"}
    told = (await office.put("finance", path, body)).json()
    assert told["wallet_id"] is None
    assert (told["taken_yen"], told["owed_yen"]) == (5_000, 0)
    assert (await office.get("finance", "suspense")).json()["items"] == []


async def test_money_that_went_back_cannot_be_reversed(office: Office, town: Town):
    wallet = await town.open_wallet()
    await town.change_wallet(wallet, "frozen")
    top_up = await town.top_up(wallet, 5_000)
    back = {"item_id": str(top_up.entry_id), "reason": "nobody claims it"}
    await office.put("finance", f"suspense-returns/{new_id()}", back)
    body = {"top_up_id": str(top_up.entry_id), "reason": "a stolen card"}
    path = f"top-up-reversals/{new_id()}"
    await is_refused_for_good(office, "finance", path, body, "top-up-returned")


async def test_what_is_no_top_up_here_cannot_be_reversed(
    office: Office, town: Town, second_town: Town
):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 500)
    paid = await town.pay(wallet, store, 100)
    abroad = await second_town.top_up(await second_town.open_wallet(), 500)
    for top_up_id in (uuid4(), paid.entry_id, abroad.entry_id):
        body = {"top_up_id": str(top_up_id), "reason": "a stolen card"}
        path = f"top-up-reversals/{new_id()}"
        is_problem(await office.put("finance", path, body), 404, "top-up-unknown")
        is_problem(await office.get("finance", path), 404, "entry-unknown")


async def test_each_act_belongs_to_its_role(office: Office, town: Town):
    await office.allows(f"top-ups/{new_id()}", ["desk"], {})
    await office.allows(f"top-ups/{new_id()}", ["desk"], None)
    await office.allows(f"top-up-reversals/{new_id()}", ["finance"], {})
    await office.allows(f"top-up-reversals/{new_id()}", ["finance"], None)
