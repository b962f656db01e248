"""What a job hands over together is answered in its order, in batches that may be large."""

import pytest

from core.database import Connection, Database
from ledger.books import Books
from ledger.command import Receipt
from ledger.engine import LARGEST_BATCH, Engine
from ledger.regions import Region
from payments.prepare import prepare
from tests.ledger.test_engine import opening
from tests.town_builder import Town


@pytest.mark.parametrize("is_disturbed", [False, True])
async def test_batches_are_large_unless_somebody_else_moves_the_head(
    database: Database, region: Region, town: Town, is_disturbed: bool
):
    disturbances = [opening()] if is_disturbed else []

    async def disturb(connection: Connection, books: Books) -> None:
        while disturbances:
            await town.engine.submit(disturbances.pop())
        await prepare(connection, books)

    engine = Engine(database, region.region_id, disturb, largest_batch=400)
    engine.start()
    found = await engine.submit_all([opening() for _ in range(800)])
    await engine.stop()
    numbers = [receipt.entry.seq for receipt in found if isinstance(receipt, Receipt)]
    assert numbers == list(range(numbers[0], numbers[0] + 800))
    rows = await town.rows(
        "SELECT count(*) AS n FROM ledger.entry WHERE kind = 'wallet.opened'"
        " GROUP BY xmin::text ORDER BY n DESC"
    )
    assert rows[0].n == (LARGEST_BATCH if is_disturbed else 400)
