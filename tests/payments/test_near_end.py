"""Near the end of a budget, through the engine: rates, refunds, an announced end, marks."""

from collections.abc import AsyncIterator
from typing import Any

import pytest

from core.database import Database
from ledger.regions import Region
from payments.verify import verify_books
from tests.payments.test_money_of_campaigns import campaign_at_a_shop, grant_of
from tests.servers import Place
from tests.terms_builder import CLASSES
from tests.town_builder import Town, open_region, running_engine

DOWN: dict[str, Any] = {
    "step_down": {"at_used_bp": 8000, "rebate": {"rates_bp": dict.fromkeys(CLASSES, 1000)}}
}


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


async def test_payments_step_down_at_the_mark_and_each_refund_goes_by_its_own_rate(town: Town):
    wallet, store, campaign_id = await campaign_at_a_shop(town, near_end=DOWN, budget_yen=1_000)
    paid = [await town.pay(wallet, store, 1_000, is_coin_only=True) for _ in range(4)]
    points = [grant_of(payment, campaign_id)["rebate_points"] for payment in paid]
    assert points == [300, 300, 300, 100]  # 60 % were used before the third, 90 % before the last
    assert grant_of(paid[3], campaign_id)["seen"] == {"funded": 1_000}
    await town.refund(paid[3].entry_id, store, 500)
    await town.refund(paid[2].entry_id, store, 500)  # though 95 % are used now
    assert (await town.balances(campaign_id))["budget"] == 50 + 150
    again = await town.pay(wallet, store, 1_000, is_coin_only=True)
    assert grant_of(again, campaign_id)["rebate_points"] == 100  # exactly 80 % were used


async def test_money_that_is_put_in_brings_the_first_rates_back(town: Town):
    wallet, store, campaign_id = await campaign_at_a_shop(town, near_end=DOWN, budget_yen=300)
    await town.pay(wallet, store, 1_000, is_coin_only=True)
    await town.fund(campaign_id, 100)
    paid = await town.pay(wallet, store, 1_000, is_coin_only=True)  # 75 % of 400
    assert grant_of(paid, campaign_id)["rebate_points"] == 100
    assert grant_of(paid, campaign_id)["reasons"][0] == ["rate-applied", 3000]
