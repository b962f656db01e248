"""Write down what was planned for campaigns and has come due: starts, and versions that apply.

Payments go by both since their instant, whoever is awake (campaigns/life.py): this makes them
entries, which the journal and those who follow it can read.
"""

from typing import Final
from uuid import UUID

from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncSession

from campaigns.campaign import NOT_DUE, StartScheduled
from campaigns.life import instant_of
from campaigns.version import ApplyVersion
from core.database import Database
from core.errors import Problem
from core.ids import uuid8
from ledger.command import Command
from ledger.post import post
from ledger.regions import Region
from payments.prepare import prepare

ACTOR: Final = "job:campaigns"

# There are few campaigns, and few of them have a plan.
_DUE: Final = text("""
    SELECT holder_id, facts #>> '{plan,starts_at}' AS starts_at,
           facts #>> '{plan,next,version_id}' AS version_id,
           facts #>> '{plan,next,applies_from}' AS applies_from
      FROM ledger.holder
     WHERE region_id = :region AND kind = 'campaign' AND facts ? 'plan'
       AND least((facts #>> '{plan,starts_at}')::timestamptz,
                 (facts #>> '{plan,next,applies_from}')::timestamptz) <= ledger.now()
     ORDER BY holder_id
""")


async def carry_out_plans(database: Database, region: Region) -> int:
    """All that is due in a region; how many steps it were. Twice is once, also two at a time."""
    async with database.snapshot(region.region_id) as db:
        due = list(await _due(db, region))
    done = 0
    for step in due:
        async with database.transaction(region.region_id) as db:
            done += await _is_done(db, region, step)
    return done


async def _due(db: AsyncSession, region: Region) -> list[Command]:
    steps: list[Command] = []
    for row in await db.execute(_DUE, {"region": region.region_id}):
        campaign_id = UUID(int=row.holder_id.int)
        if row.starts_at is not None:
            entry_id = uuid8(instant_of(row.starts_at), StartScheduled.kind, campaign_id)
            steps.append(
                StartScheduled(
                    entry_id=entry_id,
                    actor=ACTOR,
                    campaign_id=campaign_id,
                    starts_at=row.starts_at,
                )
            )
        if row.version_id is not None:
            version_id = UUID(row.version_id)
            entry_id = uuid8(instant_of(row.applies_from), ApplyVersion.kind, version_id)
            steps.append(
                ApplyVersion(
                    entry_id=entry_id,
                    actor=ACTOR,
                    campaign_id=campaign_id,
                    version_id=version_id,
                )
            )
    return steps


async def _is_done(db: AsyncSession, region: Region, step: Command) -> bool:
    """Whether this call wrote it down; what is not due yet, or was changed, is left."""
    try:
        receipt = await post(db, region.region_id, step, prepare)
    except Problem as refused:
        if refused.type is NOT_DUE:
            return False
        raise
    return not receipt.is_replay
