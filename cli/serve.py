"""`meguri serve`: the HTTP API, and on one machine the worker beside it."""

import asyncio
import os
import signal
import subprocess
import sys
import tempfile
import threading
from collections.abc import Iterator
from contextlib import AsyncExitStack, ExitStack, contextmanager
from typing import Annotated, Final

import typer

from cli.deployment import chosen_settings, refused
from cli.wait import wait_until_it_can_serve
from cli.worker import stop_when_input_ends
from core.embedded.account import EmbeddedError
from core.embedded.services import embedded_services
from core.logs import LOGGING
from core.settings import Settings, SettingsError

WORKER_STOPS_WITHIN_S: Final = 30
REQUESTS_END_WITHIN_S: Final = 30


def serve(
    host: Annotated[str, typer.Option(help="Address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(help="Port to listen on.", min=1, max=65535)] = 8000,
    workers: Annotated[int, typer.Option(help="API processes.", min=1, max=64)] = 1,
    with_worker: Annotated[
        bool, typer.Option("--with-worker", help="Run the worker too, as one more process.")
    ] = False,
    patience: Annotated[
        int, typer.Option(help="Seconds to wait for a database that is not there yet.", min=0)
    ] = 60,
    until_input_ends: Annotated[
        bool, typer.Option("--until-input-ends", hidden=True, help="Stop with the parent process.")
    ] = False,
) -> None:
    """Serve the API. Servers whose URLs are not set are started, or joined, on this machine."""
    settings = chosen_settings()
    # The server repeats the signal that stopped it once it is done: leave in order even so.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(128 + signal.SIGTERM))
    if until_input_ends:
        threading.Thread(target=stop_when_input_ends, daemon=True).start()
    with ExitStack() as beside:
        if workers > 1 or with_worker:
            beside.enter_context(_shared_metrics())
        filled = beside.enter_context(_servers(settings))
        _refuse_to_start_without_keys(settings)
        asyncio.run(wait_until_it_can_serve(settings, filled.database_url, patience))
        if with_worker:
            beside.enter_context(_worker_process())
        listen("api.app:served_app", host, port, workers, settings.head_seconds)


def listen(factory: str, host: str, port: int, workers: int, head_seconds: int) -> None:
    """Serve the app of `factory`, "module:function", until the process is told to end."""
    import uvicorn

    from api.patience import patient_for

    uvicorn.run(
        factory,
        factory=True,
        host=host,
        port=port,
        workers=workers,
        loop="api.accept:Loop",
        http=patient_for(head_seconds),
        lifespan="on",
        log_config=LOGGING,
        access_log=False,
        server_header=False,
        timeout_graceful_shutdown=REQUESTS_END_WITHIN_S,
    )


@contextmanager
def _shared_metrics() -> Iterator[None]:
    """An empty folder in which all processes count; see `api.metrics`. It goes when they end."""
    assert "prometheus_client" not in sys.modules, "it has chosen already where it counts"
    with tempfile.TemporaryDirectory(prefix="meguri-metrics-") as folder:
        os.environ["PROMETHEUS_MULTIPROC_DIR"] = folder
        yield


@contextmanager
def _servers(settings: Settings) -> Iterator[Settings]:
    """The embedded servers stay until every process of ours has ended."""
    with asyncio.Runner() as runner:
        leases = AsyncExitStack()
        try:
            yield runner.run(leases.enter_async_context(embedded_services(settings)))
        except EmbeddedError as error:
            raise refused(str(error)) from None
        finally:
            runner.run(leases.aclose())


def _refuse_to_start_without_keys(settings: Settings) -> None:
    from access.open_vault import open_vault_of
    from access.vault import BadVaultKeyError
    from api.keys import BadKeysError
    from api.open_secrets import open_keys

    try:
        open_keys(settings)
    except (OSError, BadKeysError) as error:
        raise refused(f"the keys in {settings.keys_file} cannot be read: {error}") from None
    try:
        open_vault_of(settings)
    except SettingsError as error:
        raise refused(str(error)) from None
    except (OSError, BadVaultKeyError) as error:
        raise refused(f"the key in {settings.vault_key_file} cannot be read: {error}") from None


@contextmanager
def _worker_process() -> Iterator[None]:
    """The worker as a child that ends with us; should it end by itself, so do we."""
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
        child.wait(WORKER_STOPS_WITHIN_S)


def _end_with(child: "subprocess.Popen[bytes]", leaving: threading.Event) -> None:
    code = child.wait()
    if not leaving.is_set():
        typer.echo(f"meguri: the worker ended by itself ({code}), so the API stops", err=True)
        os.kill(os.getpid(), signal.SIGTERM)
