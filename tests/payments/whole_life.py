"""The life of a region in which everything happens that a counter, a holder or an account tells."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

from campaigns.return_budget import ReturnBudget
from campaigns.settle_funders import SettleFunders
from payments.reverse_top_up import ReverseTopUp
from payments.suspense import PlaceSuspense
from residents.close_person import ClosePerson
from tests import benefits_builder
from tests.campaigns import versions_builder
from tests.closing import turn_merchant, turn_store
from tests.limits_builder import limits
from tests.payments.expiring import expire_all
from tests.payments.vesting import vest_all
from tests.residents.people import verify
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id
from worker.carry_out_plans import carry_out_plans
from worker.marks import Marks

NOON = datetime(2027, 1, 15, 3, tzinfo=UTC)


async def live(town: Town) -> None:
    """Payments in two shops under two campaigns, and what happens to them and around them."""
    await town.set_clock(NOON)
    wallet, store, second = (
        await town.open_wallet(),
        await town.open_store(),
        await town.open_store(),
    )
    await town.live_campaign(
        points_expire_months=1,
        per_person_day_points=5_000,
        per_person_month_points=8_000,
        per_person_campaign_points=9_000,
    )
    stopped = await town.live_campaign(
        per_person_month_points=8_000, on_return="keep", budget_per_day_yen=5_000
    )
    await town.top_up(wallet, 20_000)
    await verify(town, wallet.person_id, tier="verified_visitor", area="kitazawa")
    await verify(town, (closed := await town.open_wallet()).person_id, area="tamagawa")
    await town.change_wallet(closed, "closed")
    leave = ClosePerson(entry_id=new_id(), actor=ADMIN, person_id=closed.person_id)
    (await town.submit(leave)).accepted()
    await verify(town, wallet.person_id, until=None)
    await town.top_up_in_cash(wallet, 5_000)
    payments = [(await town.pay(wallet, store, 1_000)).entry_id for _ in range(3)]
    mixed = (await town.pay(wallet, second, 900)).entry_id
    await town.refund(payments[0], store, 400)
    await town.void(mixed, second)
    await town.pay(wallet, second, 700)  # by points
    await town.change_campaign(stopped, "stopped")
    bonus = await town.live_campaign(
        bonus={"rate_bp": 1000}, per_person_day_points=9_000, budget_per_day_yen=50_000
    )
    await lose_a_top_up(town)
    await settle_suspense(town)
    await town.change_campaign(bonus, "stopped")
    await take_a_benefit(town, wallet)
    await announce_an_end(town)
    await wait_for_points(town)
    await answer_for_another(town)
    other = await town.open_wallet()
    await town.change_wallet(other, "frozen")
    await town.change_wallet(other, "open")
    await town.change_wallet(other, "closed")
    await turn_store(town, second, "closed")
    await turn_merchant(town, second.merchant_id, "closed")
    await town.set_clock(NOON + timedelta(days=60))
    assert await vest_all(town) > 0
    assert await expire_all(town) > 0
    await town.refund(payments[1], store)
    await end_and_return(town, await town.live_campaign())
    await settle_among_funders(town, stopped)
    await change_by_versions(town, wallet, store)
    await town.change_settings(grace_days=10, refund_days=200, limits=limits(payment_yen=90_000))


async def end_and_return(town: Town, campaign_id: UUID) -> None:
    await town.change_campaign(campaign_id, "ended")
    back = ReturnBudget(entry_id=new_id(), actor=ADMIN, campaign_id=campaign_id, reason="over")
    (await town.submit(back)).accepted()


async def settle_among_funders(town: Town, campaign_id: UUID) -> None:
    settle = SettleFunders(entry_id=new_id(), actor=ADMIN, campaign_id=campaign_id, reason="month")
    (await town.submit(settle)).accepted()


async def announce_an_end(town: Town) -> None:
    """A campaign comes to a mark of its budget, then it is stopped."""
    campaign_id = await town.live_campaign(
        budget_yen=1_000, near_end={"scheduled_end": {"at_used_bp": 1_000, "notice_days": 7}}
    )
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up_in_cash(wallet, 1_000)
    await town.pay(wallet, store, 1_000)
    assert await Marks().record(town.database, town.region, await town.today()) > 0
    await town.change_campaign(campaign_id, "stopped")


async def change_by_versions(town: Town, wallet: Wallet, store: Store) -> None:
    """One version applies, one is withdrawn, one is to come; another campaign starts by itself."""
    campaign_id, second = await town.live_campaign(rebate_bp=500), await town.draft_campaign()
    tomorrow = await town.now() + timedelta(days=1)
    await town.change_campaign(second, "approved")
    await town.fund(second, 9_000)
    (await versions_builder.scheduled(town, second, tomorrow)).accepted()
    rebate = versions_builder.rates(200)
    await versions_builder.approved(town, campaign_id, tomorrow, rebate=rebate)
    await town.set_clock(tomorrow)
    await town.top_up(wallet, 1_000)
    await town.pay(wallet, store, 300)
    await carry_out_plans(town.database, town.region)
    later = tomorrow + timedelta(days=9)
    away = await versions_builder.approved(town, campaign_id, later, priority=1)
    await versions_builder.step(town, campaign_id, away, "withdrawn")
    await versions_builder.approved(town, campaign_id, later, priority=2)


async def take_a_benefit(town: Town, wallet: Wallet) -> None:
    """One of two takes it, and the rest goes back; another one is still a draft."""
    benefit = await benefits_builder.offered(town, lines=2, needed_yen=20_000)
    await benefits_builder.done(town, benefits_builder.use(benefit, wallet))
    for state in ("stopped", "closed"):
        await benefits_builder.done(town, benefits_builder.change(benefit, state))
    await benefits_builder.done(town, benefits_builder.giving_back(benefit))
    await benefits_builder.listed(town)


async def wait_for_points(town: Town) -> None:
    """Points that are pending, in part taken back, and credited once the clock has moved."""
    campaign = await town.live_campaign(
        credited={"closes": "month_end", "bank_days_after": 5}, points_expire_months=1, priority=1
    )
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 2_000)
    payment = await town.pay(wallet, store, 1_000)
    await town.refund(payment.entry_id, store, 400)
    await town.change_campaign(campaign, "stopped")


async def answer_for_another(town: Town) -> None:
    """Points of one campaign of the city are taken for what another one claims back."""
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 5_000)
    other = await town.live_campaign(claw_back_from_funder=True, rebate_bp=1_000)
    await town.pay(wallet, store, 1_000)
    await town.change_campaign(other, "stopped")
    claiming = await town.live_campaign(points_expire_months=1, priority=1)
    payment = await town.pay(wallet, store, 1_000, is_coin_only=True)
    await town.pay(wallet, store, 900)  # all points but those of the other campaign
    await town.refund(payment.entry_id, store)
    await town.change_campaign(claiming, "stopped")


async def lose_a_top_up(town: Town) -> None:
    """The provider takes money back that was spent in part: its wallet is frozen."""
    wallet, store = await town.open_wallet(), await town.open_store()
    top_up = await town.top_up(wallet, 2_000)
    await town.pay(wallet, store, 500)
    for found in (top_up, await town.top_up(await town.open_wallet(), 100)):
        await reverse(town, found.entry_id)


async def reverse(town: Town, top_up_id: UUID) -> None:
    command = ReverseTopUp(entry_id=new_id(), actor=ADMIN, top_up_id=top_up_id, reason="test")
    (await town.submit(command)).accepted()


async def settle_suspense(town: Town) -> None:
    """Money for nobody comes in twice: one item is placed and taken back, the other one waits."""
    wallet = await town.open_wallet()
    items = [await town.top_up(Wallet(new_id(), new_id()), 300) for _ in range(2)]
    placement = PlaceSuspense(
        entry_id=new_id(),
        actor=ADMIN,
        item_id=items[0].entry_id,
        wallet_id=wallet.wallet_id,
        reason="test",
    )
    (await town.submit(placement)).accepted()
    await reverse(town, items[0].entry_id)
