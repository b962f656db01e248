"""Import a statement of an own account: kept with its hash, each of its lines counted once."""

import asyncio
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time
from hashlib import sha256
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.ext.asyncio import AsyncSession

from access.acts import Doer, enter_act
from core.errors import Problem, problem
from core.ids import uuid8
from core.json_text import json_bytes
from ledger.command import ID_IN_USE
from merchants.kana import as_bank_kana
from merchants.own_account import OWN_ACCOUNT_UNKNOWN, OwnAccount, find_own_account
from merchants.read_statement import ReadLine, ReadStatement, SaidAccount, check_size, read_csv
from merchants.read_zengin_statement import read_zengin
from merchants.statement_profile import StatementProfile, ZenginLayout
from merchants.statement_tables import bank_line, bank_statement

STATEMENT_UNKNOWN: Final = problem(
    "bank-statement-unknown", 404, "There is no such bank statement."
)
STATEMENT_KNOWN: Final = problem("bank-statement-known", 409, "This very file was imported before.")
STATEMENT_OTHER_ACCOUNT: Final = problem(
    "bank-statement-other-account", 409, "The bank statement is of another account."
)

PIECE: Final = 1_000
"""Lines that are written in one statement."""
MOST_KANA: Final = 400

_ROW: Final = bank_statement.c


@dataclass(frozen=True, slots=True)
class BankStatement:
    """An imported file without its bytes; amounts in yen."""

    statement_id: UUID
    account_id: UUID
    profile: str
    profile_version: int
    sha256: bytes
    first_day: date
    last_day: date
    lines: int
    known_lines: int
    """Of these, how many an earlier statement had already."""
    opening_yen: int | None
    closing_yen: int | None
    imported_by: str
    imported_at: datetime


_NAMES: Final = tuple(BankStatement.__slots__)


def read_statement(profile: StatementProfile, content: bytes, today: date) -> ReadStatement:
    """What a file says. Refuses what `merchants.read_statement` refuses. It takes its time."""
    check_size(content)
    if isinstance(profile.layout, ZenginLayout):
        return read_zengin(content, today)
    return read_csv(profile.layout, content, today)


async def import_statement(
    db: AsyncSession,
    region_id: int,
    wished: "Wished",
    said: ReadStatement,
    doer: Doer,
) -> BankStatement:
    """The statement as it was kept; the same id and file are one.

    Refuses own-account-unknown, bank-statement-other-account where the file says whose it is,
    id-in-use, and bank-statement-known, with the id of the first import, where the same bytes came
    before.
    """
    own = await find_own_account(db, region_id, wished.account_id)
    if own is None:
        raise Problem(OWN_ACCOUNT_UNKNOWN)
    if said.account not in (None, _as_said(own)):
        raise Problem(STATEMENT_OTHER_ACCOUNT)
    digest = sha256(wished.content).digest()
    known = await find_statement(db, region_id, wished.statement_id)
    if known is not None:
        if (known.account_id, known.sha256) != (wished.account_id, digest):
            raise Problem(ID_IN_USE)
        return known
    await _refuse_known(db, region_id, wished.account_id, digest)
    fresh = await _keep_lines(db, region_id, wished, said.lines)
    days = [line.booked_on for line in said.lines]
    row = {
        "region_id": region_id,
        "statement_id": wished.statement_id,
        "account_id": wished.account_id,
        "profile": wished.profile.name,
        "profile_version": wished.profile.version,
        "content": wished.content,
        "sha256": digest,
        "first_day": min(days),
        "last_day": max(days),
        "lines": len(said.lines),
        "known_lines": len(said.lines) - fresh,
        "opening_yen": said.opening_yen,
        "closing_yen": said.closing_yen,
        "imported_by": doer.actor,
    }
    made = await db.scalars(
        insert(bank_statement).values(row).on_conflict_do_nothing().returning(_ROW.statement_id)
    )
    if made.one_or_none() is None:  # somebody else brought it at the same time
        await _refuse_known(db, region_id, wished.account_id, digest)
        raise Problem(ID_IN_USE)
    await enter_act(
        db, region_id, actor=doer.actor, role=doer.role, act="bank_statement.imported",
        object_id=wished.statement_id, lines=len(said.lines), fresh=fresh,
    )  # fmt: skip
    kept = await find_statement(db, region_id, wished.statement_id)
    assert kept is not None, "it was written just now"
    return kept


