"""What `meguri torture` does: run scenarios one after another, and write their reports."""

import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path

import uvloop

from torture.ground import Migrate
from torture.report import summary, write_report
from torture.run import Options, Result, run
from torture.scenario import Scenario

Say = Callable[[str], None]


def torture(
    scenarios: Sequence[Scenario],
    minutes: float,
    seeds: Sequence[int],
    migrate: Migrate,
    say: Say,
    folder: Path | None = None,
) -> bool:
    """Run each scenario with each seed; whether all promises of all of them held.

    Reports go into `folder`, or a new one under the system's temporary folder, which is said.
    """
    folder = folder or Path(tempfile.mkdtemp(prefix="meguri-torture-reports-"))
    folder.mkdir(parents=True, exist_ok=True)
    say(f"Reports: {folder}")
    results: list[Result] = []
    for scenario in scenarios:
        for seed in seeds:
            say(f"{scenario.number} {scenario.name}, seed {seed}: {scenario.does}")
            options = Options(minutes, seed, folder, Path(tempfile.gettempdir()), migrate)
            result = uvloop.run(run(scenario, options))
            results.append(result)
            say(in_words(result, write_report(result)))
    page = folder / "summary.md"
    page.write_text(f"# Torture\n\n{summary(results)}\n")
    say(summary(results))
    return all(result.holds for result in results)


def in_words(result: Result, page: Path) -> str:
    """What a run came to, in a few lines."""
    counts = ", ".join(f"{count:,} {name}" for name, count in result.counts.items())
    lines = [f"  {'ALL HELD' if result.holds else 'BROKEN'}: {counts}", f"  {page}"]
    for promise in result.promises:
        if not promise.holds:
            lines.append(f"  BROKEN: {promise.name} ({promise.seen})")
            lines += [f"    {place}" for place in promise.places]
    return "\n".join(lines)
