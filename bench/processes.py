"""The processes of a measurement over HTTP: each is started here, and ended here."""

import asyncio
import os
import re
import socket
import subprocess
import sys
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Final

import orjson

import bench
from bench.pay_on_call import Call, Task, line_of
from bench.send_requests import Load, Outcome
from core.settings import PREFIX

_ROOT: Final = Path(bench.__path__[0]).parent
_STARTING_S: Final = 60
_STOPPING_S: Final = 30
_LATE_S: Final = 60
_PEAK_KIB: Final = re.compile(r"^VmHWM:\s+(\d+) kB$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Served:
    """A server that runs."""

    port: int
    pid: int

    def peak_mb(self) -> float:
        """The most memory that its process has held at once, in MB, as Linux counts it."""
        told = Path(f"/proc/{self.pid}/status").read_text(encoding="ascii")
        found = _PEAK_KIB.search(told)
        assert found is not None, "Linux says VmHWM of a process that runs"
        return int(found[1]) * 1024 / 1_000_000


@asynccontextmanager
async def serving(*module: str, ready: str = "", **settings: str) -> AsyncIterator[Served]:
    """`python -m module`, once it listens; terminated at the end.

    In `module`, PORT stands for the port. A GET of `ready`, if it is given, must be answered with
    200. `settings` are MEGURI_* variables; of those around us it sees none.
    """
    port = _free_port()
    command = [part.replace("PORT", str(port)) for part in module]
    process = await _start(command, settings, stdin=subprocess.DEVNULL)
    try:
        await _until_it_answers(process, port, ready)
        yield Served(port, process.pid)
    finally:
        if process.returncode is None:
            process.terminate()
        try:
            await asyncio.wait_for(process.wait(), _STOPPING_S)
        except TimeoutError:
            process.kill()
            await process.wait()


async def generate(load: Load) -> Outcome:
    """Let a generator, in a process of its own, send a load."""
    return Outcome(**await run_once("bench.send_requests", asdict(load), load.seconds + _LATE_S))


async def run_once(module: str, said: dict[str, Any], most_s: float = 600) -> dict[str, Any]:
    """What `python -m module` answers to what it is told; ended after `most_s` seconds."""
    process = await _start([module], {}, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
    try:
        async with asyncio.timeout(most_s):
            told, _ = await process.communicate(orjson.dumps(said))
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert process.returncode == 0, f"{module} failed"
    answer: dict[str, Any] = orjson.loads(told)
    return answer


@dataclass(frozen=True, slots=True)
class Payer:
    """A process with an engine of its own, which pays when it is called."""

    _process: asyncio.subprocess.Process

    async def ask(self, said: Task | Call) -> Any:
        """What the process answers."""
        assert self._process.stdin is not None, "it was opened for this"
        assert self._process.stdout is not None, "it was opened for this"
        self._process.stdin.write(line_of(said))
        late_s = said.seconds if isinstance(said, Call) else _STARTING_S
        async with asyncio.timeout(late_s + _LATE_S):
            line = await self._process.stdout.readline()
        assert line, "the paying process ended by itself"
        return orjson.loads(line)


@asynccontextmanager
async def paying(task: Task) -> AsyncIterator[Payer]:
    """A process that pays on call; ended with its input."""
    streams = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE}
    process = await _start(["bench.pay_on_call"], {}, **streams)
    assert process.stdin is not None, "it was opened"
    try:
        payer = Payer(process)
        await payer.ask(task)
        yield payer
    finally:
        process.stdin.close()
        try:
            await asyncio.wait_for(process.wait(), _STOPPING_S)
        except TimeoutError:
            process.kill()
            await process.wait()


async def _start(
    module: Sequence[str], settings: Mapping[str, str], **streams: int
) -> asyncio.subprocess.Process:
    variables = {
        **{name: text for name, text in os.environ.items() if not name.startswith(PREFIX)},
        **{PREFIX + name.upper(): text for name, text in settings.items()},
    }
    options: dict[str, Any] = {**streams, "cwd": _ROOT, "env": variables}
    return await asyncio.create_subprocess_exec(sys.executable, "-m", *module, **options)


async def _until_it_answers(process: asyncio.subprocess.Process, port: int, ready: str) -> None:
    async with asyncio.timeout(_STARTING_S):
        while not await _answers(port, ready):
            assert process.returncode is None, "the server ended by itself"
            await asyncio.sleep(0.1)


async def _answers(port: int, ready: str) -> bool:
    try:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
    except ConnectionError:
        return False
    try:
        if ready:
            writer.write(f"GET {ready} HTTP/1.1\r\nhost: 127.0.0.1\r\n\r\n".encode())
            return (await reader.readline()).split()[1:2] == [b"200"]
        return True
    finally:
        writer.close()


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
