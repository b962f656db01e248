"""What becomes due to a shop after it left is paid all the same."""

from tests.payments.test_settlements import (
    CLOSED,
    NEXT,
    close,
    leave,
    note,
    payer,
    reject,
    settlements,
    sound,
    state_of,
    winter,
)
from tests.town_builder import Town

__all__ = ["winter"]


async def test_what_comes_back_after_who_left_is_paid_however_little(winter: Town):
    wallet, store = await payer(winter), await winter.open_store()
    await winter.pay(wallet, store, 1_000)
    await leave(winter, store)
    await winter.set_clock(CLOSED)
    await close(winter)
    assert await state_of(winter, store) == "closed"
    [last] = await settlements(winter)
    entry = (await winter.submit(reject(last.settlement_id))).accepted()
    await note(winter, last.settlement_id, "rejected", rejected_seq=entry.seq)
    await winter.change_settings(settlement={"minimum_yen": 5_000, "fees": {"fixed_yen": 1_200}})
    await winter.set_clock(NEXT)
    await close(winter)
    assert [(row.state, row.payout_yen) for row in await settlements(winter)][1:] == [
        ("due", 1_000)
    ]
    await sound(winter)
