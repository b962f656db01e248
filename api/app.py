"""The application: its parts, begun and ended with the process, and the routers that it serves."""

import asyncio
import logging
from collections.abc import AsyncIterator, Coroutine, Mapping
from contextlib import AsyncExitStack, asynccontextmanager, suppress
from importlib.metadata import PackageNotFoundError, version
from typing import Any

from fastapi import FastAPI
from starlette.middleware.exceptions import ExceptionMiddleware

from access.breached_passwords import BreachedPasswords
from access.open_vault import open_vault_of
from access.providers import Providers
from access.public_addresses import PublicAddresses
from api.boards import Boards
from api.campaign_board import write_board
from api.closing import Closing
from api.door import PLACES
from api.engines import Engines
from api.envelope import Envelope
from api.head import heads_of
from api.metrics import Measured
from api.open_secrets import open_keys
from api.openapi import DESCRIPTION, install_openapi
from api.orphan import end_with_parent
from api.packages import Packages
from api.places import Placed, Places
from api.problems import HANDLERS, REFUSALS
from api.rate_limit import RateLimiter
from api.regions import RegionDirectory
from api.routers import ROUTERS
from api.screens import Screens
from api.state import State
from api.tokens import TokenVerifier
from core.database import Database
from core.degrade import watch_standby
from core.embedded.services import embedded_services
from core.failpoints import arm
from core.garbage import collect_seldom
from core.redis import connect_redis
from core.revocations import Revocations, read_revocations, watch_revocations
from core.settings import Settings, load_settings
from core.traces import trace_of
from ledger.bell import Bell
from payments.prepare import prepare
from residents.verifiers import load_verifiers

log = logging.getLogger(__name__)


def create_app(settings: Settings | None = None) -> FastAPI:
    """The ASGI application for `settings`, or for those of the environment (SettingsError).

    Its lifespan starts or joins embedded servers for URLs that are not set; it does not migrate.
    """
    chosen = settings if settings is not None else load_settings()

    @asynccontextmanager
    async def lifespan(app: FastAPI) -> AsyncIterator[Mapping[str, object]]:
        async with running(chosen) as state:
            app.state.meguri = state
            yield {PLACES: state.places}

    app = FastAPI(
        title="Meguri",
        version=_version(),
        description=DESCRIPTION,
        license_info={"name": "Apache-2.0", "identifier": "Apache-2.0"},
        lifespan=lifespan,
        redirect_slashes=False,
        docs_url=None,
        redoc_url=None,
        exception_handlers=REFUSALS,
        # The framework would ask the environment with each request whether to send traces away.
        telemetry={"tracing": False, "metrics": False, "logs": False},
    )
    # The last one added is the outermost.
    app.add_middleware(ExceptionMiddleware, handlers=HANDLERS)
    app.add_middleware(Measured)
    app.add_middleware(Envelope)
    app.add_middleware(Placed)
    for router in ROUTERS:
        # include_router would look each request up once more, router by router.
        app.router.routes.extend(router.routes)
    app.router.routes.extend(heads_of(app.router.routes))
    install_openapi(app)
    return app


def served_app() -> FastAPI:
    """The application of a process that does nothing else.

    What it is made of stays for good: a full search for garbage stopped every request here for
    150 ms and more, and takes less than 1 ms so.
    """
    app = create_app()
    end_with_parent()
    collect_seldom()
    return app


@asynccontextmanager
async def running(settings: Settings) -> AsyncIterator[State]:
    """The parts of one process, ready to serve, and ended in the reverse order.

    Raises what keeps it from starting: 503 database-unavailable and the driver's errors for the
    database, BadKeysError and OSError for keys. Redis is not asked: the program starts without it.
    """
    async with AsyncExitStack() as parts:
        filled = await parts.enter_async_context(embedded_services(settings))
        database = Database(filled.database_url, pool_size=filled.database_pool_size)
        parts.push_async_callback(database.close)
        redis = connect_redis(filled.redis_url)
        parts.push_async_callback(redis.aclose)
        regions = RegionDirectory(database)
        await regions.refresh()
        await _in_background(parts, regions.watch(), "regions")
        revocations = Revocations()
        await read_revocations(revocations, database)
        await _in_background(parts, watch_revocations(revocations, database), "revocations")
        if filled.without_standby == "degrade":
            watch = watch_standby(database, filled.standby_patience_seconds)
            await _in_background(parts, watch, "standby")
        bell = Bell(redis)
        parts.push_async_callback(bell.stop)
        screens = Screens(database, bell)
        parts.push_async_callback(screens.stop)
        engines = Engines(database, prepare, bell)
        parts.push_async_callback(engines.stop)
        limiter = RateLimiter(redis)
        parts.push_async_callback(limiter.close)
        keys = open_keys(filled)
        vault = open_vault_of(filled)
        providers = Providers(filled.oidc_providers)
        parts.push_async_callback(providers.close)
        breached = BreachedPasswords(filled.breached_passwords_url)
        parts.push_async_callback(breached.close)
        addresses = PublicAddresses(allows_loopback=filled.webhooks_to_loopback)
        parts.callback(addresses.close)
        clock = await database.clock()
        arm(filled.failpoints, is_demo=clock.is_demo)
        boards = Boards(database, clock, write_board)
        parts.push_async_callback(boards.stop)
        closing = Closing(filled.drain_seconds, screens.close)
        parts.enter_context(closing.on_signals())
        yield State(
            settings=filled,
            database=database,
            redis=redis,
            clock=clock,
            keys=keys,
            vault=vault,
            verifiers=load_verifiers(filled.verifiers),
            providers=providers,
            breached_passwords=breached,
            addresses=addresses,
            regions=regions,
            revocations=revocations,
            tokens=TokenVerifier(keys, regions, revocations),
            limiter=limiter,
            engines=engines,
            screens=screens,
            boards=boards,
            packages=Packages(database),
            closing=closing,
            places=Places(filled.requests_at_once),
        )


async def _in_background(parts: AsyncExitStack, work: Coroutine[Any, Any, None], name: str) -> None:
    """Run `work` until `parts` end. If a bug ends it sooner, the log says so."""
    task = asyncio.create_task(work, name=name)
    task.add_done_callback(_tell_a_bug)

    async def stop() -> None:
        task.cancel()
        with suppress(asyncio.CancelledError):
            await task

    parts.push_async_callback(stop)


def _tell_a_bug(task: asyncio.Task[None]) -> None:
    if not task.cancelled() and (error := task.exception()) is not None:
        log.critical("the background task %s ended: %s", task.get_name(), trace_of(error))


def _version() -> str:
    try:
        return version("meguri")
    except PackageNotFoundError:
        return "0"
