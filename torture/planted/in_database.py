"""Faults that are planted in PostgreSQL, by somebody who has its superuser."""

from typing import Final

from torture.processes import BrokenRunError
from torture.stage import Stage

_WRITE: Final = """
    UPDATE ledger.account SET balance = balance + 1
     WHERE region_id = $1 AND account_no = (
         SELECT account_no FROM ledger.account
          WHERE region_id = $1 AND kind = 'coin' AND is_open ORDER BY random() LIMIT 1)
"""
_DOOR: Final = "SELECT pg_get_functiondef(to_regproc($1))"
_LOCK: Final = "FOR NO KEY UPDATE"
_COMPARED: Final = ("h.seq = p_seq", "h.account_no = p_account_no", "h.stamp = p_stamp")


async def write_past_the_door(stage: Stage) -> None:
    """A yen more in some wallet, which no posting tells of."""
    superuser = await stage.ground.superuser()
    try:
        await superuser.execute(_WRITE, stage.scene.region_id)
    finally:
        await superuser.close()


async def skip_the_lock(stage: Stage) -> None:
    """The head is read without its lock, and nothing compares whether it has moved since."""
    superuser = await stage.ground.superuser()
    try:
        load = await superuser.fetchval(_DOOR, "ledger.load")
        write = await superuser.fetchval(_DOOR, "ledger.write")
        await superuser.execute(_instead(load, _LOCK, ""))
        for words in _COMPARED:
            write = _instead(write, words, "true")
        await superuser.execute(write)
    finally:
        await superuser.close()


def _instead(text: str, words: str, other: str) -> str:
    """The text with other words instead; they must be there, or nothing would be planted."""
    if text.count(words) != 1:
        raise BrokenRunError(f"{words!r} is no more what holds the lock: plant something else")
    return text.replace(words, other)
