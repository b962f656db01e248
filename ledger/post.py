"""Post one command inside a transaction that already does something else."""

from sqlalchemy.ext.asyncio import AsyncSession

from core.database import bare
from core.errors import Problem
from ledger.batch import Prepare, run_batch
from ledger.command import Command, Receipt


async def post(
    session: AsyncSession, region_id: int, command: Command, prepare: Prepare
) -> Receipt:
    """Decide and write `command` together with what `session` wrote: both stand, or neither.

    For rare acts that keep rows of their own beside the journal (a merchant's name, a campaign's
    terms). From here to the commit the region's head is locked: do the rest first.
    Raises the `Problem` that leaves nothing behind.
    """
    await session.flush()
    [outcome] = await run_batch(await bare(session), region_id, [command], prepare)
    if isinstance(outcome, Problem):
        raise outcome
    return outcome
