"""Points that pay at some shops only: where, in which order, and how they come back."""

import asyncio
from typing import Any
from uuid import UUID

import pytest

from campaigns import shop_groups
from campaigns.may_change import MAY_CHANGE
from campaigns.shop_groups import shop_groups_of
from core.errors import Problem
from ledger.books import Entry
from ledger.command import Receipt
from payments.verify import verify_books
from tests.benefits_builder import done, offered, use
from tests.closing import store_of_street, street_change
from tests.payments.refusals import refusal
from tests.town_builder import Store, Town, Wallet

STREET = {"streets": ["ichibangai"]}


@pytest.fixture(autouse=True)
def forgetful() -> None:
    """A process that has seen nothing yet."""
    shop_groups._REMEMBERED.clear()


async def with_points(town: Town, points: int = 300, **terms: Any) -> tuple[Wallet, Entry, Store]:
    """A wallet that holds tied points and no coin, the payment that granted them, and its shop."""
    plain: dict[str, Any] = {
        "cashback_bp": 0,
        "rebate_bp": 10_000,
        "per_person_campaign_points": points,
    }
    await town.live_campaign(**{"usable_where": STREET, **plain} | terms)
    wallet, shop = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, points)
    return wallet, await town.pay(wallet, shop, points, is_coin_only=True), shop


def paid_with(entry: Entry) -> list[tuple[str, int, bool]]:
    return [(p["kind"], p["amount"], "campaign_id" in p) for p in entry.facts["paid_with"]]


async def test_points_pay_in_their_street_and_nowhere_else(town: Town):
    wallet, granted, elsewhere = await with_points(town)
    assert granted.facts["grants"][0]["is_tied"] is True
    there, other = [await store_of_street(town, name) for name in ("ichibangai", "suzuran")]
    await town.top_up(wallet, 50)
    for shop, left_yen in ((elsewhere, 50), (other, 40)):
        with pytest.raises(Problem) as refused:
            await town.pay(wallet, shop, 60)
        assert refused.value.facts == {"usable_yen": left_yen}
        assert paid_with(await town.pay(wallet, shop, 10)) == [("coin", 10, False)]
    assert await refusal(town, town.payment(wallet, there, 331)) == "insufficient-funds"
    assert paid_with(await town.pay(wallet, there, 310)) == [
        ("points", 300, True),
        ("coin", 10, False),
    ]


async def test_of_one_last_day_tied_points_go_first_and_later_ones_after_all(town: Town):
    free: dict[str, Any] = {"usable_where": None, "points_expire_months": 2, "name": "Free"}
    wallet, _, shop = await with_points(town, **free)  # the older lot
    for where, months, points in ((STREET, 2, 200), ({"classes": ["small"]}, 3, 100)):
        await town.live_campaign(
            usable_where=where, points_expire_months=months, per_person_campaign_points=points,
            rebate_bp=10_000, cashback_bp=0,
        )  # fmt: skip
        await town.top_up(wallet, points)
        await town.pay(wallet, shop, points, is_coin_only=True)
    there = await store_of_street(town, "ichibangai")
    paid = await town.pay(wallet, there, 600)
    assert paid_with(paid) == [
        ("points", 200, True),
        ("points", 300, False),
        ("points", 100, True),
    ]


async def test_a_refund_puts_them_back_where_they_were_and_a_claw_back_finds_them(town: Town):
    wallet, granted, shop = await with_points(town)
    there = await store_of_street(town, "ichibangai")
    paid = await town.pay(wallet, there, 200)
    refunded = await town.refund(paid.entry_id, there, 150)
    assert [part["amount"] for part in refunded.facts["returned"]] == [150]
    assert "campaign_id" in refunded.facts["returned"][0]
    assert await refusal(town, town.payment(wallet, shop, 1)) == "insufficient-funds"
    await town.refund(paid.entry_id, there)
    assert await town.balances(wallet.wallet_id) == {"points": 300}
    taken = await town.refund(granted.entry_id, shop, 120)
    assert taken.facts["clawed_back"][0]["points"] == 120
    assert await town.balances(wallet.wallet_id) == {"coin": 120, "points": 180}


async def test_points_of_a_campaign_that_ended_are_asked_about_once(town: Town):
    wallet, granted, shop = await with_points(town)
    there = await store_of_street(town, "ichibangai")
    campaign_id = UUID(granted.facts["grants"][0]["campaign_id"])
    await town.change_campaign(campaign_id, "ended")
    shop_groups._REMEMBERED.clear()
    assert paid_with(await town.pay(wallet, there, 10)) == [("points", 10, True)]
    assert await refusal(town, town.payment(wallet, shop, 1)) == "insufficient-funds"
    region_id = town.region.region_id
    assert shop_groups.remembered(region_id, {campaign_id}) is not None
    # No connection is needed for what is known: this one is none.
    found = await shop_groups_of(None, region_id, {campaign_id})  # type: ignore[arg-type]
    assert list(found) == [campaign_id]
    assert shop_groups.remembered(region_id + 1, {campaign_id}) is None


async def test_a_shop_that_joins_the_street_takes_them_from_the_next_payment_on(town: Town):
    wallet, _, shop = await with_points(town)
    assert await refusal(town, town.payment(wallet, shop, 1)) == "insufficient-funds"
    await town.submit(street_change(shop.merchant_id, "ichibangai"))
    quoted = await town.engine.quote(town.payment(wallet, shop, 1))
    assert isinstance(quoted, Receipt)
    assert paid_with(quoted.accepted()) == [("points", 1, True)]
    await town.submit(street_change(shop.merchant_id, None))
    assert await refusal(town, town.payment(wallet, shop, 1)) == "insufficient-funds"


async def test_many_at_once_spend_what_there_is_and_only_there(town: Town):
    wallet, _, shop = await with_points(town)
    there = await store_of_street(town, "ichibangai")
    told = await asyncio.gather(
        *(town.submit(town.payment(wallet, at, 10)) for at in (there, shop) * 40)
    )
    refused = [receipt.entry.refusal for receipt in told]
    assert (refused.count(None), len(refused)) == (30, 80)
    assert all(one is not None for one in refused[1::2])
    assert await town.balances(wallet.wallet_id) == {}
    assert (await verify_books(town.database, town.region)).faults == ()


async def test_they_settle_a_debt_as_all_points_do(town: Town):
    wallet, granted, shop = await with_points(town)
    there = await store_of_street(town, "ichibangai")
    await town.pay(wallet, there, 300)
    await town.refund(granted.entry_id, shop, 100)  # the points are gone: 100 are owed
    again = await town.pay(wallet, shop, 100, is_coin_only=True)
    assert again.facts["points_settled"] == 100
    assert await town.balances(wallet.wallet_id) == {}


async def test_a_benefit_may_be_for_some_shops_too(town: Town):
    benefit = await offered(town, usable_where={"classes": ["street_member"]})
    wallet, small = await town.open_wallet(), await town.open_store()
    await done(town, use(benefit, wallet))
    assert await refusal(town, town.payment(wallet, small, 1)) == "insufficient-funds"
    member = await town.open_store("street_member")
    assert paid_with(await town.pay(wallet, member, 500)) == [("points", 500, True)]


def test_a_version_of_a_campaign_never_moves_where_its_points_pay():
    # What a process remembers of a campaign would be wrong, and so would what people were told.
    assert "usable_where" not in MAY_CHANGE
