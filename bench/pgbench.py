"""Run pgbench: PostgreSQL's own load generator, in closed loop, with prepared statements."""

import asyncio
import os
import re
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from bench.ground import Ground

SIMPLE_UPDATE: Final = "simple-update"
_LATE_S: Final = 60
_RATE: Final = re.compile(r"^tps = ([0-9.]+) \(without initial connection time\)$", re.MULTILINE)
_FAILED: Final = re.compile(r"^number of failed transactions: (\d+) ", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Script:
    """What each client does, again and again, and the variables that it knows."""

    text: str
    variables: Mapping[str, object]


async def run_pgbench(
    ground: Ground, database: str, script: Script | str, clients: int, seconds: float
) -> float:
    """Transactions a second of `clients` that run a script, or one that is built in by name.

    A failed transaction is a bug of the script.
    """
    threads = min(clients, os.cpu_count() or 1)
    # pgbench counts whole seconds.
    options = ["-n", "-M", "prepared", "-c", clients, "-j", threads, "-T", max(1, round(seconds))]
    if isinstance(script, str):
        told = await _run(ground, database, [*options, "-b", script])
    else:
        variables = [f"--define={name}={value}" for name, value in script.variables.items()]
        with tempfile.TemporaryDirectory(prefix="meguri-pgbench-") as folder:
            file = Path(folder) / "script.sql"
            file.write_text(script.text, encoding="utf-8")
            told = await _run(ground, database, [*options, *variables, "-f", file])
    failed, rate = _FAILED.search(told), _RATE.search(told)
    assert failed is not None, told
    assert rate is not None, told
    assert failed[1] == "0", told
    return float(rate[1])


async def make_pgbench_tables(ground: Ground, database: str, scale: int) -> None:
    """The tables of the scripts that are built in: 100,000 accounts for each unit of `scale`."""
    await _run(ground, database, ["-i", "-q", "-s", scale])


async def _run(ground: Ground, database: str, options: Sequence[object]) -> str:
    process = await asyncio.create_subprocess_exec(
        ground.pgbench,
        *map(str, options),
        env=ground.libpq(database),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    try:
        async with asyncio.timeout(_LATE_S):
            out, told = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, told.decode()[-2000:]
    return out.decode()
