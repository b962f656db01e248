"""Make the transfer files of an approved run, send them by another person, and see them paid."""

from collections.abc import Collection, Sequence
from datetime import date, datetime
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import func, insert, select, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.requests import SECOND_PERSON_NEEDED
from core.bank_days import bank_day_after
from core.database import Database, bare
from core.errors import Problem
from core.ids import uuid8
from ledger.batch import run_batch
from ledger.command import Receipt
from ledger.post import post
from merchants.bank_file import write_files
from merchants.contacts import write_to_contacts
from merchants.line_match import match_that_holds
from merchants.read_settlements import find_run
from merchants.settlement import SETTLEMENT_RUN_STATE_WRONG, SETTLEMENT_RUN_UNKNOWN, Run
from merchants.settlement_tables import settlement, transfer_file
from merchants.transfer_file import (
    BANK_PROFILE_MISSING,
    TRANSFER_FILE_STATE_WRONG,
    TRANSFER_FILE_UNKNOWN,
    TransferFile,
    files_of_run,
    find_file,
)
from payments.choose_transfers import choose_transfers
from payments.pay_out import PayOut, ReturnPayout
from payments.prepare import prepare
from payments.reads import read_settings

CHUNK: Final = 64
"""Settlements that are paid in one transaction: the region's payments wait for it."""

_RETURNED: Final = (
    "振込が銀行から差し戻されました。登録口座をご確認ください。金額は次回の精算に含まれます。\n"
    "A transfer came back from the bank. Please look at your bank account; the money is part of the"
    " next settlement.\n"
)
"""It names no sum and no account: the console has both."""
_ROW: Final = settlement.c
_FILE: Final = transfer_file.c


async def make_files(
    db: AsyncSession,
    region_id: int,
    run_id: UUID,
    doer: Doer,
    today: date,
    left_out: Collection[UUID] = (),
    *,
    is_real: bool,
) -> Sequence[TransferFile]:
    """The files of a run; where there are some already, those: its settlements are sent once.

    Settlements without a bank account stay due, and so do those that are left out since they cannot
    be written: whoever comes again once they have another one makes further files. A run that is
    late is paid on the next bank day. Refuses settlement-run-unknown, settlement-run-state-wrong
    unless it is approved, bank-profile-missing, settlement-unknown, and what `write_files` refuses:
    then no file is made.
    """
    run = await find_run(db, region_id, run_id, for_update=True)
    if run is None:
        raise Problem(SETTLEMENT_RUN_UNKNOWN)
    if run.state != "approved":
        raise Problem(SETTLEMENT_RUN_STATE_WRONG, state=run.state)
    made = await files_of_run(db, region_id, run_id)
    transfers = await choose_transfers(db, region_id, run_id, left_out, are_later=bool(made))
    if made and not transfers:
        return made
    settings = await read_settings(db, region_id)
    if settings is None or settings.settlement.bank is None:
        raise Problem(BANK_PROFILE_MISSING)
    pays_on = run.pays_on if run.pays_on >= today else bank_day_after(today, 1)
    files = write_files(settings.settlement.bank, transfers, pays_on, is_real=is_real)
    for place, each in enumerate(files, start=len(made)):
        file_id = _file_of(run, place)
        row = {
            "region_id": region_id,
            "file_id": file_id,
            "run_id": run_id,
            "pays_on": pays_on,
            "content": each.content,
            "sha256": sha256(each.content).digest(),
            "transfers": len(each.transfers),
            "total_yen": each.total_yen,
            "made_by": doer.actor,
        }
        await db.execute(insert(transfer_file).values(row))
        await db.execute(
            update(settlement)
            .where(_ROW.region_id == region_id, _ROW.settlement_id.in_(each.transfers))
            .values(file_id=file_id)
        )
        await _enter(db, region_id, doer, "made", file_id, total_yen=each.total_yen)
    return await files_of_run(db, region_id, run_id)


async def send_file(db: AsyncSession, region_id: int, file_id: UUID, doer: Doer) -> TransferFile:
    """Say that it was handed to the bank. Who did it already finds it done.

    Refuses transfer-file-unknown, transfer-file-state-wrong, second-person-needed to its maker.
    """
    found = await _locked(db, region_id, file_id)
    if (found.state, found.sent_by) == ("sent", doer.actor):
        return found
    if found.state != "made":
        raise Problem(TRANSFER_FILE_STATE_WRONG, state=found.state)
    if found.made_by == doer.actor:
        raise Problem(SECOND_PERSON_NEEDED)
    await _change(
        db, region_id, file_id, state="sent", sent_by=doer.actor, sent_at=func.clock_timestamp()
    )
    await _enter(db, region_id, doer, "sent", file_id)
    return await _locked(db, region_id, file_id)


