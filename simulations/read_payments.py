"""Read past payments by their numbers, in pages of fixed width: few columns, hardly any text."""

from asyncio import create_task
from collections.abc import AsyncIterator, Iterator
from contextlib import suppress
from struct import Struct
from typing import Final

from core.database import Connection

Row = tuple[int, bytes, int, int, bytes, bytes, int, int]
"""Number, id, microseconds, day, wallet, store, amount and coin part in yen."""

# No column is ever null or of another width, so that a page can be cut up in one go. The coin part
# is what rates look at; most payments have one part or two.
_PAGE: Final = """
    SELECT seq, entry_id, at, business_date, holder_id, other_id, amount,
           CASE jsonb_array_length(facts -> 'paid_with')
                WHEN 1 THEN CASE facts #>> '{paid_with,0,kind}' WHEN 'coin' THEN amount ELSE 0 END
                ELSE (SELECT coalesce(sum((part ->> 'amount')::bigint), 0)::bigint
                        FROM jsonb_array_elements(facts -> 'paid_with') part
                       WHERE part ->> 'kind' = 'coin')
           END
      FROM ledger.entry
     WHERE region_id = $1 AND seq > $2 AND seq <= $3 AND kind = 'payment' AND refusal IS NULL
       AND NOT facts ? 'payer'  -- a shop's: campaigns are not asked
     ORDER BY seq
"""
_HEADER: Final = 19
_TRAILER: Final = 2
_ROW: Final = Struct(">2x4xq4x16s4xq4xi4x16s4x16s4xq4xq")
"""Of PostgreSQL's binary COPY: how many columns there are, then the width of each and itself."""


async def read_payments(
    connection: Connection, region_id: int, first: int, last: int, page: int
) -> AsyncIterator[Iterator[Row]]:
    """The payments after the number `first` up to `last`, `page` numbers at a time.

    The next page is asked for before one is handed out: PostgreSQL reads it meanwhile.
    """

    async def copy(start: int) -> bytes:
        read = bytearray()

        async def take(data: bytes) -> None:
            read.extend(data)

        until = min(start + page, last)
        await connection.copy_from_query(
            _PAGE, region_id, start, until, output=take, format="binary"
        )
        return bytes(memoryview(read)[_HEADER : len(read) - _TRAILER])

    start = first
    coming = create_task(copy(start)) if start < last else None
    try:
        while coming is not None:
            read = await coming
            start += page
            coming = create_task(copy(start)) if start < last else None
            yield _ROW.iter_unpack(read)
    finally:
        if coming is not None and not coming.done():
            coming.cancel()
            with suppress(BaseException):
                await coming
