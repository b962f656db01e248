"""The report of a run, as Markdown for people, JSON for machines, and a plot."""

import json
import os
import platform
from collections.abc import Iterable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any, Final

from torture.judge.promise import Promise
from torture.meter import percentile
from torture.plot import draw
from torture.run import Result

_VERDICT: Final = {True: "held", False: "BROKEN"}


def write_report(result: Result) -> Path:
    """Write `report.md`, `report.json` and `plot.svg` into the run's folder; the first of them."""
    title = f"{result.scenario.number} {result.scenario.name}, seed {result.options.seed}"
    (result.folder / "plot.svg").write_text(draw(result.meter, result.seconds, title))
    (result.folder / "report.json").write_text(json.dumps(as_json(result), indent=2) + "\n")
    page = result.folder / "report.md"
    page.write_text("\n".join(_page(result)) + "\n")
    return page


def as_json(result: Result) -> dict[str, Any]:
    """Everything that the report says."""
    latencies = [ms for each in result.meter.ms_by_second.values() for ms in each]
    return {
        "scenario": result.scenario.name,
        "number": result.scenario.number,
        "seed": result.options.seed,
        "minutes": result.options.minutes,
        "began_at": result.began_at.isoformat(),
        "seconds": round(result.seconds, 1),
        "holds": result.holds,
        "counts": result.counts,
        "faults": dict(result.meter.fault_names),
        "acknowledged_a_second": round(result.meter.rate(0, result.seconds), 1),
        "ms": {
            name: round(percentile(latencies, share), 1)
            for name, share in (("p50", 0.5), ("p99", 0.99), ("longest", 1.0))
        },
        "promises": [asdict(promise) for promise in result.promises],
        "machine": {"cores": os.cpu_count(), "python": platform.python_version()},
    }


def summary(results: Sequence[Result]) -> str:
    """One line for each run, as a Markdown table."""
    lines = [
        "| no. | scenario | seed | operations | faults | acknowledged | refused | unknown | held |",
        "|---|---|---|---|---|---|---|---|---|",
    ]
    for result in results:
        counts = result.counts
        lines.append(
            f"| {result.scenario.number} | {result.scenario.name} | {result.options.seed} "
            f"| {counts['operations']:,} | {counts['faults']:,} | {counts['acknowledged']:,} "
            f"| {counts['refused']:,} | {counts['unknown at some moment']:,} "
            f"| {'yes' if result.holds else '**NO**'} |"
        )
    return "\n".join(lines)


def _page(result: Result) -> Iterable[str]:
    told = as_json(result)
    scenario, counts = result.scenario, result.counts
    yield f"# Torture {scenario.number}: {scenario.name}"
    yield ""
    broken = [promise for promise in result.promises if not promise.holds]
    if broken:
        yield f"**{len(broken)} of {len(result.promises)} promises were BROKEN.**"
    else:
        yield f"**All {len(result.promises)} promises held.**"
    yield ""
    yield f"What was done: {scenario.does}"
    yield ""
    yield f"What this shows: {scenario.proves}"
    yield ""
    yield f"What it does not show: {scenario.leaves_open}"
    yield ""
    yield "## Counts"
    yield ""
    yield (
        f"Seed {result.options.seed}, {result.seconds:,.0f} seconds, begun"
        f" {result.began_at:%Y-%m-%d %H:%M} UTC on {os.cpu_count()} cores (load and servers share"
        f" them). {told['acknowledged_a_second']:,} operations a second were acknowledged; half of"
        f" all answers took {told['ms']['p50']:,} ms, 99 of 100 {told['ms']['p99']:,} ms."
    )
    yield ""
    yield "| count | |"
    yield "|---|---|"
    for name, count in counts.items():
        yield f"| {name} | {count:,} |"
    for name, count in result.meter.fault_names.items():
        yield f"| fault: {name} | {count:,} |"
    yield ""
    yield (
        "*Acknowledged*: answered with 2xx. *Refused*: a rule said no (409), and it is remembered."
        " *Nothing done*: turned away, or never sent. *Unknown*: no answer said what became of it,"
        " so its id was asked in the end."
    )
    yield ""
    yield "![throughput and latency](plot.svg)"
    yield ""
    yield "## Promises"
    yield ""
    yield "| | promise | seen |"
    yield "|---|---|---|"
    for promise in result.promises:
        yield f"| {_VERDICT[promise.holds]} | {promise.name} | {promise.seen} |"
    for promise in broken:
        yield from _broken(promise)
    yield ""
    yield (
        "`record.jsonl` beside this page has every request and its answer, in order: the comparison"
        " was made from it, and can be made again. Logs of the processes stand there too."
    )


def _broken(promise: Promise) -> Iterable[str]:
    yield ""
    yield f"### Broken: {promise.name}"
    yield ""
    yield promise.seen
    yield ""
    for place in promise.places:
        yield f"- {place}"
