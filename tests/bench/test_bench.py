"""The benchmark runs, its books are sound, and it says what it measured."""

import asyncio
import json
import signal
import subprocess
import sys
from pathlib import Path
from uuid import UUID

import pytest

from bench.__main__ import measure_one
from bench.comparisons import COMPARISONS, NAMES, chosen
from bench.figures import Ratio, Result
from bench.keep_history import claim
from bench.names import ACT, Names
from ledger.verify import Fault, Verdict

ROOT = Path(__file__).parents[2]


def test_a_name_is_made_from_its_kind_and_number():
    names = Names("0192d3a4-b5c6-8000-8000-")
    assert names.name(ACT, 7) == UUID("0192d3a4-b5c6-8000-8000-600000000007")


def test_a_run_whose_books_are_not_sound_does_not_count():
    result = Result({})
    result.judge("ours", Verdict("setagaya", 1, 2, 2, ()))
    assert result.as_json()["is_valid"]
    result.judge("theirs", Verdict("setagaya", 1, 2, 2, (Fault("the trial balance", "1"),)))
    assert not result.as_json()["is_valid"]


def test_a_run_on_a_busy_machine_does_not_count_and_is_not_called_broken():
    result = Result({})
    result.disturbed.append("commits became only 4.3 ms longer, not 5")
    told = result.as_json()
    assert (told["is_valid"], told["broken"]) == (False, [])


async def test_a_comparison_that_fails_leaves_the_figures_of_the_others():
    result = Result({}, ratios=[Ratio("a", 2, 1, "", "")])

    async def fail() -> None:
        raise ConnectionError("the server closed the connection")

    with pytest.raises(ConnectionError):
        await measure_one(("b", "c"), fail(), result)
    told = result.as_json()
    assert list(told["ratios"]) == ["a"]
    assert told["broken"] == ["b, c did not come to an end"]
    assert not told["is_valid"]


def test_a_ratio_meets_its_target_from_the_side_that_is_said():
    at_least = Ratio("a", 0.9, 1, "", "")
    at_most = Ratio("b", 0.9, 1, "", "", is_ceiling=True)
    assert (at_least.is_met, at_most.is_met) == (False, True)


def test_only_takes_the_name_of_any_ratio():
    assert len(NAMES) == len(set(NAMES))
    assert all(len(chosen(name)) == 1 for name in NAMES)
    assert chosen(None) == COMPARISONS


def test_a_folder_that_holds_something_else_is_not_cleared(tmp_path):
    (tmp_path / "letters").write_text("dear")
    with pytest.raises(AssertionError, match="something else"):
        claim(tmp_path)
    assert (tmp_path / "letters").exists()
    claim(tmp_path / "new")
    claim(tmp_path / "new")


@pytest.mark.parametrize("name", ["", "letters"])
def test_a_history_that_cannot_be_kept_there_is_said_in_one_line(tmp_path, name):
    (tmp_path / "letters").write_text("dear")
    told = subprocess.run(
        [sys.executable, "-m", "bench", "--history", str(tmp_path / name)],
        capture_output=True,
        text=True,
        check=False,
        cwd=ROOT,
    )
    assert (told.returncode, told.stdout) == (2, "")
    assert told.stderr.startswith(f"bench: {tmp_path / name} ")
    assert told.stderr.count("\n") == 1
    assert (tmp_path / "letters").read_text() == "dear"


@pytest.mark.slow
async def test_a_quick_run_is_sound_and_says_what_it_measured():
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "bench", "--quick", "--json",
        cwd=ROOT, stdout=asyncio.subprocess.PIPE,
    )  # fmt: skip
    try:
        async with asyncio.timeout(300):
            told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.send_signal(signal.SIGINT)  # its servers and folders go with it
            await process.wait()
    run = json.loads(told)
    # A busy machine may slow the generator or the commits; then the run says it does not count.
    assert run["broken"] == []
    assert run["is_valid"] == (run["disturbed"] == [])
    assert process.returncode == (0 if run["is_valid"] else 1)
    assert run["machine"]["fsync"] == "on"
    assert tuple(run["ratios"]) == NAMES
    for ratio in run["ratios"].values():
        assert ratio["value"] > 0
        assert ratio["target"] > 0
        assert ratio["means"]
        assert ratio["bound"]
    assert all(figure["per_second"] > 0 for figure in run["figures"])
    assert len({(figure["name"], figure["clients"]) for figure in run["figures"]}) == len(
        run["figures"]
    )
    assert {side: verdict["faults"] for side, verdict in run["verdicts"].items()} == {
        "ours": [], "theirs": [], "beside_sets": [], "in_sets": [], "shared": [], "backtest": [],
        "shared, suginami": [], "slow_commits": [], "slow_one_tx": [], "bulk": [],
        "one": [], "fifty": [], "settle": [], "fanout": [], "sales": [], "full": [],
        "empty": [], "over_http": [], "waits": [], "refusals": [],
    }  # fmt: skip
    assert all(verdict["is_sound"] for verdict in run["verdicts"].values())
