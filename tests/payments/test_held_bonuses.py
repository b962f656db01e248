"""Bonuses of top-ups that are held: they wait like a payment's points, and go with the top-up."""

import pytest

from core.errors import Problem
from ledger.books import Entry
from tests.payments.test_bonus import placed
from tests.payments.test_holds import LATER, NOON, ON_THE_DAY, Winter, sound
from tests.payments.test_reverse_top_up import reversing
from tests.payments.vesting import vest_all
from tests.town_builder import Town


@pytest.fixture
async def winter(town: Town) -> Winter:
    """A bonus of 10 % on top-ups, pending until the eighteenth."""
    await town.set_clock(NOON)
    campaign_id = await town.live_campaign(
        bonus={"rate_bp": 1000}, credited=LATER, budget_yen=10_000
    )
    return Winter(town, campaign_id, await town.open_wallet(), await town.open_store())


async def top_up(winter: Winter, yen: int, *, is_placed: bool) -> tuple[Entry, Entry]:
    """The top-up, and the entry that brought its money into the wallet."""
    if is_placed:
        return await placed(winter.town, winter.wallet, yen)
    entry = await winter.town.top_up(winter.wallet, yen)
    return entry, entry


@pytest.mark.parametrize("is_placed", [False, True])
async def test_a_bonus_that_is_held_waits_until_it_is_released(winter: Winter, is_placed: bool):
    _, earner = await top_up(winter, 3_000, is_placed=is_placed)
    await winter.town.top_up(winter.wallet, 1_000)
    hold = await winter.hold(earner)
    assert (hold.amount, hold.refers_to, hold.other_id) == (300, earner.entry_id, None)
    assert (await winter.town.submit(winter.holding(earner))).is_replay
    await winter.town.set_clock(ON_THE_DAY)
    assert await vest_all(winter.town) == 100
    await winter.release(hold)
    assert await vest_all(winter.town) == 300
    assert await winter.points() == (400, 0)
    await sound(winter.town)


@pytest.mark.parametrize("is_placed", [False, True])
async def test_a_reversal_takes_what_is_held_of_its_top_up_and_of_no_other(
    winter: Winter, is_placed: bool
):
    money, earner = await top_up(winter, 3_000, is_placed=is_placed)
    other, free = await winter.town.top_up(winter.wallet, 2_000), await winter.pay(500)
    hold, kept = await winter.hold(earner), await winter.hold(other)
    reversal = (await winter.town.submit(reversing(money.entry_id))).accepted()
    [back] = reversal.facts["clawed_back"]
    assert (back["points"], back["held_points"], back["owed_yen"]) == (300, 300, 0)
    assert await winter.points() == (0, 200)
    assert await winter.budget() == 10_000 - 200
    await sound(winter.town)
    assert (await winter.release(hold)).amount == 0
    assert (await winter.release(kept)).amount == 200
    with pytest.raises(Problem, match="nothing-pending"):
        (await winter.town.submit(winter.holding(free))).accepted()
    await sound(winter.town)


@pytest.mark.parametrize("is_placed", [False, True])
async def test_what_was_rejected_is_not_taken_again_by_a_reversal(winter: Winter, is_placed: bool):
    money, earner = await top_up(winter, 3_000, is_placed=is_placed)
    await winter.reject(await winter.hold(earner))
    assert await winter.budget() == 10_000
    reversal = (await winter.town.submit(reversing(money.entry_id))).accepted()
    [back] = reversal.facts["clawed_back"]
    assert (back["points"], back["rejected_points"], back["owed_yen"]) == (300, 300, 0)
    assert await winter.budget() == 10_000
    assert await winter.points() == (0, 0)
    await sound(winter.town)


@pytest.mark.parametrize("is_placed", [False, True])
async def test_the_bonus_of_a_top_up_that_was_reversed_is_not_pending(
    winter: Winter, is_placed: bool
):
    money, earner = await top_up(winter, 3_000, is_placed=is_placed)
    await winter.town.top_up(winter.wallet, 4_000)  # its bonus stands on the same lot
    (await winter.town.submit(reversing(money.entry_id))).accepted()
    with pytest.raises(Problem, match="nothing-pending"):
        (await winter.town.submit(winter.holding(earner))).accepted()
