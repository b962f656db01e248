"""What the worker's job does to a town, without a worker: all that is over expires."""

from payments.expire import ExpireLot, expiry_of
from tests.town_builder import Town


async def expire_all(town: Town) -> int:
    """Expire every lot whose last day is over, as two runs would; returns what they held."""
    rows = await town.rows(
        "SELECT account_no, holder_id, source_id, expires_on FROM ledger.account"
        " WHERE is_open AND balance > 0 AND expires_on < :today AND kind <> 'points_pending'"
        " ORDER BY account_no",
        today=await town.today(),
    )
    expired = 0
    for row in rows:
        command = ExpireLot(
            entry_id=expiry_of(town.region, row.account_no, row.expires_on, "expiry"),
            actor="job:expire",
            account_no=row.account_no,
            source_id=row.source_id,
            wallet_id=row.holder_id,
        )
        expired += (await town.submit(command)).accepted().amount
        assert (await town.submit(command)).is_replay
    return expired
