"""The deployed app behind a real server on loopback, in a thread and an event loop of its own."""

import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager

import httpx
import uvicorn
from fastapi import FastAPI

from api.app import create_app
from api.patience import patient_for
from core.settings import Settings

STARTS_WITHIN_S = 30


@contextmanager
def serving(settings: Settings) -> Iterator[tuple[str, FastAPI]]:
    """The address of the app while the block lasts, and the app: its state is of another thread."""
    app = create_app(settings)
    config = uvicorn.Config(
        app,
        host="127.0.0.1",
        port=0,
        log_level="warning",
        access_log=False,
        loop="api.accept:Loop",
        http=patient_for(settings.head_seconds),
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, name="server of a test")
    thread.start()
    try:
        url = _address(server, thread)
        _wait_until_ready(url)
        yield url, app
    finally:
        server.should_exit = True
        thread.join()


def _address(server: uvicorn.Server, thread: threading.Thread) -> str:
    deadline = time.monotonic() + STARTS_WITHIN_S
    while not server.started:
        assert thread.is_alive(), "the server did not start"
        assert time.monotonic() < deadline
        time.sleep(0.01)
    [listening] = server.servers
    return f"http://127.0.0.1:{listening.sockets[0].getsockname()[1]}"


def _wait_until_ready(url: str) -> None:
    deadline = time.monotonic() + STARTS_WITHIN_S
    with httpx.Client() as client:
        while client.get(f"{url}/readyz").status_code != 200:
            assert time.monotonic() < deadline
            time.sleep(0.02)
