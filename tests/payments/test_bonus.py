"""A bonus on top-ups: in the top-up's own entry, within caps and budget, and taken back with it."""

import asyncio
from datetime import UTC, datetime, time
from uuid import uuid4

from core.ids import NIL
from ledger.books import Entry
from payments.suspense import PlaceSuspense
from tests.payments.test_reverse_top_up import reversing
from tests.payments.test_top_up import in_cash, told_by_provider
from tests.town_builder import ADMIN, Town, Wallet, new_id

TEN_PERCENT = {"rate_bp": 1000}


def granted(entry: Entry) -> list[tuple[int, list[str]]]:
    """Of each campaign that the entry tells of, its points, and the codes of the reasons."""
    return [
        (grant["rebate_points"], [reason[0] for reason in grant["reasons"]])
        for grant in entry.facts["grants"]
    ]


async def placed(town: Town, wallet: Wallet, yen: int) -> tuple[Entry, Entry]:
    """Money that nobody was known for, and its placement into the wallet."""
    item = await town.top_up(Wallet(uuid4(), uuid4()), yen)
    place = PlaceSuspense(
        entry_id=new_id(),
        actor=ADMIN,
        item_id=item.entry_id,
        wallet_id=wallet.wallet_id,
        reason="found",
    )
    return item, (await town.submit(place)).accepted()


