"""Seal what was committed: the entries after the last block become the next ones.

It runs behind the payments. It reads by the numbers that the head gave out, takes no lock that a
payment takes, and may be killed at any moment: a block is written whole or not at all, and whoever
comes next begins where the newest block ends.
"""

import asyncio
import os
from typing import Any, Final

import asyncpg

from core.database import Connection, Database, bare
from seals.chain import HEADER_COLUMNS, NOTHING, head_of, header_of
from seals.check_proof import Unproven, block_hash, check_signature, skipped_to
from seals.keys import SealKeys
from seals.leaf import SALT_BYTES, digests_of, leaf_of, parts_of
from seals.read import Row, read_entries, read_region
from seals.tree import root_of

SEALER_ROLE: Final = "meguri_sealer"
"""The one role that may append blocks, publications and keys; it moves no value."""

LARGEST_BLOCK: Final = 1024
"""Entries in one block: a fifth of a second of work, so that others get their turn."""
BREATH: Final = 16
"""Leaves that are made before the event loop is let turn: the worker has other work."""
HINT_BYTES: Final = 4

_NEWEST: Final = f"""
    SELECT h.seq AS head, r.code, greatest(ledger.now(), b.sealed_at) AS now, b.*
      FROM ledger.head h JOIN ledger.region r USING (region_id)
      LEFT JOIN LATERAL (SELECT {HEADER_COLUMNS} FROM seals.block
                          WHERE region_id = $1 ORDER BY number DESC LIMIT 1) b ON true
     WHERE h.region_id = $1
"""  # noqa: S608  (names of columns)
_ALONE: Final = "SELECT true FROM seals.turn WHERE region_id = $1 FOR UPDATE SKIP LOCKED"
_FIRST: Final = """
    INSERT INTO seals.turn (region_id) SELECT region_id FROM ledger.region WHERE region_id = $1
    ON CONFLICT DO NOTHING RETURNING true
"""
_APPEND: Final = "SELECT seals.append($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12)"
_SKIPPED: Final = "SELECT hash FROM seals.block WHERE region_id = $1 AND number = $2"


class JournalBrokenError(Exception):
    """The journal lacks a number that its head says it gave out: nothing after it is sealed."""


class ForeignBlockError(Exception):
    """The newest block is not signed by a key of ours: nothing is built on it."""


async def seal(
    database: Database, region_id: int, keys: SealKeys, *, largest: int = LARGEST_BLOCK
) -> int:
    """Seal everything that a region has committed; returns how many entries that was.

    `database` is reached as the sealer's role. Two sealers at once are safe: one works, the other
    finds nothing to do. Raises `JournalBrokenError`, `ForeignBlockError`, and the driver's errors.
    """
    sealed = 0
    while (count := await _seal_block(database, region_id, keys, largest)) == largest:
        sealed += count
    return sealed + count


async def register_keys(database: Database, keys: SealKeys) -> None:
    """Let the public halves stand where everybody can read them: before the first block."""
    async with database.everywhere() as session:
        connection = await bare(session)
        await connection.executemany(
            "INSERT INTO seals.key (key_id, public)"
            " VALUES (left(encode(sha256($1), 'hex'), 16), $1) ON CONFLICT DO NOTHING",
            [(public,) for public in keys.public],
        )


async def _seal_block(database: Database, region_id: int, keys: SealKeys, largest: int) -> int:
    try:
        async with database.transaction(region_id) as session:
            connection = await bare(session)
            if not await _is_alone(connection, region_id):
                return 0
            newest = await connection.fetchrow(_NEWEST, region_id)
            if newest is None:
                return 0
            if newest["number"] is not None:
                _refuse_a_foreign_block(newest, keys)
            if newest["head"] <= (newest["last_seq"] or 0):
                return 0
            return await _append(connection, region_id, newest, keys, largest)
    except asyncpg.SerializationError:
        return 0  # another one sealed it meanwhile


async def _is_alone(connection: Connection, region_id: int) -> bool:
    """Whether this transaction has the region's turn; no other sealer has it until it ends."""
    if await connection.fetchval(_ALONE, region_id):
        return True
    return bool(await connection.fetchval(_FIRST, region_id))


def _refuse_a_foreign_block(newest: Row, keys: SealKeys) -> None:
    number, public = newest["number"], keys.known.get(newest["key_id"])
    if public is None:
        raise ForeignBlockError(
            f"block {number} is signed with key {newest['key_id']}, which is not in our key file"
        )
    try:
        check_signature(head_of(newest["code"], newest), public)
    except Unproven:
        raise ForeignBlockError(
            f"block {number} is not signed with key {newest['key_id']}, as it says"
        ) from None


async def _append(
    connection: Connection,
    region_id: int,
    newest: Row,
    keys: SealKeys,
    largest: int,
) -> int:
    first = (newest["last_seq"] or 0) + 1
    last = min(newest["head"], first - 1 + largest)
    region = await read_region(connection, region_id)
    entries = await read_entries(connection, region_id, first, last)
    if [entry["seq"] for entry in entries] != list(range(first, last + 1)):
        raise JournalBrokenError(f"numbers {first} to {last} are not all in the journal")
    salts = os.urandom(SALT_BYTES * len(entries))
    leaves, hints = await _leaves(region, entries, salts)
    number = (newest["number"] or 0) + 1
    block = {
        "number": number,
        "first_seq": first,
        "last_seq": last,
        "root": root_of(leaves),
        "previous": newest["hash"] or NOTHING,
        "skip": await connection.fetchval(_SKIPPED, region_id, skipped_to(number)) or NOTHING,
        "sealed_at": newest["now"],
    }
    named = block_hash(header_of(region["code"], block))
    await connection.execute(
        _APPEND,
        region_id, number, first, last, block["root"], block["sealed_at"], named, keys.key_id,
        keys.sign(named), b"".join(leaves), b"".join(hints), salts,
    )  # fmt: skip
    return len(entries)


async def _leaves(
    region: Row, entries: list[dict[str, Any]], salts: bytes
) -> tuple[list[bytes], list[bytes]]:
    """The leaf and the hint of each entry."""
    leaves, hints = [], []
    for place, entry in enumerate(entries):
        salt = salts[place * SALT_BYTES : (place + 1) * SALT_BYTES]
        digests = digests_of(parts_of(region, entry), salt)
        leaves.append(leaf_of(digests))
        hints.append(hint_of(digests))
        if place % BREATH == BREATH - 1:
            await asyncio.sleep(0)
    return leaves, hints


def hint_of(digests: list[bytes]) -> bytes:
    """How many parts there are, and how each digest begins: enough to say which one changed."""
    return len(digests).to_bytes(2) + b"".join(each[:HINT_BYTES] for each in digests)
