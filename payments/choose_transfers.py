"""Choose which settlements of an approved run are transferred now, and to which accounts."""

from collections.abc import Collection
from uuid import UUID

from sqlalchemy import bindparam, func, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Problem
from merchants.bank_account_versions import account_versions_at, accounts_called
from merchants.bank_file import Transfer
from merchants.settlement import SETTLEMENT_UNKNOWN
from merchants.settlement_tables import settlement

_ROW = settlement.c


async def choose_transfers(
    db: AsyncSession, region_id: int, run_id: UUID, left_out: Collection[UUID], *, are_later: bool
) -> list[Transfer]:
    """Those that are due and stand in no file, but for what is left out, by their ids.

    Each is paid to the account that was kept at the approval. One that had none, or was left
    out of the files that there are (`are_later`), to the one in force now: else it was due for
    ever. Refuses settlement-unknown for one that is left out and not of the run.
    """
    of_run = _ROW.region_id == region_id, _ROW.run_id == run_id
    known = await db.scalars(
        select(_ROW.settlement_id).where(*of_run, _ROW.settlement_id.in_(left_out))
    )
    if len(known.all()) != len(set(left_out)):
        raise Problem(SETTLEMENT_UNKNOWN)
    found = await db.execute(
        select(_ROW.settlement_id, _ROW.merchant_id, _ROW.account_id, _ROW.payout_yen)
        .where(
            *of_run,
            _ROW.state == "due",
            _ROW.file_id.is_(None),
            _ROW.settlement_id.not_in(left_out),
        )
        .order_by(_ROW.settlement_id)
    )
    rows = [(UUID(int=row[0].int), UUID(int=row[1].int), row[2], row[3]) for row in found]
    chosen = {row[0]: UUID(int=row[2].int) for row in rows if row[2] is not None}
    anew = {row[0]: row[1] for row in rows if are_later or row[2] is None}
    chosen |= await _in_force(db, region_id, anew)
    accounts = await accounts_called(db, region_id, list(chosen.values()))
    return [
        Transfer(settlement_id, merchant_id, accounts[chosen[settlement_id]], yen)
        for settlement_id, merchant_id, _, yen in rows
        if settlement_id in chosen
    ]


async def _in_force(
    db: AsyncSession, region_id: int, merchants: dict[UUID, UUID]
) -> dict[UUID, UUID]:
    """The account of each of these settlements (settlement: merchant) by now; it is kept."""
    if not merchants:
        return {}
    now = (await db.execute(select(func.clock_timestamp()))).scalar_one()
    versions = await account_versions_at(db, region_id, list(merchants.values()), now)
    of_merchant = {UUID(int=name.int): UUID(int=v.version_id.int) for name, v in versions.items()}
    found = {each: of_merchant[whose] for each, whose in merchants.items() if whose in of_merchant}
    if found:
        await db.execute(
            update(settlement)
            .where(_ROW.region_id == region_id, _ROW.settlement_id == bindparam("one"))
            .values(account_id=bindparam("version")),
            [{"one": one, "version": version} for one, version in found.items()],
            execution_options={"synchronize_session": None},
        )
    return found
