"""Sales are added up in each round of the worker, and a round without sales costs no write."""

from pathlib import Path

from core.settings import Settings
from tests.town_builder import Town
from worker.heartbeat import Heartbeat
from worker.main import Worker


async def test_a_round_adds_up_what_was_sold(town: Town, settings: Settings, tmp_path: Path):
    wallet, store = await town.open_wallet(), await town.open_store()
    await town.top_up(wallet, 1_000)
    worker = Worker(town.database, Heartbeat(settings.model_copy(update={"data_dir": tmp_path})))
    await worker.round()
    paid = await town.pay(wallet, store, 100)
    await worker.round()
    reached = "SELECT seq, xmin::text FROM ledger.reader WHERE name = 'sales'"
    [(seq, written)] = await town.rows(reached)
    assert seq >= paid.seq
    assert await town.rows("SELECT 1 FROM merchants.sales_day WHERE cut = 'all' AND payments = 1")
    await worker.round()
    assert await town.rows(reached) == [(seq, written)]
