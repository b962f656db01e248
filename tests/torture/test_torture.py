"""The torture at its shortest: real scenarios hold, and every planted fault is caught."""

import json
import tempfile
from collections.abc import AsyncIterator, Awaitable, Callable
from dataclasses import replace
from pathlib import Path

import pytest

from cli.migrate import upgrade
from torture.catalogue import SCENARIOS
from torture.ground import standing_ground
from torture.planted.catalogue import PLANTED, find
from torture.processes import PLAIN
from torture.report import write_report
from torture.run import Options, Result, did_enough, run_on
from torture.scenario import Scenario
from torture.scenarios import kill_postgres, strangers
from torture.scene import TownSize
from torture.stage import Stage, open_town

SMALL = TownSize(residents=60, shops=12)
SEED = 7
SECONDS = 2
AT_THE_DOORS_S = 1.0

TOGETHER = (
    ("balance-past-the-door", "answer-before-commit"),
    ("lost-event", "refund-loses-a-yen"),
    ("skipped-lock",),
)
"""Faults that break promises of their own are planted in one run: a run takes ten times as long to
begin and to end as it lasts. The first one says in which scenario."""

Shortly = Callable[[Scenario, tuple[str, ...]], Awaitable[Result]]


@pytest.fixture(scope="module")
async def shortly(tmp_path_factory: pytest.TempPathFactory) -> AsyncIterator[Shortly]:
    """Runs a scenario for two seconds, in a town that is opened once and gone back to each time."""
    ground_folder = Path(tempfile.gettempdir())
    async with standing_ground(ground_folder, upgrade) as ground:
        scene = await open_town(ground, tmp_path_factory.mktemp("opening"), SMALL, SEED)
        await ground.keep()

        async def run_shortly(scenario: Scenario, starter: tuple[str, ...]) -> Result:
            await ground.go_back()
            small = replace(
                scenario, least_operations=50, least_a_minute=0, least_faults_a_minute=0
            )
            folder = tmp_path_factory.mktemp(scenario.name)
            options = Options(SECONDS / 60, SEED, folder, ground_folder, upgrade, starter)
            return await run_on(ground, scene, small, options)

        yield run_shortly


async def strangers_come_and_postgresql_dies(stage: Stage) -> None:
    """Two scenarios on one stage: setting it takes longer than they do."""
    await strangers.play(replace(stage, seconds=AT_THE_DOORS_S))
    await kill_postgres.play(stage)


async def test_every_promise_holds_while_things_break(shortly: Shortly):
    both = replace(kill_postgres.SCENARIO, play=strangers_come_and_postgresql_dies)
    result = await shortly(both, PLAIN)
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
    in_the_api = [each.name for each in planted if each.is_in_the_api]
    starter = ("torture.planted", "+".join(in_the_api)) if in_the_api else PLAIN
    result = await shortly(planted[0].scenario, starter)
    broken = [promise.name for promise in result.promises if not promise.holds]
    for each in planted:
        assert any(name.startswith(each.caught_by) for name in broken), (each.name, broken)
    assert "BROKEN" in write_report(result).read_text()


def test_every_fault_that_tests_have_time_for_is_planted_once():
    due = {planted.name for planted in PLANTED if planted.is_in_the_tests}
    assert sorted(name for names in TOGETHER for name in names) == sorted(due)
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


def test_every_scenario_has_a_number_a_name_and_says_what_it_leaves_open():
    assert len({scenario.number for scenario in SCENARIOS}) == len(SCENARIOS)
    assert len({scenario.name for scenario in SCENARIOS}) == len(SCENARIOS)
    assert all(each.does and each.proves and each.leaves_open for each in SCENARIOS)


def test_the_page_has_every_scenario_in_its_own_words():
    page = " ".join((Path(__file__).parents[2] / "docs" / "TORTURE.md").read_text().split())
    for each in SCENARIOS:
        told = f"### {each.number}. `{each.name}` {each.does} *Shows:* {each.proves}"
        assert f"{told} *Leaves open:* {each.leaves_open}" in page
