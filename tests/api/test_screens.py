"""What the screens of a process share: the line of an event, written once."""

from contextlib import AsyncExitStack
from uuid import uuid4

from fastapi import FastAPI

from api.screens import MOST_LINES
from tests.api.screen import screen
from tests.api.shop import Token, feed_of, staff
from tests.town_builder import Town


async def test_an_event_is_written_once_for_all_screens_of_its_store(
    app: FastAPI, token: Token, town: Town
):
    store, wallet = await town.open_store(), await town.open_wallet()
    await town.top_up(wallet, 1000)
    before = (await town.pay(wallet, store, 1)).seq
    async with AsyncExitStack() as open_feeds:
        opened = [
            await open_feeds.enter_async_context(screen(app, feed_of(store), headers))
            for headers in (staff(token, store), staff(token, store, sub=uuid4()))
            for _ in range(5)
        ]
        for each in opened:
            await each.next()
        paid = await town.pay(wallet, store, 100)
        late = screen(app, feed_of(store), staff(token, store, sub=uuid4()), before)
        opened.append(await open_feeds.enter_async_context(late))
        await opened[-1].next()
        for each in opened:
            assert int((await each.next()).id) == paid.seq
        assert len({id(each.parts[1]) for each in opened}) == 1
    screens = app.state.meguri.screens
    assert screens.line(town.region.region_id + 1, paid.seq, bytes) == b"", "of another region"
    for number in range(MOST_LINES + 10):
        screens.line(town.region.region_id, 10_000 + number, bytes)
    assert len(screens._lines) == MOST_LINES
