"""Keep a long history between runs: it is loaded once, into a folder that stays."""

import hashlib
import os
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from importlib.resources import files
from pathlib import Path
from shutil import rmtree
from typing import Any, Final
from zoneinfo import ZoneInfo

import orjson

from bench.fill_history import fill_history
from bench.filled import Filled, find_filled
from bench.ground import Ground, ground_in
from bench.scale import Scale
from bench.sides import fill_database, verdict_on
from core.database import Database
from core.embedded.postgres import stop_postgres

HISTORY: Final = "history"
"""The database with past payments, and EMPTY: the same region without them. Both are templates."""
EMPTY: Final = "no_history"
_MARK: Final = "is-a-history-of-the-benchmark"
SORTING_KB: Final = "524288"
"""For a verification, which sorts all postings: in memory it takes half as long."""
_ZONE: Final = ZoneInfo("Asia/Tokyo")
_MADE_OF: Final = (
    ("migrations", "*.py"), ("migrations", "*.sql"), ("bench", "fill*.py"), ("bench", "facts.py"),
    ("ledger", "tables.py"),
)  # fmt: skip
"""Whatever changes in these files may change what a history holds."""


def usual_folder() -> Path:
    """Where a full run keeps its history: one folder for each user, on a disk, not in memory."""
    return Path(f"/var/tmp/meguri-bench-{os.geteuid()}")  # noqa: S108  (its owner is checked)


@asynccontextmanager
async def kept_history(
    folder: Path, scale: Scale, *, is_fresh: bool
) -> AsyncIterator[tuple[Ground, Filled, Filled]]:
    """A server whose databases HISTORY and EMPTY hold what the regions say, in this order.

    They are loaded if the folder holds none, or others: another month's, another scale's, or those
    of another version of the tables; or if a fresh one is wanted.
    """
    note = folder / "history.json"
    wanted = _fingerprint(scale)
    kept = orjson.loads(note.read_bytes()) if note.exists() else {}
    is_kept = kept.get("fingerprint") == wanted and not is_fresh
    claim(folder)
    if not is_kept:
        await stop_postgres(folder)
        _clear(folder)
    async with ground_in(folder) as ground:
        if not is_kept:
            told = {"fingerprint": wanted, **await _load(ground, scale)}
            draft = note.with_suffix(".draft")
            draft.write_bytes(orjson.dumps(told))
            draft.rename(note)
            kept = told
        yield ground, await _find(ground, HISTORY, kept), await _find(ground, EMPTY, kept)


def obstacle(folder: Path) -> str | None:
    """Why no history can be kept there; None for a folder that is new, empty or holds one."""
    try:
        if folder.exists() and any(folder.iterdir()):
            if not (folder / _MARK).exists():
                return f"{folder} holds something else: name another folder"
            if folder.lstat().st_uid != os.geteuid():
                return f"{folder} is somebody else's: name another folder"
    except OSError as error:
        return f"{folder} cannot be used: {error.strerror}"
    return None


def claim(folder: Path) -> None:
    """Make a folder that of a history; asserts that it is nothing else, which is not ours."""
    found = obstacle(folder)
    assert found is None, found
    folder.mkdir(parents=True, exist_ok=True)
    (folder / _MARK).touch()


def _clear(folder: Path) -> None:
    """Remove an older history, whose server has stopped."""
    rmtree(folder)
    claim(folder)


async def _load(ground: Ground, scale: Scale) -> dict[str, Any]:
    print(
        f"Loading {scale.past_payments:,} past payments into {ground.folder}; once.",
        file=sys.stderr,
    )
    filled = {name: await fill_database(ground, name, scale) for name in (HISTORY, EMPTY)}
    await fill_history(ground.server.owner_url(HISTORY), filled[HISTORY], scale.past_payments)
    for name in (HISTORY, EMPTY):
        rewritten = [f"VACUUM (FULL) ledger.{table}" for table in ("account", "counter", "head")]
        await ground.execute(name, *rewritten, "VACUUM (ANALYZE)")
        async with ground.parameters(work_mem=SORTING_KB):
            verdict = await verdict_on(ground, name, filled[name])
        assert verdict.is_sound, verdict.faults[0]
    await ground.settle()
    return {name: region.as_json() for name, region in filled.items()}


async def _find(ground: Ground, name: str, kept: dict[str, Any]) -> Filled:
    database = Database(ground.server.app_url(name))
    try:
        return await find_filled(database, kept[name])
    finally:
        await database.close()


def _fingerprint(scale: Scale) -> str:
    """What a history depends on. Months count: caps and partitions go by them."""
    now = datetime.now(UTC)
    months = [now.strftime("%Y-%m"), now.astimezone(_ZONE).strftime("%Y-%m")]
    sizes = [scale.wallets, scale.merchants, scale.past_payments]
    digest = hashlib.blake2b(orjson.dumps([sizes, months]), digest_size=16)
    for package, pattern in _MADE_OF:
        for path in sorted(Path(str(files(package))).rglob(pattern)):
            digest.update(path.read_bytes())
    return digest.hexdigest()
