"""Replay a town, and change entries behind its back, as only a superuser can."""

from typing import Any
from uuid import UUID

import asyncpg

from payments.replay import Replayed, replay
from tests.town_builder import Town


async def replayed(town: Town, *days: Any) -> Replayed:
    """What the replay of the town comes to."""
    return await replay(town.database, town.region, days or (None, None), lambda *_: None)


async def found(town: Town) -> list[str]:
    """Where it differs."""
    return (await replayed(town)).places


async def tamper(town: Town, statement: str, **of: UUID | str) -> None:
    """Change one row with this statement."""
    superuser = await asyncpg.connect(town.place.superuser_url)
    try:
        await superuser.execute("SET session_replication_role = replica")
        changed = await superuser.execute(statement, *of.values())
        assert changed == "UPDATE 1", changed
    finally:
        await superuser.close()
