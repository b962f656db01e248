"""A settlement run is looked at by one and approved by another: then it may be paid."""

from datetime import timedelta
from typing import Final
from uuid import UUID

from sqlalchemy import bindparam, func, select, text, update
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from access.requests import (
    REQUEST_UNKNOWN,
    SECOND_PERSON_NEEDED,
    Request,
    RequestKind,
    find_request,
    is_request,
    make_request,
)
from core.errors import Problem
from ledger.command import Receipt
from ledger.post import post
from merchants.bank_account_versions import account_versions_at
from merchants.read_settlements import Wanted, find_run, list_settlements
from merchants.settlement import (
    SETTLEMENT_RUN_STATE_WRONG,
    SETTLEMENT_RUN_UNKNOWN,
    SETTLEMENT_STATE_WRONG,
    SETTLEMENT_UNKNOWN,
    Run,
)
from merchants.settlement_tables import settlement, settlement_run
from payments.close_settlement import RejectSettlement
from payments.prepare import prepare

RUN_APPROVAL: Final = RequestKind("settlement.approval", timedelta(days=30))
"""Its object is the run."""

_ROW: Final = settlement.c
_RUN: Final = settlement_run.c
_AT_CLOSE: Final = text("""
    UPDATE merchants.settlement s
       SET account_id = v.version_id
      FROM ledger.entry e
     CROSS JOIN LATERAL (
           SELECT b.version_id
             FROM merchants.bank_account b
            WHERE b.region_id = :region AND b.merchant_id = e.holder_id
              AND b.state = 'approved' AND b.applies_from <= e.at
            ORDER BY b.applies_from DESC, b.version_id DESC LIMIT 1) v
     WHERE s.region_id = :region AND s.run_id = :run AND s.state = 'due'
       AND e.region_id = :region AND e.seq = s.closed_seq
""")


async def review_run(
    db: AsyncSession, region_id: int, run_id: UUID, doer: Doer, reason: str
) -> Run:
    """Say that the figures were looked at. Who did it already finds it done.

    Refuses settlement-run-unknown, settlement-run-state-wrong unless it is a draft.
    """
    run = await _locked(db, region_id, run_id)
    if (run.state, run.reviewed_by) == ("reviewed", doer.actor):
        return run
    _check_state(run, "draft")
    await _change(
        db,
        region_id,
        run_id,
        state="reviewed",
        reviewed_by=doer.actor,
        reviewed_at=func.clock_timestamp(),
    )
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="settlement_run.reviewed",
        object_id=run_id, reason=reason,
    )  # fmt: skip
    return await _locked(db, region_id, run_id)


async def ask_for_run_approval(
    db: AsyncSession, region_id: int, request_id: UUID, doer: Doer, run_id: UUID, reason: str
) -> Request:
    """The request; the same id and content are one.

    Refuses settlement-run-unknown, settlement-run-state-wrong unless it was reviewed, and what
    `make_request` refuses.
    """
    run = await _locked(db, region_id, run_id)
    if not await is_request(db, region_id, request_id):
        _check_state(run, "reviewed")
    return await make_request(db, region_id, request_id, RUN_APPROVAL, doer, run_id, reason)


async def find_run_approval(
    db: AsyncSession, region_id: int, run_id: UUID, request_id: UUID
) -> Request:
    """The request, if it is about this run; request-unknown for any other."""
    asked = await find_request(db, region_id, request_id)
    if (asked.kind, asked.object_id) != (RUN_APPROVAL.name, run_id):
        raise Problem(REQUEST_UNKNOWN)
    return asked


async def approve_run(db: AsyncSession, region_id: int, run_id: UUID, doer: Doer) -> None:
    """Approve it, and keep for each settlement the bank account that was in force at its close.

    A change that applies after that is for the next run: who changes an account does not get what
    was closed before. Who had none then is paid to the one in force now. Refuses
    settlement-run-state-wrong, and second-person-needed to who reviewed it.
    """
    run = await _locked(db, region_id, run_id)
    _check_state(run, "reviewed")
    if run.reviewed_by == doer.actor:
        raise Problem(SECOND_PERSON_NEEDED)
    now = (await db.execute(select(func.clock_timestamp()))).scalar_one()
    await _change(db, region_id, run_id, state="approved", approved_by=doer.actor, approved_at=now)
    await db.execute(_AT_CLOSE, {"region": region_id, "run": run_id})
    due = (
        _ROW.region_id == region_id,
        _ROW.run_id == run_id,
        _ROW.state == "due",
        _ROW.account_id.is_(None),
    )
    merchants = (
        await db.scalars(settlement.select().with_only_columns(_ROW.merchant_id).where(*due))
    ).all()
    accounts = await account_versions_at(db, region_id, merchants, now)
    if accounts:
        await db.execute(
            update(settlement)
            .where(*due, _ROW.merchant_id == bindparam("whose"))
            .values(account_id=bindparam("version_id")),
            [
                {"whose": merchant_id, "version_id": account.version_id}
                for merchant_id, account in accounts.items()
            ],
            execution_options={"synchronize_session": None},
        )


async def reject_settlement(
    db: AsyncSession, region_id: int, rejection: RejectSettlement
) -> Receipt:
    """The receipt of a rejection; entry and row stand together.

    Refuses settlement-unknown, and settlement-state-wrong once its run was approved.
    """
    found = await list_settlements(
        db, region_id, Wanted(settlement_id=rejection.settlement_id), None, 1
    )
    if not found:
        raise Problem(SETTLEMENT_UNKNOWN)
    run = await _locked(db, region_id, found[0].run_id)
    if run.state not in {"draft", "reviewed"}:
        raise Problem(SETTLEMENT_STATE_WRONG, state=found[0].state)
    receipt = await post(db, region_id, rejection, prepare)
    if receipt.entry.refusal is None and not receipt.is_replay:
        await db.execute(
            update(settlement)
            .where(_ROW.region_id == region_id, _ROW.settlement_id == rejection.settlement_id)
            .values(state="rejected", rejected_seq=receipt.entry.seq)
        )
    return receipt


def _check_state(run: Run, wanted: str) -> None:
    if run.state != wanted:
        raise Problem(SETTLEMENT_RUN_STATE_WRONG, state=run.state)


async def _locked(db: AsyncSession, region_id: int, run_id: UUID) -> Run:
    run = await find_run(db, region_id, run_id, for_update=True)
    if run is None:
        raise Problem(SETTLEMENT_RUN_UNKNOWN)
    return run


async def _change(db: AsyncSession, region_id: int, run_id: UUID, **values: object) -> None:
    await db.execute(
        update(settlement_run)
        .where(_RUN.region_id == region_id, _RUN.run_id == run_id)
        .values(**values)
    )
