"""Compare one entry as it stands with the leaf that was sealed, and say which part differs."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from seals.check_proof import part_digest
from seals.leaf import SALT_BYTES, Part, is_erasable, is_erased, leaf_of, parts_of, salts_of
from seals.read import Row
from seals.seal import HINT_BYTES, hint_of

UNREADABLE: Final = (
    AttributeError, IndexError, KeyError, OverflowError, TypeError, ValueError,
)  # fmt: skip
"""What rows raise that no decision of ours wrote: somebody else did."""


@dataclass(frozen=True, slots=True)
class Sealed:
    """What stands sealed for one number: its leaf, its hint, its salt, and what was erased."""

    leaf: bytes
    hint: bytes
    salt: bytes
    erasure: Row | None


def difference(region: Row, entry: Mapping[str, Any], sealed: Sealed) -> str | None:
    """Where the entry differs from what was sealed of it, in words; None if nowhere."""
    is_blank = sealed.salt == bytes(SALT_BYTES)
    if is_blank != (sealed.erasure is not None):
        return "the salt" if is_blank else "an erasure that never was"
    try:
        parts = parts_of(region, entry)
        digests = _digests(parts, sealed)
    except UNREADABLE:
        return "its facts, which cannot be read any more"
    if isinstance(digests, str):
        return digests
    hint = hint_of(digests)
    if leaf_of(digests) == sealed.leaf:
        return None if hint == sealed.hint else "only the hints of its leaf"
    return _which(parts, hint, sealed.hint)


def _digests(parts: Sequence[Part], sealed: Sealed) -> list[bytes] | str:
    if sealed.erasure is None:
        salts = salts_of(sealed.salt, len(parts))
        return [part_digest(salt, part.content) for salt, part in zip(salts, parts, strict=True)]
    kept = list(zip(sealed.erasure["salts"], sealed.erasure["digests"], strict=True))
    if len(kept) != len(parts):
        return f"{len(parts)} parts instead of {len(kept)}"
    digests = []
    for part, (salt, digest) in zip(parts, kept, strict=True):
        if salt is None and not (is_erasable(part) and is_erased(part)):
            return f"{part.name}, which was erased"
        digests.append(digest if salt is None else part_digest(salt, part.content))
    return digests


def _which(parts: Sequence[Part], hint: bytes, sealed: bytes) -> str:
    """The names of the parts whose hints differ."""
    count = int.from_bytes(sealed[:2])
    named = [_named(part) for part in parts]
    differing = [
        place for place in range(max(len(parts), count)) if _at(hint, place) != _at(sealed, place)
    ]
    if len(parts) != count:
        first = next(iter(differing), 0)
        at = f"after {named[first - 1]}" if 0 < first <= len(named) else "from the beginning"
        return f"{len(parts)} parts instead of {count}, {at}"
    if len(differing) == len(parts):
        return "everything (its salt, or the entry as a whole)"
    return ", ".join(named[place] for place in differing) or "its leaf, or the hint of it"


def _at(hint: bytes, place: int) -> bytes:
    begins = 2 + HINT_BYTES * place
    return hint[begins : begins + HINT_BYTES]


def _named(part: Part) -> str:
    if part.name.startswith("posting "):
        return f"{part.name} on account {part.value['account']['account_no']}"
    if part.name.startswith("grant "):
        return f"{part.name} of campaign {part.value['campaign_id']}"
    return part.name
