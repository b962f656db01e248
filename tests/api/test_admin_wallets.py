"""The desk looks at one wallet at a time, leaves a trace of each look, and freezes wallets."""

from uuid import uuid4

import pytest

from residents.look_at_wallet import LookAtWallet
from tests.api.admin_office import Office, is_refused_for_good
from tests.api.probe import is_problem
from tests.town_builder import Town, new_id

WHY = "a missing rebate"


@pytest.fixture
def office(app_client, token) -> Office:
    return Office(app_client, token)


async def looks(town: Town) -> list[tuple[str, str, str]]:
    rows = await town.rows(
        "SELECT actor, other_id, facts->>'reason' AS reason FROM ledger.entry"
        " WHERE kind = :kind ORDER BY seq",
        kind=LookAtWallet.kind,
    )
    return [(row.actor, str(row.other_id), row.reason) for row in rows]


async def test_a_look_shows_one_wallet_and_is_remembered_with_its_reason(
    office: Office, town: Town
):
    campaign_id = await town.live_campaign(rebate_bp=3000)
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 5_000)
    await town.pay(wallet, store, 1_000)
    answer = await office.look(f"wallets/{wallet.wallet_id}", WHY)
    told = answer.json()
    assert (told["state"], told["coin_yen"], told["points"], told["owed_yen"]) == (
        "open", 4_000, 300, 0,
    )  # fmt: skip
    assert [(lot["kind"], lot["amount"], lot["campaign_id"]) for lot in told["lots"]] == [
        ("coin", 4_000, None),
        ("points", 300, str(campaign_id)),
    ]
    assert str(wallet.person_id) not in answer.text
    by = f"admin:{office.people['desk']}"
    assert await looks(town) == [(by, str(wallet.wallet_id), "a missing rebate")]


async def test_every_look_is_remembered(office: Office, town: Town):
    wallet = await town.open_wallet()
    for _ in range(3):
        await office.look(f"wallets/{wallet.wallet_id}", WHY)
    assert len(await looks(town)) == 3


@pytest.mark.parametrize("body", [{}, {"reason": ""}, {"reason": "  "}, {"reason": "x" * 201}])
async def test_a_look_without_a_reason_is_malformed(office: Office, town: Town, body):
    wallet = await town.open_wallet()
    path = f"wallets/{wallet.wallet_id}/looks"
    told = is_problem(await office.post("desk", path, body), 422, "malformed-request")
    assert told["errors"][0]["pointer"] == "/reason"
    # What stands in an address is logged by proxies: there it is no reason at all.
    answer = await office.post("desk", path, body, reason=WHY)
    is_problem(answer, 422, "malformed-request")
    assert (await office.get("desk", f"wallets/{wallet.wallet_id}", reason=WHY)).status_code == 404
    assert await looks(town) == []


async def test_a_look_at_nothing_or_abroad_finds_nothing(
    office: Office, town: Town, second_town: Town
):
    abroad = await second_town.open_wallet()
    store = await town.open_store()
    for wallet_id in (uuid4(), abroad.wallet_id, store.store_id):
        answer = await office.look(f"wallets/{wallet_id}", WHY)
        is_problem(answer, 404, "wallet-unknown")
    assert await looks(town) == []
    assert await looks(second_town) == []


async def test_a_look_is_no_part_of_the_residents_history(office: Office, town: Town, token):
    wallet = await town.open_wallet()
    await office.look(f"wallets/{wallet.wallet_id}", WHY)
    own = {"Authorization": f"Bearer {token('resident', wallet.person_id)}"}
    path = f"/v1/wallets/{wallet.wallet_id}/entries"
    history = (await office.client.get(path, headers=own)).json()
    assert [item["kind"] for item in history["items"]] == ["wallet.opened"]


async def test_a_wallet_is_frozen_once_and_cannot_pay(office: Office, town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 5_000)
    path = f"wallets/{wallet.wallet_id}/state-changes/{new_id()}"
    body = {"state": "frozen", "reason": "phone lost"}
    told = await office.puts_once("desk", path, body, {"state": "open", "reason": "found"})
    assert (told["before"], told["state"], told["reason"]) == ("open", "frozen", "phone lost")
    assert told["wallet_id"] == str(wallet.wallet_id)
    assert (await office.get("finance", path)).json() == told
    refused = await town.submit(town.payment(wallet, store, 100))
    assert refused.entry.refusal == "wallet-frozen"

    again = f"wallets/{wallet.wallet_id}/state-changes/{new_id()}"
    await is_refused_for_good(office, "desk", again, body, "wallet-state-same")
    opened = f"wallets/{wallet.wallet_id}/state-changes/{new_id()}"
    answer = await office.put("finance", opened, {"state": "open", "reason": "found"})
    assert answer.status_code == 201
    await town.pay(wallet, store, 100)


async def test_a_wallet_of_another_region_cannot_be_frozen(
    office: Office, town: Town, second_town: Town
):
    abroad = await second_town.open_wallet()
    path = f"wallets/{abroad.wallet_id}/state-changes/{new_id()}"
    answer = await office.put("desk", path, {"state": "frozen", "reason": "envy"})
    is_problem(answer, 404, "wallet-unknown")
    is_problem(await office.get("desk", path), 404, "entry-unknown")


async def test_a_change_is_found_under_its_own_wallet_only(office: Office, town: Town):
    wallet, other = await town.open_wallet(), await town.open_wallet()
    change = await town.change_wallet(wallet, "frozen")
    answer = await office.get("desk", f"wallets/{other.wallet_id}/state-changes/{change.entry_id}")
    is_problem(answer, 404, "entry-unknown")


@pytest.mark.parametrize(
    "body",
    [
        {"state": "gone", "reason": "x"},
        {"state": "frozen"},
        {"state": "frozen", "reason": "a\nb"},
        {"state": "frozen", "reason": "x", "more": 1},
    ],
)
async def test_a_malformed_change_changes_nothing(office: Office, town: Town, body):
    wallet = await town.open_wallet()
    path = f"wallets/{wallet.wallet_id}/state-changes/{new_id()}"
    is_problem(await office.put("desk", path, body), 422, "malformed-request")


async def test_each_act_belongs_to_its_roles(office: Office, town: Town):
    wallet = await town.open_wallet()
    await office.shows_the_desk(f"wallets/{wallet.wallet_id}")
    change = f"wallets/{wallet.wallet_id}/state-changes/{new_id()}"
    await office.allows(change, ["desk", "finance"], {})
    await office.allows(change, ["desk", "finance"], None)
