"""The embedded Valkey: shared on a socket, forgetful by intent."""

import asyncio
import time
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import redis
from redis.backoff import NoBackoff
from redis.retry import Retry

from core.embedded.account import EmbeddedError
from core.embedded.folder import Folder, open_folder, resolved, sockets_of
from core.embedded.lease import Lease, alone
from core.embedded.process import forget_the_dead, process_of
from core.embedded.software import valkey_program

STARTING_SECONDS = 15
STOPPING_SECONDS = 15


@dataclass(frozen=True)
class EmbeddedValkey:
    """A running server and this process's lease on it. What it holds is gone when it stops."""

    folder: Folder
    lease: Lease = field(repr=False)

    @property
    def url(self) -> str:
        """`unix://` URL with its password, as redis-py takes it."""
        socket = quote(str(_socket(self.folder.sockets)), safe="/")
        return f"unix://:{self.folder.passwords['valkey']}@{socket}"

    async def leave(self) -> None:
        """End the lease; the server stops if it was the last one. Twice is once."""
        await asyncio.to_thread(self.lease.leave, lambda: _stop(self.folder))


async def start_valkey(data_dir: Path) -> EmbeddedValkey:
    """Join the server of this data folder, starting it if need be. End it with `leave()`.

    Raises `EmbeddedError` when no server can be had.
    """
    folder = await asyncio.to_thread(open_folder, data_dir)
    lease = Lease(folder.path, "valkey")
    await asyncio.to_thread(lease.take, lambda: _ensure_running(folder))
    return EmbeddedValkey(folder, lease)


async def stop_valkey(data_dir: Path) -> bool:
    """Stop the server of this data folder, whoever uses it; False if none ran."""
    if valkey_pid(data_dir) is None:
        return False
    folder = await asyncio.to_thread(open_folder, data_dir)

    def stop_alone() -> None:
        with alone(folder.path / "valkey.lock"):
            _stop(folder)

    await asyncio.to_thread(stop_alone)
    return True


def valkey_pid(data_dir: Path) -> int | None:
    """The process of the running server of this data folder, or None."""
    sockets = sockets_of(resolved(data_dir))
    return process_of(sockets / "valkey.pid", sockets)


def _ensure_running(folder: Folder) -> None:
    if process_of(folder.sockets / "valkey.pid", folder.sockets) is None:
        _start(folder)
    give_up = time.monotonic() + STARTING_SECONDS
    while not _answers(folder):
        if time.monotonic() > give_up:
            raise EmbeddedError("Valkey was started, but it does not answer")
        time.sleep(0.02)


def _start(folder: Folder) -> None:
    forget_the_dead(folder.sockets / "valkey.pid", folder.sockets)
    # The configuration has the password in it, so it is never a file.
    started = folder.run(valkey_program(folder), "-", text=_configuration(folder))
    if started.returncode != 0:
        raise EmbeddedError(f"Valkey did not start: {(started.stdout + started.stderr).strip()}")


def _configuration(folder: Folder) -> str:
    settings = {
        "port": "0",
        "unixsocket": _socket(folder.sockets),
        "unixsocketperm": "700",
        "requirepass": folder.passwords["valkey"],
        "daemonize": "yes",
        "dir": folder.sockets,
        "pidfile": folder.sockets / "valkey.pid",
        "logfile": folder.sockets / "valkey.log",
        "save": "",
        "appendonly": "no",
        "maxmemory": "256mb",
        # Full means refused: a code or a rate limit must not vanish while somebody relies on it.
        "maxmemory-policy": "noeviction",
    }
    return "".join(f'{name} "{value}"\n' for name, value in settings.items())


def _stop(folder: Folder) -> None:
    pid_file = folder.sockets / "valkey.pid"
    if process_of(pid_file, folder.sockets) is None:
        return
    with _client(folder) as client:
        client.shutdown(nosave=True)
    give_up = time.monotonic() + STOPPING_SECONDS
    while process_of(pid_file, folder.sockets) is not None:
        if time.monotonic() > give_up:
            raise EmbeddedError("Valkey was told to stop, but it goes on")
        time.sleep(0.02)


def _answers(folder: Folder) -> bool:
    with _client(folder) as client:
        try:
            return bool(client.ping())
        except redis.ConnectionError:
            return False


def _client(folder: Folder) -> redis.Redis:
    return redis.Redis(
        unix_socket_path=str(_socket(folder.sockets)),
        password=folder.passwords["valkey"],
        socket_timeout=5,
        retry=Retry(NoBackoff(), 0),  # left to itself it tries again for seconds
    )


def _socket(sockets: Path) -> Path:
    return sockets / "valkey.sock"
