"""Finance sees money that could not be placed, and places it or sends it back: once."""

import asyncio
from uuid import uuid4

import pytest

from ledger.books import Entry
from tests.api.admin_office import Office, is_refused_for_good
from tests.api.probe import is_problem
from tests.town_builder import Town, Wallet, new_id


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def stranded(town: Town, yen: int = 5_000) -> tuple[Wallet, Entry]:
    """Money for a wallet that was frozen when it came, and is open again."""
    wallet = await town.open_wallet()
    await town.change_wallet(wallet, "frozen")
    item = await town.top_up(wallet, yen)
    await town.change_wallet(wallet, "open")
    return wallet, item


def placement(item: Entry, wallet: Wallet) -> dict[str, object]:
    return {
        "item_id": str(item.entry_id),
        "wallet_id": str(wallet.wallet_id),
        "reason": "receipt shown",
    }


async def test_suspense_lists_what_waits_oldest_first(office: Office, town: Town):
    made = [await stranded(town, 1_000 + n) for n in range(3)]
    first = (await office.get("finance", "suspense", limit=2)).json()
    rest = (await office.get("finance", "suspense", limit=2, cursor=first["next_cursor"])).json()
    assert rest["next_cursor"] is None
    items = first["items"] + rest["items"]
    assert [item["item_id"] for item in items] == [str(item.entry_id) for _, item in made]
    wallet, _ = made[0]
    assert items[0]["wallet"] == str(wallet.wallet_id)
    assert (items[0]["amount_yen"], items[0]["obstacle"]) == (1_000, "wallet-frozen")
    assert items[0]["provider"] == "hinode-bank"
    assert items[0]["received_at"].endswith("+09:00")


async def test_a_placement_reaches_the_wallet_once(office: Office, town: Town):
    wallet, item = await stranded(town)
    path = f"suspense-placements/{new_id()}"
    body = placement(item, wallet)
    told = await office.puts_once("finance", path, body, body | {"reason": "a guess"})
    assert (told["wallet_id"], told["amount_yen"]) == (str(wallet.wallet_id), 5_000)
    assert (await office.get("finance", path)).json() == told
    assert await town.balances(wallet.wallet_id) == {"coin": 5_000}
    assert (await office.get("finance", "suspense")).json()["items"] == []
    twice = f"suspense-placements/{new_id()}"
    await is_refused_for_good(office, "finance", twice, body, "suspense-item-settled")


async def test_a_return_goes_back_to_the_provider_once(office: Office, town: Town):
    wallet, item = await stranded(town)
    path = f"suspense-returns/{new_id()}"
    body = {"item_id": str(item.entry_id), "reason": "nobody claims it"}
    told = await office.puts_once("finance", path, body, body | {"reason": "a whim"})
    assert (told["item_id"], told["amount_yen"]) == (body["item_id"], 5_000)
    assert (await office.get("finance", path)).json() == told
    assert await town.balances(wallet.wallet_id) == {}
    rows = await town.rows("SELECT sum(balance)::bigint AS yen FROM ledger.account")
    assert rows[0].yen == 0
    twice = f"suspense-returns/{new_id()}"
    await is_refused_for_good(office, "finance", twice, body, "suspense-item-settled")


async def test_two_at_a_time_settle_an_item_once(office: Office, town: Town):
    wallet, item = await stranded(town)
    back = {"item_id": str(item.entry_id), "reason": "nobody claims it"}
    answers = await asyncio.gather(
        office.put("finance", f"suspense-placements/{new_id()}", placement(item, wallet)),
        office.put("finance", f"suspense-returns/{new_id()}", back),
        office.put("finance", f"suspense-placements/{new_id()}", placement(item, wallet)),
    )
    assert sorted(answer.status_code for answer in answers) == [201, 409, 409]


async def test_a_wallet_that_cannot_hold_it_does_not_get_it(office: Office, town: Town):
    wallet, item = await stranded(town)
    await town.change_wallet(wallet, "frozen")
    path = f"suspense-placements/{new_id()}"
    await is_refused_for_good(office, "finance", path, placement(item, wallet), "wallet-frozen")
    full = await town.open_wallet()
    await town.top_up(full, 98_000)
    path = f"suspense-placements/{new_id()}"
    await is_refused_for_good(office, "finance", path, placement(item, full), "balance-over-limit")


async def test_what_is_not_there_or_abroad_is_not_found(
    office: Office, town: Town, second_town: Town
):
    wallet, item = await stranded(town)
    abroad, item_abroad = await stranded(second_town)
    topped_up = await town.top_up(wallet, 500)
    path = f"suspense-placements/{new_id()}"
    for unknown in (item_abroad, topped_up):
        answer = await office.put("finance", path, placement(unknown, wallet))
        is_problem(answer, 404, "suspense-item-unknown")
        back = {"item_id": str(unknown.entry_id), "reason": "nobody claims it"}
        answer = await office.put("finance", f"suspense-returns/{new_id()}", back)
        is_problem(answer, 404, "suspense-item-unknown")
    answer = await office.put("finance", path, placement(item, abroad))
    is_problem(answer, 404, "wallet-unknown")
    is_problem(await office.get("finance", path), 404, "entry-unknown")
    listed = (await office.get("finance", "suspense")).json()["items"]
    assert [found["item_id"] for found in listed] == [str(item.entry_id)]


@pytest.mark.parametrize("missing", ["item_id", "wallet_id", "reason"])
async def test_a_placement_must_be_whole(office: Office, town: Town, missing: str):
    body = {"item_id": str(uuid4()), "wallet_id": str(uuid4()), "reason": "receipt shown"}
    del body[missing]
    answer = await office.put("finance", f"suspense-placements/{new_id()}", body)
    assert is_problem(answer, 422, "malformed-request")["errors"][0]["pointer"] == f"/{missing}"


async def test_each_act_belongs_to_finance(office: Office, town: Town):
    await office.allows("suspense", ["finance"], None)
    for path in (f"suspense-placements/{new_id()}", f"suspense-returns/{new_id()}"):
        await office.allows(path, ["finance"], {})
        await office.allows(path, ["finance"], None)
