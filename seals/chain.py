"""Blocks as they stand in the chain: their headers, and the heads that anybody may check."""

from datetime import UTC, datetime
from typing import Any, Final

from core.database import Connection
from seals.read import Row

NOTHING: Final = bytes(32)
"""What the first block has as its predecessor."""

HEADER_COLUMNS: Final = (
    "number, first_seq, last_seq, root, previous, skip, sealed_at, hash, key_id, signature"
)


def header_of(code: str, block: Row) -> dict[str, Any]:
    """The header that is hashed, of a row of blocks; `seals.header_of` in SQL says the same."""
    sealed_at: datetime = block["sealed_at"]
    return {
        "region": code,
        "number": block["number"],
        "first_seq": block["first_seq"],
        "last_seq": block["last_seq"],
        "root": block["root"].hex(),
        "previous": block["previous"].hex(),
        "skip": block["skip"].hex(),
        "sealed_at": sealed_at.astimezone(UTC).isoformat(timespec="microseconds"),
    }


def head_of(code: str, block: Row) -> dict[str, Any]:
    """A head as it is published: a header with its hash and signature."""
    return {
        "header": header_of(code, block),
        "hash": block["hash"].hex(),
        "key": block["key_id"],
        "signature": block["signature"].hex(),
    }


async def headers_from(connection: Connection, region_id: int, numbers: list[int]) -> list[Row]:
    """The blocks with these numbers, without their leaves, newest first."""
    rows: list[Row] = await connection.fetch(
        f"SELECT {HEADER_COLUMNS} FROM seals.block"  # noqa: S608  (names of columns)
        " WHERE region_id = $1 AND number = ANY ($2) ORDER BY number DESC",
        region_id,
        numbers,
    )
    return rows
