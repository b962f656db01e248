"""PostgreSQL's files and processes in a data folder: make, start, stop. All of it blocks."""

import shutil
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.embedded.account import EmbeddedError
from core.embedded.configuration import configuration
from core.embedded.folder import Folder
from core.embedded.process import forget_the_dead, process_of
from core.embedded.software import postgres_programs

MAJOR = "18"
STARTING_SECONDS = 300
"""How long a start may take: after a crash the write-ahead log is replayed first."""
STOPPING_SECONDS = 120
ORPHANS_SECONDS = 30
"""How long the children of a killed server may take to notice; until then they hold its memory."""


def ensure_running(folder: Folder) -> None:
    """Find the server of this folder ready, or start it, or make its files first.

    Raises `EmbeddedError` with the end of the server's log when it does not start.
    """
    data = folder.path / "postgres"
    if not data.exists():
        _initialize(folder, data)
    _refuse_other_major(data)
    if process_of(data / "postmaster.pid", data) is None:
        _start(folder, data)
    _wait_until_ready(data)


def stop(folder: Folder) -> None:
    """Stop the server, disconnecting whoever is still there; nothing runs is fine."""
    data = folder.path / "postgres"
    if process_of(data / "postmaster.pid", data) is None:
        return
    stopped = folder.run(
        postgres_programs(folder) / "pg_ctl",
        "stop",
        "--silent",
        "--wait",
        "--mode=fast",
        f"--timeout={STOPPING_SECONDS}",
        f"--pgdata={data}",
    )
    if stopped.returncode != 0:
        raise EmbeddedError(f"PostgreSQL did not stop: {stopped.stderr.strip()}")


def _initialize(folder: Folder, data: Path) -> None:
    """Make the server's files in a draft, so that an interrupted start leaves no half of them."""
    draft = data.with_name("postgres.new")
    shutil.rmtree(draft, ignore_errors=True)
    draft.mkdir()
    folder.give(draft)
    with _password_file(folder) as password:
        made = folder.run(
            postgres_programs(folder) / "initdb",
            f"--pgdata={draft}",
            "--username=postgres",
            f"--pwfile={password}",
            "--auth=scram-sha-256",
            "--encoding=UTF8",
            "--locale=C",
            "--locale-provider=builtin",
            "--builtin-locale=C.UTF-8",
        )
    if made.returncode != 0:
        raise EmbeddedError(f"PostgreSQL's initdb failed: {made.stderr.strip()}")
    folder.write(draft / "postgresql.conf", "include 'meguri.conf'\n", append=True)
    draft.rename(data)


@contextmanager
def _password_file(folder: Folder) -> Iterator[Path]:
    file = folder.sockets / "initdb-password"
    folder.write(file, folder.passwords["postgres"] + "\n")
    try:
        yield file
    finally:
        file.unlink()


def _refuse_other_major(data: Path) -> None:
    major = (data / "PG_VERSION").read_text().strip()
    if major != MAJOR:
        raise EmbeddedError(f"{data} is of PostgreSQL {major}; this is {MAJOR}: dump and load it")


def _start(folder: Folder, data: Path) -> None:
    folder.write(data / "meguri.conf", configuration(folder.sockets))
    forget_the_dead(data / "postmaster.pid", data)
    forget_the_dead(folder.sockets / ".s.PGSQL.5432.lock", data)
    log = data / "start.log"
    give_up = time.monotonic() + ORPHANS_SECONDS
    while True:
        log.unlink(missing_ok=True)
        started = folder.run(
            postgres_programs(folder) / "pg_ctl",
            "start",
            "--silent",
            "--wait",
            f"--timeout={STARTING_SECONDS}",
            f"--pgdata={data}",
            f"--log={log}",
        )
        if started.returncode == 0:
            return
        told = (log.read_text() if log.exists() else "") + started.stderr
        if "shared memory block" not in told or time.monotonic() > give_up:
            raise EmbeddedError(f"PostgreSQL did not start: {told[-2000:].strip()}")
        time.sleep(0.1)


def _wait_until_ready(data: Path) -> None:
    """Another process may have begun to start the server and then have been killed."""
    pid_file = data / "postmaster.pid"
    give_up = time.monotonic() + STARTING_SECONDS
    while process_of(pid_file, data) is None or "ready" not in pid_file.read_text():
        if time.monotonic() > give_up:
            raise EmbeddedError(f"PostgreSQL is not ready yet; its log is in {data}")
        time.sleep(0.05)
