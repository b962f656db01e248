"""Run a command as an operator would, in a process that sees these settings and no others."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

ROOT = Path(__file__).parents[1]


async def meguri(*words: str, **settings: str) -> tuple[int | None, str]:
    """The exit code, and what was said on both outputs."""
    outside = {name: kept for name, kept in os.environ.items() if name[:7] != "MEGURI_"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", *words,
        stdout=PIPE, stderr=STDOUT, cwd=ROOT, env=outside | settings,
    )  # fmt: skip
    told, _ = await process.communicate()
    return process.returncode, told.decode()
