"""What a campaign's form says about money, through the engine: returns, days, the end, funders."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace
from datetime import timedelta
from typing import Any
from uuid import UUID

import pytest

from campaigns.campaign import FundCampaign
from campaigns.return_budget import ReturnBudget
from core.database import Database
from ledger.books import Entry
from ledger.command import Receipt
from ledger.regions import Region
from payments.verify import verify_books
from tests.servers import Place
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id, open_region, running_engine

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


async def test_a_day_grants_its_part_and_the_next_day_begins_anew(town: Town):
    wallet, store, campaign_id = await campaign_at_a_shop(town, budget_per_day_yen=500)
    granted = [
        grant_of(await town.pay(wallet, store, 1_000, is_coin_only=True), campaign_id)
        for _ in range(3)
    ]
    assert [grant["rebate_points"] for grant in granted] == [300, 200, 0]
    assert granted[2]["reasons"] == [["day-budget-empty"]]
    await town.set_clock(await town.now() + timedelta(days=1))
    entry = await town.pay(wallet, store, 1_000, is_coin_only=True)
    assert grant_of(entry, campaign_id)["rebate_points"] == 300


@pytest.mark.parametrize(("on_return", "points"), [("resume", 300), ("keep", 200)])
async def test_a_refund_opens_its_own_day_where_the_money_is_granted_again(
    town: Town, on_return: str, points: int
):
    wallet, store, campaign_id = await campaign_at_a_shop(
        town, budget_per_day_yen=500, on_return=on_return
    )
    first = await town.pay(wallet, store, 1_000, is_coin_only=True)
    await town.refund(first.entry_id, store, 500)
    second = await town.pay(wallet, store, 1_000, is_coin_only=True)
    assert grant_of(second, campaign_id)["rebate_points"] == points
    # The day after, a refund of the first opens no other day than that of the payment.
    await town.set_clock(await town.now() + timedelta(days=1))
    await town.refund(first.entry_id, store)
    rows = await town.rows(
        "SELECT period, value FROM ledger.counter WHERE subject_id = :campaign",
        campaign=campaign_id,
    )
    used_yen = points if on_return == "resume" else 500
    assert [(row.period, row.value) for row in rows] == [(first.business_date, used_yen)]


async def test_what_is_owed_stays_used_in_its_day(town: Town):
    wallet, store, campaign_id = await campaign_at_a_shop(town, budget_per_day_yen=500)
    payment = await town.pay(wallet, store, 1_000, is_coin_only=True)
    await town.pay(wallet, store, 300)  # by points
    await town.refund(payment.entry_id, store)
    later = await town.pay(wallet, store, 1_000, is_coin_only=True)
    assert grant_of(later, campaign_id)["rebate_points"] == 200


async def test_many_at_once_use_up_a_day_to_the_yen(
    town: Town, shared_database: Database, region: Region
):
    _, store, campaign_id = await campaign_at_a_shop(
        town, cashback_bp=500, budget_per_day_yen=4_000, budget_yen=100_000
    )
    wallets = [await town.open_wallet() for _ in range(8)]
    await asyncio.gather(*(town.top_up(wallet, 50_000) for wallet in wallets))
    async with running_engine(shared_database, region) as engine:
        sides = (town, replace(town, engine=engine))
        await asyncio.gather(
            *(
                sides[n % 2].pay(wallets[n % 8], store, 100 + n, is_coin_only=True)
                for n in range(160)
            )
        )
    assert (await town.balances(campaign_id))["budget"] == 100_000 - 4_000


def returning(campaign_id: UUID) -> ReturnBudget:
    return ReturnBudget(entry_id=new_id(), actor=ADMIN, campaign_id=campaign_id, reason="over")


async def fund(town: Town, campaign_id: UUID, funder: str, yen: int) -> Receipt:
    who = {"entry_id": new_id(), "actor": ADMIN, "funder": funder}
    return await town.submit(FundCampaign(**who, campaign_id=campaign_id, amount_yen=yen))  # type: ignore[arg-type]


async def test_what_is_left_goes_back_to_its_funders_to_the_yen(town: Town):
    wallet, store, campaign_id = await campaign_at_a_shop(town, budget_yen=1_000_000)
    await fund(town, campaign_id, "street", 500_000)
    await fund(town, campaign_id, "city", 1)
    await town.pay(wallet, store, 1_000, is_coin_only=True)
    refused = await town.submit(returning(campaign_id))
    assert refused.entry.refusal == "campaign-state-wrong"
    await town.change_campaign(campaign_id, "ended")
    entry = (await town.submit(wish := returning(campaign_id))).accepted()
    assert (await town.submit(wish)).is_replay
    # Of 1,499,701 the city's part is 999,800 and most of a yen, the street's 499,900 and a bit.
    assert entry.facts["returned_to"] == [
        {"funder": "city", "amount_yen": 999_801},
        {"funder": "street", "amount_yen": 499_900},
    ]
    assert entry.amount == 1_499_701
    assert await town.balances(campaign_id) == {"funder_receivable": 300}
    assert (await town.submit(returning(campaign_id))).entry.refusal == "campaign-nothing-left"
    assert (await fund(town, campaign_id, "city", 1)).entry.refusal == "campaign-state-wrong"


@pytest.mark.parametrize("on_return", ["resume", "keep"])
async def test_what_a_refund_brings_back_after_the_end_is_returned_as_well(
    town: Town, on_return: str
):
    wallet, store, campaign_id = await campaign_at_a_shop(town, on_return=on_return)
    await fund(town, campaign_id, "street", 5_000)
    payment = await town.pay(wallet, store, 1_000, is_coin_only=True)
    await town.change_campaign(campaign_id, "ended")
    await town.submit(returning(campaign_id))
    for yen in (1, 500, None):
        await town.refund(payment.entry_id, store, yen)
        (await town.submit(returning(campaign_id))).accepted()
    assert await town.balances(campaign_id) == {}  # nobody owes, nobody has anything
