"""The day is lived in order where one act depends on another, and at its pace."""

import asyncio
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from core.clock import Clock
from town.acts import Act, TopUp
from town.client import UnreachableError
from town.day import Size, plan_day
from town.live import AT_ONCE, live

MIDNIGHT = datetime(2026, 4, 1, tzinfo=UTC)


def late() -> Clock:
    """A clock that shows the end of the day, so that nobody waits."""
    return Clock(True, datetime.now(UTC), MIDNIGHT + timedelta(days=1), 1)


async def test_every_act_comes_after_those_it_waits_for() -> None:
    plan = plan_day(Size(residents=40, merchants=5, payments=300, seed=1))
    rng = Random(1)
    done: set[int] = set()
    under_way = 0
    most = 0

    async def perform(act: Act) -> None:
        nonlocal under_way, most
        assert set(act.after) <= done
        under_way += 1
        most = max(most, under_way)
        await asyncio.sleep(rng.choice((0, 0, 0.002)))
        under_way -= 1
        done.add(act.number)

    await live(perform, plan.acts, late(), MIDNIGHT)
    assert done == {act.number for act in plan.acts}
    assert 1 < most <= AT_ONCE


async def test_nobody_acts_before_the_time() -> None:
    clock = Clock(True, datetime.now(UTC), MIDNIGHT, 100)
    acts = [TopUp(number=n, second=10 * n, resident=None, amount_yen=1) for n in range(3)]
    seen: list[datetime] = []

    async def perform(act: Act) -> None:
        seen.append(clock.now())

    await live(perform, acts, clock, MIDNIGHT)
    assert all(
        at >= MIDNIGHT + timedelta(seconds=act.second) for at, act in zip(seen, acts, strict=True)
    )


async def test_a_server_that_is_gone_ends_the_day_by_name() -> None:
    acts = [TopUp(number=n, second=0, resident=None, amount_yen=1) for n in range(200)]

    async def perform(act: Act) -> None:
        if act.number == 100:
            raise UnreachableError("no answer")

    with pytest.raises(UnreachableError, match="no answer"):
        await live(perform, acts, late(), MIDNIGHT)


async def test_a_bug_is_not_taken_for_a_server_that_is_gone() -> None:
    acts = [TopUp(number=0, second=0, resident=None, amount_yen=1)]

    async def perform(act: Act) -> None:
        raise KeyError(act.number)

    with pytest.raises(ExceptionGroup):
        await live(perform, acts, late(), MIDNIGHT)
