"""Run a command as an operator would, in a process that sees these settings and no others."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from pathlib import Path

ROOT = Path(__file__).parents[1]
ENDS_WITHIN_S = 120


async def meguri(*words: str, **settings: str) -> tuple[int | None, str]:
    """The exit code, and what was said on both outputs. A command that goes on is killed."""
    outside = {name: kept for name, kept in os.environ.items() if name[:7] != "MEGURI_"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", *words,
        stdout=PIPE, stderr=STDOUT, cwd=ROOT, env=outside | settings,
    )  # fmt: skip
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            told, _ = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, told.decode()
