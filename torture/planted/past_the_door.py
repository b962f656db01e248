"""The planted fault that no process makes: a balance that is written past `ledger.write()`."""

from typing import Final

from torture.stage import Stage

_WRITE: Final = """
    UPDATE ledger.account SET balance = balance + 1
     WHERE region_id = $1 AND account_no = (
         SELECT account_no FROM ledger.account
          WHERE region_id = $1 AND kind = 'coin' AND is_open ORDER BY random() LIMIT 1)
"""


async def write_past_the_door(stage: Stage) -> None:
    """A yen more in some wallet, by somebody who has the database's superuser."""
    superuser = await stage.ground.superuser()
    try:
        await superuser.execute(_WRITE, stage.scene.region_id)
    finally:
        await superuser.close()
