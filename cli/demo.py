"""`meguri demo`: a synthetic town spends a day."""

import os
import shlex
import sys
import time
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final
from uuid import UUID

import typer

from cli.deployment import chosen_settings, refused
from cli.status import without_secrets
from core.settings import PREFIX, Settings

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    from core.database import Database
    from town.tokens import Face, Mint

_OF_A_DEPLOYMENT: Final = ("ENVIRONMENT", "DATABASE_URL", "REDIS_URL", "KEYS_FILE")


def demo(
    residents: Annotated[int, typer.Option(help="Who lives there.", min=2, max=100_000)] = 18_000,
    merchants: Annotated[int, typer.Option(help="Who sells there.", min=1, max=2_000)] = 300,
    payments: Annotated[int, typer.Option(help="In the one day.", min=1, max=200_000)] = 12_000,
    port: Annotated[
        int, typer.Option(help="Where the API listens; if that is taken, elsewhere.", min=0)
    ] = 8000,
    seed: Annotated[int, typer.Option(help="The same seed, the same day.")] = 1,
    once: Annotated[
        bool, typer.Option("--once", help="End with the day; do not serve on.")
    ] = False,
) -> None:
    """Fill a demo database with a town, and let it live a day through the API."""
    settings = chosen_settings(**_assumed())
    if settings.environment == "production":
        raise refused("a demo is not for production: set MEGURI_ENVIRONMENT=demo", code=2)
    from cli.invite import invite_operator
    from town.day import Size
    from town.demo import Options, run_demo
    from town.running import Wiring

    options = Options(Size(residents, merchants, payments, seed), once, port)
    wiring = Wiring(
        _migration(settings), _mint, _audit, invite_operator, _command(settings), _to_set_first()
    )
    raise typer.Exit(run_demo(settings, options, wiring))


def _migration(settings: Settings) -> "Callable[[str], Awaitable[None]]":
    from cli.migrate import upgrade
    from cli.wait import made_otherwise
    from migrations.digest import OtherMigrationsError
    from town.startup import StartupError

    async def migrate(owner_database_url: str) -> None:
        try:
            await upgrade(owner_database_url)
        except OtherMigrationsError:
            raise StartupError(made_otherwise(settings)) from None

    return migrate


def _assumed() -> dict[str, Any]:
    """A machine that says nothing of a deployment is somebody's own, and the demo may have it."""
    says = any(os.environ.get(PREFIX + name) for name in _OF_A_DEPLOYMENT)
    return {} if says else {"environment": "demo"}


def _command(settings: Settings) -> str:
    """How to call `meguri` from where the demo was started, for commands to copy.

    With what was said of the deployment, as far as it may be shown: in a second terminal it is
    not said. Passwords are not, see `_to_set_first`.
    """
    program = Path(sys.executable).with_name("meguri")
    if program.is_relative_to(Path.cwd()):
        program = program.relative_to(Path.cwd())
    said = {
        "ENVIRONMENT": settings.environment,
        "DATA_DIR": settings.data_dir.absolute(),
        "KEYS_FILE": settings.keys_file.absolute(),
        "ISSUER": settings.issuer,
        "DATABASE_URL": settings.database_url,
        "SEALER_DATABASE_URL": settings.sealer_database_url,
        "REDIS_URL": settings.redis_url,
    }
    words = [
        f"{PREFIX}{name}={shlex.quote(str(value))}"
        for name, value in said.items()
        if name == "ENVIRONMENT" or (os.environ.get(PREFIX + name) and name not in _withheld())
    ]
    return " ".join([*words, shlex.quote(str(program))])


def _to_set_first() -> str:
    """What a second terminal must set before such commands, since they do not; or nothing."""
    names = [PREFIX + name for name in _withheld()]
    return f"the same {' and '.join(names)} as here, with the password" if names else ""


def _withheld() -> list[str]:
    """The addresses that were chosen and hold more than may be shown."""
    addresses = ("DATABASE_URL", "SEALER_DATABASE_URL", "REDIS_URL")
    said = {name: os.environ.get(PREFIX + name, "") for name in addresses}
    return [name for name, url in said.items() if without_secrets(url) != url]


def _mint(settings: Settings) -> "Mint":
    from api.open_secrets import open_keys
    from api.tokens import issue
    from town.tokens import LIFE_SECONDS

    keys = open_keys(settings)

    def mint(face: "Face", sub: UUID, region: str, *, age_seconds: int = 0, **claims: str) -> str:
        issued_at = int(time.time()) - age_seconds
        more: dict[str, Any] = claims
        return issue(keys, face, sub, region, ttl_s=LIFE_SECONDS, at=issued_at, **more)

    return mint


async def _audit(database: "Database", region_id: int) -> tuple[bool, str]:
    from cli.verify import in_words
    from insights.verify import verify_whole_region
    from ledger.regions import load_regions

    regions = {region.region_id: region for region in (await load_regions(database)).values()}
    verdict = await verify_whole_region(database, regions[region_id])
    return verdict.is_sound, in_words(verdict)
