"""Run a command as an operator would, in a process that sees these settings and no others."""

import asyncio
import os
import sys
from asyncio.subprocess import PIPE, STDOUT
from collections.abc import Mapping, Sequence
from pathlib import Path

from tests.servers import Place, Servers

ROOT = Path(__file__).parents[1]
ENDS_WITHIN_S = 120


async def meguri_at(servers: Servers, place: Place, *words: str) -> tuple[int | None, str, str]:
    """The exit code at a test's database, what was printed, and what was complained of."""
    settings = {
        "MEGURI_ENVIRONMENT": "test",
        "MEGURI_DATABASE_URL": place.app_url,
        "MEGURI_REDIS_URL": servers.redis_url,
        "MEGURI_DATA_DIR": str(servers.folder),
    }
    code, told, said = await _run(words, settings, PIPE)
    assert said is not None, "it has an output of its own"
    return code, told.decode(), said.decode()


async def meguri(*words: str, **settings: str) -> tuple[int | None, str]:
    """The exit code, and what was said on both outputs. A command that goes on is killed."""
    code, told, _ = await _run(words, settings, STDOUT)
    return code, told.decode()


async def _run(
    words: Sequence[str], settings: Mapping[str, str], complaints: int
) -> tuple[int | None, bytes, bytes | None]:
    outside = {name: kept for name, kept in os.environ.items() if name[:7] != "MEGURI_"}
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", *words,
        stdout=PIPE, stderr=complaints, cwd=ROOT, env={**outside, **settings},
    )  # fmt: skip
    try:
        async with asyncio.timeout(ENDS_WITHIN_S):
            told, said = await process.communicate()
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    return process.returncode, told, said
