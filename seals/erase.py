"""Erase a text about a person from the journal, for good: the chain and all proofs still hold.

The text goes, the fingerprint that covers it goes (a retry of that old id is then refused as
id-in-use), and the salt goes, without which the digest that stays behind tells nothing. Copies
elsewhere (backups, the write-ahead log, the names of shops in their own tables) are not reached.
"""

from collections.abc import Collection, Mapping
from typing import Any
from uuid import UUID

from core.database import Connection
from core.json_text import json_text
from seals.check_proof import part_digest
from seals.leaf import (
    ERASED_FINGERPRINT,
    FINGERPRINT,
    SALT_BYTES,
    TEXT,
    Part,
    erase_texts,
    is_erased,
    parts_of,
    salts_of,
)
from seals.prove import find_sealed
from seals.read import Row, read_entries, read_region


async def erase(
    owner: Connection, region_id: int, entry_id: UUID, names: Collection[str] | None = None
) -> list[str]:
    """Erase texts of one sealed entry; returns the names of the facts that are now empty.

    `names` are facts (`reason`); None means every text of the entry. `owner` acts as meguri_owner,
    and everything happens in one transaction. Raises not-sealed-yet, also for an unknown id.
    """
    async with owner.transaction():
        sealed = await find_sealed(owner, region_id, entry_id)
        region = await read_region(owner, region_id)
        [entry] = await read_entries(owner, region_id, sealed["seq"], sealed["seq"])
        parts = parts_of(region, entry)
        chosen = _chosen(parts, names)
        if not chosen:
            return []
        await _write(owner, region_id, entry, parts, chosen, sealed)
    return [name.removeprefix(TEXT) for name in chosen if name != FINGERPRINT]


def _chosen(parts: list[Part], names: Collection[str] | None) -> list[str]:
    texts = [
        part.name
        for part in parts
        if part.name.startswith(TEXT)
        and not is_erased(part)
        and (names is None or part.name.removeprefix(TEXT) in names)
    ]
    return [FINGERPRINT, *texts] if texts else []


async def _write(
    owner: Connection,
    region_id: int,
    entry: Mapping[str, Any],
    parts: list[Part],
    chosen: list[str],
    sealed: Row,
) -> None:
    salts: list[bytes | None] = sealed["kept"] or [*salts_of(sealed["salt"], len(parts))]
    digests = sealed["digests"] or [None] * len(parts)
    for place, part in enumerate(parts):
        salt = salts[place]
        if part.name in chosen and salt is not None:
            digests[place] = part_digest(salt, part.content)
            salts[place] = None
    await owner.execute("SELECT set_config('meguri.erasing', 'on', true)")
    await owner.execute(
        "UPDATE ledger.entry SET facts = $3::text::jsonb, fingerprint = $4"
        " WHERE region_id = $1 AND entry_id = $2",
        region_id,
        entry["entry_id"],
        json_text(erase_texts(entry["facts"], chosen)),
        ERASED_FINGERPRINT,
    )
    await owner.execute(
        "INSERT INTO seals.erasure (region_id, seq, erased_at, salts, digests)"
        " VALUES ($1, $2, ledger.now(), $3, $4) ON CONFLICT (region_id, seq)"
        " DO UPDATE SET erased_at = excluded.erased_at, salts = excluded.salts,"
        " digests = excluded.digests",
        region_id,
        entry["seq"],
        salts,
        digests,
    )
    await owner.execute(
        "UPDATE seals.salt SET salts = overlay(salts PLACING $3 FROM $4 FOR $5)"
        " WHERE region_id = $1 AND number = $2",
        region_id,
        sealed["number"],
        bytes(SALT_BYTES),
        SALT_BYTES * (entry["seq"] - sealed["first_seq"]) + 1,
        SALT_BYTES,
    )
