"""Refund in parts: what a later part returns settles what an earlier one left owed."""

from tests.town_builder import Town


async def test_points_that_a_later_part_returns_settle_the_debt_of_an_earlier_one(town: Town):
    wallet, other, store = (
        await town.open_wallet(),
        await town.open_wallet(),
        await town.open_store(),
    )
    campaign_id = await town.live_campaign(cashback_bp=0)
    for payer in (wallet, other):
        await town.top_up(payer, 10_000)
        await town.pay(payer, store, 1_000)
    whole, split = await town.pay(wallet, store, 1_000), await town.pay(other, store, 1_000)
    for spender in (wallet, other):
        await town.pay(spender, store, 210)  # what 700 coin beside 300 points had brought
    await town.refund(whole.entry_id, store)
    first = await town.refund(split.entry_id, store, 700)
    assert first.facts["clawed_back"][0]["owed_yen"] == 210
    second = await town.refund(split.entry_id, store, 300)
    assert second.facts["points_settled"] == 210
    assert await town.balances(wallet.wallet_id) == {"coin": 9_000, "points": 90}
    assert await town.balances(other.wallet_id) == await town.balances(wallet.wallet_id)
    given = 2 * 300
    assert await town.balances(campaign_id) == {
        "budget": 50_000_000 - given,
        "funder_receivable": 50_000_000,
    }


async def test_a_debt_that_is_settled_asks_nothing_of_its_campaign_any_more(town: Town):
    wallet, store = await town.open_wallet(), await town.open_store()
    ended = await town.live_campaign(cashback_bp=0)
    await town.top_up(wallet, 10_000)
    await town.pay(wallet, store, 1_000)
    undone = await town.pay(wallet, store, 1_000)
    await town.pay(wallet, store, 210)
    for part in (700, 300):  # owes 210, then settles them
        await town.refund(undone.entry_id, store, part)
    await town.change_campaign(ended, "stopped")
    await town.live_campaign(cashback_bp=0)
    later = await town.pay(wallet, store, 1_000)
    assert later.facts["points_settled"] == 0
