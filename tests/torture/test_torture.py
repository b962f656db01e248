"""The torture at its shortest: real scenarios hold, and every planted fault is caught."""

import json
import tempfile
from dataclasses import replace
from pathlib import Path

import pytest

from cli.migrate import upgrade
from torture.catalogue import SCENARIOS
from torture.planted.catalogue import PLANTED, Planted
from torture.processes import PLAIN
from torture.report import write_report
from torture.run import Options, Result, did_enough, run
from torture.scenario import Scenario
from torture.scenarios import kill_postgres, strangers
from torture.scene import TownSize
from torture.stage import Stage

SMALL = TownSize(residents=60, shops=12)
SECONDS = 2
AT_THE_DOORS_S = 1.0


async def shortly(scenario: Scenario, folder: Path, starter: tuple[str, ...] = PLAIN) -> Result:
    small = replace(
        scenario, size=SMALL, least_operations=50, least_a_minute=0, least_faults_a_minute=0
    )
    ground = Path(tempfile.gettempdir())
    return await run(small, Options(SECONDS / 60, 7, folder, ground, upgrade, starter))


async def strangers_come_and_postgresql_dies(stage: Stage) -> None:
    """Two scenarios on one stage: setting it takes longer than they do."""
    await strangers.play(replace(stage, seconds=AT_THE_DOORS_S))
    await kill_postgres.play(stage)


async def test_every_promise_holds_while_things_break(tmp_path: Path):
    both = replace(kill_postgres.SCENARIO, play=strangers_come_and_postgresql_dies)
    result = await shortly(both, tmp_path)
    assert [promise for promise in result.promises if not promise.holds] == []
    assert result.counts["faults"] > 0
    page = write_report(result)
    told = json.loads((page.parent / "report.json").read_text())
    assert (told["holds"], told["counts"]) == (True, result.counts)
    assert (page.parent / "plot.svg").read_text().startswith("<svg")
    assert (page.parent / "record.jsonl").read_text().count("\n") == result.counts["requests"]


@pytest.mark.parametrize(
    "planted",
    [planted for planted in PLANTED if planted.is_in_the_tests],
    ids=lambda planted: planted.name,
)
async def test_a_planted_fault_is_caught(planted: Planted, tmp_path: Path):
    starter = ("torture.planted", planted.name) if planted.is_in_the_api else PLAIN
    result = await shortly(planted.scenario, tmp_path, starter)
    broken = [promise.name for promise in result.promises if not promise.holds]
    assert [name for name in broken if name.startswith(planted.caught_by)]
    assert "BROKEN" in write_report(result).read_text()


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
