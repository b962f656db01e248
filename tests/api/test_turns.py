"""Requests begin in the order of their arrival, so many in a turn of the event loop."""

import asyncio

from api.turns import Turns

MOST = 3


async def test_many_at_once_begin_a_few_in_each_turn():
    turns, turn, began = Turns(MOST), 0, []

    async def request(number: int) -> None:
        await turns.begin()
        began.append((turn, number))

    tasks = [asyncio.create_task(request(number)) for number in range(4 * MOST)]
    late: list[asyncio.Task[None]] = []
    while not all(task.done() for task in [*tasks, *late]):
        await asyncio.sleep(0)
        turn += 1
        if turn == 2:
            late = [asyncio.create_task(request(100 + number)) for number in range(MOST)]
    assert [number for _, number in began] == [*range(4 * MOST), *range(100, 100 + MOST)]
    in_turns = [sum(when == each for when, _ in began) for each in range(turn)]
    assert max(in_turns) == MOST
    tasks = [asyncio.create_task(request(number)) for number in range(MOST)]
    await asyncio.sleep(0)
    assert len(began) == 6 * MOST, "who comes alone does not wait"
    await asyncio.gather(*tasks)


async def test_who_leaves_the_queue_holds_up_nobody():
    turns = Turns(1)
    tasks = [asyncio.create_task(turns.begin()) for _ in range(5)]
    await asyncio.sleep(0)
    for gone in tasks[1:4]:
        gone.cancel()
    async with asyncio.timeout(10):
        await tasks[4]
