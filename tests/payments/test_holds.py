"""Points that are held: they wait, vest once they are released, go back to the budget if not."""

import asyncio
from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from core.errors import Problem
from ledger.books import Entry
from payments.decide_hold import RejectHold, ReleaseHold
from payments.hold import HoldPoints, hold_of
from payments.verify import verify_books
from tests.payments.refusals import refusal
from tests.payments.vesting import vest_all, vestings
from tests.town_builder import ADMIN, Store, Town, Wallet, new_id

NOON = datetime(2027, 1, 5, 3, tzinfo=UTC)
ON_THE_DAY = datetime(2027, 1, 17, 15, 1, tzinfo=UTC)  # 0:01 in Tokyo, on the eighteenth
LATER = {"closes": "three_a_month", "bank_days_after": 5}


class Winter:
    """A campaign of 30 % that is credited on the eighteenth, a wallet, a shop, two payments."""

    def __init__(self, town: Town, campaign_id: UUID, wallet: Wallet, store: Store) -> None:
        self.town, self.campaign_id, self.wallet, self.store = town, campaign_id, wallet, store

    async def pay(self, yen: int = 1_000) -> Entry:
        return await self.town.pay(self.wallet, self.store, yen, is_coin_only=True)

    def holding(self, payment: Entry) -> HoldPoints:
        return HoldPoints(
            entry_id=hold_of(self.town.region, payment.entry_id, payment.at),
            actor="job:hold",
            earned_by=payment.entry_id,
            rule="loops",
            figures=(("times", 3),),
        )

    async def hold(self, payment: Entry) -> Entry:
        return (await self.town.submit(self.holding(payment))).accepted()

    async def release(self, hold: Entry) -> Entry:
        return (await self.town.submit(releasing(hold))).accepted()

    async def reject(self, hold: Entry) -> Entry:
        return (await self.town.submit(rejecting(hold))).accepted()

    async def points(self) -> tuple[int, int]:
        """Points that can be used, and those that are pending, held or not."""
        held = await self.town.balances(self.wallet.wallet_id)
        return held.get("points", 0), held.get("points_pending", 0)

    async def budget(self) -> int:
        return (await self.town.balances(self.campaign_id)).get("budget", 0)


def releasing(hold: Entry) -> ReleaseHold:
    return ReleaseHold(entry_id=new_id(), actor=ADMIN, hold_id=hold.entry_id, reason="seen")


def rejecting(hold: Entry) -> RejectHold:
    return RejectHold(entry_id=new_id(), actor=ADMIN, hold_id=hold.entry_id, reason="no sale")


@pytest.fixture
async def winter(town: Town) -> Winter:
    await town.set_clock(NOON)
    campaign_id = await town.live_campaign(credited=LATER, cashback_bp=0, budget_yen=10_000)
    wallet = await town.open_wallet()
    await town.top_up(wallet, 20_000)
    return Winter(town, campaign_id, wallet, await town.open_store())


async def sound(town: Town) -> None:
    assert (await verify_books(town.database, town.region)).faults == ()


async def test_what_is_held_does_not_vest_and_the_rest_does(winter: Winter):
    held, free = await winter.pay(), await winter.pay(2_000)
    entry = await winter.hold(held)
    assert (entry.amount, entry.refers_to) == (300, held.entry_id)
    assert entry.facts["rule"] == "loops"
    assert entry.facts["held"] == [
        {"campaign_id": str(winter.campaign_id), "points": 300, "credited_on": "2027-01-18"}
    ]
    await winter.pay(500)  # a hold never keeps anybody from paying
    await winter.town.set_clock(ON_THE_DAY)
    assert await vest_all(winter.town) == 600 + 150
    assert await winter.points() == (750, 300)
    [command] = await vestings(winter.town)
    with pytest.raises(Problem, match="points-not-due"):
        (await winter.town.submit(command)).accepted()
    assert free.entry_id != held.entry_id
    await sound(winter.town)


async def test_what_is_released_vests_on_its_day_or_with_the_next_run_after_it(winter: Winter):
    early, late = await winter.pay(), await winter.pay(2_000)
    holds = [await winter.hold(payment) for payment in (early, late)]
    released = await winter.release(holds[0])
    assert (released.amount, released.facts["reason"]) == (300, "seen")
    await winter.town.set_clock(ON_THE_DAY)
    assert await vest_all(winter.town) == 300
    await winter.release(holds[1])
    assert await winter.points() == (300, 600)
    assert await vest_all(winter.town) == 600
    assert await winter.points() == (900, 0)
    await sound(winter.town)


