"""Say what a bank line stands for; what follows is recorded by the verbs that there are."""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Final
from uuid import UUID

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.errors import Problem, problem
from core.ids import time_of, uuid8
from core.one_at_a_time import one_at_a_time
from ledger.command import ID_IN_USE
from merchants.line_match import (
    LINE_AMOUNT_DIFFERS,
    LINE_UNKNOWN,
    LineMatch,
    MatchKind,
    find_match,
    match_that_holds,
    matches_of_line,
)
from merchants.read_settlements import Wanted, list_settlements
from merchants.settlement import PAYOUT_NOT_PAID, SETTLEMENT_UNKNOWN, Settlement
from merchants.settlement_tables import settlement
from merchants.statement_tables import bank_line, line_match
from merchants.transfer_file import (
    TRANSFER_FILE_STATE_WRONG,
    TRANSFER_FILE_UNKNOWN,
    TransferFile,
    find_file,
)
from payments.match_debit_note import look_at_debit_note
from payments.match_receipt import look_at_funding, look_at_provider
from payments.pay_out import ReturnPayout
from payments.transfer_files import pay_transfer, return_payout
from payments.wished_match import Asked, Fit, WishedMatch

LINE_MATCHED: Final = problem("bank-line-matched", 409, "This line stands for something already.")
LINE_SIDE_WRONG: Final = problem("bank-line-side-wrong", 409, "The money went the other way.")
TARGET_MATCHED: Final = problem(
    "line-target-matched", 409, "Another line stands for this transfer already."
)


async def match_line(
    db: AsyncSession, region_id: int, wished: WishedMatch, doer: Doer, now: datetime
) -> LineMatch:
    """The match; the same id and content are one. Money of a funder or provider is entered with
    it; so is what a merchant pays of a debit note, a transfer that a line pays, or a return, unless
    that was done before. A file is only claimed: `pay_file` goes on.

    Refuses bank-line-unknown, what the target's kind refuses, id-in-use, bank-line-matched,
    bank-line-side-wrong, bank-line-amount-differs, line-target-matched.
    """
    row = bank_line.c
    found = await db.execute(
        select(row.is_incoming, row.amount_yen, row.booked_on, row.reference).where(
            row.region_id == region_id, row.line_id == wished.line_id
        )
    )
    line = found.one_or_none()
    if line is None:
        raise Problem(LINE_UNKNOWN)
    known = await find_match(db, region_id, wished.match_id)
    if known is not None:
        if not _is_the_same(known, wished, doer):
            raise Problem(ID_IN_USE)
        return known
    await one_at_a_time(db, region_id, f"bank line {wished.line_id}")
    for each in await matches_of_line(db, region_id, wished.line_id):
        if each.undone_at is None:
            raise Problem(LINE_MATCHED, match_id=each.match_id)
    amount_yen: int = line.amount_yen
    fit = Fit()
    if wished.kind != "aside":
        is_incoming, look = _KINDS[wished.kind]
        if line.is_incoming != is_incoming:
            raise Problem(LINE_SIDE_WRONG)
        amount_yen += wished.fee_yen if is_incoming else -wished.fee_yen
        assert wished.target_id is not None, "the route asks for one"
        told = (amount_yen, line.booked_on, line.reference)
        asked = Asked(region_id, wished, wished.target_id, *told, doer, now)
        fit = await look(db, asked)
    await _keep(db, region_id, wished, amount_yen, fit, doer)
    if fit.then is not None:
        await fit.then()
    kept = await find_match(db, region_id, wished.match_id)
    assert kept is not None, "it was written just now"
    return kept


async def _file(db: AsyncSession, asked: Asked) -> Fit:
    file = await _sent(db, asked, asked.target_id)
    if file.total_yen != asked.amount_yen:
        raise Problem(LINE_AMOUNT_DIFFERS, expected_yen=file.total_yen)
    single = await db.scalar(
        select(func.count())
        .select_from(settlement)
        .join(
            line_match,
            (line_match.c.region_id == settlement.c.region_id)
            & (line_match.c.target_id == settlement.c.settlement_id)
            & (line_match.c.kind == "transfer")
            & line_match.c.undone_at.is_(None),
        )
        .where(settlement.c.region_id == asked.region_id, settlement.c.file_id == asked.target_id)
    )
    if single or await match_that_holds(db, asked.region_id, "file", asked.target_id):
        raise Problem(TARGET_MATCHED)
    return Fit(is_linked=file.state == "paid")