@dataclass(frozen=True, slots=True, repr=False)
class Wished:
    """A file that is to be imported."""

    statement_id: UUID
    account_id: UUID
    profile: StatementProfile
    content: bytes


def _as_said(own: OwnAccount) -> SaidAccount:
    return SaidAccount(own.bank_code, own.branch_code, own.account_type, int(own.account_number))


async def find_statement(
    db: AsyncSession, region_id: int, statement_id: UUID
) -> BankStatement | None:
    """The statement, if the region has it."""
    query = select(*(_ROW[name] for name in _NAMES)).where(
        _ROW.region_id == region_id, _ROW.statement_id == statement_id
    )
    row = (await db.execute(query)).one_or_none()
    return None if row is None else _statement(row)


async def list_statements(
    db: AsyncSession, region_id: int, account_id: UUID | None, before: UUID | None, limit: int
) -> list[BankStatement]:
    """At most `limit` statements, the newest first, of those before the one called `before`."""
    query = select(*(_ROW[name] for name in _NAMES)).where(_ROW.region_id == region_id)
    if account_id is not None:
        query = query.where(_ROW.account_id == account_id)
    if before is not None:
        query = query.where(_ROW.statement_id < before)
    rows = await db.execute(query.order_by(_ROW.statement_id.desc()).limit(limit))
    return [_statement(row) for row in rows]


async def statement_content(db: AsyncSession, region_id: int, statement_id: UUID) -> bytes | None:
    """The bytes of a file, as they came."""
    found: bytes | None = await db.scalar(
        select(_ROW.content).where(_ROW.region_id == region_id, _ROW.statement_id == statement_id)
    )
    return found


def line_ids(account_id: UUID, lines: Sequence[ReadLine]) -> list[UUID]:
    """The id of each line: it follows from the account and what the bank wrote.

    Of lines that are the same in all, the second of a file is the second of any other: that holds
    where files have whole days, or the bank writes balances or numbers of its own.
    """
    seen: Counter[bytes] = Counter()
    ids = []
    for line in lines:
        said = json_bytes(
            [
                *(line.booked_on.isoformat(), line.is_incoming, line.amount_yen),
                *(line.balance_yen, line.text, line.reference),
            ]
        )
        seen[said] += 1
        midnight = datetime.combine(line.booked_on, time(), UTC)
        ids.append(uuid8(midnight, "bank line", account_id, said, str(seen[said])))
    return ids


def _line_rows(region_id: int, wished: Wished, lines: Sequence[ReadLine]) -> list[dict[str, Any]]:
    """In one order, lest two files with the same lines wait for each other."""
    rows: list[dict[str, Any]] = [
        {
            "region_id": region_id,
            "line_id": line_id,
            "statement_id": wished.statement_id,
            "row_no": line.row,
            "account_id": wished.account_id,
            "booked_on": line.booked_on,
            "is_incoming": line.is_incoming,
            "amount_yen": line.amount_yen,
            "balance_yen": line.balance_yen,
            "said": line.text,
            "said_kana": as_bank_kana(line.text, MOST_KANA),
            "reference": line.reference,
        }
        for line_id, line in zip(line_ids(wished.account_id, lines), lines, strict=True)
    ]
    return sorted(rows, key=lambda row: row["line_id"])


async def _keep_lines(
    db: AsyncSession, region_id: int, wished: Wished, lines: Sequence[ReadLine]
) -> int:
    """How many of them are new."""
    # In a thread: of ten thousand lines the names alone take half a second, and payments go on.
    rows = await asyncio.to_thread(_line_rows, region_id, wished, lines)
    fresh = 0
    for first in range(0, len(rows), PIECE):
        made = await db.scalars(
            insert(bank_line)
            .values(rows[first : first + PIECE])
            .on_conflict_do_nothing(constraint=bank_line.primary_key)
            .returning(bank_line.c.line_id)
        )
        fresh += len(made.all())
    return fresh


async def _refuse_known(db: AsyncSession, region_id: int, account_id: UUID, digest: bytes) -> None:
    first = await db.scalar(
        select(_ROW.statement_id).where(
            _ROW.region_id == region_id, _ROW.account_id == account_id, _ROW.sha256 == digest
        )
    )
    if first is not None:
        raise Problem(STATEMENT_KNOWN, statement_id=UUID(int=first.int))


def _statement(row: Any) -> BankStatement:
    told = dict(zip(_NAMES, row, strict=True))
    for name in ("statement_id", "account_id"):
        told[name] = UUID(int=told[name].int)
    return BankStatement(**told)
