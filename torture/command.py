"""What `meguri torture` does: run scenarios one after another, and write their reports."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop

from torture.ground import Migrate
from torture.planted.catalogue import Planted, starters
from torture.processes import BrokenRunError
from torture.report import summary, write_report
from torture.run import Options, Result, run
from torture.scenario import Scenario
from town.opening import OpeningError

Say = Callable[[str], None]


def torture(
    scenarios: Sequence[Scenario],
    minutes: float,
    seeds: Sequence[int],
    migrate: Migrate,
    say: Say,
    folder: Path,
) -> bool:
    """Run each scenario with each seed; whether all promises of all of them held.

    Reports go into `folder`, which is said.
    """
    say(f"Reports: {folder}")
    results: list[Result] = []
    broke = 0
    for scenario in scenarios:
        for seed in seeds:
            say(f"{scenario.number} {scenario.name}, seed {seed}: {scenario.does}")
            options = Options(minutes, seed, folder, Path(tempfile.gettempdir()), migrate)
            try:
                result = uvloop.run(run(scenario, options))
            except (BrokenRunError, OpeningError) as error:
                say(f"  THE RUN BROKE, so nothing is shown: {error}")
                broke += 1
                continue
            results.append(result)
            say(in_words(result, write_report(result)))
    page = folder / "summary.md"
    page.write_text(f"# Torture\n\n{summary(results)}\n")
    say(summary(results))
    return not broke and all(result.holds for result in results)


def plant(
    planted: Sequence[Planted], minutes: float, seed: int, migrate: Migrate, say: Say, folder: Path
) -> bool:
    """Plant each fault and run its scenario; whether each was caught, by the promise it breaks."""
    say(f"Reports: {folder}")
    missed = []
    for each in planted:
        say(f"Planted: {each.name} ({each.what}), in scenario {each.scenario.name}")
        ground = Path(tempfile.gettempdir())
        options = Options(minutes, seed, folder / each.name, ground, migrate, starters([each]))
        result = uvloop.run(run(each.scenario, options))
        write_report(result)
        broken = [promise.name for promise in result.promises if not promise.holds]
        caught = [name for name in broken if name.startswith(each.caught_by)]
        say(f"  {'CAUGHT' if caught else 'MISSED'}: {'; '.join(broken) or 'no promise was broken'}")
        if not caught:
            missed.append(each.name)
    say(f"{len(planted) - len(missed)} of {len(planted)} planted faults were caught")
    return not missed


def in_words(result: Result, page: Path) -> str:
    """What a run came to, in a few lines."""
    counts = ", ".join(f"{count:,} {name}" for name, count in result.counts.items())
    lines = [f"  {'ALL HELD' if result.holds else 'BROKEN'}: {counts}", f"  {page}"]
    for promise in result.promises:
        if not promise.holds:
            lines.append(f"  BROKEN: {promise.name} ({promise.seen})")
            lines += [f"    {place}" for place in promise.places]
    return "\n".join(lines)
