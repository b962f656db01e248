"""A file of bulk transfers as it stands: made, sent by another person, paid."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final, Literal
from uuid import UUID

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import problem
from merchants.settlement_tables import transfer_file

TRANSFER_FILE_UNKNOWN: Final = problem(
    "transfer-file-unknown", 404, "There is no such transfer file."
)
TRANSFER_FILE_STATE_WRONG: Final = problem(
    "transfer-file-state-wrong", 409, "This cannot be done with the file in its state."
)
BANK_PROFILE_MISSING: Final = problem(
    "bank-profile-missing", 409, "The region's settings do not say how its bank is reached."
)

TransferFileState = Literal["made", "sent", "paid"]

_ROW: Final = transfer_file.c


@dataclass(frozen=True, slots=True)
class TransferFile:
    """A file without its bytes; amounts in yen."""

    file_id: UUID
    run_id: UUID
    pays_on: date
    sha256: bytes
    transfers: int
    total_yen: int
    state: TransferFileState
    made_by: str
    made_at: datetime
    sent_by: str | None
    sent_at: datetime | None
    paid_by: str | None
    paid_at: datetime | None


_NAMES: Final = tuple(TransferFile.__slots__)


async def files_of_run(
    session: AsyncSession, region_id: int, run_id: UUID
) -> Sequence[TransferFile]:
    """All files of a run, in the order in which they were made: a profile allows few."""
    query = select(*(_ROW[name] for name in _NAMES)).where(
        _ROW.region_id == region_id, _ROW.run_id == run_id
    )
    return [_file(row) for row in await session.execute(query.order_by(_ROW.file_id))]


@dataclass(frozen=True, slots=True)
class WantedFiles:
    """Which files are wanted; None where it does not matter."""

    state: TransferFileState | None = None
    pays_from: date | None = None
    """The first bank day, inclusive."""
    pays_to: date | None = None
    """The last one, inclusive."""


async def list_files(
    session: AsyncSession, region_id: int, wanted: WantedFiles, before: UUID | None, limit: int
) -> list[TransferFile]:
    """At most `limit` files, the newest run first, of those before the one called `before`."""
    query = select(*(_ROW[name] for name in _NAMES)).where(_ROW.region_id == region_id)
    if wanted.state is not None:
        query = query.where(_ROW.state == wanted.state)
    if wanted.pays_from is not None:
        query = query.where(_ROW.pays_on >= wanted.pays_from)
    if wanted.pays_to is not None:
        query = query.where(_ROW.pays_on <= wanted.pays_to)
    if before is not None:
        query = query.where(_ROW.file_id < before)
    rows = await session.execute(query.order_by(_ROW.file_id.desc()).limit(limit))
    return [_file(row) for row in rows]


async def find_file(
    session: AsyncSession, region_id: int, file_id: UUID, *, for_update: bool = False
) -> TransferFile | None:
    """The file; locked until the caller's transaction ends, where it is going to be changed."""
    query = select(*(_ROW[name] for name in _NAMES)).where(
        _ROW.region_id == region_id, _ROW.file_id == file_id
    )
    if for_update:
        query = query.with_for_update()
    row = (await session.execute(query)).one_or_none()
    return None if row is None else _file(row)


async def content_of(session: AsyncSession, region_id: int, file_id: UUID) -> bytes | None:
    """The bytes of a file, as they were made."""
    found: bytes | None = await session.scalar(
        select(_ROW.content).where(_ROW.region_id == region_id, _ROW.file_id == file_id)
    )
    return found


def _file(row: Any) -> TransferFile:
    told = dict(zip(_NAMES, row, strict=True))
    for name in ("file_id", "run_id"):
        told[name] = UUID(int=told[name].int)
    return TransferFile(**told)
