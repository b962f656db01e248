"""Turn the clock of a run's deployment: processes read it when they start, so all of them do."""

import asyncio
from dataclasses import replace
from datetime import datetime

from core.database import Database
from torture.stage import Stage
from town.startup import set_clock


async def turn_clock(stage: Stage, moment: datetime) -> None:
    """Let it be that moment, from which time goes on as ever; it lies ahead."""
    for program in [stage.worker, *stage.apis]:
        await program.kill()
    await set_clock(stage.ground.settings.owner_database_url, moment, 1)
    database = Database(stage.ground.settings.database_url, pool_size=1)
    try:
        stage.scene = replace(stage.scene, clock=await database.clock())
    finally:
        await database.close()
    await stage.worker.start()
    await asyncio.gather(*map(stage.restart, stage.apis))
