"""The worker carries out simulations; a database that is away makes them wait for another round."""

import logging
from datetime import UTC, datetime
from uuid import UUID

import pytest

from access.acts import Doer
from core.database import Database
from simulations import keep
from simulations.asked import Asked
from tests.api.campaign_steps import form
from tests.simulations.lived_weeks import live_weeks, question
from tests.town_builder import Town, new_id
from worker.simulate import simulator_of

DOER = Doer(UUID(int=7), f"admin:{UUID(int=7)}", "finance")


async def test_a_round_carries_out_what_waits(town: Town, caplog: pytest.LogCaptureFixture):
    caplog.set_level(logging.INFO, logger="worker")
    await live_weeks(town, 14)
    asked = Asked.model_validate(question(await form(town)), strict=False)
    simulation_id = new_id()
    async with town.database.transaction(town.region.region_id) as db:
        await keep.ask(db, town.region, simulation_id, DOER, asked)
    beats: list[datetime] = []
    simulator = simulator_of(town.database, lambda: beats.append(datetime.now(UTC)))
    await simulator.round()
    assert f"simulation {simulation_id} of setagaya ended" in caplog.text
    async with town.database.snapshot(town.region.region_id) as db:
        found = await keep.find(db, town.region.region_id, simulation_id, is_exact=True)
    assert found is not None
    assert (found.state, found.payments) == ("done", 14)
    assert found.result is not None
    assert found.result["cost_yen"] == 14 * 350


async def test_a_database_that_is_away_is_survived(town: Town, caplog: pytest.LogCaptureFixture):
    away = Database("postgresql://nobody@127.0.0.1:1/nowhere")
    try:
        await simulator_of(away, lambda: None).round()
    finally:
        await away.close()
    assert "look for simulations failed, again in" in caplog.text
