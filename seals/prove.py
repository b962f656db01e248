"""Prove that an entry stands in sealed history, showing no more of it than concerns who asks."""

from collections.abc import Callable
from typing import Any, Final
from uuid import UUID

from core.database import Connection
from core.errors import Problem, problem
from seals.chain import head_of, header_of, headers_from
from seals.check_proof import FORMAT, part_digest, skipped_to
from seals.leaf import TEXT, Part, parts_of, salts_of
from seals.read import Row, read_entries, read_region
from seals.tree import path_of

NOT_SEALED_YET: Final = problem(
    "not-sealed-yet", 503, "The entry is not sealed yet; ask again in a few seconds."
)
AGAIN_AFTER_S: Final = 3

Shows = Callable[[Part], bool]
"""Whether a part concerns who asks."""

_SEALED: Final = """
    SELECT b.*, e.seq, x.salts AS kept, x.digests,
           substr(s.salts, (16 * (e.seq - b.first_seq) + 1)::integer, 16) AS salt
      FROM ledger.entry e
      JOIN seals.block b ON b.region_id = $1 AND b.number = (
           SELECT number FROM seals.block WHERE region_id = $1 AND last_seq >= e.seq
            ORDER BY last_seq LIMIT 1)
      JOIN seals.salt s ON s.region_id = $1 AND s.number = b.number
      LEFT JOIN seals.erasure x ON x.region_id = $1 AND x.seq = e.seq
     WHERE e.region_id = $1 AND e.entry_id = $2
"""
_FIRST_PUBLISHED: Final = """
    SELECT min(number) FROM seals.publication WHERE region_id = $1 AND number >= $2
"""

_RESIDENTS: Final = frozenset({"entry", "holder", "other", "facts", f"{TEXT}store_name"})
_SHOPS: Final = frozenset({"entry", "other", f"{TEXT}store_name", f"{TEXT}reason"})


def shown_to_wallet(wallet_id: UUID) -> Shows:
    """What a resident may see: no other account's balance, no staff, nobody else's grant."""
    own = str(wallet_id)

    def shows(part: Part) -> bool:
        is_granted = part.name.startswith("grant ")
        return part.name in _RESIDENTS or is_granted or _is_posting_of(part, own)

    return shows


def shown_to_merchant(merchant_id: UUID) -> Shows:
    """What a shop may see: no wallet, no person, none of the lots that paid."""
    own = str(merchant_id)
    return lambda part: part.name in _SHOPS or _is_posting_of(part, own)


def shown_to_office(_: Part) -> bool:
    """Whoever reads the journal reads every part of it."""
    return True


async def find_sealed(connection: Connection, region_id: int, entry_id: UUID) -> Row:
    """The block of an entry, with its leaves and what stands sealed of the entry.

    Raises not-sealed-yet, also for an id that is none.
    """
    sealed: Row | None = await connection.fetchrow(_SEALED, region_id, entry_id)
    if sealed is None:
        raise Problem(NOT_SEALED_YET, retry_after=AGAIN_AFTER_S)
    return sealed


async def prove(
    connection: Connection, region_id: int, entry_id: UUID, shows: Shows
) -> dict[str, Any]:
    """The proof of an entry, as `seals.check_proof` checks it, in one snapshot of `connection`.

    It leads to the first head that was published after the entry was sealed; before there is one,
    to the signed block itself. Raises not-sealed-yet.
    """
    sealed = await find_sealed(connection, region_id, entry_id)
    region = await read_region(connection, region_id)
    [entry] = await read_entries(connection, region_id, sealed["seq"], sealed["seq"])
    leaves = [sealed["leaves"][at : at + 32] for at in range(0, len(sealed["leaves"]), 32)]
    number = sealed["number"]
    published = await connection.fetchval(_FIRST_PUBLISHED, region_id, number)
    beyond = await headers_from(connection, region_id, steps_back(published or number, number))
    head, *chain = [*beyond, sealed]
    code = region["code"]
    return {
        "format": FORMAT,
        "parts": _parts(parts_of(region, entry), sealed, shows),
        "path": [each.hex() for each in path_of(leaves, sealed["seq"] - sealed["first_seq"])],
        "block": header_of(code, sealed),
        "chain": [header_of(code, each) for each in chain if each is not sealed],
        "head": head_of(code, head),
        "is_published": published is not None,
    }


def steps_back(head: int, block: int) -> list[int]:
    """The numbers of the blocks by which a head leads to an earlier block, without that block."""
    at, steps = head, []
    while at > block:
        steps.append(at)
        at = skipped_to(at) if skipped_to(at) >= block else at - 1
    return steps


def _parts(parts: list[Part], sealed: Row, shows: Shows) -> list[dict[str, Any]]:
    salts: list[bytes | None] = sealed["kept"] or [*salts_of(sealed["salt"], len(parts))]
    digests = sealed["digests"] or [None] * len(parts)
    return [
        _hidden(part, salt, digest)
        if salt is None or not shows(part)
        else {"salt": salt.hex(), "content": [part.name, part.value]}
        for part, salt, digest in zip(parts, salts, digests, strict=True)
    ]


def _hidden(part: Part, salt: bytes | None, digest: bytes | None) -> dict[str, Any]:
    made = digest if salt is None else part_digest(salt, part.content)
    assert made is not None, "what was erased left its digest"
    return {"digest": made.hex()}


def _is_posting_of(part: Part, holder: str) -> bool:
    return part.name.startswith("posting ") and part.value["account"]["holder_id"] == holder
