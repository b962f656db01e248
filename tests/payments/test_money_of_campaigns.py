"""What a campaign's form says about money, through the engine: returns, days, the end, funders."""

from collections.abc import AsyncIterator
from typing import Any
from uuid import UUID

import pytest

from core.database import Database
from ledger.books import Entry
from ledger.regions import Region
from payments.verify import verify_books
from tests.servers import Place
from tests.town_builder import Store, Town, Wallet, open_region, running_engine

BUDGET_YEN = 10_000


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


async def campaign_at_a_shop(town: Town, **form: Any) -> tuple[Wallet, Store, UUID]:
    """A purse, a shop, and a campaign of this shop alone: 30 % to the resident, no cashback."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 90_000)
    where = {"only_merchants": [str(store.merchant_id)]}
    given: dict[str, Any] = {"budget_yen": BUDGET_YEN, "cashback_bp": 0, "where": where} | form
    return wallet, store, await town.live_campaign(**given)


def grant_of(entry: Entry, campaign_id: UUID) -> Any:
    [grant] = [g for g in entry.facts["grants"] if g["campaign_id"] == str(campaign_id)]
    return grant


async def test_what_a_refund_brings_back_is_kept_where_the_form_says_so(town: Town):
    wallet, store, campaign_id = await campaign_at_a_shop(
        town, on_return="keep", cashback_bp=500, budget_yen=800
    )
    payment = await town.pay(wallet, store, 2_000, is_coin_only=True)
    await town.refund(payment.entry_id, store, 1_000)
    stands = {"budget": 100, "budget_kept": 350, "funder_receivable": 800}
    assert await town.balances(campaign_id) == stands
    rest = await town.pay(wallet, store, 2_000, is_coin_only=True)
    assert grant_of(rest, campaign_id)["rebate_points"] == 100
    assert (await town.balances(campaign_id)).get("budget") is None


async def test_a_debt_that_is_settled_later_is_kept_as_well(town: Town):
    wallet, store, campaign_id = await campaign_at_a_shop(town, on_return="keep")
    payment = await town.pay(wallet, store, 1_000, is_coin_only=True)
    await town.pay(wallet, store, 300)  # by points
    await town.refund(payment.entry_id, store)
    assert (await town.balances(campaign_id))["budget_due"] == 300
    later = await town.pay(wallet, store, 1_000, is_coin_only=True)
    assert later.facts["points_settled"] == 300
    assert await town.balances(campaign_id) == {
        "budget": BUDGET_YEN - 600,
        "budget_kept": 300,
        "funder_receivable": BUDGET_YEN,
    }
