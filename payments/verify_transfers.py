"""Compare the bytes of transfer files with the settlements that they pay, and to which accounts."""

from collections import defaultdict
from collections.abc import Mapping
from typing import Any, Final
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Problem
from ledger.regions import Region
from ledger.verify import MOST_FAULTS, Check
from merchants.bank_account_tables import bank_account
from merchants.bank_file import ACCOUNT_TYPES
from merchants.bank_record import DATA, LENGTH, read_record
from merchants.kana import cut_kana, to_bank_kana
from merchants.settlement_tables import settlement, transfer_file

_Told = tuple[str, ...]
_DATA_RECORD: Final = b"2"
_FILE: Final = transfer_file.c
_ROW: Final = settlement.c
_ACCOUNT: Final = bank_account.c


async def _check_files(session: AsyncSession, region: Region) -> list[str]:
    """One after the other: who is paid, by what a bank reads, and how much."""
    of_region = _FILE.region_id == region.region_id
    due = await _due(session, region.region_id)
    faults = []
    for file_id in await session.scalars(select(_FILE.file_id).where(of_region)):
        found = await session.execute(
            select(_FILE.content, _FILE.transfers, _FILE.total_yen).where(
                of_region, _FILE.file_id == file_id
            )
        )
        content, transfers, total_yen = found.one()
        wanted = sorted(due.pop(UUID(int=file_id.int), []))
        if _read(content) != wanted:
            faults.append(f"transfer file {file_id} does not pay what its settlements are due")
        elif wanted and (transfers, total_yen) != (
            len(wanted),
            sum(int(told[-1]) for told in wanted),
        ):
            faults.append(f"transfer file {file_id} is of other sums than it says")
    return faults[:MOST_FAULTS]


async def _due(session: AsyncSession, region_id: int) -> dict[UUID, list[_Told]]:
    """By file, what a bank has to read of each settlement in it."""
    rows = await session.execute(
        select(
            _ROW.file_id, _ROW.payout_yen, _ACCOUNT.bank_code, _ACCOUNT.branch_code,
            _ACCOUNT.account_type, _ACCOUNT.account_number, _ACCOUNT.holder_kana,
        )
        .join_from(
            settlement,
            bank_account,
            (_ACCOUNT.region_id == region_id) & (_ACCOUNT.version_id == _ROW.account_id),
            isouter=True,
        )
        .where(_ROW.region_id == region_id, _ROW.file_id.is_not(None))
    )  # fmt: skip
    due: dict[UUID, list[_Told]] = defaultdict(list)
    for row in rows:
        due[UUID(int=row.file_id.int)].append(_told(row))
    return due


def _told(row: Any) -> _Told:
    if row.bank_code is None:
        return ("no account", str(row.payout_yen))
    try:
        holder = cut_kana(to_bank_kana(row.holder_kana), 30)
    except Problem:
        holder = "no bank reads it"
    kind = str(ACCOUNT_TYPES[row.account_type])
    return (
        row.bank_code, row.branch_code, kind, row.account_number, holder.rstrip(" "),
        str(row.payout_yen),
    )  # fmt: skip


def _read(content: bytes) -> list[_Told]:
    """What each transfer of a file says; records are of 120 bytes, with line ends or without."""
    plain = content.replace(b"\r\n", b"")
    records = [plain[at : at + LENGTH] for at in range(0, len(plain), LENGTH)]
    read = [read_record(DATA, each) for each in records if each[:1] == _DATA_RECORD]
    return sorted(
        (
            each["bank"], each["branch"], each["account_type"], each["account_number"],
            each["holder"], str(int(each["amount"])) if each["amount"].isdigit() else "",
        )
        for each in read
    )  # fmt: skip


TRANSFERS: Final[Mapping[str, Check]] = {
    "a transfer file pays what its settlements are due, to their accounts": _check_files,
}
