"""`meguri revoke`: make a token, a subject's tokens or a sign-in's tokens count no more."""

from datetime import timedelta
from typing import Annotated, Literal
from uuid import UUID

import typer

from cli.deployment import act, refused
from core.settings import Settings

Kind = Literal["jti", "sub", "family"]

LONGEST_DAYS = 400


def revoke(
    kind: Annotated[
        Kind,
        typer.Argument(
            help="jti: one token. sub: all of a person's, clerk's or administrator's so far."
            " family: all that descend from one sign-in."
        ),
    ],
    value: Annotated[UUID, typer.Argument(help="The claim of that name.")],
    region: Annotated[str, typer.Option(help="Code of the region in the token; * for operators.")],
    days: Annotated[
        int,
        typer.Option(help="How long: until all such tokens have expired.", min=1, max=LONGEST_DAYS),
    ] = 90,
) -> None:
    """Revoke now. Every process refuses such tokens within two seconds of this command's end."""

    async def apply(settings: Settings) -> None:
        await _revoke(settings, kind, value, region, timedelta(days=days))

    act(apply)
    typer.echo(f"Revoked {kind} {value} in {region} for {days} days.")


async def _revoke(settings: Settings, kind: Kind, value: UUID, code: str, lasts: timedelta) -> None:
    from api.claims import ALL_REGIONS
    from core.database import Database
    from core.revocations import EVERYWHERE
    from core.revocations import revoke as write
    from ledger.regions import load_regions

    database = Database(settings.database_url, pool_size=1)
    try:
        regions = {
            code: region.region_id for code, region in (await load_regions(database)).items()
        }
        region_id = (regions | {ALL_REGIONS: EVERYWHERE}).get(code)
        if region_id is None:
            raise refused(f"there is no region {code}", code=2)
        async with database.transaction(region_id) as session:
            await write(session, region_id, kind, value, lasts)
    finally:
        await database.close()
