"""`meguri serve`: the HTTP API, and on one machine the worker beside it."""

import os
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from typing import Annotated

import typer

from cli.deployment import chosen_settings
from cli.worker import stop_when_input_ends

WORKER_STOPS_WITHIN_SECONDS = 30


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="API processes.", min=1, max=64)] = 1,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Run the worker too, as one more process.")
    ] = False,
    until_input_ends: Annotated[
        bool, typer.Option("--until-input-ends", hidden=True, help="Stop with the parent process.")
    ] = False,
) -> None:
    """Serve the API. Servers whose URLs are not set are started, or joined, on this machine."""
    chosen_settings()
    import uvicorn

    if until_input_ends:
        threading.Thread(target=stop_when_input_ends, daemon=True).start()
    with ExitStack() as beside:
        if with_worker:
            beside.enter_context(_worker_process())
        uvicorn.run(
            "api.app:create_app",
            factory=True,
            host=host,
            port=port,
            workers=workers,
            loop="uvloop",
            http="httptools",
            access_log=False,
            server_header=False,
            timeout_graceful_shutdown=30,
        )


@contextmanager
def _worker_process() -> Iterator[None]:
    """The worker as a child that ends with us; should it end by itself, so do we."""
    # uvicorn repeats the signal that stopped it once it is done: leave by the `finally` below.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    child = subprocess.Popen(
        [sys.executable, "-m", "cli.main", "worker", "--until-input-ends"],
        stdin=subprocess.PIPE,
        start_new_session=True,  # Ctrl-C reaches only us, and we stop it in order
    )
    leaving = threading.Event()
    threading.Thread(target=_end_with, args=(child, leaving), daemon=True).start()
    try:
        yield
    finally:
        leaving.set()
        child.terminate()
        child.wait(WORKER_STOPS_WITHIN_SECONDS)


def _end_with(child: "subprocess.Popen[bytes]", leaving: threading.Event) -> None:
    code = child.wait()
    if not leaving.is_set():
        typer.echo(f"meguri: the worker ended by itself ({code}), so the API stops", err=True)
        os.kill(os.getpid(), signal.SIGTERM)
