"""Tells by digests of the SQL whether a database was made by these migrations, or by others.

A revision's number alone does not: until it is released, its SQL may be edited in place.
"""

import hashlib
import re
from collections.abc import Mapping
from importlib.resources import files
from typing import Final

TABLE: Final = "meguri.migration_digest"
"""Where each revision that was carried out leaves its digest; the application may read it."""

FIRST: Final = "0001"

_SQL: Final = files("migrations") / "sql"
_VERSIONS: Final = files("migrations") / "versions"
_COMMENT: Final = re.compile(r"\s*--")


class OtherMigrationsError(Exception):
    """The database was made by other migrations than these; no upgrade leads from it to here."""


def revisions() -> list[str]:
    """Every revision, the newest last: each is named by the number that its file begins with."""
    return sorted(file.name[:4] for file in _VERSIONS.iterdir() if file.name.endswith(".py"))


def digest(revision: str) -> str:
    """The digest of a revision's SQL."""
    scripts = [file for file in _SQL.iterdir() if file.name.startswith(f"{revision}_")]
    ordered = sorted(scripts, key=lambda file: file.name)
    return digest_of("\n".join(file.read_text(encoding="utf-8") for file in ordered))


def digest_of(sql: str) -> str:
    """SHA-256 in hex; blank lines, and those with nothing but a comment, count for nothing."""
    lines = [line for line in sql.splitlines() if line.strip() and not _COMMENT.match(line)]
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def is_made_by_these(found: Mapping[str, str], known: Mapping[str, str]) -> bool:
    """Whether the digests that a migrated database holds are those that this program knows.

    Revisions that it does not know are newer ones. A database without the first revision's digest
    is older than the digests, which are older than any release.
    """
    return FIRST in found and all(known.get(name, value) == value for name, value in found.items())