async def test_each_way_of_topping_up_brings_the_bonus_in_its_own_entry(town: Town):
    campaign_id = await town.live_campaign(bonus=TEN_PERCENT, budget_yen=10_000)
    wallet = await town.open_wallet()
    for entry in (
        await town.top_up(wallet, 1_009),
        await town.top_up_in_cash(wallet, 2_000),
        (await placed(town, wallet, 3_000))[1],
    ):
        assert granted(entry) == [(entry.amount // 10, ["rate-applied"])]
        assert entry.facts["points_settled"] == 0
    assert await town.balances(wallet.wallet_id) == {"coin": 6_009, "points": 600}
    assert (await town.balances(campaign_id))["budget"] == 9_400


async def test_money_in_suspense_brings_nothing_until_it_is_placed(town: Town):
    campaign_id = await town.live_campaign(bonus=TEN_PERCENT, budget_yen=10_000)
    item, _ = await placed(town, await town.open_wallet(), 1_000)
    assert "grants" not in item.facts
    assert (await town.balances(campaign_id))["budget"] == 9_900


async def test_a_campaign_of_top_ups_is_not_asked_about_payments_nor_the_other_way(town: Town):
    bonus_id = await town.live_campaign(bonus=TEN_PERCENT)
    rebate_id = await town.live_campaign(cashback_bp=0)
    wallet, store = await town.open_wallet(), await town.open_store()
    topped_up = await town.top_up(wallet, 1_000)
    paid = await town.pay(wallet, store, 1_000, is_coin_only=True)
    named = [
        [grant["campaign_id"] for grant in entry.facts["grants"]] for entry in (topped_up, paid)
    ]
    assert named == [[str(bonus_id)], [str(rebate_id)]]


async def test_caps_of_a_person_the_day_and_the_budget_cut_it_and_say_so(town: Town):
    campaign_id = await town.live_campaign(
        bonus={"rate_bp": 5000},
        budget_yen=1_000,
        per_payment_points=500,
        per_person_day_points=600,
        budget_per_day_yen=900,
    )
    wallet, other = await town.open_wallet(), await town.open_wallet()
    told = [
        granted(await town.top_up(who, yen))[0]
        for who, yen in (
            (wallet, 2_000),
            (wallet, 1_000),
            (wallet, 1_000),
            (other, 2_000),
            (other, 9),
        )
    ]
    assert told == [
        (500, ["rate-applied", "cut-by-payment-cap"]),
        (100, ["rate-applied", "cut-by-day-cap"]),
        (0, ["rate-applied", "cut-by-day-cap"]),
        (300, ["rate-applied", "cut-by-payment-cap", "cut-by-day-budget"]),
        (0, ["day-budget-empty"]),
    ]
    assert (await town.balances(campaign_id))["budget"] == 100


async def test_the_last_grant_is_what_is_left_however_many_come_at_once(town: Town):
    campaign_id = await town.live_campaign(bonus=TEN_PERCENT, budget_yen=1_050)
    wallets = [await town.open_wallet() for _ in range(15)]
    entries = await asyncio.gather(*(town.top_up(wallet, 1_000) for wallet in wallets))
    points = sorted(granted(entry)[0][0] for entry in entries)
    assert points == [0] * 4 + [50] + [100] * 10
    assert (await town.balances(campaign_id)).get("budget", 0) == 0


async def test_who_and_when_and_the_way_of_living_together_hold(town: Town):
    now = await town.now()
    hour = now.astimezone(town.region.zone).time()
    shut = {"from_time": time(23, 58), "until_time": time(23, 59)}
    if hour >= time(23, 57):
        shut = {"from_time": time(12), "until_time": time(13)}
    group = {"how": "best", "group": "autumn"}
    await town.live_campaign(bonus=TEN_PERCENT, when=shut, priority=3)
    await town.live_campaign(bonus=TEN_PERCENT, who={"tiers": ["verified_resident"]}, priority=2)
    await town.live_campaign(bonus=TEN_PERCENT, together=group, priority=1)
    await town.live_campaign(bonus={"fixed_points": 333}, together=group)
    entry = await town.top_up(await town.open_wallet(), 1_000)
    assert granted(entry) == [
        (0, ["tier-not-eligible"]),
        (0, ["another-is-better"]),
        (333, ["fixed-applied"]),
    ]


async def test_all_bonuses_together_are_no_more_than_the_top_up(town: Town):
    await town.live_campaign(bonus={"rate_bp": 7000}, priority=1)
    await town.live_campaign(bonus={"rate_bp": 7000})
    entry = await town.top_up(await town.open_wallet(), 1_000)
    assert granted(entry) == [
        (700, ["rate-applied"]),
        (300, ["rate-applied", "cut-by-ceiling"]),
    ]


async def test_a_reversed_top_up_takes_its_bonus_back_and_opens_the_caps(town: Town):
    campaign_id = await town.live_campaign(
        bonus=TEN_PERCENT,
        budget_yen=10_000,
        per_person_campaign_points=100,
        per_person_campaign_times=1,
        budget_per_day_yen=100,
    )
    wallet = await town.open_wallet()
    first = await town.top_up(wallet, 1_000)
    entry = (await town.submit(reversing(first.entry_id))).accepted()
    assert await town.balances(wallet.wallet_id) == {}
    [back] = entry.facts["clawed_back"]
    assert (back["points"], back["owed_yen"]) == (100, 0)
    assert (await town.balances(campaign_id))["budget"] == 10_000
    await town.change_wallet(wallet, "open")
    assert granted(await town.top_up(wallet, 1_000)) == [(100, ["rate-applied"])]


async def test_a_bonus_that_was_spent_is_owed_without_a_cap_and_paid_by_the_next(town: Town):
    await town.change_settings(resident_receivable_cap_yen=10)
    campaign_id = await town.live_campaign(bonus=TEN_PERCENT, budget_yen=10_000)
    wallet, store = await town.open_wallet(), await town.open_store()
    first = await town.top_up(wallet, 1_000)
    await town.pay(wallet, store, 100)  # the bonus pays first
    entry = (await town.submit(reversing(first.entry_id))).accepted()
    assert (entry.facts["taken_yen"], entry.facts["owed_yen"]) == (1_000, 0)
    assert await town.balances(wallet.wallet_id) == {"resident_receivable": 100}
    assert (await town.balances(campaign_id))["budget_due"] == 100
    await town.change_wallet(wallet, "open")
    await town.change_campaign(campaign_id, "stopped")
    second_id = await town.live_campaign(bonus={"fixed_points": 130})
    settling = await town.top_up(wallet, 500)
    assert settling.facts["points_settled"] == 100
    assert await town.balances(wallet.wallet_id) == {"coin": 500, "points": 30}
    assert (await town.balances(campaign_id)).get("budget_due", 0) == 0
    assert (await town.balances(campaign_id))["budget"] == 10_000
    assert (await town.balances(second_id))["budget"] == 50_000_000 - 130


async def test_the_bonus_of_a_placement_is_taken_back_with_the_top_up(town: Town):
    campaign_id = await town.live_campaign(bonus=TEN_PERCENT, budget_yen=10_000)
    wallet = await town.open_wallet()
    item, _ = await placed(town, wallet, 1_000)
    (await town.submit(reversing(item.entry_id))).accepted()
    assert await town.balances(wallet.wallet_id) == {}
    assert (await town.balances(campaign_id))["budget"] == 10_000


async def test_a_bonus_that_expired_unspent_counts_as_collected(town: Town):
    await town.set_clock(datetime(2028, 1, 10, 12, tzinfo=UTC))
    campaign_id = await town.live_campaign(
        bonus=TEN_PERCENT, budget_yen=10_000, points_expire_months=1, budget_per_day_yen=500
    )
    wallet = await town.open_wallet()
    first = await town.top_up(wallet, 1_000)
    await town.change_campaign(campaign_id, "stopped")
    await town.set_clock(datetime(2028, 3, 10, 12, tzinfo=UTC))
    entry = (await town.submit(reversing(first.entry_id))).accepted()
    assert await town.balances(wallet.wallet_id) == {}
    assert entry.facts["clawed_back"][0]["points"] == 100
    assert (await town.balances(campaign_id))["budget"] == 10_000


async def test_a_retry_brings_one_bonus(town: Town):
    await town.live_campaign(bonus=TEN_PERCENT)
    wallet = await town.open_wallet()
    for command in (
        told_by_provider(str(wallet.wallet_id), 1_000),
        in_cash(wallet.wallet_id, 1_000),
    ):
        receipts = await asyncio.gather(town.submit(command), town.submit(command))
        assert receipts[0].entry == receipts[1].entry
    assert await town.balances(wallet.wallet_id) == {"coin": 2_000, "points": 200}
    assert (await town.balances(NIL))["cash"] == 1_000