async def _transfer(db: AsyncSession, asked: Asked) -> Fit:
    await _settlement(db, asked)
    file_id = await db.scalar(
        select(settlement.c.file_id).where(
            settlement.c.region_id == asked.region_id,
            settlement.c.settlement_id == asked.target_id,
        )
    )
    if file_id is None:
        raise Problem(TRANSFER_FILE_STATE_WRONG, state="made")
    file = await _sent(db, asked, UUID(int=file_id.int))
    # Under the file's lock: nobody else pays it meanwhile.
    found = await _settlement(db, asked)
    if found.payout_yen != asked.amount_yen:
        raise Problem(LINE_AMOUNT_DIFFERS, expected_yen=found.payout_yen)
    if await match_that_holds(db, asked.region_id, "file", file.file_id):
        raise Problem(TARGET_MATCHED)
    if await match_that_holds(db, asked.region_id, "transfer", asked.target_id):
        raise Problem(TARGET_MATCHED)
    if found.state != "due":
        return Fit(is_linked=True)

    async def pay() -> None:
        await pay_transfer(
            db, asked.region_id, file, asked.target_id, asked.wished.line_id, asked.doer, asked.now
        )

    return Fit(pay)


async def _return(db: AsyncSession, asked: Asked) -> Fit:
    found = await _settlement(db, asked)
    if found.state not in {"paid", "returned"}:
        raise Problem(PAYOUT_NOT_PAID)
    if found.payout_yen != asked.amount_yen:
        raise Problem(LINE_AMOUNT_DIFFERS, expected_yen=found.payout_yen)
    if await match_that_holds(db, asked.region_id, "return", asked.target_id):
        raise Problem(TARGET_MATCHED)
    if found.state == "returned":
        return Fit(is_linked=True)
    wished = asked.wished
    command = ReturnPayout(
        entry_id=uuid8(time_of(wished.match_id), ReturnPayout.kind, wished.match_id),
        actor=asked.doer.actor,
        settlement_id=asked.target_id,
        reason=wished.reason,
        bank_line_id=wished.line_id,
    )

    async def enter() -> None:
        (await return_payout(db, asked.region_id, command)).accepted()

    return Fit(enter)


_KINDS: Final[dict[MatchKind, tuple[bool, Callable[[AsyncSession, Asked], Awaitable[Fit]]]]] = {
    "file": (False, _file),
    "transfer": (False, _transfer),
    "return": (True, _return),
    "funding": (True, look_at_funding),
    "provider": (True, look_at_provider),
    "debit_note": (True, look_at_debit_note),
}
"""Whether the money comes in, and what is looked at first."""


async def _sent(db: AsyncSession, asked: Asked, file_id: UUID) -> TransferFile:
    """The file, locked."""
    file = await find_file(db, asked.region_id, file_id, for_update=True)
    if file is None:
        raise Problem(TRANSFER_FILE_UNKNOWN)
    if file.state == "made":
        raise Problem(TRANSFER_FILE_STATE_WRONG, state=file.state)
    return file


async def _settlement(db: AsyncSession, asked: Asked) -> Settlement:
    wanted = Wanted(settlement_id=asked.target_id)
    found = await list_settlements(db, asked.region_id, wanted, None, 1)
    if not found:
        raise Problem(SETTLEMENT_UNKNOWN)
    return found[0]


def _is_the_same(known: LineMatch, wished: WishedMatch, doer: Doer) -> bool:
    told = (known.line_id, known.kind, known.target_id, known.fee_yen, known.reason)
    said = (wished.line_id, wished.kind, wished.target_id, wished.fee_yen, wished.reason)
    return (*told, known.decided_by) == (*said, doer.actor)


async def _keep(
    db: AsyncSession, region_id: int, wished: WishedMatch, amount_yen: int, fit: Fit, doer: Doer
) -> None:
    row = {
        "region_id": region_id,
        **{name: getattr(wished, name) for name in WishedMatch.__slots__},
        "amount_yen": amount_yen,
        "entry_id": fit.entry_id,
        "is_linked": fit.is_linked,
        "decided_by": doer.actor,
    }
    made = await db.scalars(
        insert(line_match).values(row).on_conflict_do_nothing().returning(line_match.c.match_id)
    )
    if made.one_or_none() is None:  # somebody else was quicker, with the line or the transfer
        raise Problem(LINE_MATCHED)
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="bank_line.matched",
        object_id=wished.line_id, reason=wished.reason, kind=wished.kind,
    )  # fmt: skip
