"""What funders bear of what a campaign spends: settled whenever it is asked, to the yen."""

import asyncio
from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from campaigns.settle_funders import SettleFunders
from core.database import Database
from core.errors import Problem
from ledger.books import Entry
from ledger.regions import Region
from payments.verify import verify_books
from tests.payments.test_money_of_campaigns import campaign_at_a_shop, fund, returning
from tests.servers import Place
from tests.town_builder import ADMIN, Town, new_id, open_region, running_engine

SHARES = [{"name": "city", "share_bp": 6_667}, {"name": "street", "share_bp": 3_333}]


@pytest.fixture(scope="module")
async def region(shared_database: Database) -> Region:
    """The region of all tests of this module."""
    return await open_region(shared_database, "setagaya", "Asia/Tokyo")


@pytest.fixture
async def town(
    shared_place: Place, shared_database: Database, region: Region
) -> AsyncIterator[Town]:
    """The town, of which all is recomputed from the journal at the end."""
    async with running_engine(shared_database, region) as engine:
        yield Town(shared_place, shared_database, region, engine)
    assert (await verify_books(shared_database, region)).faults == ()


def settling(campaign_id: UUID) -> SettleFunders:
    return SettleFunders(entry_id=new_id(), actor=ADMIN, campaign_id=campaign_id, reason="month")


async def settle(town: Town, campaign_id: UUID) -> Entry:
    return (await town.submit(settling(campaign_id))).accepted()


def borne(entry: Entry, *names: str) -> dict[str, list[Any]]:
    return {part["funder"]: [part[name] for name in names] for part in entry.facts["borne_by"]}


async def test_funders_bear_their_shares_over_many_settlements_without_drift(town: Town):
    wallet, store, campaign_id = await campaign_at_a_shop(town, budget_yen=1_000, funders=SHARES)
    await fund(town, campaign_id, "street", 500)
    paid = [await town.pay(wallet, store, 10, is_coin_only=True)]  # 3 points
    first = await settle(town, campaign_id)
    assert first.amount == 3
    assert borne(first, "share_bp", "put_in_yen", "spent_yen") == {
        "city": [6_667, 1_000, 2],
        "street": [3_333, 500, 1],
    }
    for _ in range(2):
        paid.append(await town.pay(wallet, store, 7, is_coin_only=True))  # 2 points each
        await settle(town, campaign_id)
    await town.refund(paid[0].entry_id, store)
    last = await settle(town, campaign_id)
    assert last.amount == 4
    assert last.facts["since_yen"] == -3
    assert borne(last, "spent_yen", "since_yen") == {"city": [3, -2], "street": [1, -1]}


async def test_a_settlement_is_made_once_and_never_of_nothing(town: Town):
    wallet, store, campaign_id = await campaign_at_a_shop(town, funders=SHARES)
    nothing = await town.submit(settling(campaign_id))
    assert nothing.entry.refusal == "campaign-nothing-to-settle"
    await town.pay(wallet, store, 1_000, is_coin_only=True)
    once = settling(campaign_id)
    wishes = (once, once, settling(campaign_id))
    receipts = await asyncio.gather(*(town.submit(wish) for wish in wishes))
    refusals = [receipt.entry.refusal for receipt in receipts]
    assert refusals[0] == refusals[1]
    assert sorted(map(str, refusals[1:])) == ["None", "campaign-nothing-to-settle"]
    with pytest.raises(Problem) as unknown:
        await town.submit(settling(new_id()))
    assert unknown.value.type.slug == "campaign-unknown"


async def test_only_funders_of_the_form_put_money_in(town: Town):
    _, _, campaign_id = await campaign_at_a_shop(town, funders=SHARES)
    refused = await fund(town, campaign_id, "prefecture", 1)
    assert refused.entry.refusal == "funder-not-named"
    assert list(refused.entry.facts["funders"]) == ["city", "street"]
    assert await town.balances(campaign_id) == {"budget": 10_000, "funder_receivable": 10_000}


async def test_each_gets_back_what_it_put_in_beyond_its_share_of_what_was_spent(town: Town):
    wallet, store, campaign_id = await campaign_at_a_shop(
        town,
        budget_yen=1_000,
        funders=[{"name": "city", "share_bp": 7_000}, {"name": "street", "share_bp": 3_000}],
    )
    await fund(town, campaign_id, "street", 1_000)
    await town.pay(wallet, store, 1_000, is_coin_only=True)  # 300 points: 210 and 90
    await town.change_campaign(campaign_id, "ended")
    entry = (await town.submit(returning(campaign_id))).accepted()
    assert entry.facts["returned_to"] == [
        {"funder": "city", "amount_yen": 790},
        {"funder": "street", "amount_yen": 910},
    ]
    settled = await settle(town, campaign_id)
    assert borne(settled, "put_in_yen", "returned_yen", "spent_yen") == {
        "city": [1_000, 790, 210],
        "street": [1_000, 910, 90],
    }


async def test_who_put_in_less_than_its_share_gets_nothing_back_and_owes(town: Town):
    wallet, store, campaign_id = await campaign_at_a_shop(town, budget_yen=1_000, funders=SHARES)
    await town.pay(wallet, store, 1_000, is_coin_only=True)
    await town.change_campaign(campaign_id, "ended")
    entry = (await town.submit(returning(campaign_id))).accepted()
    assert entry.facts["returned_to"] == [{"funder": "city", "amount_yen": 700}]
    settled = await settle(town, campaign_id)
    assert borne(settled, "put_in_yen", "returned_yen", "spent_yen") == {
        "city": [1_000, 700, 200],
        "street": [0, 0, 100],
    }


async def test_without_shares_each_bears_by_what_it_put_in(town: Town):
    wallet, store, campaign_id = await campaign_at_a_shop(town, budget_yen=2_000)
    await fund(town, campaign_id, "street", 1_000)
    await town.pay(wallet, store, 1_000, is_coin_only=True)
    assert borne(await settle(town, campaign_id), "spent_yen") == {"city": [200], "street": [100]}
