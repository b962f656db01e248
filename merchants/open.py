"""Open merchants and stores: the command in the journal, and the row with the name."""

from collections.abc import Sequence
from itertools import islice
from typing import Any, Final

from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from core.database import Database, bare
from core.errors import Problem
from ledger.batch import Prepare, run_batch
from ledger.command import Receipt
from merchants import tables
from merchants.merchant import OpenMerchant, OpenStore

LARGEST_CHUNK: Final = 256
"""Commands in one transaction; the region's other work waits for it."""


async def open_merchant(
    database: Database, region_id: int, command: OpenMerchant, prepare: Prepare
) -> Receipt:
    """The receipt of `command`, which may be a replay, or a refusal (merchant-id-taken).

    Row and entry stand together or not at all; texts are as long as the table allows. Raises
    id-in-use, and asyncpg's errors when the database is away: the same command may come again.
    """
    [receipt] = await open_many(database, region_id, [command], prepare)
    return receipt


async def open_store(
    database: Database, region_id: int, command: OpenStore, prepare: Prepare
) -> Receipt:
    """The same for a store. Refuses store-id-taken and merchant-closed.

    Raises merchant-unknown and id-in-use.
    """
    [receipt] = await open_many(database, region_id, [command], prepare)
    return receipt


async def open_many(
    database: Database,
    region_id: int,
    commands: Sequence[OpenMerchant | OpenStore],
    prepare: Prepare,
) -> list[Receipt]:
    """The receipts of many commands, in order; a merchant stands before its stores.

    Up to 256 are carried out in one transaction. A problem that leaves nothing behind (404, or
    id-in-use) takes its whole chunk with it; earlier chunks stand, and the same call may be made
    again.
    """
    receipts: list[Receipt] = []
    waiting = iter(commands)
    while chunk := list(islice(waiting, LARGEST_CHUNK)):
        async with database.transaction(region_id) as session:
            receipts += await _open_chunk(session, region_id, chunk, prepare)
    return receipts


async def open_in(
    session: AsyncSession, region_id: int, command: OpenMerchant, prepare: Prepare
) -> None:
    """Open a merchant in the caller's transaction; a refusal is raised. The region waits from here.

    Raises merchant-id-taken, and id-in-use.
    """
    await session.flush()
    [receipt] = await _open_chunk(session, region_id, [command], prepare)
    receipt.accepted()


async def _open_chunk(
    session: AsyncSession,
    region_id: int,
    commands: Sequence[OpenMerchant | OpenStore],
    prepare: Prepare,
) -> list[Receipt]:
    outcomes = await run_batch(await bare(session), region_id, commands, prepare)
    receipts: list[Receipt] = []
    for outcome in outcomes:
        if isinstance(outcome, Problem):
            raise outcome
        receipts.append(outcome)
    opened = [
        (command, receipt)
        for command, receipt in zip(commands, receipts, strict=True)
        if receipt.entry.refusal is None
    ]
    merchants = [_merchant_row(region_id, c, r) for c, r in opened if isinstance(c, OpenMerchant)]
    stores = [_store_row(region_id, c, r) for c, r in opened if isinstance(c, OpenStore)]
    if merchants:
        await session.execute(insert(tables.merchant).values(merchants).on_conflict_do_nothing())
    if stores:
        await session.execute(insert(tables.store).values(stores).on_conflict_do_nothing())
    return receipts


def _merchant_row(region_id: int, command: OpenMerchant, receipt: Receipt) -> dict[str, Any]:
    return {
        "region_id": region_id,
        "merchant_id": command.entry_id,
        "name": command.name,
        "merchant_class": command.merchant_class,
        "category": command.category,
        "area": command.area,
        "opened_at": receipt.entry.at,
    }


def _store_row(region_id: int, command: OpenStore, receipt: Receipt) -> dict[str, Any]:
    return {
        "region_id": region_id,
        "store_id": command.entry_id,
        "merchant_id": command.merchant_id,
        "name": command.name,
        "opened_at": receipt.entry.at,
    }
