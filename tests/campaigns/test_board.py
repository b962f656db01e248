"""The public page's reading: what is shown, and what each past day is found to have cost."""

from datetime import date, timedelta
from uuid import UUID

from campaigns.board import PublicCampaign, read_board
from campaigns.spending import Spent, left_when_over, spent_on
from tests.terms_builder import CLASSES
from tests.town_builder import Town
from worker.marks import Marks

ONE_DAY = timedelta(days=1)

# What the days cost, by adding up all that was ever written: the plain way, which takes too long.
ADDED_UP = """
    SELECT e.business_date, sum(CASE WHEN p.is_debit THEN p.amount ELSE -p.amount END)::bigint
      FROM ledger.posting p
      JOIN ledger.entry e ON e.region_id = p.region_id AND e.entry_id = p.entry_id
      JOIN ledger.account a ON a.region_id = p.region_id AND a.account_no = p.account_no
     WHERE a.holder_id = :campaign AND a.kind = 'budget' AND e.kind <> 'campaign.funded'
     GROUP BY 1
"""


async def board(town: Town, today: date, known: dict[Spent, int]) -> dict[UUID, PublicCampaign]:
    async with town.database.snapshot(town.region.region_id) as session:
        shown = await read_board(session, town.region.region_id, today, today, known)
    return {campaign.campaign_id: campaign for campaign in shown}


async def test_each_day_cost_what_its_payments_did_and_the_forecast_goes_by_that(town: Town):
    store = await town.open_store()
    wallet = await town.open_wallet()
    await town.top_up(wallet, 90_000)
    campaign = await town.live_campaign(budget_yen=10_000, rebate_bp=3000, cashback_bp=500)
    other = await town.live_campaign(budget_yen=10_000, rebate_bp=100, cashback_bp=0)
    first = await town.today()
    start = await town.now()
    for day in range(10):
        await town.set_clock(start + day * ONE_DAY)
        if day == 4:
            await town.fund(campaign, 5_000)
        if day != 2:
            paid = await town.pay(wallet, store, 1_000 + 10 * day)
            await town.pay(wallet, store, 500, is_coin_only=True)
            await town.refund(paid.entry_id, store, 100 * day + 1)
    days = [first + day * ONE_DAY for day in range(10)]
    async with town.database.snapshot(town.region.region_id) as session:
        spent = await spent_on(
            session, town.region.region_id, {campaign: days[:9], other: days[3:5]}
        )
        left = await left_when_over(session, town.region.region_id, [campaign, other], days[9])
    assert len(spent) == 11
    until_then = sum(spent[campaign, day] for day in days[:9])
    assert left[campaign] == 15_000 - until_then, "nothing of today, whose payments are made"
    assert (await town.balances(campaign))["budget"] < left[campaign]
    for each in (campaign, other):
        plain = {day: int(yen) for day, yen in await town.rows(ADDED_UP, campaign=each)}
        told = {day: yen for (of, day), yen in spent.items() if of == each}
        assert told == {day: plain.get(day, 0) for day in told}
        assert any(told.values())

    known: dict[Spent, int] = {}
    shown = await board(town, days[9], known)
    assert set(known) == {(of, day) for of in (campaign, other) for day in days[1:9]}
    assert {spent[key] for key in spent} >= {known[campaign, day] for day in days[1:9]}
    forecast = shown[campaign].forecast
    assert forecast is not None
    assert forecast.expected_on is not None
    assert days[9] <= forecast.expected_on
    known[campaign, days[8]] += 1_000_000  # it is taken from there, not read again
    again = (await board(town, days[9], known))[campaign].forecast
    assert again is not None
    assert again.expected_on == days[9]
    early = await board(town, days[7], known)
    assert early[campaign].forecast is None, "six whole days are not enough"
    assert set(known) == {(of, day) for of in (campaign, other) for day in days[1:7]}
    await town.change_campaign(campaign, "stopped")
    assert campaign not in await board(town, days[9], known)
    await town.change_campaign(campaign, "live")
    assert (await board(town, days[9], known))[campaign].forecast is None, "it begins anew"


async def test_the_forecast_knows_the_step_down_and_the_page_the_announced_end(town: Town):
    store, wallet = await town.open_store(), await town.open_wallet()
    await town.top_up(wallet, 90_000)
    rates = {"rates_bp": dict.fromkeys(CLASSES, 1000)}
    stepping = await town.live_campaign(
        budget_yen=3_000,
        cashback_bp=0,
        near_end={"step_down": {"at_used_bp": 8000, "rebate": rates}},
    )
    ending = await town.live_campaign(
        budget_yen=10_000,
        cashback_bp=0,
        near_end={"scheduled_end": {"at_used_bp": 2400, "notice_days": 3}},
    )
    first, start, marks = await town.today(), await town.now(), Marks()
    days = [first + day * ONE_DAY for day in range(16)]
    for day in range(10):  # 300 a day of both, until 2,400 are used; then 100 of the first
        await town.set_clock(start + day * ONE_DAY)
        await town.pay(wallet, store, 1_000, is_coin_only=True)
        await marks.record(town.database, town.region, days[day])
        if day == 6:
            shown = await board(town, days[7], {})
            assert [shown[each].is_stepped_down for each in (stepping, ending)] == [False] * 2
            assert shown[ending].last_day is None
    shown = await board(town, days[10], {})
    assert (shown[stepping].is_stepped_down, shown[stepping].last_day) == (True, None)
    assert (shown[ending].is_stepped_down, shown[ending].last_day) == (False, days[10])
    told = shown[stepping].forecast
    assert told is not None
    # 400 are left, and 100 a day go: today is the first of four.
    assert {told.earliest_on, told.expected_on, told.latest_on} == {days[13]}
    told = shown[ending].forecast
    assert told is not None
    assert told.expected_on is None, "24 more days would use it up, but it goes on for one"
    assert ending not in await board(town, days[11], {}), "it is over, though the form lasts longer"