async def pay_file(
    database: Database, region_id: int, file_id: UUID, doer: Doer, now: datetime
) -> TransferFile:
    """Say that the bank carried it out: each settlement in it is paid, by an entry of its own.

    Some at a time; whoever comes again goes on, and pays nothing twice. Refuses
    transfer-file-unknown, and transfer-file-state-wrong unless it was sent.
    """
    while True:
        async with database.transaction(region_id) as db:
            found = await _locked(db, region_id, file_id)
            if found.state == "paid":
                return found
            if found.state != "sent":
                raise Problem(TRANSFER_FILE_STATE_WRONG, state=found.state)
            left = await _unpaid(db, region_id, file_id)
            if not left:
                await _close(db, region_id, file_id, doer)
                return await _locked(db, region_id, file_id)
            match = await match_that_holds(db, region_id, "file", file_id)
            line_id = None if match is None else match.line_id
            await _pay(db, region_id, left, line_id, doer, now)


async def pay_transfer(
    db: AsyncSession,
    region_id: int,
    file: TransferFile,
    settlement_id: UUID,
    line_id: UUID,
    doer: Doer,
    now: datetime,
) -> None:
    """Pay one settlement of a file that is locked and was sent, where the bank debits each
    transfer by itself; the last one pays the file.
    """
    await _pay(db, region_id, [settlement_id], line_id, doer, now)
    if file.state == "sent" and not await _unpaid(db, region_id, file.file_id):
        await _close(db, region_id, file.file_id, doer)


async def return_payout(db: AsyncSession, region_id: int, returned: ReturnPayout) -> Receipt:
    """The receipt of a transfer that came back; entry and row stand together.

    Refuses settlement-unknown, payout-not-paid, settlement-state-wrong.
    """
    receipt = await post(db, region_id, returned, prepare)
    if receipt.entry.refusal is None and not receipt.is_replay:
        await db.execute(
            update(settlement)
            .where(_ROW.region_id == region_id, _ROW.settlement_id == returned.settlement_id)
            .values(state="returned", returned_seq=receipt.entry.seq)
        )
        assert receipt.entry.holder_id is not None, "a settlement has a merchant"
        await write_to_contacts(
            db, region_id, receipt.entry.holder_id, "transfer returned", _RETURNED
        )
    return receipt


async def _close(db: AsyncSession, region_id: int, file_id: UUID, doer: Doer) -> None:
    paid_at = func.clock_timestamp()
    await _change(db, region_id, file_id, state="paid", paid_by=doer.actor, paid_at=paid_at)
    await _enter(db, region_id, doer, "paid", file_id)


async def _pay(
    db: AsyncSession,
    region_id: int,
    settlements: Sequence[UUID],
    line_id: UUID | None,
    doer: Doer,
    now: datetime,
) -> None:
    commands = [
        PayOut(
            entry_id=uuid8(now, PayOut.kind, settlement_id),
            actor=doer.actor,
            settlement_id=settlement_id,
            bank_line_id=line_id,
        )
        for settlement_id in settlements
    ]
    outcomes = await run_batch(await bare(db), region_id, commands, prepare)
    for command, outcome in zip(commands, outcomes, strict=True):
        if isinstance(outcome, Problem):
            raise outcome
        await db.execute(
            update(settlement)
            .where(_ROW.region_id == region_id, _ROW.settlement_id == command.settlement_id)
            .values(state="paid", paid_seq=outcome.accepted().seq)
        )


async def _unpaid(db: AsyncSession, region_id: int, file_id: UUID) -> list[UUID]:
    rows = await db.scalars(
        select(_ROW.settlement_id)
        .where(_ROW.region_id == region_id, _ROW.file_id == file_id, _ROW.state == "due")
        .order_by(_ROW.settlement_id)
        .limit(CHUNK)
    )
    return [UUID(int=settlement_id.int) for settlement_id in rows]


def _file_of(run: Run, place: int) -> UUID:
    return uuid8(run.opened_at, "transfer file", run.run_id, str(place))


async def _locked(db: AsyncSession, region_id: int, file_id: UUID) -> TransferFile:
    found = await find_file(db, region_id, file_id, for_update=True)
    if found is None:
        raise Problem(TRANSFER_FILE_UNKNOWN)
    return found


async def _change(db: AsyncSession, region_id: int, file_id: UUID, **values: object) -> None:
    await db.execute(
        update(transfer_file)
        .where(_FILE.region_id == region_id, _FILE.file_id == file_id)
        .values(**values)
    )


async def _enter(
    db: AsyncSession, region_id: int, doer: Doer, what: str, file_id: UUID, **facts: Any
) -> None:
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act=f"transfer_file.{what}",
        object_id=file_id, **facts,
    )  # fmt: skip