async def test_what_is_rejected_is_the_budgets_again_and_a_refund_takes_it_no_second_time(
    winter: Winter,
):
    payment, other = await winter.pay(), await winter.pay(2_000)
    hold = await winter.hold(payment)
    before = await winter.budget()
    rejected = await winter.reject(hold)
    assert rejected.amount == 300
    assert await winter.budget() == before + 300
    assert await winter.points() == (0, 600)
    entry = await winter.town.refund(payment.entry_id, winter.store)
    [back] = entry.facts["clawed_back"]
    assert (back["points"], back["rejected_points"], back["owed_yen"]) == (300, 300, 0)
    assert await winter.budget() == before + 300
    assert await winter.points() == (0, 600)
    assert other.amount == 2_000
    await sound(winter.town)


async def test_a_refund_takes_from_what_is_held_of_its_payment_and_of_no_other(winter: Winter):
    held, free = await winter.pay(), await winter.pay()
    hold = await winter.hold(held)
    entry = await winter.town.refund(held.entry_id, winter.store, 400)
    assert entry.facts["clawed_back"][0]["held_points"] == 120
    await winter.town.set_clock(ON_THE_DAY)
    assert await vest_all(winter.town) == 300
    await winter.town.refund(free.entry_id, winter.store)
    assert await winter.points() == (0, 180), "the points of the other payment were usable"
    assert (await winter.release(hold)).amount == 180
    assert await vest_all(winter.town) == 180
    assert await winter.budget() == 10_000 - 180
    await sound(winter.town)


async def test_a_payment_is_held_once_whatever_became_of_it(winter: Winter):
    payment = await winter.pay()
    hold = await winter.hold(payment)
    await winter.release(hold)
    assert (await winter.town.submit(winter.holding(payment))).is_replay
    for again in (releasing(hold), rejecting(hold)):
        assert await refusal(winter.town, again) == "hold-decided"
    await winter.town.set_clock(ON_THE_DAY)
    assert await vest_all(winter.town) == 300


async def test_what_vested_or_was_refunded_is_not_held_and_a_hold_can_be_emptied(winter: Winter):
    vested, gone, emptied = await winter.pay(), await winter.pay(), await winter.pay()
    hold = await winter.hold(emptied)
    await winter.town.refund(emptied.entry_id, winter.store)
    assert await refusal(winter.town, rejecting(hold)) == "nothing-held"
    assert (await winter.release(hold)).amount == 0
    await winter.town.void(gone.entry_id, winter.store)
    await winter.town.set_clock(ON_THE_DAY)
    assert await vest_all(winter.town) == 300
    for payment in (vested, gone):
        with pytest.raises(Problem, match="nothing-pending"):
            (await winter.town.submit(winter.holding(payment))).accepted()
    for unknown in (releasing(vested), rejecting(gone)):
        with pytest.raises(Problem, match="hold-unknown"):
            (await winter.town.submit(unknown)).accepted()
    await sound(winter.town)


async def test_of_a_hold_and_a_vesting_at_once_one_wins_and_never_both(winter: Winter):
    payments = [await winter.pay() for _ in range(8)]
    await winter.town.set_clock(ON_THE_DAY)
    [vesting] = await vestings(winter.town)
    commands = [winter.holding(payment) for payment in payments]
    commands.insert(4, vesting)  # type: ignore[arg-type]
    outcomes = await asyncio.gather(
        *(winter.town.submit(command) for command in commands), return_exceptions=True
    )
    held = [one for one in outcomes if not isinstance(one, BaseException)]
    usable, pending = await winter.points()
    assert usable + pending == 2_400
    assert pending == 300 * sum(one.entry.kind == "hold.placed" for one in held)
    assert any(one.entry.kind == "vesting" for one in held)
    await sound(winter.town)


async def test_of_a_release_and_a_rejection_at_once_one_wins(winter: Winter):
    holds = [await winter.hold(await winter.pay()) for _ in range(6)]
    decisions = [decide(hold) for hold in holds for decide in (releasing, rejecting)]
    receipts = await asyncio.gather(*map(winter.town.submit, decisions))
    refused = [receipt.entry.refusal for receipt in receipts if receipt.entry.refusal]
    assert refused == ["hold-decided"] * 6
    await winter.town.set_clock(ON_THE_DAY + timedelta(days=1))
    rejected = sum(one.entry.amount for one in receipts if one.entry.kind == "hold.rejected"
                   and one.entry.refusal is None)  # fmt: skip
    if rejected < 1_800:
        assert await vest_all(winter.town) == 1_800 - rejected
    assert await winter.budget() == 10_000 - 1_800 + rejected
    await sound(winter.town)
