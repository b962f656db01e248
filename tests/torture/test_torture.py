"""The torture at its shortest: real scenarios hold, and every planted fault is caught."""

import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path
from random import Random

import pytest

from cli.migrate import upgrade
from cli.torture import named_scenarios
from torture import processes
from torture.catalogue import SCENARIOS
from torture.ground import Ground, standing_ground
from torture.meter import Meter
from torture.planted.catalogue import PLANTED, find, starters
from torture.processes import Starters
from torture.record import Record
from torture.report import write_report
from torture.run import Options, Result, did_enough, run_on
from torture.scenario import Scenario
from torture.scenarios import kill_postgres, notices, strangers
from torture.scene import Scene, TownSize
from torture.stage import Stage, open_town

SMALL = TownSize(residents=60, shops=12)
SEED = 7
SECONDS = 2
AT_THE_DOORS_S = 1.0
TOLD_FOR_S = 0.1
GROUND = Path(tempfile.gettempdir())

TOGETHER = (
    ("balance-past-the-door", "answer-before-commit"),
    ("lost-event", "refund-loses-a-yen"),
    ("skipped-lock",),
)
"""Faults that break promises of their own are planted in one run: a run takes ten times as long to
begin and to end as it lasts. The first one says in which scenario."""
OF_THE_WORKER = ("marked-before-sent", "lease-ignored")
"""Are planted where nobody pays, nor asks anything of the API."""

Town = tuple[Ground, Scene]
Shortly = Callable[[Scenario, Starters], Awaitable[Result]]


@pytest.fixture(scope="module")
async def town(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Town]:
    """A town that is opened once, to be gone back to by each run."""
    async with standing_ground(GROUND, upgrade) as ground:
        scene = await open_town(ground, tmp_path_factory.mktemp("opening"), SMALL, SEED)
        await ground.keep()
        yield ground, scene


@pytest.fixture(scope="module")
async def shortly(town: Town, tmp_path_factory: pytest.TempPathFactory) -> Shortly:
    """Runs a scenario for two seconds."""
    ground, scene = town

    async def run_shortly(scenario: Scenario, by: Starters) -> Result:
        await ground.go_back()
        small = replace(scenario, least_operations=50, least_a_minute=0, least_faults_a_minute=0)
        folder = tmp_path_factory.mktemp(scenario.name)
        options = Options(SECONDS / 60, SEED, folder, GROUND, upgrade, by)
        return await run_on(ground, scene, small, options)

    return run_shortly


async def strangers_come_and_postgresql_dies(stage: Stage) -> None:
    """Two scenarios on one stage: setting it takes longer than they do."""
    await strangers.play(replace(stage, seconds=AT_THE_DOORS_S))
    await kill_postgres.play(stage)


async def test_every_promise_holds_while_things_break(shortly: Shortly):
    both = replace(kill_postgres.SCENARIO, play=strangers_come_and_postgresql_dies)
    result = await shortly(both, Starters())
    assert [promise for promise in result.promises if not promise.holds] == []
    assert result.counts["faults"] > 0
    page = write_report(result)
    told = json.loads((page.parent / "report.json").read_text())
    assert (told["holds"], told["counts"]) == (True, result.counts)
    assert (page.parent / "plot.svg").read_text().startswith("<svg")
    assert (page.parent / "record.jsonl").read_text().count("\n") == result.counts["requests"]


@pytest.mark.parametrize("names", TOGETHER, ids="+".join)
async def test_each_planted_fault_is_caught_by_the_promise_that_it_breaks(
    names: tuple[str, ...], shortly: Shortly
):
    planted = [found for name in names if (found := find(name)) is not None]
    result = await shortly(planted[0].scenario, starters(planted))
    broken = [promise.name for promise in result.promises if not promise.holds]
    for each in planted:
        assert any(name.startswith(each.caught_by) for name in broken), (each.name, broken)
    assert "BROKEN" in write_report(result).read_text()


@pytest.mark.parametrize("name", OF_THE_WORKER)
async def test_each_planted_fault_of_the_worker_is_caught(name: str, town: Town, tmp_path: Path):
    ground, scene = town
    planted = find(name)
    assert planted is not None
    await ground.go_back()
    worker = processes.worker(ground.settings, tmp_path)
    worker.starter = starters([planted]).worker
    record = Record(tmp_path / "record.jsonl")
    stage = Stage(ground, [], worker, scene, record, Meter(), Random(SEED), TOLD_FOR_S)
    try:
        await worker.start()
        async with stage.parts:
            await notices.play(stage, planted.caught_by, crowd=0)
    finally:
        await worker.kill()
        record.close()
    broken = [promise.name for promise in stage.promises if not promise.holds]
    assert any(each.startswith(planted.caught_by) for each in broken), broken


def test_every_fault_that_tests_have_time_for_is_planted_once():
    due = {planted.name for planted in PLANTED if planted.is_in_the_tests}
    assert sorted([*OF_THE_WORKER, *(name for names in TOGETHER for name in names)]) == sorted(due)
    for names in TOGETHER:
        caught_by = [
            promise for name in names if (each := find(name)) for promise in each.caught_by
        ]
        assert len(set(caught_by)) == len(caught_by), "else one could be taken for the other"


@pytest.mark.parametrize(
    ("name", "count", "holds"),
    [
        ("faults", 1, True),
        ("faults", 0, False),
        ("operations", 9, False),
        ("acknowledged", 0, False),
    ],
)  # fmt: skip
def test_a_run_with_too_little_load_or_no_fault_fails(name: str, count: int, holds: bool):
    scenario = replace(SCENARIOS[0], least_operations=10, least_a_minute=0, least_faults=1)
    counts = {"operations": 10, "acknowledged": 10, "faults": 1, name: count}
    assert did_enough(scenario, 1.0, counts).holds is holds


def test_a_scenario_that_is_named_twice_runs_once():
    named = named_scenarios(["kill-postgres", "1", "14", "bank"])
    assert [each.number for each in named] == [14, 1]


def test_every_scenario_has_a_number_a_name_and_says_what_it_leaves_open():
    assert len({scenario.number for scenario in SCENARIOS}) == len(SCENARIOS)
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
    assert all(each.does and each.proves and each.leaves_open for each in SCENARIOS)


def test_the_page_has_every_scenario_in_its_own_words():
    page = " ".join((Path(__file__).parents[2] / "docs" / "TORTURE.md").read_text().split())
    for each in SCENARIOS:
        told = f"### {each.number}. `{each.name}` {each.does} *Shows:* {each.proves}"
        assert f"{told} *Leaves open:* {each.leaves_open}" in page
