"""What is not collected from the own points of a campaign: from others of the same funders."""

from typing import Any
from uuid import UUID

import pytest

from campaigns.campaign import FundCampaign
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id

FUNDED_YEN = 50_000


async def campaign_of(town: Town, *funders: str, **terms: Any) -> UUID:
    """A live campaign without cashback that these have funded, all with the same amount."""
    campaign_id = await town.draft_campaign(cashback_bp=0, **terms)
    await town.change_campaign(campaign_id, "approved")
    for funder in funders:
        command = FundCampaign(
            entry_id=new_id(),
            actor=ADMIN,
            campaign_id=campaign_id,
            funder=funder,
            amount_yen=FUNDED_YEN,
        )
        (await town.submit(command)).accepted()
    await town.change_campaign(campaign_id, "live")
    return campaign_id


async def beside(town: Town, *funders: str, **terms: Any) -> tuple[Wallet, Store, UUID]:
    """Somebody who has 100 points of a campaign that granted once and was stopped then."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 10_000)
    other = await campaign_of(town, *funders, rebate_bp=1_000, **terms)
    await town.pay(wallet, store, 1_000)
    await town.change_campaign(other, "stopped")
    return wallet, store, other


async def used_and_refunded(town: Town, wallet: Wallet, store: Store, claiming: UUID) -> Any:
    """All points of a payment are used, those of the other campaign last; then it is refunded."""
    payment = await town.pay(wallet, store, 1_000, is_coin_only=True)
    assert payment.facts["grants"][0]["campaign_id"] == str(claiming)
    await town.pay(wallet, store, 300)  # of the points that expire first: all of the campaign's own
    refund = await town.refund(payment.entry_id, store)
    [back] = refund.facts["clawed_back"]
    return back


async def test_points_of_the_same_funder_answer_where_their_form_allows_it(town: Town):
    wallet, store, other = await beside(town, "city", claw_back_from_funder=True)
    claiming = await campaign_of(town, "city", points_expire_months=1)
    back = await used_and_refunded(town, wallet, store, claiming)
    assert (back["points"], back["owed_yen"]) == (300, 200)
    assert back["of_funder"] == [{"campaign_id": str(other), "points": 100}]
    held = await town.balances(wallet.wallet_id)
    assert ("points" in held, held["resident_receivable"]) == (False, 200)
    budget = await town.balances(claiming)
    assert (budget["budget"], budget["budget_due"]) == (FUNDED_YEN - 200, 200)
    assert (await town.balances(other))["budget"] == FUNDED_YEN - 100


@pytest.mark.parametrize(
    ("funders", "others", "allows"),
    [
        (("city",), ("city",), None),
        (("city",), ("street",), True),
        (("city",), ("city", "street"), True),
        (("city", "street"), ("city",), True),
    ],
)
async def test_other_points_do_not_answer(
    town: Town, funders: tuple[str, ...], others: tuple[str, ...], allows: bool | None
):
    wallet, store, _ = await beside(town, *others, claw_back_from_funder=allows)
    claiming = await campaign_of(town, *funders, points_expire_months=1)
    back = await used_and_refunded(town, wallet, store, claiming)
    assert (back["points"], back["owed_yen"]) == (300, 300)
    assert "of_funder" not in back
    assert (await town.balances(wallet.wallet_id))["points"] == 100


async def test_several_funders_are_the_same_in_any_order_and_after_an_end(town: Town):
    both = ("city", "street")
    wallet, store, other = await beside(town, *both, claw_back_from_funder=True)
    claiming = await campaign_of(town, *reversed(both), points_expire_months=1)
    await town.change_campaign(other, "ended")
    back = await used_and_refunded(town, wallet, store, claiming)
    assert (back["owed_yen"], back["of_funder"][0]["points"]) == (200, 100)


async def test_points_of_a_campaign_that_granted_for_the_payment_answer_for_their_own(town: Town):
    wallet, store, other = await beside(town, "city", claw_back_from_funder=True)
    first = await campaign_of(town, "city", points_expire_months=1, priority=1)
    second = await campaign_of(town, "city", rebate_bp=1_000, claw_back_from_funder=True)
    payment = await town.pay(wallet, store, 1_000, is_coin_only=True)
    await town.pay(wallet, store, 300)
    refund = await town.refund(payment.entry_id, store)
    told = {back["campaign_id"]: back for back in refund.facts["clawed_back"]}
    assert told[str(first)]["of_funder"] == [{"campaign_id": str(other), "points": 100}]
    assert told[str(first)]["owed_yen"] == 200
    assert (told[str(second)]["points"], told[str(second)]["owed_yen"]) == (100, 0)


async def test_the_points_that_a_refund_returns_answer_in_parts_as_at_once(town: Town):
    wallets = [await town.open_wallet(), await town.open_wallet()]
    store = await town.open_store()
    other = await campaign_of(town, "city", rebate_bp=1_000, claw_back_from_funder=True)
    for wallet in wallets:
        await town.top_up(wallet, 10_000)
        await town.pay(wallet, store, 1_000)
    await town.change_campaign(other, "stopped")
    claiming = await campaign_of(town, "city", points_expire_months=1)
    mixed = [await town.pay(wallet, store, 1_000) for wallet in wallets]  # 100 points, 900 coin
    for wallet in wallets:
        await town.pay(wallet, store, 270)
    whole, split = mixed
    await town.refund(whole.entry_id, store)
    first = await town.refund(split.entry_id, store, 900)
    assert first.facts["clawed_back"][0]["owed_yen"] == 270
    last = await town.refund(split.entry_id, store, 100)
    assert last.facts["points_settled"] == 100
    held = [await town.balances(wallet.wallet_id) for wallet in wallets]
    assert held[0] == held[1]
    assert held[0]["resident_receivable"] == 170
    assert (await town.balances(claiming))["budget_due"] == 2 * 170
