"""What the HTTP side counts, and the page `/metrics` that shows every instrument.

Several processes on one machine share a port, so a scrape would hit any one of them. Then
PROMETHEUS_MULTIPROC_DIR names an empty folder before Python starts (that is how prometheus_client
decides), each process counts into files there, and any of them answers for all. A process that
has a port of its own (one container, one process) leaves the variable out.
"""

import os
from functools import cache
from pathlib import Path
from time import perf_counter
from typing import Final

from fastapi import APIRouter, Request
from prometheus_client import (
    CONTENT_TYPE_LATEST,
    REGISTRY,
    CollectorRegistry,
    Counter,
    Histogram,
    generate_latest,
)
from prometheus_client.multiprocess import MultiProcessCollector, mark_process_dead
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

router: Final = APIRouter()

requests: Final = Counter(
    "meguri_http_requests",
    "Answered requests, by template of the route.",
    labelnames=("method", "route", "status"),
)
seconds: Final = Histogram(
    "meguri_http_seconds",
    "Seconds until the answer's last byte was handed to the server.",
    labelnames=("method", "route"),
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10),
)
problems: Final = Counter(
    "meguri_http_problems", "Answers that were a problem, by its slug.", labelnames=("slug",)
)
turned_away: Final = Counter(
    "meguri_http_turned_away",
    "Requests that found no place and were answered `busy` unread; no other metric of HTTP but"
    " that of problems counts them.",
)

# Looked up once: their labels are from closed sets, and stay as few as the series are.
_requests_of: Final = cache(requests.labels)
_seconds_of: Final = cache(seconds.labels)

_METHODS: Final = frozenset({"GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "OPTIONS"})


class Measured:
    """ASGI middleware: counts and times each request. Streams are timed to their end."""

    def __init__(self, app: ASGIApp) -> None:
        self.app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            await self.app(scope, receive, send)
            return
        status = 0
        started = perf_counter()

        async def send_and_note(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
            await send(message)

        try:
            await self.app(scope, receive, send_and_note)
        finally:
            method, route = _labels(scope)
            _requests_of(method, route, status or "none").inc()
            _seconds_of(method, route).observe(perf_counter() - started)


@router.get("/metrics", include_in_schema=False)
async def metrics(_request: Request) -> Response:
    """Every instrument of this process, or of all that share its folder, for Prometheus."""
    registry = REGISTRY
    if "PROMETHEUS_MULTIPROC_DIR" in os.environ:
        _forget_the_dead(Path(os.environ["PROMETHEUS_MULTIPROC_DIR"]))
        registry = CollectorRegistry()
        MultiProcessCollector(registry)  # type: ignore[no-untyped-call]
    return Response(generate_latest(registry), media_type=CONTENT_TYPE_LATEST)


def _forget_the_dead(folder: Path) -> None:
    """What a process that is gone had waiting does not wait any more; what it counted stays."""
    for file in folder.glob("gauge_live*_*.db"):
        pid = int(file.stem.rpartition("_")[2])
        try:
            os.kill(pid, 0)
        except ProcessLookupError:
            mark_process_dead(pid, str(folder))  # type: ignore[no-untyped-call]


def _labels(scope: Scope) -> tuple[str, str]:
    """Method and template, from closed sets: what a client makes up must not become a series."""
    method = scope["method"]
    route = getattr(scope.get("route"), "path_format", "none")
    return (method if method in _METHODS else "other"), route
