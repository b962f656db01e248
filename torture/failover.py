"""A deployment with a standby, reached by an address that moves when the standby takes over."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

from torture.ground import Ground
from torture.load import clients, load_while
from torture.proxy import Proxy, running_proxy
from torture.stage import Stage
from torture.standby import Standby, standing_by


async def lose_and_promote(
    stage: Stage, lose: Callable[[Stage, Standby], Awaitable[None]], **settings: Any
) -> None:
    """Under load, the standby is lost and comes back by `lose`; then it takes over.

    Processes reach PostgreSQL by a proxy, as by an address that moves to another server; `settings`
    are theirs. The standby is promoted a quarter of the run after `lose`, and a quarter before the
    end.
    """
    standby, proxy = await _with_standby(stage, **settings)
    crowd = clients(stage)

    async def faults() -> None:
        await asyncio.sleep(stage.seconds / 4)
        await lose(stage, standby)
        await asyncio.sleep(stage.seconds / 4)
        await _promote(stage, standby, proxy)
        await asyncio.sleep(stage.seconds / 4)

    await load_while(crowd, asyncio.create_task(faults()))


async def _with_standby(stage: Stage, **settings: Any) -> tuple[Standby, Proxy]:
    """Make a standby, and start every process anew behind a proxy, with these settings.

    Both stay until the judgement is over.
    """
    proxy = await stage.parts.enter_async_context(running_proxy(_url(stage.ground)))
    standby = await stage.parts.enter_async_context(standing_by(stage.ground))
    urls = {
        "database_url": proxy.url,
        "sealer_database_url": proxy.before(stage.ground.settings.sealer_database_url),
    }
    behind = stage.ground.settings.model_copy(update=urls | settings)
    for api in stage.apis:
        await api.stop()
        api.settings = behind
        await stage.restart(api)
    await stage.worker.stop()
    stage.worker.settings = behind
    await stage.worker.start()
    return standby, proxy


async def _promote(stage: Stage, standby: Standby, proxy: Proxy) -> None:
    """The first server dies; the standby takes its place and its address."""
    began = stage.now()
    await stage.ground.kill_postgres()
    stage.ground = await standby.promote()
    proxy.target = _url(stage.ground)
    stage.meter.fault("the first server dies, the standby is promoted", began, stage.now())


def _url(ground: Ground) -> str:
    return ground.settings.database_url
