"""The engines of this process: one for each region, begun when the region is first asked for."""

from functools import partial

from core.database import Database
from ledger.batch import Prepare
from ledger.bell import Bell
from ledger.engine import Engine


class Engines:
    """Finds the engine of a region. Needs a running event loop; stop it before it ends."""

    def __init__(self, database: Database, prepare: Prepare, bell: Bell) -> None:
        self._database = database
        self._prepare = prepare
        self._bell = bell
        self._engines: dict[int, Engine] = {}

    def of(self, region_id: int) -> Engine:
        """The engine of `region_id`, which must be a region's."""
        engine = self._engines.get(region_id)
        if engine is None:
            engine = self._engines[region_id] = Engine(
                self._database,
                region_id,
                self._prepare,
                after_commit=partial(self._bell.ring, region_id),
            )
            engine.start()
        return engine

    async def stop(self) -> None:
        """Let every engine finish its batch; what waits behind it is refused."""
        for engine in self._engines.values():
            await engine.stop()
        self._engines.clear()
