"""What the worker's job does to a town, without a worker: all that is due is credited."""

from datetime import date

from payments.vest import VestPoints, vesting_of
from tests.town_builder import Town


async def vestings(town: Town, until: date = date.max) -> list[VestPoints]:
    """The command that credits each pending lot, due or not, as the job would name it."""
    rows = await town.rows(
        "SELECT account_no, holder_id, source_id, expires_on, version FROM ledger.account"
        " WHERE kind = 'points_pending' AND balance > 0 AND expires_on <= :until"
        " ORDER BY account_no",
        until=until,
    )
    return [
        VestPoints(
            entry_id=vesting_of(town.region, row.account_no, row.expires_on, row.version),
            actor="job:vest",
            account_no=row.account_no,
            campaign_id=row.source_id,
            wallet_id=row.holder_id,
        )
        for row in rows
    ]


async def vest_all(town: Town) -> int:
    """Credit every pending lot that is due, as two runs would; how many points."""
    vested = 0
    for command in await vestings(town, await town.today()):
        vested += (await town.submit(command)).accepted().amount
        assert (await town.submit(command)).is_replay
    return vested
