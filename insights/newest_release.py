"""Keep outside of PostgreSQL which release is the newest: a database that lacks it is an old one.

An old database would draw the noise of a week anew, and two outputs of one week tell more than was
paid for; and whoever deletes the newest releases there leaves a chain that looks whole.
"""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Final

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncSession

from core.errors import Problem, problem
from insights.tables import release
from ledger.regions import Region

RELEASE_MISSING: Final = problem(
    "release-missing", 409, "The database lacks a release that was published: it is an old one."
)
FILE: Final = "newest-release.json"
"""In the folder of published heads, beside a region's heads."""


@dataclass(frozen=True, slots=True)
class Mark:
    """The number and the hash of a release."""

    release_no: int
    hash: str


def marked(folder: Path | None, code: str) -> Mark | None:
    """What the folder says of a region. Raises OSError, also where it cannot be understood."""
    if folder is None:
        return None
    try:
        told = json.loads((folder / code / FILE).read_bytes())
        return Mark(int(told["release_no"]), str(told["hash"]))
    except FileNotFoundError:
        return None
    except (ValueError, TypeError, KeyError) as error:
        raise OSError(f"{folder / code / FILE} cannot be read") from error


async def is_missing(db: AsyncSession, region: Region, mark: Mark) -> bool:
    """Whether the database has no such release, or another one under its number."""
    kept = await db.scalar(
        select(release.c.hash).where(
            release.c.region_id == region.region_id, release.c.release_no == mark.release_no
        )
    )
    return kept is None or kept.hex() != mark.hash


async def check_newest(db: AsyncSession, region: Region, folder: Path | None) -> None:
    """Refuses release-missing: then nothing may be released until the database is restored."""
    mark = marked(folder, region.code)
    if mark is not None and await is_missing(db, region, mark):
        raise Problem(RELEASE_MISSING)


async def mark_newest(db: AsyncSession, region: Region, folder: Path | None) -> None:
    """Write the newest release down, if the folder does not have it. Raises OSError."""
    if folder is None:
        return
    rows = await db.execute(
        select(release.c.release_no, release.c.hash)
        .where(release.c.region_id == region.region_id)
        .order_by(release.c.release_no.desc())
        .limit(1)
    )
    newest = rows.one_or_none()
    known = marked(folder, region.code)
    if newest is None or (known is not None and known.release_no >= newest.release_no):
        return
    path = folder / region.code / FILE
    path.parent.mkdir(parents=True, exist_ok=True)
    fresh = path.with_name(f".{FILE}.fresh")
    fresh.write_text(
        json.dumps({"release_no": newest.release_no, "hash": newest.hash.hex()}, indent=2) + "\n"
    )
    fresh.chmod(0o644)
    fresh.replace(path)
