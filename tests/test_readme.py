"""The README's first calls, run as they stand against a server of their own."""

import asyncio
import os
import re
import shlex
import signal
import socket
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import httpx
import pytest

from core.settings import Settings

README = Path(__file__).parent.parent / "README.md"


@pytest.fixture
async def address(settings: Settings) -> AsyncIterator[str]:
    """A `meguri serve` process on a fresh database; it is ended afterwards."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    server = await asyncio.create_subprocess_exec(
        sys.executable, "-m", "cli.main", "serve", "--with-worker", "--port", str(port),
        env=_environment(settings),
    )  # fmt: skip
    address = f"http://127.0.0.1:{port}"
    try:
        await _until_ready(address)
        yield address
    finally:
        server.send_signal(signal.SIGTERM)
        await asyncio.wait_for(server.wait(), 60)


async def test_the_first_calls_of_the_readme_work(settings: Settings, address: str) -> None:
    script = _first_calls().replace("address=http://127.0.0.1:8000", f"address={address}")
    script = script.replace(".venv/bin/python", shlex.quote(sys.executable))
    program = f"{shlex.quote(sys.executable)} -m cli.main"
    script = script.replace("MEGURI_ENVIRONMENT=demo .venv/bin/meguri", program)
    shell = await asyncio.create_subprocess_exec(
        "bash", "-euo", "pipefail", "-c", script,
        env=_environment(settings),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
    )  # fmt: skip
    output, _ = await asyncio.wait_for(shell.communicate(), 120)
    said = output.decode()
    assert shell.returncode == 0, said
    # The quote, the payment and its replay tell it in sum and for the one campaign.
    assert said.count('"rebate_points":360') == 3 * 2
    assert '"coin_yen":3800' in said
    assert "sakura" in said
    assert "\nPROVEN\n" in said
    assert said.rstrip().endswith("sound"), said


def _first_calls() -> str:
    [block] = re.findall(r"```sh\n(.*?)```", README.read_text(encoding="utf-8"), re.DOTALL)
    assert isinstance(block, str)
    return block


def _environment(settings: Settings) -> dict[str, str]:
    plain = {name: value for name, value in os.environ.items() if not name.startswith("MEGURI_")}
    return {
        **plain,
        "MEGURI_ENVIRONMENT": settings.environment,
        "MEGURI_DATABASE_URL": settings.database_url,
        "MEGURI_OWNER_DATABASE_URL": settings.owner_database_url,
        "MEGURI_SEALER_DATABASE_URL": settings.sealer_database_url,
        "MEGURI_REDIS_URL": settings.redis_url,
        "MEGURI_DATA_DIR": str(settings.data_dir),
    }


async def _until_ready(address: str) -> None:
    async with httpx.AsyncClient() as client, asyncio.timeout(60):
        while True:
            try:
                if (await client.get(f"{address}/readyz")).status_code == 200:
                    return
            except httpx.TransportError:
                pass
            await asyncio.sleep(0.1)
